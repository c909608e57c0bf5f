"""Computes the policy objective of one micro-batch as a weighted sum over tokens.

Every term is a *sum* over response tokens, each times its weight; the caller that steps the
optimizer divides the gradient once, by one denominator for the global batch. The weights and the
denominator are the aggregation (`granite_rl.rl.batching.BatchBuilder`): with weights of 1 and the
number of tokens it is DAPO's token mean (arXiv 2503.14476, eq. 8), for the policy and the KL term
alike. Micro-batch sizes, packing and ranks can therefore not change the result.

The weights multiply the advantages, which is how SkyRL reduces too: its losses return masked sums
that are linear in positive multiples of the advantages. A user's loss must be linear in the same
way.

The loss itself is called with padded [sequences, tokens] tensors although the trainer works on
packed rows: any loss registered with SkyRL (GSPO and others need whole sequences) then works
unchanged, and the padding costs a few kB per micro-batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from granite_rl.algorithm.clipping import ClipCounts, clip_counts
from granite_rl.algorithm.kl import beyond_bound, kl_estimate
from granite_rl.algorithm.loss_options import loss_config
from granite_rl.algorithm.registry import load_modules, policy_loss
from granite_rl.config import AlgorithmSection
from granite_rl.errors import ConfigError


@dataclass(frozen=True)
class LossInputs:
    """Holds the per-token inputs of a micro-batch's loss, all [targets] in packed order."""

    logprobs: Tensor
    """Policy log-probabilities, with gradient."""
    reference_logprobs: Tensor | None
    """Frozen reference's log-probabilities; None when no token has a KL term."""
    advantages: Tensor
    weight: Tensor
    """Weight of each token's policy and KL term in the sum that the step's denominator divides."""
    kl_beta: Tensor
    rollout_logprobs: Tensor | None
    """The generator's log-probabilities of the same tokens; None when they were not recorded."""
    sequence: Tensor
    """Index of the sequence each token belongs to; a sequence's tokens need not be adjacent."""


@dataclass(frozen=True)
class LossSums:
    """Holds the sums of a micro-batch, to be added up over micro-batches and ranks and then divided
    once."""

    total: Tensor
    """Scalar with gradient: policy term + beta-weighted KL."""
    policy: float
    kl_weighted: float
    clipped: float
    """Number of tokens whose surrogate was clipped."""
    importance_ratios: int
    """Number of importance ratios (one per token or per sequence) that were applied; 0 without a
    correction."""
    importance_capped: int
    """Number of these ratios that were cut to the cap."""
    beyond: ClipCounts
    """Number of tokens whose ratio lies beyond the clip, by side, and the largest ratio."""
    kl_bounded: int
    """Tokens whose KL estimate is past its bound (`granite_rl.algorithm.kl`)."""


