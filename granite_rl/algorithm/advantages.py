"""Computes the advantages of one prompt group from its samples' rewards.

A group never depends on another one, which is what lets the trainer work on early groups while late
ones still generate. Samples whose scoring failed take no part: they are neither a zero reward nor
an input to the group's mean.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch

from granite_rl.algorithm.registry import advantage_estimator
from granite_rl.algorithm.skyrl import algorithm_config

SHIFT_INVARIANT = frozenset({"grpo", "rloo"})
"""Estimators whose advantages stay the same when a constant is added to all rewards of a group."""


def group_advantages(rewards: list[float], *, estimator: str, norm_by_std: bool) -> list[float]:
    """Compute the outcome advantages of one group's samples, in float64.

    Equal rewards give exactly 0, whatever the estimator: the mean of equal numbers is rounded, and
    ``0 / (0 + 1e-6)`` turns a rounding error of 1e-7 into an advantage of 0.1. For estimators that
    a shift of all rewards does not change, the first reward is taken off all of them first, so that
    a large offset costs no digits.

    With n samples of mean m:

    - ``grpo``: ``(r_i - m) / (std + 1e-6)``, the standard deviation unbiased (Shao et al. 2024,
      arXiv 2402.03300, section 4.1.2); with ``norm_by_std=False`` the division is dropped (Dr.GRPO,
      Liu et al. 2025, arXiv 2503.20783).
    - ``rloo``: ``r_i - mean of the others = (r_i - m) n / (n - 1)`` (Ahmadian et al. 2024, arXiv
      2402.14740, eq. 8).
    - ``maxrl``: ``(r_i - m) / (m + 1e-6)`` (Tajwar et al. 2026, arXiv 2602.02710). Made for rewards
      that are 0 or 1: a negative mean turns its sign round.

    Any other estimator registered with SkyRL is called as SkyRL calls it, with the group as its
    whole batch and one token per sample.

    Args:
        rewards: [samples] one scalar per sample; at least two.
        estimator: name in SkyRL's ``AdvantageEstimatorRegistry``.
        norm_by_std: passed to the estimator as ``grpo_norm_by_std``.

    Returns:
        [samples] advantages, shared by all response tokens of a sample.

    Raises:
        ConfigError: the estimator is unknown.
        ValueError: fewer than two samples: a lone sample has no baseline.
    """
    if len(rewards) < 2:
        raise ValueError(f"a group advantage needs at least two samples, got {len(rewards)}")
    estimate = advantage_estimator(estimator)
    if max(rewards) == min(rewards):
        return [0.0] * len(rewards)
    offset = rewards[0] if estimator in SHIFT_INVARIANT else 0.0
    token_rewards = torch.tensor(
        [reward - offset for reward in rewards], dtype=torch.float64
    ).unsqueeze(1)
    advantages, _ = estimate(
        token_level_rewards=token_rewards,
        response_mask=torch.ones_like(token_rewards),
        index=np.zeros(len(rewards), dtype=np.int64),
        values=None,
        grpo_norm_by_std=norm_by_std,
        gamma=1.0,
        lambd=1.0,
        config=_config(estimator, norm_by_std),
    )
    return [float(value) for value in advantages[:, 0]]


@cache
def _config(estimator: str, norm_by_std: bool) -> Any:
    return algorithm_config(advantage_estimator=estimator, grpo_norm_by_std=norm_by_std)


def is_zero_variance(rewards: list[float], tolerance: float = 1e-6) -> bool:
    """Return whether all samples of a group earned the same reward, so that the group has no
    gradient."""
    return max(rewards) - min(rewards) <= tolerance
