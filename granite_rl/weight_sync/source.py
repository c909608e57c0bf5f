"""Provides the weights to send, from a trainer's engine or a checkpoint, always with an explicit
head.

Generators run with tied embeddings untied (vLLM's reload leaves a tied, packed head stale), so a
model that ties its head must send the shared matrix under both names. A generator that got only
what the checkpoint holds would decode with an uninitialised head.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import torch
from safetensors import safe_open
from torch import Tensor

from granite_rl.models.checkpoint_directory import weight_files

if TYPE_CHECKING:
    from granite_rl.training.engine import TrainEngine

EMBEDDING = "model.embed_tokens.weight"
HEAD = "lm_head.weight"


class WeightMeta(NamedTuple):
    """Describes a weight without its values, with the fields of vLLM's ``ParamMeta``."""

    name: str
    dtype: torch.dtype
    shape: tuple[int, ...]


class WeightSource(Protocol):
    """Provides the weights of one update: first their descriptions, then the tensors."""

    def metadata(self) -> list[WeightMeta]:
        """Describe every weight in the order of iteration, without gathering any."""

    def __iter__(self) -> Iterator[tuple[str, Tensor]]:
        """Yield (Hugging Face name, full tensor), one at a time; a tensor is valid until the
        next."""


def tensor_bytes(weight: WeightMeta) -> int:
    """Return the bytes of one weight."""
    return weight.dtype.itemsize * math.prod(weight.shape)


def payload_bytes(source: WeightSource) -> int:
    """Return the bytes of all weights, a tied head counted twice: transports without shared entries
    send it twice."""
    return sum(tensor_bytes(weight) for weight in source.metadata())


def with_explicit_head(
    tensors: Iterable[tuple[str, Tensor]], tied: bool
) -> Iterator[tuple[str, Tensor]]:
    """Yield the same pairs, and where the head is tied the embedding again under the head's
    name."""
    for name, tensor in tensors:
        yield name, tensor
        if tied and name == EMBEDDING:
            yield HEAD, tensor


class EngineWeights:
    """Provides a trainer's policy for one update; all ranks iterate together and to the end.

    Args:
        engine: the training engine.
        tied: whether the model's head is its embedding.
        on_device: give tensors on the accelerator instead of in CPU memory.
    """

    def __init__(self, engine: TrainEngine, *, tied: bool, on_device: bool) -> None:
        self._engine = engine
        self._tied = tied
        self._full = engine.named_parameters_full(to_cpu=not on_device)

    def metadata(self) -> list[WeightMeta]:
        """Describe the weights from the parameters' shapes."""
        metadata = []
        for name, dtype, shape in self._engine.parameter_shapes():
            metadata.append(WeightMeta(name, dtype, shape))
            if self._tied and name == EMBEDDING:
                metadata.append(WeightMeta(HEAD, dtype, shape))
        return metadata

    def __iter__(self) -> Iterator[tuple[str, Tensor]]:
        """Gather and yield one parameter at a time; can be iterated once."""
        return with_explicit_head(self._full, self._tied)

    def drain(self) -> None:
        """Gather the remaining parameters, because the other ranks do and would wait for ever."""
        for _ in self._full:
            pass


class CheckpointWeights:
    """Provides the weights of a Hugging Face checkpoint."""

    def __init__(self, directory: Path) -> None:
        config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        self._directory = directory
        self._tied = bool(config.get("tie_word_embeddings", False))

    def metadata(self) -> list[WeightMeta]:
        """Describe the weights by reading the tensors, which are local files."""
        return [WeightMeta(name, tensor.dtype, tuple(tensor.shape)) for name, tensor in self]

    def __iter__(self) -> Iterator[tuple[str, Tensor]]:
        """Read and yield one tensor at a time."""
        return with_explicit_head(self._stored(), self._tied)

    def _stored(self) -> Iterator[tuple[str, Tensor]]:
        for file in weight_files(self._directory):
            with safe_open(self._directory / file, framework="pt") as tensors:
                for name in tensors.keys():  # noqa: SIM118  (safe_open is no mapping)
                    yield name, tensors.get_tensor(name)
