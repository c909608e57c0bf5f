"""Sends weights through shared memory: trainer and generators on one host.

Two pieces of memory take turns: one is written while the generators read the other. They live as
long as the sender and stay mapped on both sides, because it is mapping pages that costs. Nothing is
copied on the way: generators load straight from the mapping. Costs two buckets of memory per host
(or twice the largest parameter, usually the embedding).

The memory is anonymous (``memfd``) and found through the sender's ``/proc``: nothing is left behind
however a process ends, and a container's small /dev/shm is no limit. Linux only; trainers and
generators must see each other's processes, so on one host in one container.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import warnings
from typing import Any

import torch
from torch import Tensor

from granite_rl.weight_sync.bucket import BucketError
from granite_rl.weight_sync.sender import BUCKET_BYTES, BucketSender, Receivers


class _Memory:
    """Holds shared memory that grows and stays mapped."""

    def __init__(self) -> None:
        self._descriptor = os.memfd_create(
            "granite-rl-weights", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
        )
        # Reading a mapping beyond the end of its file would kill a generator.
        fcntl.fcntl(self._descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        self.path = f"/proc/{os.getpid()}/fd/{self._descriptor}"
        self.mapped = torch.empty(0, dtype=torch.uint8)

    def resize(self, size: int) -> Tensor:
        if self.mapped.numel() < size:
            size += -size % mmap.PAGESIZE
            # Takes the memory now: too little of it is an OSError here, not a SIGBUS later.
            os.posix_fallocate(self._descriptor, 0, size)
            self.mapped = torch.frombuffer(mmap.mmap(self._descriptor, size), dtype=torch.uint8)
        return self.mapped

    def close(self) -> None:
        self.mapped = torch.empty(0, dtype=torch.uint8)
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


class SharedMemorySender(BucketSender):
    """Writes buckets into two pieces of shared memory in turn."""

    def __init__(
        self, receivers: Receivers, bucket_bytes: int = BUCKET_BYTES, *, rank: int = 0
    ) -> None:
        super().__init__(receivers, bucket_bytes, rank=rank)
        self._memories = [_Memory() for _ in range(2)]

    def allocate(self, size: int) -> Tensor:
        """Return the piece of memory whose bucket has been loaded.

        Raises:
            OSError: there is not enough memory.
        """
        self._memories.reverse()
        return self._memories[0].resize(size)

    def publish(self, size: int) -> str:
        """Return the path of the piece of memory written last."""
        return self._memories[0].path

    def close(self) -> None:
        """Release the memory; mappings of readers stay valid."""
        for memory in self._memories:
            memory.close()


class SharedMemoryReader:
    """Maps a sender's memory read-only, each piece once."""

    def __init__(self) -> None:
        self._mapped: dict[str, tuple[int, Tensor]] = {}

    def read(self, location: Any, size: int) -> Tensor:
        """Return the mapping of the sender's memory, mapping it if it is new."""
        path = str(location)
        try:
            there = os.stat(path)
            if there.st_size < size or size == 0:
                raise BucketError(f"{path}: {there.st_size} bytes, expected {size}")
            inode, memory = self._mapped.get(path, (-1, torch.empty(0)))
            if inode != there.st_ino or memory.numel() != there.st_size:
                while len(self._mapped) > 1:  # mappings of a sender that is gone
                    self._mapped.pop(next(iter(self._mapped)))
                memory = _map(path)
                self._mapped[path] = (there.st_ino, memory)
        except (FileNotFoundError, PermissionError) as error:
            raise BucketError(
                f"{path}: the trainer's memory can't be reached ({error.strerror}): it is gone, or "
                "in another container or of another user"
            ) from error
        return memory

    def close(self) -> None:
        """Drop the mappings."""
        self._mapped.clear()


def _map(path: str) -> Tensor:
    with open(path, "rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    with warnings.catch_warnings():
        # torch has no read-only tensors and warns of it; these views are never written.
        warnings.simplefilter("ignore", UserWarning)
        return torch.frombuffer(mapped, dtype=torch.uint8)
