"""Tests ``nccl`` and ``ipc`` as far as they run without GPUs: vLLM's own types check what it is
told.

The data plane (CUDA) is not run here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from vllm.distributed.weight_transfer.base import VLLMWeightSyncClient
from vllm.distributed.weight_transfer.nccl_engine import (
    NCCLTrainerSendWeightsArgs,
    NCCLWeightTransferEngine,
    NCCLWeightTransferInitInfo,
    NCCLWeightTransferUpdateInfo,
)

from granite_rl.weight_sync import nccl
from granite_rl.weight_sync.ipc import IpcClient, IpcSender
from granite_rl.weight_sync.nccl import NcclSender, init_infos, rank_offsets, update_info
from granite_rl.weight_sync.source import WeightMeta, payload_bytes

WEIGHTS = {"a": torch.ones(4, 2), "b": torch.ones(3, dtype=torch.bfloat16)}


class TwoWeights:
    """Provides two weights."""

    def metadata(self) -> list[WeightMeta]:
        return [WeightMeta(name, t.dtype, tuple(t.shape)) for name, t in WEIGHTS.items()]

    def __iter__(self) -> Iterator[tuple[str, Tensor]]:
        return iter(WEIGHTS.items())


class RecordingReceivers:
    """Records the calls that generators get; the second may fail to start."""

    def __init__(self, *, fails: bool = False) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.failed: dict[str, str] = {}
        self._fails = fails

    workers = (2, 4)

    def begin(self) -> None:
        self.calls.append(("begin", None))

    def __getattr__(self, method: str) -> Any:
        def call(argument: Any) -> RecordingReceivers:
            self.calls.append((method, argument))
            if self._fails and method == "start":
                self.failed["generator 1"] = "gone"
            return self

        return call

    def wait(self) -> None:
        self.calls.append(("wait", None))


def test_every_worker_has_a_rank_of_its_own_behind_the_trainer() -> None:
    assert rank_offsets([2, 4, 1]) == [1, 3, 7]
    workers = [2, 4, 1]
    ranks = [0] + [
        offset + rank
        for offset, count in zip(rank_offsets(workers), workers, strict=True)
        for rank in range(count)
    ]
    assert ranks == list(range(1 + sum(workers)))


def test_what_vllm_is_told_fits_its_own_types() -> None:
    infos = [NCCLWeightTransferInitInfo(**info) for info in init_infos("10.0.0.1", 4242, [2, 4])]
    assert [(info.rank_offset, info.world_size) for info in infos] == [(1, 7), (3, 7)]
    assert {(info.master_address, info.master_port) for info in infos} == {("10.0.0.1", 4242)}
    update = NCCLWeightTransferUpdateInfo(**update_info(TwoWeights()))
    assert update.names == ["a", "b"]
    assert update.shapes == [[4, 2], [3]]
    assert [getattr(torch, name) for name in update.dtype_names] == [torch.float32, torch.bfloat16]
    sending = NCCLTrainerSendWeightsArgs(group=None, packed=True)
    # Both sides cut the stream into the same pieces, or they wait for each other for ever.
    assert update.packed == sending.packed
    assert update.packed_buffer_size_bytes == sending.packed_buffer_size_bytes
    assert update.packed_num_buffers == sending.packed_num_buffers
    assert payload_bytes(TwoWeights()) == 4 * 2 * 4 + 3 * 2


def test_nccl_broadcasts_while_the_generators_load(monkeypatch: pytest.MonkeyPatch) -> None:
    receivers = RecordingReceivers()

    def send(iterator: Iterator[tuple[str, Tensor]], arguments: Any) -> None:
        receivers.calls.append(("broadcast", [name for name, _ in iterator]))
        assert arguments.packed

    monkeypatch.setattr(NCCLWeightTransferEngine, "trainer_send_weights", staticmethod(send))
    report = NcclSender(receivers).send(TwoWeights(), 5)
    assert (report.version, report.bytes, report.failed) == (5, 38, {})
    names = [name for name, _ in receivers.calls]
    assert names == ["begin", "start", "wait", "update", "broadcast", "wait", "finish", "wait"]
    assert receivers.calls[4][1] == ["a", "b"]


def test_nccl_does_not_broadcast_to_a_generator_that_is_gone() -> None:
    receivers = RecordingReceivers(fails=True)
    with pytest.raises(RuntimeError, match="generator 1"):
        NcclSender(receivers).send(TwoWeights(), 5)
    assert "update" not in [name for name, _ in receivers.calls]


def test_ipc_is_vllms_client_and_passes_the_version_on() -> None:
    receivers = RecordingReceivers()
    client = IpcClient(receivers)
    assert isinstance(client, VLLMWeightSyncClient)
    client.version = 9
    client.init_weight_transfer_engine({"packed": True})
    client.start_weight_update()
    client.update_weights({"names": []})
    client.finish_weight_update()
    asked = [(name, argument) for name, argument in receivers.calls if name != "wait"]
    assert asked == [
        ("initialize", [{"packed": True}, {"packed": True}]),
        ("start", 9),
        ("update", {"names": []}),
        ("finish", 9),
    ]


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what happens without a GPU")
@pytest.mark.parametrize("sender", [NcclSender, IpcSender])
def test_without_a_gpu_connecting_fails_instead_of_hanging(
    sender: type[NcclSender] | type[IpcSender], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nccl, "_own_address", lambda: "127.0.0.1")
    with pytest.raises((RuntimeError, AssertionError, AttributeError)):
        sender(RecordingReceivers()).connect()
