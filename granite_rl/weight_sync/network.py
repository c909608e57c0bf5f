"""Sends weights through Ray's object store: any number of hosts, no GPUs.

Each bucket is put into the store of the trainer's host once. A generator there reads it in place;
one elsewhere has Ray copy it over, once per host, and hosts that have it serve those that don't.

Ray rather than a gloo broadcast: a collective stands still for all ranks when one generator dies,
and a replaced generator means a new group on all sides; a bucket in the store is just fetched by
the generators that are there. It costs one copy more than shared memory (into the store).
"""

from __future__ import annotations

import warnings
from collections import deque
from typing import Any

import ray
import torch
from ray.exceptions import GetTimeoutError, ObjectLostError
from torch import Tensor

from granite_rl.weight_sync.bucket import BucketError
from granite_rl.weight_sync.sender import BUCKET_BYTES, BucketSender, Receivers

FETCH_TIMEOUT_S = 120.0
"""Seconds a generator waits for a bucket; one of 32 MiB takes two on the slowest network that is
worth training over."""


class NetworkSender(BucketSender):
    """Puts buckets into the object store; at most two of them live there at a time."""

    def __init__(
        self, receivers: Receivers, bucket_bytes: int = BUCKET_BYTES, *, rank: int = 0
    ) -> None:
        super().__init__(receivers, bucket_bytes, rank=rank)
        self._staging = torch.empty(0, dtype=torch.uint8)
        # An object lives as long as a process holds its reference.
        self._in_flight: deque[Any] = deque(maxlen=2)

    def allocate(self, size: int) -> Tensor:
        """Return the staging memory, whose last content is in the store already."""
        if self._staging.numel() < size:
            self._staging = torch.empty(size, dtype=torch.uint8)
        return self._staging

    def publish(self, size: int) -> Any:
        """Put the bucket into the store; returns its reference in a list, since Ray passes
        references inside others on as they are.

        Raises:
            ray.exceptions.ObjectStoreFullError: two buckets don't fit.
        """
        self._in_flight.append(ray.put(self._staging[:size].numpy()))
        return [self._in_flight[-1]]

    def close(self) -> None:
        """Release the staging memory and what is still in the store."""
        self._in_flight.clear()
        self._staging = torch.empty(0, dtype=torch.uint8)


class NetworkReader:
    """Fetches buckets from the object store; on the sender's host without a copy."""

    def read(self, location: Any, size: int) -> Tensor:
        """Return the memory of the fetched object."""
        try:
            array = ray.get(location[0], timeout=FETCH_TIMEOUT_S)
        except (GetTimeoutError, ObjectLostError) as error:
            raise BucketError(f"{location[0]}: the bucket can't be fetched: {error}") from error
        if array.nbytes < size:
            raise BucketError(f"{location[0]}: {array.nbytes} bytes, expected {size}")
        with warnings.catch_warnings():
            # torch has no read-only tensors and warns of it; these views are never written.
            warnings.simplefilter("ignore", UserWarning)
            return torch.from_numpy(array)

    def close(self) -> None:
        """Do nothing: no memory is held between updates."""
