"""Tests the KL estimators, value and gradient, against their formulas in float64, far from zero
too."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from granite_rl.algorithm.kl import K3_BOUND, beyond_bound, kl_estimate

# Value and derivative by x = log policy - log reference.
FORMULAS: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "k1": (lambda x: x, lambda x: 1.0),
    "k2": (lambda x: x * x / 2, lambda x: x),
    "k3": (lambda x: math.exp(-x) + x - 1, lambda x: 1 - math.exp(-x)),
    "abs": (abs, lambda x: math.copysign(1.0, x) if x else 0.0),
}


def estimate(name: str, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return value and gradient at a log ratio; the reference is at -30 nats, so that any ratio is
    possible."""
    logprobs = (x - 30.0).requires_grad_(True)
    value = kl_estimate(logprobs, torch.full_like(x, -30.0), name)
    (gradient,) = torch.autograd.grad(value.sum(), logprobs)
    return value.detach(), gradient


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", FORMULAS)
def test_each_estimator_is_its_formula_from_minus_20_to_20(name: str, dtype: torch.dtype) -> None:
    x = torch.linspace(-20.0, 20.0, 400, dtype=torch.float64)
    # Differences of log-probabilities near -30 are exact to 2e-6 in float32.
    x = ((x - 30.0).to(dtype) + 30.0).double() if dtype == torch.float32 else x
    value, gradient = estimate(name, x.to(dtype))
    expected_value, expected_gradient = FORMULAS[name]
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    np.testing.assert_allclose(
        value.numpy(), [expected_value(a) for a in x.tolist()], rtol=tolerance, atol=tolerance
    )
    np.testing.assert_allclose(
        gradient.numpy(), [expected_gradient(a) for a in x.tolist()], rtol=tolerance, atol=tolerance
    )


def test_beyond_its_bound_k3_goes_on_as_its_tangent_and_is_counted() -> None:
    x = torch.tensor([-200.0, -25.0, -20.0, 0.0, 25.0, 200.0])
    value, gradient = estimate("k3", x)
    assert value.isfinite().all()
    slope = 1 - math.exp(K3_BOUND)
    np.testing.assert_allclose(gradient[:3], [slope] * 3, rtol=1e-5)
    np.testing.assert_allclose(
        value[:2], [math.exp(20) - 21 + slope * (a + 20) for a in (-200, -25)], rtol=1e-5
    )
    np.testing.assert_allclose(value[4:], [24.0, 199.0], rtol=1e-5)
    logprobs, reference = x - 1.0, torch.full_like(x, -1.0)
    assert beyond_bound(logprobs, reference, "k3") == 2
    assert beyond_bound(logprobs, reference, "k2") == 0


@pytest.mark.parametrize("name", FORMULAS)
def test_equal_policies_have_no_divergence(name: str) -> None:
    value, gradient = estimate(name, torch.zeros(3))
    assert value.tolist() == [0.0] * 3
    assert gradient.tolist() == ([1.0] * 3 if name == "k1" else [0.0] * 3)
