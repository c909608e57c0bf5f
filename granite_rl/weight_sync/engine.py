"""Implements the vLLM weight-transfer engine behind every transport of buckets, inside vLLM's
worker.

What differs between transports is where a bucket's memory is (their `BucketReader`). Buckets are
verified, kept in order and loaded here. Imported by vLLM processes only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from vllm.distributed.weight_transfer.base import (
    WeightTransferEngine,
    WeightTransferInitInfo,
    WeightTransferUpdateInfo,
)

from granite_rl.weight_sync.bucket import Bucket, BucketError, unpack
from granite_rl.weight_sync.loader import Loader, create_loader
from granite_rl.weight_sync.transports import create_reader


@dataclass
class BucketInitInfo(WeightTransferInitInfo):
    """Carries nothing: these transports agree on nothing before the first update."""


@dataclass
class BucketUpdateInfo(WeightTransferUpdateInfo):
    """Carries a `Bucket` as plain fields."""

    version: int
    index: int
    size: int
    checksum: str
    entries: list[tuple[str, str, list[int], int]]
    location: Any


class BucketWeightTransferEngine(WeightTransferEngine[BucketInitInfo, BucketUpdateInfo]):
    """Loads one version of all weights, a bucket at a time."""

    init_info_cls = BucketInitInfo
    update_info_cls = BucketUpdateInfo

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reader = create_reader(self.config.backend)
        self._loader: Loader | None = None
        self._version: int | None = None
        self._expected = 0

    def init_transfer_engine(self, init_info: BucketInitInfo) -> None:
        """Do nothing: every update names its memory."""

    def start_weight_update(self) -> None:
        """Start an update; discards what an abandoned one may have left behind."""
        if self._loader is None:
            # Not in the constructor: vLLM builds its engines before its weights are processed.
            self._loader = create_loader(
                self.model, self.model_config, self.parallel_config.tensor_parallel_size
            )
        self._version = None
        self._expected = 0
        self._loader.begin()

    def update_weights(self, update_info: dict[str, Any]) -> None:
        """Load one bucket; synchronises the device when there is one."""
        self.receive_weights(self.parse_update_info(update_info))
        if torch.accelerator.is_available():
            torch.accelerator.synchronize()

    def receive_weights(self, update_info: BucketUpdateInfo) -> None:
        """Verify a bucket and load its tensors.

        Raises:
            BucketError: it is missing, damaged, out of order or of another version; the model is
                unusable until an update succeeds.
        """
        bucket = Bucket.from_info(dict(vars(update_info)))
        if self._version is None:
            self._version = bucket.version
        if (bucket.version, bucket.index) != (self._version, self._expected):
            raise BucketError(
                f"bucket {bucket.index} of weights {bucket.version} came instead of bucket "
                f"{self._expected} of weights {self._version}"
            )
        assert self._loader is not None, "vLLM starts an update before it sends one"
        memory = self._reader.read(bucket.location, bucket.size)
        self._loader.load(unpack(bucket, memory))
        self._expected += 1

    def finish_weight_update(self) -> None:
        """Finish the update, after which the model can serve.

        Raises:
            BucketError: parameters are missing.
        """
        assert self._loader is not None, "vLLM starts an update before it finishes one"
        self._loader.finish()

    def shutdown(self) -> None:
        """Release the buckets' memory."""
        self._reader.close()

    @staticmethod
    def trainer_send_weights(iterator: Iterator[Any], trainer_args: dict[str, Any] | Any) -> None:
        """Raise: vLLM is about to drop this half of the interface, and `WeightSender` replaces
        it."""
        raise NotImplementedError("use granite_rl.weight_sync.transports.create_sender")
