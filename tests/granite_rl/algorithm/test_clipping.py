"""Tests that clipped tokens are counted exactly where PPO's surrogate has no gradient."""

from __future__ import annotations

import pytest
import torch

from granite_rl.algorithm.clipping import clip_counts


def test_a_token_is_clipped_where_the_surrogate_is_flat() -> None:
    """Oracle: the gradient of min(r A, clip(r) A) by autograd, token by token, in float64."""
    generator = torch.Generator().manual_seed(0)
    old = -torch.rand(500, generator=generator, dtype=torch.float64) * 3
    logprobs = (
        old + torch.randn(500, generator=generator, dtype=torch.float64) * 0.4
    ).requires_grad_()
    advantages = torch.randn(500, generator=generator, dtype=torch.float64)
    ratio = (logprobs - old).exp()
    surrogate = torch.minimum(ratio * advantages, ratio.clamp(0.8, 1.28) * advantages)
    (gradient,) = torch.autograd.grad(surrogate.sum(), logprobs)
    flat = gradient == 0
    counts = clip_counts(logprobs, old, advantages, clip_low=0.2, clip_high=0.28)
    assert counts.low == int((flat & (advantages < 0)).sum()) > 0
    assert counts.high == int((flat & (advantages > 0)).sum()) > 0
    assert counts.ratio_max == pytest.approx(ratio.max().item())


def test_on_policy_nothing_is_clipped() -> None:
    logprobs = torch.tensor([-1.0, -2.0])
    counts = clip_counts(logprobs, logprobs, torch.tensor([1.0, -1.0]), clip_low=0.2, clip_high=0.2)
    assert counts == (0, 0, 1.0)
    empty = torch.zeros(0)
    assert clip_counts(empty, empty, empty, clip_low=0.2, clip_high=0.2) == (0, 0, 0.0)
