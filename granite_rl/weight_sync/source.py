"""Where weights come from: a trainer's engine or a checkpoint, always with an explicit head.

Generators run with tied embeddings untied (vLLM's reload leaves a tied, packed head stale), so a
model that ties its head must send the shared matrix under both names. A generator that is only
given what the checkpoint holds would decode with an uninitialised head.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from safetensors import safe_open
from torch import Tensor

from granite_rl.models.checkpoint_directory import weight_files

EMBEDDING = "model.embed_tokens.weight"
HEAD = "lm_head.weight"


def with_explicit_head(
    tensors: Iterable[tuple[str, Tensor]], tied: bool
) -> Iterator[tuple[str, Tensor]]:
    """The same pairs; where the head is tied, the embedding again under the head's name."""
    for name, tensor in tensors:
        yield name, tensor
        if tied and name == EMBEDDING:
            yield HEAD, tensor


def checkpoint_weights(directory: Path) -> Iterator[tuple[str, Tensor]]:
    """All weights of a Hugging Face checkpoint, one at a time, the head included."""
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))

    def stored() -> Iterator[tuple[str, Tensor]]:
        for file in weight_files(directory):
            with safe_open(directory / file, framework="pt") as tensors:
                for name in tensors.keys():  # noqa: SIM118  (safe_open is no mapping)
                    yield name, tensors.get_tensor(name)

    return with_explicit_head(stored(), bool(config["tie_word_embeddings"]))
