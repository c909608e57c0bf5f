"""Packs one version of the weights into buckets of limited size, and verifies and unpacks them.

Parameters are copied back to back into a bucket's memory, hashed as they are written and described
by a small manifest. A bucket is closed before it would outgrow its limit, so that neither side ever
holds a second copy of the model: a sender needs two buckets (one is written while the other is
loaded). A parameter larger than the limit gets a bucket of its own.

A tied head costs nothing: the embedding is given again under the head's name, and the second entry
points at the same bytes.

xxh3 runs at 15 GB/s and more on one core, several times what the copy does, so the checksum is
always on. It is computed piece by piece while the copied bytes are still in the core's cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
import xxhash
from torch import Tensor

ALIGNMENT = 64
"""Bytes; keeps every tensor on a cache line, as vectorised copies like it. Matrices of whole cache
lines follow each other row by row, so that stacked ones (query, key, value) can be read as one."""

CONFLICT_BYTES = 2048
"""Rows whose bytes are a multiple of this get a cache line of padding. oneDNN packs 64 rows at a
time, and with such a distance between them they share a few sets of the cache: 1.4 GB/s instead of
4 in bfloat16 on a Zen 4 core. Below it, padding gains nothing. At most 3 % more bytes."""

PIECE_BYTES = 1 << 20
"""Bytes copied before they are hashed: few enough to be still in cache, enough that the calls don't
count."""


class BucketError(RuntimeError):
    """Reports that a bucket is missing, out of order, has the wrong size or version, or does not
    match its checksum."""


@dataclass(frozen=True)
class Entry:
    """Describes where one tensor lies in its bucket."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    """Bytes from the start of the bucket."""

    @classmethod
    def of(cls, name: str, tensor: Tensor, offset: int) -> Entry:
        """Describe a tensor (its values are not read) that begins at ``offset``."""
        return cls(name, str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape), offset)

    @property
    def width(self) -> int:
        """Return the bytes of a row without padding; a vector is one row."""
        itemsize: int = getattr(torch, self.dtype).itemsize
        return itemsize * math.prod(self.shape[-1:])

    @property
    def pitch(self) -> int:
        """Return the bytes from one row's start to the next."""
        conflicts = self.width > 0 and self.width % CONFLICT_BYTES == 0
        return self.width + (ALIGNMENT if conflicts and len(self.shape) > 1 else 0)

    @property
    def rows(self) -> int:
        """Return the number of rows; 1 for a vector."""
        return math.prod(self.shape[:-1])

    @property
    def size(self) -> int:
        """Return the bytes that the tensor takes in the bucket, padding included."""
        return self.rows * self.pitch

    def view(self, memory: Tensor) -> Tensor:
        """Return the tensor as a view of its bucket's memory; a matrix's rows may lie apart."""
        flat = memory[self.offset : self.offset + self.size].view(getattr(torch, self.dtype))
        if self.pitch == self.width:
            return flat.view(self.shape)
        pitch = self.pitch // flat.itemsize
        return flat.view(*self.shape[:-1], pitch)[..., : self.shape[-1]]


@dataclass(frozen=True)
class Bucket:
    """Holds the manifest of one bucket: what a reader needs to find and verify it."""

    version: int
    """Weight version the bucket belongs to."""
    index: int
    """Position in the update, from 0."""
    size: int
    """Bytes of the bucket."""
    checksum: str
    """xxh3-128 of all bytes."""
    entries: tuple[Entry, ...]
    location: Any = None
    """Place of its bytes, in the transport's own terms; None until they are published."""

    @property
    def payload(self) -> int:
        """Return the bytes of its tensors, each counted once and without padding."""
        return sum({entry.offset: entry.rows * entry.width for entry in self.entries}.values())

    def as_info(self) -> dict[str, Any]:
        """Return the manifest as plain fields, as vLLM's RPC carries them; the inverse of
        `from_info`."""
        entries = [(e.name, e.dtype, list(e.shape), e.offset) for e in self.entries]
        fields = ("version", "index", "size", "checksum", "location")
        return {name: getattr(self, name) for name in fields} | {"entries": entries}

    @classmethod
    def from_info(cls, info: dict[str, Any]) -> Bucket:
        """Build the typed manifest from plain fields."""
        entries = tuple(
            Entry(name, dtype, tuple(shape), offset)
            for name, dtype, shape, offset in info["entries"]
        )
        return cls(**(info | {"entries": entries}))


