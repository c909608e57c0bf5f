"""Counts the tokens whose probability ratio lies beyond the policy loss's clip, by side.

Each policy loss reports at most one number for this, with a definition of its own. Here the
definition is the same for all: PPO's surrogate (arXiv 1707.06347, eq. 7) stops the gradient of a
token that is to become less likely (advantage < 0) below ``1 - clip_low``, and of one that is to
become more likely (advantage > 0) above ``1 + clip_high``.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class ClipCounts(NamedTuple):
    """Counts the tokens of a micro-batch whose ratio lies beyond the clip."""

    low: int
    high: int
    ratio_max: float
    """Largest probability ratio of new to old policy in the micro-batch; 0 without tokens."""


def clip_counts(
    logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor, *, clip_low: float, clip_high: float
) -> ClipCounts:
    """Count the tokens beyond the clip, by side, and find the largest ratio.

    Args:
        logprobs: log-probabilities of the policy that learns, natural log [targets].
        old_logprobs: log-probabilities of the policy in the ratio's denominator [targets].
        advantages: [targets].
        clip_low: lower clip distance.
        clip_high: upper clip distance.
    """
    if logprobs.numel() == 0:
        return ClipCounts(0, 0, 0.0)
    with torch.no_grad():
        ratio = (logprobs - old_logprobs).exp()
        low = ((ratio < 1.0 - clip_low) & (advantages < 0)).sum()
        high = ((ratio > 1.0 + clip_high) & (advantages > 0)).sum()
        # One transfer from the device instead of three.
        counts = torch.stack([low.double(), high.double(), ratio.max().double()]).tolist()
    return ClipCounts(int(counts[0]), int(counts[1]), counts[2])
