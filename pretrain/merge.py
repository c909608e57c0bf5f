"""Merges two checkpoints of one architecture linearly, accumulated in float32.

After a long-context stage the recipe merges its model with the one before it, to keep quality at
short context. Averages in bfloat16 lose up to three digits of the smaller model's contribution, so
every tensor is averaged in float32 and rounded once. Tensors pass one at a time; the peak is one
model in memory.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import safe_open

from granite_rl.errors import PreflightError
from granite_rl.models.checkpoint_directory import weight_files
from granite_rl.models.config_files import read_config_files
from granite_rl.models.loading import save_hf
from granite_rl.models.tokenizer import load_tokenizer


def merge(after: Path, before: Path, weight: float, out: Path) -> None:
    """Write ``weight * after + (1 - weight) * before`` to ``out``.

    Configuration (the new RoPE base included), tokenizer and dtype are those of ``after``.

    Raises:
        PreflightError: the two don't have the same tensors.
    """
    files_before = {
        name: before / file for file in weight_files(before) for name in _names(before / file)
    }
    merged: dict[str, torch.Tensor] = {}
    for file in weight_files(after):
        with safe_open(after / file, framework="pt") as stream:
            for name in stream.keys():  # noqa: SIM118 - safe_open is no mapping
                new = stream.get_tensor(name)
                old = _tensor(files_before.pop(name, None), name)
                if old is None or old.shape != new.shape:
                    raise PreflightError(f"{before} has no {name} of shape {tuple(new.shape)}")
                mean = torch.lerp(old.float(), new.float(), weight)
                merged[name] = mean.to(new.dtype)
    if files_before:
        raise PreflightError(f"{after} lacks {', '.join(sorted(files_before))} of {before}")
    save_hf(merged, read_config_files(after), load_tokenizer(after), out)


def _names(file: Path) -> list[str]:
    with safe_open(file, framework="pt") as stream:
        return list(stream.keys())


def _tensor(file: Path | None, name: str) -> torch.Tensor | None:
    if file is None:
        return None
    with safe_open(file, framework="pt") as stream:
        tensor: torch.Tensor = stream.get_tensor(name)
        return tensor