def pack(
    tensors: Iterable[tuple[str, Tensor]],
    version: int,
    limit: int,
    allocate: Callable[[int], Tensor],
) -> Iterator[Bucket]:
    """Copy tensors into buckets and yield each as soon as it is full.

    Args:
        tensors: (name, tensor) pairs, consumed once and one at a time; any device, dtype and
            layout. The same object twice in a row is stored once.
        version: version of the weights.
        limit: bytes of a bucket, unless one tensor is larger.
        allocate: gives the memory of the next bucket: uint8 `[at least the bytes asked for]`. It
            may be asked again only when its last bucket has been yielded.
    """
    index = offset = 0
    entries: list[Entry] = []
    digest = xxhash.xxh3_128()
    space = torch.empty(0, dtype=torch.uint8)
    last: Tensor | None = None
    for name, tensor in tensors:
        if tensor is last:
            entries.append(replace(entries[-1], name=name))
            continue
        entry = Entry.of(name, tensor, offset)
        if entries and offset + entry.size > limit:
            yield Bucket(version, index, offset, digest.hexdigest(), tuple(entries))
            index, entries, entry = index + 1, [], replace(entry, offset=0)
            digest = xxhash.xxh3_128()
        if not entries:
            space = allocate(max(limit, entry.size + ALIGNMENT))
        entries.append(entry)
        _copy(tensor.detach(), entry, space, digest)
        end = entry.offset + entry.size
        offset, last = end + -end % ALIGNMENT, tensor
        if offset > end:
            space[end:offset] = 0
            digest.update(space[end:offset].numpy().data)
    if entries:
        yield Bucket(version, index, offset, digest.hexdigest(), tuple(entries))


def _copy(source: Tensor, entry: Entry, space: Tensor, digest: xxhash.xxh3_128) -> None:
    if not entry.size:
        return
    target = space[entry.offset : entry.offset + entry.size].view(entry.rows, entry.pitch)
    if source.device.type != "cpu" or not source.is_contiguous():
        entry.view(space).copy_(source)
        target[:, entry.width :] = 0
        digest.update(target.numpy().data)
        return
    lines = source.view(entry.rows, -1).view(torch.uint8)
    count = max(1, PIECE_BYTES // entry.pitch)
    for start in range(0, entry.rows, count):
        piece = target[start : start + count]
        piece[:, : entry.width].copy_(lines[start : start + count])
        if entry.pitch > entry.width:
            piece[:, entry.width :] = 0
        digest.update(piece.numpy().data)


def unpack(bucket: Bucket, memory: Tensor) -> list[tuple[str, Tensor]]:
    """Verify a bucket and return (name, tensor) pairs that view its memory.

    Args:
        bucket: the manifest.
        memory: uint8 `[at least bucket.size]`.

    Raises:
        BucketError: wrong size, checksum or layout; nothing is given then.
    """
    who = f"bucket {bucket.index} of weights {bucket.version} at {bucket.location}"
    if memory.numel() < bucket.size:
        raise BucketError(f"{who}: {memory.numel()} bytes, expected {bucket.size}")
    content = memory[: bucket.size]
    if xxhash.xxh3_128(content.numpy().data).hexdigest() != bucket.checksum:
        raise BucketError(f"{who}: the checksum differs")
    tensors = []
    for entry in bucket.entries:
        if entry.offset + entry.size > bucket.size:
            raise BucketError(f"{who}: {entry.name} lies beyond its end")
        tensors.append((entry.name, entry.view(content)))
    return tensors
