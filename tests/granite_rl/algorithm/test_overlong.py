"""Tests the soft overlong punishment against the paper's piecewise form, in exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from granite_rl.algorithm.overlong import overlong_penalty


def as_in_the_paper(length: int, longest: int, cache: int) -> Fraction:
    """Compute DAPO's equation 13 (Yu et al. 2025) case by case: L_max = `longest`, L_cache =
    `cache`."""
    expected = longest - cache
    if length <= expected:
        return Fraction(0)
    if length <= longest:
        return Fraction(expected - length, cache)
    return Fraction(-1)


@given(
    length=st.integers(0, 40_000),
    longest=st.integers(1, 32_768),
    cache=st.integers(1, 32_768),
    penalty=st.fractions(0, 4, max_denominator=64),
)
def test_every_length_costs_what_the_paper_says(
    length: int, longest: int, cache: int, penalty: Fraction
) -> None:
    assume(cache <= longest)
    ours = overlong_penalty(length, max_length=longest, buffer=cache, penalty=float(penalty))
    assert ours == pytest.approx(float(penalty * as_in_the_paper(length, longest, cache)))


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (16_384, 0.0),  # the longest response that costs nothing
        (16_385, -1 / 4096),
        (18_432, -0.5),
        (20_480, -1.0),  # the paper's hard limit
        (20_481, -1.0),
    ],
)
def test_the_papers_own_setting(length: int, expected: float) -> None:
    assert overlong_penalty(length, max_length=20_480, buffer=4096, penalty=1.0) == expected


def test_longer_never_costs_less() -> None:
    costs = [overlong_penalty(n, max_length=50, buffer=10, penalty=1.0) for n in range(80)]
    assert costs == sorted(costs, reverse=True)
    assert (costs[0], costs[-1]) == (0.0, -1.0)


def test_no_punishment_is_a_plain_zero() -> None:
    """Minus zero would be logged as -0."""
    for length, buffer in ((10, 20), (10, 0)):
        cost = overlong_penalty(length, max_length=100, buffer=buffer, penalty=1.0)
        assert math.copysign(1.0, cost) == 1.0
