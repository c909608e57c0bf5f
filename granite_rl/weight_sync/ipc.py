"""Sends weights through vLLM's ``ipc`` engine to generators that share the trainers' GPUs.

Every trainer rank packs all weights into a buffer on its own GPU, a buffer at a time, and the
generator on that GPU opens it by its CUDA handle and reads in place. vLLM's trainer engine does the
work and drives the generators; here it gets its client and its source. Each GPU needs room for one
buffer: 1 GiB, or the largest parameter.

Written against vLLM 0.27.1 (`vllm/distributed/weight_transfer/ipc_engine.py`); not run on GPUs.
"""

from __future__ import annotations

import time
from typing import Any

from vllm.distributed.weight_transfer.factory import WeightTransferTrainerFactory
from vllm.distributed.weight_transfer.ipc_engine import (
    IPCTrainerInitInfo,
    IPCTrainerWeightTransferEngine,
)

from granite_rl.weight_sync.sender import Receivers, SyncReport, WeightSender
from granite_rl.weight_sync.source import WeightSource, payload_bytes, tensor_bytes


class IpcClient:
    """Drives our generators with the four methods that vLLM's trainer engine calls."""

    def __init__(self, receivers: Receivers) -> None:
        self._receivers = receivers
        self.version = -1
        """Version of the update under way, which vLLM's engine doesn't pass on."""

    def init_weight_transfer_engine(self, init_info: dict[str, Any]) -> None:
        """Initialise every generator with the same information."""
        self._receivers.initialize([init_info] * len(self._receivers.workers)).wait()

    def start_weight_update(self) -> None:
        """Start an update; no generator serves until it is finished."""
        self._receivers.start(self.version).wait()

    def update_weights(self, update_info: dict[str, Any]) -> None:
        """Load one buffer; the trainer overwrites it when this returns."""
        self._receivers.update(update_info).wait()

    def finish_weight_update(self, weight_version: str | None = None) -> None:
        """Finish the update; from here on the new version is served."""
        self._receivers.finish(self.version).wait()


class IpcSender(WeightSender):
    """Sends weights with vLLM's trainer engine and our client; each trainer rank has one."""

    needs_all_ranks = True
    device_tensors = True

    def __init__(self, receivers: Receivers, *, rank: int = 0) -> None:
        super().__init__(receivers, rank=rank)
        self._client = IpcClient(receivers)
        self._engine: IPCTrainerWeightTransferEngine | None = None

    def connect(self) -> None:
        """Create vLLM's trainer engine, which tells the generators that buffers come packed."""
        self.receivers.begin()
        self._engine = WeightTransferTrainerFactory.trainer_init(
            IPCTrainerInitInfo(rank=self.rank, packed=True),
            client=self._client,
            source=(),  # each update has its own
        )

    def send(self, weights: WeightSource, version: int) -> SyncReport:
        """Pack the weights buffer by buffer and wait until the generators have loaded each."""
        assert self._engine is not None, "connect first"
        begin = time.perf_counter()
        self.receivers.begin()
        self._client.version = version
        self._engine.source = weights
        # vLLM refuses a parameter that doesn't fit into one buffer.
        largest = max(tensor_bytes(item) for item in weights.metadata())
        self._engine.packed_buffer_size_bytes = max(self._engine.packed_buffer_size_bytes, largest)
        self._engine.send_weights()
        return SyncReport(
            version,
            payload_bytes(weights),
            time.perf_counter() - begin,
            dict(self.receivers.failed),
        )

    def close(self) -> None:
        """Release vLLM's engine."""
        self._engine = None