class PolicyObjective:
    """Computes the policy loss (by its SkyRL name) plus the KL term to the reference.

    With an importance correction, a token's policy term is multiplied by ``min(exp(current -
    rollout), cap)``, without gradient, where the log-probabilities are the token's own or
    (``sequence``) the sums of its sequence (truncated importance sampling, Yao et al. 2025,
    https://fengyao.notion.site/off-policy-rl).

    Gradients of the KL estimators *in the loss*, with ``x = log pi - log reference`` and samples
    from pi (Schulman 2020, http://joschu.net/blog/kl-approx.html, is about their values; Tang and
    Munos 2025, arXiv 2506.09477, about their gradients):

    - ``k1 = x``: zero in expectation, so pure noise as a loss. Use it in the reward.
    - ``k2 = x^2 / 2``: ``x grad log pi``, in expectation the gradient of KL(pi || reference).
    - ``k3 = exp(-x) + x - 1``: k3 in the loss is not the gradient of KL(pi || reference): in
      expectation it is that of KL(reference || pi).
    - ``abs = |x|``: of no divergence; ``sign(x) grad log pi``.

    These are per token: what a token does to the KL of later ones is only seen by KL in the reward.

    Args:
        config: from `loss_config`; names the loss. ``regular`` is the PPO surrogate whose clip
            range is ``[1 - clip_low, 1 + clip_high]`` (Schulman et al. 2017, arXiv 1707.06347, eq.
            7; decoupled in DAPO, eq. 10).
        kl_estimator: ``k1 | k2 | k3 | abs``.

    Raises:
        ConfigError: the loss is unknown or can't work here, or ignores the importance correction.
    """

    def __init__(self, config: Any, kl_estimator: str) -> None:
        self._config = config
        self._loss = policy_loss(config.policy_loss_type)
        self._kl_estimator = kl_estimator
        self._correction: str | None = config.off_policy_correction.tis_ratio_type
        if self._correction is not None:
            self._check_correction()

    def __call__(self, inputs: LossInputs) -> LossSums:
        """Compute the weighted token sums of one micro-batch.

        On-policy, the policy that samples is the policy that learns, so the old log-probabilities
        are the current ones without gradient: the ratio is exactly 1 in value and carries the
        gradient.

        Raises:
            ValueError: an importance correction without the generator's log-probabilities.
        """
        if self._correction is not None and inputs.rollout_logprobs is None:
            raise ValueError("an importance correction needs the generator's log-probabilities")
        layout = _PaddedLayout(inputs.sequence)
        logprobs = layout.pad(inputs.logprobs)
        rollout = None if inputs.rollout_logprobs is None else layout.pad(inputs.rollout_logprobs)
        policy, metrics = self._loss(
            logprobs,
            logprobs.detach(),
            layout.pad(inputs.advantages * inputs.weight),
            self._config,
            layout.mask,
            rollout,
        )
        total = policy
        kl_weighted, kl_bounded = 0.0, 0
        if inputs.reference_logprobs is not None:
            kl = inputs.kl_beta * self.kl(inputs.logprobs, inputs.reference_logprobs)
            kl = inputs.weight * kl
            total = total + kl.sum()
            kl_weighted = float(kl.detach().sum())
            kl_bounded = beyond_bound(
                inputs.logprobs, inputs.reference_logprobs, self._kl_estimator
            )
        clipped = float(metrics.get("clip_ratio", 0.0)) * inputs.logprobs.numel()
        ratios, capped = self._capped(logprobs.detach(), rollout, layout.mask)
        old = inputs.logprobs.detach()
        return LossSums(
            total=total,
            policy=float(policy.detach()),
            kl_weighted=kl_weighted,
            clipped=clipped,
            importance_ratios=ratios,
            importance_capped=capped,
            beyond=clip_counts(
                inputs.logprobs,
                old,
                inputs.advantages,
                clip_low=self._config.eps_clip_low,
                clip_high=self._config.eps_clip_high,
            ),
            kl_bounded=kl_bounded,
        )

    def kl(self, logprobs: Tensor, reference_logprobs: Tensor) -> Tensor:
        """Estimate the KL divergence to the reference per token [targets], in nats."""
        return kl_estimate(logprobs, reference_logprobs, self._kl_estimator)

    def _capped(self, logprobs: Tensor, rollout: Tensor | None, mask: Tensor) -> tuple[int, int]:
        """Count the importance ratios and those above the cap; not every loss reports them."""
        if self._correction is None or rollout is None:
            return 0, 0
        settings = self._config.off_policy_correction
        log_ratio = (logprobs - rollout) * mask
        if self._correction == "token":
            over = (log_ratio > math.log(settings.token_tis_ratio_clip_high)) & (mask > 0)
            return int(mask.sum()), int(over.sum())
        over = log_ratio.sum(-1) > math.log(settings.sequence_tis_ratio_clip_high)
        return int(over.numel()), int(over.sum())

    def _check_correction(self) -> None:
        """Check that the loss applies the importance correction, on two tokens that the generator
        found likelier than the policy did."""
        loss, name = self._loss, self._config.policy_loss_type
        if name in ("rollout_is", "dppo"):
            raise ConfigError(
                f"algorithm.importance_correction: {self._correction!r} with policy loss {name!r}, "
                "which weighs tokens by the same ratio itself",
                "algorithm.importance_correction=none",
            )
        logprob, one = torch.full((1, 2), -1.0), torch.ones(1, 2)
        settings = self._config.off_policy_correction
        cap = min(settings.token_tis_ratio_clip_high, settings.sequence_tis_ratio_clip_high)
        halved = logprob + math.log(2 / min(cap, 1.0))
        plain, _ = loss(logprob, logprob, one, self._config, one, logprob)
        corrected, _ = loss(logprob, logprob, one, self._config, one, halved)
        if torch.equal(plain, corrected):
            raise ConfigError(
                f"algorithm.importance_correction: policy loss {name!r} does not apply it",
                "algorithm.importance_correction=none, or a loss that calls SkyRL's "
                "apply_off_policy_correction",
            )


def policy_objective(algorithm: AlgorithmSection) -> PolicyObjective:
    """Build the objective of an ``algorithm`` section, importing the user's own modules first.

    Raises:
        ConfigError: a setting is wrong; the message names the key under ``algorithm``.
    """
    load_modules(algorithm.modules)
    policy_loss(algorithm.policy_loss)  # reports an unknown name before its options
    config = loss_config(
        algorithm.policy_loss,
        clip_low=algorithm.clip_low,
        clip_high=algorithm.clip_high,
        aggregation=algorithm.loss_aggregation,
        importance_correction=algorithm.importance_correction,
        importance_cap=algorithm.importance_cap,
        options=algorithm.policy_loss_options,
    )
    return PolicyObjective(config, algorithm.kl_estimator)


class _PaddedLayout:
    """Maps between packed tokens [targets] and padded sequences [sequences, tokens]."""

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
        """Scatter [targets] to [sequences, tokens], with zeros after a sequence's end;
        differentiable."""
        return values.new_zeros(self._shape).index_put((self._row, self._column), values)
