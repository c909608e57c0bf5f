"""Estimates the KL divergence of the policy from the frozen reference, token by token.

SkyRL's ``compute_approx_kl`` clamps k3 to 10 and with it cuts the gradient to zero for tokens that
the policy finds 15 times less likely than the reference, or e^11 times more: just where the term is
to hold the policy back. So the estimators here are ours, under SkyRL's names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor

K3_BOUND = 20.0
"""Bound in nats: for tokens that are less likely than under the reference by more than this, k3
(e^20 there) is continued by its tangent. `beyond_bound` counts them."""


def _k3(x: Tensor) -> Tensor:
    inside = x.clamp(min=-K3_BOUND)
    tangent = math.expm1(K3_BOUND) - K3_BOUND - math.expm1(K3_BOUND) * (x + K3_BOUND)
    return torch.where(x < -K3_BOUND, tangent, torch.expm1(-inside) + inside)


_ESTIMATORS: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "k1": lambda x: x,
        "k2": lambda x: x.square() / 2,
        "k3": _k3,
        "abs": Tensor.abs,
    }
)


def kl_estimate(logprobs: Tensor, reference_logprobs: Tensor, estimator: str) -> Tensor:
    """Estimate KL(policy || reference) of every token [targets], in nats, with its gradient.

    With ``x = log policy - log reference`` of the sampled token (Schulman 2020,
    http://joschu.net/blog/kl-approx.html): ``k1 = x``, ``k2 = x^2 / 2``, ``k3 = exp(-x) + x - 1``,
    ``abs = |x|``. Below ``x = -K3_BOUND`` k3 is continued by its tangent, so that neither the value
    overflows nor the gradient vanishes.

    Raises:
        KeyError: there is no such estimator.
    """
    return _ESTIMATORS[estimator](logprobs - reference_logprobs)


def beyond_bound(logprobs: Tensor, reference_logprobs: Tensor, estimator: str) -> int:
    """Count the tokens whose estimate is k3's tangent instead of k3."""
    if estimator != "k3":
        return 0
    return int((logprobs.detach() - reference_logprobs < -K3_BOUND).sum())
