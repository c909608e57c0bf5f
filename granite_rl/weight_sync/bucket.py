"""One file that holds all weights of one version, and the manifest that describes it.

The trainer writes every parameter back to back into a file in shared memory (``/dev/shm``), the
generators map it read-only: one copy in, no copy out, no per-parameter calls. The manifest (names,
shapes, offsets, version, checksum) is small and travels through Ray. xxh3 hashes faster than memory
is written, so that the checksum is always on.
"""

from __future__ import annotations

import mmap
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
import xxhash
from torch import Tensor

_PREFIX = "granite-rl-"

ALIGNMENT = 64
"""Bytes; keeps every tensor on a cache line, as vectorised copies like it."""


@dataclass(frozen=True)
class Entry:
    """Where one tensor lies in the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    """Bytes from the start of the file."""


@dataclass(frozen=True)
class BucketManifest:
    """Everything a reader needs to find and verify one version of the weights."""

    path: str
    version: int
    size: int
    """Bytes."""
    checksum: str
    entries: tuple[Entry, ...]


class BucketError(RuntimeError):
    """A weight file is missing, has the wrong size, or does not match its checksum."""


def shared_memory_directory() -> Path:
    """Where weight files lie: memory-backed where the system has it."""
    shm = Path("/dev/shm")
    return (
        shm if shm.is_dir() and os.access(shm, os.W_OK) else Path(os.environ.get("TMPDIR", "/tmp"))
    )


@contextmanager
def weight_file() -> Iterator[Path]:
    """A path for one transfer, removed afterwards; files of processes that are gone go too."""
    directory = shared_memory_directory()
    for stale in directory.glob(f"{_PREFIX}*.weights"):
        owner = stale.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            stale.unlink(missing_ok=True)
    path = directory / f"{_PREFIX}{os.getpid()}-{uuid.uuid4().hex[:8]}.weights"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def write_bucket(path: Path, version: int, tensors: Iterable[tuple[str, Tensor]]) -> BucketManifest:
    """Write tensors to ``path`` and describe them.

    Args:
        path: file to create; an existing one is replaced.
        version: weight version the file holds.
        tensors: (name, tensor) pairs, consumed once; any device and dtype.

    Raises:
        OSError: the file can't be written, e.g. shared memory is full.
    """
    entries: list[Entry] = []
    offset = 0
    digest = xxhash.xxh3_128()
    with open(
        path, "wb", buffering=0, opener=lambda name, flags: os.open(name, flags, 0o600)
    ) as file:
        for name, tensor in tensors:
            flat = tensor.detach().contiguous().cpu().view(-1).view(torch.uint8)
            data = flat.numpy().data
            entries.append(
                Entry(name, str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape), offset)
            )
            padding = bytes(-len(data) % ALIGNMENT)
            for part in (data, memoryview(padding)):
                digest.update(part)
                while part:
                    part = part[file.write(part) :]
            offset += len(data) + len(padding)
    return BucketManifest(str(path), version, offset, digest.hexdigest(), tuple(entries))


def read_bucket(manifest: BucketManifest) -> Iterator[tuple[str, Tensor]]:
    """Verify a weight file and yield (name, tensor) pairs that view it.

    The tensors are read-only views: a reader copies them (as vLLM's loaders do) and lets go.

    Raises:
        BucketError: missing file, wrong size or checksum; nothing has been yielded then.
    """
    try:
        with open(manifest.path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size != manifest.size or size == 0:
                raise BucketError(f"{manifest.path}: {size} bytes, expected {manifest.size}")
            mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    except FileNotFoundError as error:
        raise BucketError(
            f"{manifest.path}: weights of version {manifest.version} are gone"
        ) from error
    if xxhash.xxh3_128(mapped).hexdigest() != manifest.checksum:
        raise BucketError(f"{manifest.path}: checksum differs for version {manifest.version}")
    buffer = _frombuffer(mapped)
    for entry in manifest.entries:
        dtype = getattr(torch, entry.dtype)
        length = dtype.itemsize
        for extent in entry.shape:
            length *= extent
        yield entry.name, buffer[entry.offset : entry.offset + length].view(dtype).view(entry.shape)


def _frombuffer(mapped: mmap.mmap) -> Tensor:
    import warnings

    with warnings.catch_warnings():
        # torch has no read-only tensors and warns of it; nobody writes to these views.
        warnings.simplefilter("ignore", UserWarning)
        return torch.frombuffer(mapped, dtype=torch.uint8)
