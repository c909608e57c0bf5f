"""Holds the reference role: the frozen model of the KL term, in actors of its own.

By default every trainer rank holds a copy (``trainer.reference_replicas: 0``): nothing travels, and
its forward pass, about a quarter of a micro-batch's work, runs between the policy's. Own actors
take that work and memory off the trainers: while a trainer works on one micro-batch, the reference
is at the next one. What travels is one float32 a trained token, straight from the reference to the
trainer. They pay where there are CPUs or GPUs to spare beside the trainers, or where two models
don't fit into one device.

It is a plain forward pass without DeepSpeed, so a model must fit into one device (30 B in bfloat16:
60 GB). Log-probabilities are a pure function of the batch: Ray restarts a lost replica and asks it
again, without a trace in the results.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from granite_rl.actors.node import node_id
from granite_rl.types import TrainBatch

if TYPE_CHECKING:
    from granite_rl.training.policy import TokenLogprobs

RESTARTS = 3
"""How often Ray restarts a lost replica, and asks again for what it was working on."""


def load_reference(path: Path, dtype: str) -> TokenLogprobs:
    """Load the frozen model on this process's device, without gradients."""
    from granite_rl.models.loading import load_policy
    from granite_rl.training.distributed import device
    from granite_rl.training.policy import TokenLogprobs

    model = TokenLogprobs(load_policy(path, dtype)).to(device())
    return model.requires_grad_(False).eval()


class Reference:
    """Holds one replica of the frozen reference.

    Args:
        model_path: its checkpoint, absolute.
        dtype: "float32" or "bfloat16", the trainers'.
        threads: CPU threads.
    """

    def __init__(self, model_path: str, dtype: str, threads: int) -> None:
        # Imported here, so that the driver, which imports this module to place the role, doesn't
        # pay for it.
        import torch

        torch.set_num_threads(threads)
        self._model = load_reference(Path(model_path), dtype)

    def describe(self) -> dict[str, Any]:
        """Say what really runs here; answers once the model is loaded."""
        parameters = sum(parameter.numel() for parameter in self._model.parameters())
        return {
            "engine": type(self._model.model).__qualname__,
            "parameters": parameters,
            "pid": os.getpid(),
            "node": node_id(),
        }

    def logprobs(self, batch: TrainBatch, temperature: float) -> npt.NDArray[np.float32]:
        """Return log-probabilities [targets] in nats of a micro-batch's trained tokens.

        Args:
            batch: the same micro-batch that goes to the trainer.
            temperature: divides the logits, as it did when sampling.
        """
        import torch

        from granite_rl.training.engine import batch_tensors

        with torch.no_grad():
            logprobs, _ = self._model(**batch_tensors(batch.packed), temperature=temperature)
        values: npt.NDArray[np.float32] = logprobs.cpu().numpy()
        return values
