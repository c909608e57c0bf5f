"""Defines the trainer's side of a weight update: the interface of every transport, and buckets.

Rank 0 sends and drives the generators itself, as vLLM's own trainer engines do: start, one update a
bucket, finish. So the controller makes one call and reads one report, buckets go straight from rank
0 to the generators, and a transport is one file: a `WeightSender`, and for transports of buckets a
`BucketReader` (what is left, vLLM's engine and the loading, is the same for all of them).

A generator that fails is left out of the rest of the update and named in the report; it refuses to
serve until a later update succeeds. The controller decides what to do about it.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from granite_rl.weight_sync.bucket import pack
from granite_rl.weight_sync.source import WeightSource

BUCKET_BYTES = 32 << 20
"""Largest size of a bucket. Stacked matrices that a bucket's end separates are copied once more by
the generators, and a call takes about 1 ms through Ray: with 24 layers of 30 MB, 75 ms of copies
and 73 calls at 16 MiB, 7 ms and 25 at 32 MiB."""


@dataclass(frozen=True)
class SyncReport:
    """Reports what one weight update did."""

    version: int
    bytes: int
    """Bytes sent, counted once for all generators; a tied head counts once."""
    seconds: float
    failed: dict[str, str] = field(default_factory=dict)
    """Generators that did not get the new weights, and why."""


class Pending(Protocol):
    """Represents a call that all generators are working on."""

    def wait(self) -> None:
        """Wait until each generator has answered, failed or run out of time."""


class Receivers(Protocol):
    """Calls all generators of a run for a sender; each call goes to every one that has not
    failed."""

    @property
    def workers(self) -> Sequence[int]:
        """Return the number of vLLM workers (tensor-parallel ranks) of each generator that has not
        failed."""

    @property
    def failed(self) -> dict[str, str]:
        """Return the generators that failed since `begin`, and why."""

    def begin(self) -> None:
        """Begin a new update, in which generators that failed before take part again."""

    def initialize(self, infos: Sequence[dict[str, Any]]) -> Pending:
        """Call ``init_weight_transfer``, each generator with its own information."""

    def start(self, version: int) -> Pending:
        """Call ``start_weight_update``; from here on the old version is gone."""

    def update(self, info: dict[str, Any]) -> Pending:
        """Call ``update_weights`` with a transport's update information."""

    def finish(self, version: int) -> Pending:
        """Call ``finish_weight_update``; from here on the new version is served."""


class WeightSender(ABC):
    """Sends weights to generators; each run has one, of its transport.

    All trainer ranks call `send`, because ZeRO 3 gathers parameters while they are iterated.
    """

    needs_all_ranks = False
    """True where ranks other than 0 also send, instead of only iterating."""
    device_tensors = False
    """True where weights are needed on the trainer's accelerator instead of in CPU memory."""

    def __init__(self, receivers: Receivers, *, rank: int = 0) -> None:
        self.receivers = receivers
        self.rank = rank

    @abstractmethod
    def connect(self) -> None:
        """Prepare the transport on both sides before the first update; blocks until all have."""

    @abstractmethod
    def send(self, weights: WeightSource, version: int) -> SyncReport:
        """Bring all generators to one version of the weights.

        Raises:
            OSError, RuntimeError: this side could not send.
        """

    @abstractmethod
    def close(self) -> None:
        """Release what is held between updates."""


class BucketSender(WeightSender):
    """Sends buckets that generators read; a subclass says where their memory is."""

    def __init__(
        self, receivers: Receivers, bucket_bytes: int = BUCKET_BYTES, *, rank: int = 0
    ) -> None:
        super().__init__(receivers, rank=rank)
        self._bucket_bytes = bucket_bytes

    def connect(self) -> None:
        """Check that each generator's engine is there; no more is needed, as every update names its
        memory."""
        self.receivers.begin()
        self.receivers.initialize([{}] * len(self.receivers.workers)).wait()

    @abstractmethod
    def allocate(self, size: int) -> Tensor:
        """Return memory for the next bucket; the one before the last is free again by then."""

    @abstractmethod
    def publish(self, size: int) -> Any:
        """Make the last allocated memory readable; returns the bucket's location."""

    def send(self, weights: WeightSource, version: int) -> SyncReport:
        """Write each bucket while the generators load the one before."""
        begin = time.perf_counter()
        receivers = self.receivers
        receivers.begin()
        pending = receivers.start(version)
        sent = 0
        for bucket in pack(weights, version, self._bucket_bytes, self.allocate):
            info = bucket.as_info() | {"location": self.publish(bucket.size)}
            pending.wait()
            pending = receivers.update(info)
            sent += bucket.payload
        pending.wait()
        receivers.finish(version).wait()
        return SyncReport(version, sent, time.perf_counter() - begin, dict(receivers.failed))


class BucketReader(Protocol):
    """Reads buckets on the generator's side of a `BucketSender`."""

    def read(self, location: Any, size: int) -> Tensor:
        """Return the bucket's memory, uint8 `[at least size]`, valid until the next but one is
        read.

        Raises:
            BucketError: it is gone or too short.
        """

    def close(self) -> None:
        """Release all memory."""
