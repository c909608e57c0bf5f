"""Tests advantages of every estimator against closed forms in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from granite_rl.algorithm.advantages import group_advantages, is_zero_variance
from granite_rl.algorithm.overlong import overlong_penalty
from granite_rl.algorithm.registry import UNFIT_ESTIMATORS
from granite_rl.algorithm.skyrl import ppo_utils
from granite_rl.errors import ConfigError
from tests.granite_rl.algorithm.brute_force import group_advantages as closed_form

rewards_lists = st.lists(st.floats(-5, 5, allow_nan=False, width=32), min_size=2, max_size=16)


@given(rewards_lists)
def test_grpo_is_the_group_z_score(rewards: list[float]) -> None:
    values = np.asarray(rewards, dtype=np.float64)
    expected = (values - values.mean()) / (values.std(ddof=1) + 1e-6)
    result = group_advantages(rewards, estimator="grpo", norm_by_std=True)
    np.testing.assert_allclose(result, expected, atol=1e-7, rtol=1e-6)


@given(rewards_lists)
def test_without_std_it_is_the_centred_reward(rewards: list[float]) -> None:
    result = group_advantages(rewards, estimator="grpo", norm_by_std=False)
    np.testing.assert_allclose(result, np.asarray(rewards) - np.mean(rewards), atol=1e-12)


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=2, max_size=16))
@pytest.mark.parametrize(
    ("name", "norm_by_std"), [("grpo", True), ("grpo", False), ("rloo", True), ("maxrl", True)]
)
def test_each_estimator_is_its_papers_closed_form(
    name: str, norm_by_std: bool, rewards: list[float]
) -> None:
    expected = closed_form(rewards, name, norm_by_std)
    result = group_advantages(rewards, estimator=name, norm_by_std=norm_by_std)
    np.testing.assert_allclose(result, expected, atol=1e-12 * max(1, *map(abs, expected)))


def test_a_single_success_weighs_as_much_as_its_failures_under_maxrl() -> None:
    """With r in {0, 1} and pass rate p: 1/p - 1 for a success, -1 for a failure."""
    result = group_advantages([1.0, 0.0, 0.0, 0.0], estimator="maxrl", norm_by_std=False)
    np.testing.assert_allclose(result, [3.0, -1.0, -1.0, -1.0], atol=2e-5)


def test_every_estimator_of_this_skyrl_works_or_says_why() -> None:
    fit = {"grpo", "rloo", "maxrl"}
    assert {str(item) for item in ppo_utils().AdvantageEstimator} == fit | set(UNFIT_ESTIMATORS)


def test_rloo_leaves_each_sample_out_of_its_own_baseline() -> None:
    rewards = [1.0, 0.0, 0.5, 0.25]
    expected = [r - (sum(rewards) - r) / 3 for r in rewards]
    np.testing.assert_allclose(
        group_advantages(rewards, estimator="rloo", norm_by_std=True), expected, atol=1e-6
    )


ESTIMATORS = [("grpo", True), ("grpo", False), ("rloo", True), ("maxrl", True)]


@given(st.floats(-1e6, 1e6, allow_nan=False), st.integers(2, 16))
@example(7.3, 16)
@example(0.35, 16)
@example(1 / 3, 16)
@example(100.3, 16)
@example(0.7, 6)
@pytest.mark.parametrize(("name", "norm_by_std"), ESTIMATORS)
def test_equal_rewards_give_exactly_no_advantage(
    name: str, norm_by_std: bool, reward: float, samples: int
) -> None:
    """The float32 mean of sixteen times 7.3 is not 7.3, and 1e-7 / 1e-6 would be a signal."""
    result = group_advantages([reward] * samples, estimator=name, norm_by_std=norm_by_std)
    assert result == [0.0] * samples


@given(
    st.lists(st.integers(-640, 640).map(lambda n: n / 128), min_size=2, max_size=16),
    st.integers(-(2**40), 2**40).map(lambda n: n / 128),
)
@pytest.mark.parametrize(("name", "norm_by_std"), ESTIMATORS[:3])
def test_a_constant_added_to_all_rewards_changes_nothing(
    name: str, norm_by_std: bool, rewards: list[float], constant: float
) -> None:
    """Every estimator whose formula is shift-invariant; all these sums are exact in float64."""
    plain = group_advantages(rewards, estimator=name, norm_by_std=norm_by_std)
    shifted = [reward + constant for reward in rewards]
    result = group_advantages(shifted, estimator=name, norm_by_std=norm_by_std)
    np.testing.assert_allclose(result, plain, rtol=0, atol=1e-6)


def test_equal_rewards_teach_nothing() -> None:
    assert group_advantages([1.0] * 4, estimator="grpo", norm_by_std=True) == [0.0] * 4
    assert is_zero_variance([0.3, 0.3])
    assert not is_zero_variance([0.3, 0.31])


@pytest.mark.parametrize("name", ["gae", "reinforce++", "grop"])
def test_estimators_that_do_not_fit_are_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigError, match=r"algorithm\.advantage") as caught:
        group_advantages([0.0, 1.0], estimator=name, norm_by_std=True)
    assert "grpo" in str(caught.value)


def test_a_lone_sample_has_no_baseline() -> None:
    with pytest.raises(ValueError, match="two samples"):
        group_advantages([1.0], estimator="grpo", norm_by_std=True)


@pytest.mark.parametrize(
    ("length", "expected"), [(1, 0.0), (80, 0.0), (85, -0.25), (90, -0.5), (100, -1.0), (120, -1.0)]
)
def test_overlong_punishment_is_dapos_ramp(length: int, expected: float) -> None:
    assert overlong_penalty(length, max_length=100, buffer=20, penalty=1.0) == pytest.approx(
        expected
    )


def test_overlong_punishment_can_be_off() -> None:
    assert overlong_penalty(10_000, max_length=100, buffer=0, penalty=1.0) == 0.0
