"""Interval formulas against independent oracles: root finding, published examples, simulation."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from granite_rl.evaluation.statistics import (
    Estimate,
    Proportion,
    binomial_variance,
    difference,
    estimate_difference,
    mean_and_spread,
    mean_of_proportions,
    normal_quantile,
    student_half_width,
    wilson_interval,
)

Z = 1.959963984540054


def bisect(function: Callable[[float], float], low: float, high: float) -> float:
    """Root of an increasing or decreasing function by 200 halvings."""
    sign = math.copysign(1.0, function(low))
    for _ in range(200):
        middle = (low + high) / 2
        if math.copysign(1.0, function(middle)) == sign:
            low = middle
        else:
            high = middle
    return (low + high) / 2


@pytest.mark.parametrize(("right", "n"), [(3, 10), (50, 100), (119, 120), (1, 7), (200, 2000)])
def test_wilson_solves_the_score_equation(right: int, n: int) -> None:
    """Its ends are where the observed share is exactly z standard errors away."""
    share = right / n

    def score(p: float) -> float:
        return (share - p) ** 2 - Z * Z * p * (1 - p) / n

    interval = wilson_interval(Proportion(share, n))
    assert interval.low == pytest.approx(bisect(score, 0.0, share), abs=1e-9)
    assert interval.high == pytest.approx(bisect(score, share, 1.0), abs=1e-9)


def test_wilson_at_the_ends() -> None:
    """No successes: from 0 to z²/(n + z²); all successes mirrors that."""
    none = wilson_interval(Proportion(0.0, 20))
    assert none.low == 0.0
    assert none.high == pytest.approx(Z * Z / (20 + Z * Z))
    every = wilson_interval(Proportion(1.0, 20))
    assert every.high == 1.0
    assert every.low == pytest.approx(1 - none.high)


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
    ],
)
def test_difference_matches_newcombes_table(
    a: tuple[int, int], b: tuple[int, int], low: float, high: float
) -> None:
    """Method 10 in table II of Newcombe (1998)."""
    result = difference(Proportion(b[0] / b[1], b[1]), Proportion(a[0] / a[1], a[1]))
    assert result.value == pytest.approx(a[0] / a[1] - b[0] / b[1])
    assert result.interval.low == pytest.approx(low, abs=1e-4)
    assert result.interval.high == pytest.approx(high, abs=1e-4)
    assert result.significant


def test_difference_is_antisymmetric() -> None:
    """Swapping old and new mirrors the interval."""
    forth = difference(Proportion(0.3, 50), Proportion(0.45, 80))
    back = difference(Proportion(0.45, 80), Proportion(0.3, 50))
    assert forth.value == -back.value
    assert forth.interval.low == pytest.approx(-back.interval.high)


def test_mean_interval_covers_the_truth() -> None:
    """Simulated: nine domains, some near 0 and 1; the 95 % interval covers 93.5 to 98 % of the
    time."""
    generator = random.Random(1)
    truths = [0.01, 0.05, 0.2, 0.35, 0.5, 0.6, 0.8, 0.95, 0.99]
    n, repeats, covered = 60, 2000, 0
    for _ in range(repeats):
        cells = [Proportion(sum(generator.random() < p for _ in range(n)) / n, n) for p in truths]
        estimate = mean_of_proportions(cells)
        covered += abs(estimate.value - sum(truths) / 9) <= estimate.half_width
    assert 0.935 <= covered / repeats <= 0.98


def test_mean_of_equal_large_samples_is_the_textbook_error() -> None:
    """For large n the interval is z·sqrt(Σ p(1-p)/n)/k."""
    cells = [Proportion(p, 100_000) for p in (0.2, 0.5, 0.7)]
    by_hand = Z * math.sqrt(sum(c.accuracy * (1 - c.accuracy) / c.n for c in cells)) / 3
    estimate = mean_of_proportions(cells)
    assert estimate.value == pytest.approx(1.4 / 3)
    assert estimate.half_width == pytest.approx(by_hand, rel=1e-3)
    assert binomial_variance(Proportion(0.0, 100)) > 0.0


def test_estimate_difference_combines_in_quadrature() -> None:
    """3-4-5."""
    result = estimate_difference(Estimate(0.40, 0.03), Estimate(0.46, 0.04))
    assert result.value == pytest.approx(0.06)
    assert result.half_width == pytest.approx(0.05)
    assert result.significant
    assert not estimate_difference(Estimate(0.40, 0.03), Estimate(0.44, 0.04)).significant


def test_student_quantiles_by_integration() -> None:
    """The tabulated quantiles leave 2.5 % above them under the density of t."""
    for count in range(2, 11):
        degrees = count - 1
        values = [0.0] * (count - 1) + [1.0]
        spread = mean_and_spread(values)[1]
        half = student_half_width(values)
        assert spread is not None
        assert half is not None
        quantile = half * math.sqrt(count) / spread
        constant = math.gamma((degrees + 1) / 2) / (
            math.sqrt(degrees * math.pi) * math.gamma(degrees / 2)
        )
        steps = 20_000  # Simpson's rule from 0 to the quantile
        width = quantile / steps
        total = 0.0
        for index in range(steps + 1):
            weight = 1 if index in (0, steps) else 4 if index % 2 else 2
            x = index * width
            total += weight * constant * (1 + x * x / degrees) ** (-(degrees + 1) / 2)
        assert total * width / 3 == pytest.approx(0.475, abs=2e-5)


def test_few_values_and_bad_values() -> None:
    """One seed has no spread; impossible inputs are refused."""
    assert mean_and_spread([0.5]) == (0.5, None)
    assert student_half_width([0.5]) is None
    for accuracy, n in ((1.2, 10), (-0.1, 10), (0.5, 0)):
        with pytest.raises(ValueError):
            Proportion(accuracy, n)
    for values in (mean_of_proportions, mean_and_spread):
        with pytest.raises(ValueError):
            values([])
    with pytest.raises(ValueError):
        normal_quantile(1.0)
