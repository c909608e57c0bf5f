"""The policy objective of one micro-batch, as a sum over tokens.

Every term is a *sum* over response tokens; whoever steps the optimizer divides the gradient once,
by the number of response tokens in the global batch (DAPO's token-level loss, arXiv 2503.14476, eq.
8; the same denominator for the KL term). Micro-batch sizes, packing and ranks can therefore not
change the result.

The loss itself is called with padded [sequences, tokens] tensors although the trainer works on
packed
rows: any loss registered with SkyRL (GSPO and others need whole sequences) then works unchanged,
    and the
padding costs a few kB per micro-batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from granite_rl.algorithm.clipping import ClipCounts, clip_counts
from granite_rl.algorithm.registry import policy_loss
from granite_rl.skyrl_compat import algorithm_config, ppo_utils


@dataclass(frozen=True)
class LossInputs:
    """Per-token inputs of a micro-batch, all [targets] in packed order."""

    logprobs: Tensor
    """Policy log-probabilities, with gradient."""
    reference_logprobs: Tensor | None
    """Frozen reference's log-probabilities; None when no token has a KL term."""
    advantages: Tensor
    kl_beta: Tensor
    rollout_logprobs: Tensor | None
    """What the generator reported for the same tokens."""
    sequence: Tensor
    """Sequence index of each token, non-decreasing runs not required."""


@dataclass(frozen=True)
class LossSums:
    """Token sums of a micro-batch: add them up over micro-batches and ranks, then divide once."""

    total: Tensor
    """Scalar with gradient: policy term + beta-weighted KL."""
    policy: float
    kl_weighted: float
    clipped: float
    """Number of tokens whose surrogate was clipped."""
    beyond: ClipCounts
    """Tokens whose ratio lies beyond the clip, by side; the largest ratio."""


class PolicyObjective:
    """Policy loss (by its SkyRL name) plus KL to the reference.

    Args:
        loss: name in SkyRL's ``PolicyLossRegistry``; ``regular`` is the PPO surrogate whose clip
            range is ``[1 - clip_low, 1 + clip_high]`` (Schulman et al. 2017, arXiv 1707.06347, eq.
            7; decoupled in DAPO, eq. 10).
        clip_low: lower clip distance.
        clip_high: upper clip distance.
        kl_estimator: ``k1 | k2 | k3 | abs`` (Schulman 2020, http://joschu.net/blog/kl-approx.html).

    Raises:
        ConfigError: the loss is unknown.
    """

    def __init__(self, *, loss: str, clip_low: float, clip_high: float, kl_estimator: str) -> None:
        self._loss = policy_loss(loss)
        self._kl_estimator = kl_estimator
        self._clip = {"clip_low": clip_low, "clip_high": clip_high}
        self._config = algorithm_config(
            policy_loss_type=loss,
            eps_clip_low=clip_low,
            eps_clip_high=clip_high,
            loss_reduction="token_mean",
        )

    def __call__(self, inputs: LossInputs) -> LossSums:
        """Token-summed loss of one micro-batch.

        On-policy, the policy that samples is the policy that learns, so the old log-probabilities
        are the current ones without gradient: the ratio is exactly 1 in value and carries the
        gradient.
        """
        layout = _Padded(inputs.sequence)
        logprobs = layout.pad(inputs.logprobs)
        rollout = None if inputs.rollout_logprobs is None else layout.pad(inputs.rollout_logprobs)
        policy, metrics = self._loss(
            logprobs,
            logprobs.detach(),
            layout.pad(inputs.advantages),
            self._config,
            layout.mask,
            rollout,
        )
        total = policy
        kl_weighted = 0.0
        if inputs.reference_logprobs is not None:
            kl = inputs.kl_beta * self.kl(inputs.logprobs, inputs.reference_logprobs)
            total = total + kl.sum()
            kl_weighted = float(kl.detach().sum())
        clipped = float(metrics.get("clip_ratio", 0.0)) * inputs.logprobs.numel()
        old = inputs.logprobs.detach()
        return LossSums(
            total=total,
            policy=float(policy.detach()),
            kl_weighted=kl_weighted,
            clipped=clipped,
            beyond=clip_counts(inputs.logprobs, old, inputs.advantages, **self._clip),
        )

    def kl(self, logprobs: Tensor, reference_logprobs: Tensor) -> Tensor:
        """Per-token KL estimate [targets], in nats."""
        result = ppo_utils().compute_approx_kl(
            logprobs, reference_logprobs, None, self._kl_estimator
        )
        assert isinstance(result, Tensor)
        return result


class _Padded:
    """Index arithmetic between packed tokens [targets] and padded sequences [sequences, tokens]."""

    def __init__(self, sequence: Tensor) -> None:
        _, self._row, counts = torch.unique(sequence, return_inverse=True, return_counts=True)
        order = torch.argsort(self._row, stable=True)
        starts = torch.cumsum(counts, 0) - counts
        column = torch.empty_like(self._row)
        column[order] = (
            torch.arange(sequence.numel(), device=sequence.device) - starts[self._row[order]]
        )
        self._column = column
        self._shape = (int(counts.numel()), int(counts.max()) if counts.numel() else 0)
        self.mask = self.pad(torch.ones(sequence.numel(), device=sequence.device))

    def pad(self, values: Tensor) -> Tensor:
        """[targets] to [sequences, tokens], zeros where a sequence has ended; differentiable."""
        return values.new_zeros(self._shape).index_put((self._row, self._column), values)
