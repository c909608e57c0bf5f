"""Makes our weight-transfer engines known in every vLLM process, as a vLLM plugin.

Found through the entry-point group ``vllm.general_plugins``; vLLM calls ``register`` at start-up,
possibly more than once in a process.
"""

from __future__ import annotations

from vllm.distributed.weight_transfer.factory import WeightTransferEngineFactory

from granite_rl.weight_sync.transports import TRANSPORTS


def register() -> None:
    """Register the transports that vLLM lacks; repeated calls are harmless."""
    for name, transport in TRANSPORTS.items():
        if transport.reader and name not in WeightTransferEngineFactory._registry:
            WeightTransferEngineFactory.register_engine(
                name, "granite_rl.weight_sync.engine", "BucketWeightTransferEngine"
            )
