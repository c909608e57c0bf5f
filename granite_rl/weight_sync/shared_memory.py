"""vLLM weight-transfer engine over a file in shared memory.

Runs inside vLLM's worker. ``start`` and ``finish`` bracket the load with vLLM's layer-wise reload,
because on CPU weights are repacked after loading and can't be written in place. Only imported by
vLLM processes.
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
from vllm.model_executor.model_loader.reload import (
    finalize_layerwise_reload,
    initialize_layerwise_reload,
)

from granite_rl.weight_sync.bucket import BucketManifest, Entry, read_bucket


@dataclass
class SharedMemoryInitInfo(WeightTransferInitInfo):
    """Nothing to agree on before the first transfer."""


@dataclass
class SharedMemoryUpdateInfo(WeightTransferUpdateInfo):
    """A ``BucketManifest`` as plain fields, as vLLM's RPC carries them."""

    path: str
    version: int
    size: int
    checksum: str
    entries: list[dict[str, Any]]

    def manifest(self) -> BucketManifest:
        """The typed manifest."""
        entries = tuple(
            Entry(item["name"], item["dtype"], tuple(item["shape"]), item["offset"])
            for item in self.entries
        )
        return BucketManifest(self.path, self.version, self.size, self.checksum, entries)


class SharedMemoryWeightTransferEngine(
    WeightTransferEngine[SharedMemoryInitInfo, SharedMemoryUpdateInfo]
):
    """Loads one version of all weights from a mapped file on the same host."""

    init_info_cls = SharedMemoryInitInfo
    update_info_cls = SharedMemoryUpdateInfo

    def init_transfer_engine(self, init_info: SharedMemoryInitInfo) -> None:
        """Nothing to open: every update names its file."""

    def start_weight_update(self) -> None:
        """Bring the model's layers back into their loadable form."""
        initialize_layerwise_reload(self.model)

    def update_weights(self, update_info: dict[str, Any]) -> None:
        """Load the weights named by ``update_info``; synchronises the device when there is one."""
        self.receive_weights(self.parse_update_info(update_info))
        if torch.accelerator.is_available():
            torch.accelerator.synchronize()

    def receive_weights(self, update_info: SharedMemoryUpdateInfo) -> None:
        """Copy every tensor of the file into the model.

        Raises:
            BucketError: the file is missing or damaged; the model is then unusable until the next
                update.
        """
        self.model.load_weights(read_bucket(update_info.manifest()))

    def finish_weight_update(self) -> None:
        """Repack the layers for inference."""
        finalize_layerwise_reload(self.model, self.model_config)

    def shutdown(self) -> None:
        """Nothing is held open between updates."""

    @staticmethod
    def trainer_send_weights(iterator: Iterator[Any], trainer_args: dict[str, Any] | Any) -> None:
        """Not used: the trainer writes the file and the controller passes its manifest on."""
        raise NotImplementedError("use granite_rl.weight_sync.bucket.write_bucket")
