"""vLLM plugin: makes our weight-transfer engines known in every vLLM process.

Found through the entry-point group ``vllm.general_plugins``; vLLM calls ``register`` at start-up,
possibly more than once in a process.
"""

from __future__ import annotations


def register() -> None:
    """Register the shared-memory engine; repeated calls are harmless."""
    from vllm.distributed.weight_transfer.factory import WeightTransferEngineFactory

    if "shared_memory" not in WeightTransferEngineFactory._registry:
        WeightTransferEngineFactory.register_engine(
            "shared_memory",
            "granite_rl.weight_sync.shared_memory",
            "SharedMemoryWeightTransferEngine",
        )
