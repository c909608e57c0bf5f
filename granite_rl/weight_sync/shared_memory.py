"""Weights through files in shared memory: trainer and generators on one host.

Two files in ``/dev/shm`` take turns: one is written while the generators read the other. They live
as long as the sender and stay mapped on both sides, because mapping pages in is what costs: writing
into fresh shared memory runs at a third of the speed of writing into mapped pages. Nothing is
copied on the way: generators load straight from the mapping. Costs two buckets of memory per host
(or twice the largest parameter, usually the embedding).
"""

from __future__ import annotations

import mmap
import os
import uuid
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from granite_rl.weight_sync.bucket import BucketError
from granite_rl.weight_sync.sender import BUCKET_BYTES, BucketSender, Receivers

_PREFIX = "granite-rl-"


def shared_memory_directory() -> Path:
    """Where weight files lie: memory-backed where the system has it."""
    shm = Path("/dev/shm")
    return (
        shm if shm.is_dir() and os.access(shm, os.W_OK) else Path(os.environ.get("TMPDIR", "/tmp"))
    )


def remove_stale_files(directory: Path) -> None:
    """Remove weight files of processes that are gone."""
    for stale in directory.glob(f"{_PREFIX}*.weights"):
        owner = stale.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            stale.unlink(missing_ok=True)


class _WritableFile:
    """A file of our own that grows and stays mapped."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / f"{_PREFIX}{os.getpid()}-{uuid.uuid4().hex[:8]}.weights"
        self.memory = torch.empty(0, dtype=torch.uint8)

    def resize(self, size: int) -> Tensor:
        if self.memory.numel() < size:
            size += -size % mmap.PAGESIZE
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                # Reserves the memory: a full /dev/shm is an OSError here, not a SIGBUS later.
                os.posix_fallocate(descriptor, 0, size)
                mapped = mmap.mmap(descriptor, size)
            finally:
                os.close(descriptor)
            self.memory = torch.frombuffer(mapped, dtype=torch.uint8)
        return self.memory


class SharedMemorySender(BucketSender):
    """Writes buckets into two files in turn."""

    def __init__(
        self, receivers: Receivers, bucket_bytes: int = BUCKET_BYTES, *, rank: int = 0
    ) -> None:
        super().__init__(receivers, bucket_bytes, rank=rank)
        directory = shared_memory_directory()
        remove_stale_files(directory)
        self._files = [_WritableFile(directory) for _ in range(2)]

    def allocate(self, size: int) -> Tensor:
        """The file whose bucket has been loaded.

        Raises:
            OSError: shared memory is full.
        """
        self._files.reverse()
        return self._files[0].resize(size)

    def publish(self, size: int) -> str:
        """The file's path."""
        return str(self._files[0].path)

    def close(self) -> None:
        """Remove the files; mappings of readers stay valid."""
        for file in self._files:
            file.path.unlink(missing_ok=True)
            file.memory = torch.empty(0, dtype=torch.uint8)


class SharedMemoryReader:
    """Maps a sender's files read-only, once each."""

    def __init__(self) -> None:
        self._mapped: dict[str, Tensor] = {}

    def read(self, location: Any, size: int) -> Tensor:
        """The file's mapping."""
        path = str(location)
        try:
            there = os.stat(path).st_size
        except FileNotFoundError as error:
            self._mapped.pop(path, None)
            raise BucketError(f"{path}: the weight file is gone") from error
        if there < size or size == 0:
            # Reading a mapping beyond the end of its file would kill the process.
            self._mapped.pop(path, None)
            raise BucketError(f"{path}: {there} bytes, expected {size}")
        memory = self._mapped.get(path)
        if memory is None or memory.numel() != there:
            while len(self._mapped) > 1:  # of a sender that is gone
                self._mapped.pop(next(iter(self._mapped)))
            memory = self._mapped[path] = _map(path)
        return memory

    def close(self) -> None:
        """Forget the mappings."""
        self._mapped.clear()


def _map(path: str) -> Tensor:
    with open(path, "rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    with warnings.catch_warnings():
        # torch has no read-only tensors and warns of it; nobody writes to these views.
        warnings.simplefilter("ignore", UserWarning)
        return torch.frombuffer(mapped, dtype=torch.uint8)
