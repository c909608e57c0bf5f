"""Sends weights through vLLM's ``nccl`` engine: one broadcast from trainer rank 0 to every vLLM
worker.

The group has rank 0 for the trainer and then the workers of generator after generator. Weights are
broadcast packed, in vLLM's own buffers (two of 1 GiB), while they are gathered; no CPU memory is
involved. As any collective it stands still when one side dies: the caller's deadline ends it, and
`connect` makes a new group.

Written against vLLM 0.27.1 (`vllm/distributed/weight_transfer/nccl_engine.py`); not run on GPUs.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import ray.util
from vllm.distributed.device_communicators.pynccl import PyNcclCommunicator
from vllm.distributed.weight_transfer.nccl_engine import (
    NCCLTrainerSendWeightsArgs,
    NCCLWeightTransferEngine,
)

from granite_rl.weight_sync.sender import Receivers, SyncReport, WeightSender
from granite_rl.weight_sync.source import WeightSource, payload_bytes


def rank_offsets(workers: Sequence[int]) -> list[int]:
    """Return the group rank of each generator's first worker; the trainer is rank 0."""
    return list(accumulate(workers, initial=1))[:-1]


def init_infos(address: str, port: int, workers: Sequence[int]) -> list[dict[str, Any]]:
    """Build the ``NCCLWeightTransferInitInfo`` of each generator."""
    world_size = 1 + sum(workers)
    return [
        {
            "master_address": address,
            "master_port": port,
            "rank_offset": offset,
            "world_size": world_size,
        }
        for offset in rank_offsets(workers)
    ]


def update_info(source: WeightSource) -> dict[str, Any]:
    """Build the ``NCCLWeightTransferUpdateInfo`` that tells the workers what will be broadcast."""
    metadata = source.metadata()
    return {
        "names": [item.name for item in metadata],
        "dtype_names": [str(item.dtype).removeprefix("torch.") for item in metadata],
        "shapes": [list(item.shape) for item in metadata],
        "packed": True,
    }


class NcclSender(WeightSender):
    """Sends weights as rank 0 of the broadcast."""

    device_tensors = True

    def __init__(self, receivers: Receivers, *, rank: int = 0) -> None:
        super().__init__(receivers, rank=rank)
        self._group: PyNcclCommunicator | None = None

    def connect(self) -> None:
        """Form the broadcast group; all workers join at the same time.

        Raises:
            RuntimeError: a generator could not join.
        """
        self.receivers.begin()
        infos = init_infos(_own_address(), _free_port(), self.receivers.workers)
        joining = self.receivers.initialize(infos)
        self._group = NCCLWeightTransferEngine.trainer_init(infos[0])
        joining.wait()
        self._all_or_nothing("join the weight-sync group")

    def send(self, weights: WeightSource, version: int) -> SyncReport:
        """Broadcast the weights while the workers load them.

        Raises:
            RuntimeError: a generator could not take part; none has the new weights then.
        """
        begin = time.perf_counter()
        self.receivers.begin()
        self.receivers.start(version).wait()
        self._all_or_nothing(f"start on weights {version}")
        loading = self.receivers.update(update_info(weights))
        NCCLWeightTransferEngine.trainer_send_weights(
            iter(weights), NCCLTrainerSendWeightsArgs(group=self._group, packed=True)
        )
        loading.wait()
        self.receivers.finish(version).wait()
        return SyncReport(
            version,
            payload_bytes(weights),
            time.perf_counter() - begin,
            dict(self.receivers.failed),
        )

    def _all_or_nothing(self, doing: str) -> None:
        if self.receivers.failed:
            # A broadcast without one of its ranks would never return.
            raise RuntimeError(f"generators could not {doing}: {self.receivers.failed}")

    def close(self) -> None:
        """Leave the broadcast group."""
        self._group = None


def _own_address() -> str:
    return str(ray.util.get_node_ip_address())


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("", 0))
        return int(listener.getsockname()[1])
