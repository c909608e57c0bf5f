"""Several rewards score one row by weights and labels, and failures are never averaged in."""

from __future__ import annotations

import math
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import UnknownReward, get_reward
from rewards.composition import compose
from rewards.registry import Reward

PROBES = """
import time
from rewards import RewardResult, reward

@reward("low", range=(-1.0, 1.0), timeout_s=0.5)
def low(completion):
    return RewardResult(-1.0, components={"length": len(completion)}, message="too low")

@reward("high", range=(0.0, 2.0), timeout_s=1.5)
def high(completion):
    return RewardResult(2.0, components={"length": 7.0}, extracted="x")

@reward("format", range=(0.0, 1.0))
def format(completion):
    return RewardResult.wrong_format("no box")

@reward("absent")
def absent(completion):
    return None

@reward("failed")
def failed(completion):
    return RewardResult.error("row is broken")

@reward("crash")
def crash(completion):
    raise RuntimeError("bug")

@reward("late", deterministic=False)
def late(completion):
    return RewardResult(0.0, "timeout", message="too slow")

@reward("level")
def level(completion, ground_truth, penalty=0.0):
    return {"score": float(completion == ground_truth), "penalty": penalty}
"""


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = tmp_path_factory.mktemp("probes") / "probes.py"
    file.write_text(PROBES)
    return lambda name: f"{file}:{name}"


def test_one_name_is_the_reward_itself(probe: Any) -> None:
    assert compose("math") is get_reward("math")
    assert compose(None, "math") is compose("rule", "math") is get_reward("math")
    assert compose(probe("low")).name == "low"


def test_the_score_is_the_weighted_mean_and_every_component_keeps_its_name(probe: Any) -> None:
    both = compose([{"name": probe("low"), "weight": 1}, {"name": probe("high"), "weight": 3}])
    result = both.score("abc")
    assert result.status == "ok"
    assert result.score == pytest.approx((-1.0 * 1 + 2.0 * 3) / 4)
    assert result.components == {
        "low/score": -1.0,
        "low/length": 3.0,
        "high/score": 2.0,
        "high/length": 7.0,
    }
    assert result.extracted == "x"
    assert result.message == "low: too low"


def test_what_a_composition_declares_follows_from_its_parts(probe: Any) -> None:
    both = compose({probe("low"): 1.0, probe("high"): 3.0})
    assert (both.name, both.range, both.timeout_s) == ("low+high", (-1.0, 2.0), 2.0)
    assert both.full_score == pytest.approx((1.0 * 1 + 2.0 * 3) / 4)
    assert both.deterministic
    assert not compose([probe("low"), probe("late")]).deterministic


@pytest.mark.parametrize("broken", ["failed", "crash"])
def test_one_failed_part_fails_the_row(probe: Any, broken: str) -> None:
    result = compose([probe("high"), probe(broken), probe("late")]).score("x")
    assert (result.status, result.score) == ("error", 0.0)
    assert not result.teaches
    assert f"{broken}: " in result.message


def test_one_late_part_makes_the_row_late(probe: Any) -> None:
    result = compose([probe("high"), probe("late"), probe("absent")]).score("x")
    assert (result.status, result.score) == ("timeout", 0.0)


def test_a_part_that_does_not_apply_is_left_out(probe: Any) -> None:
    result = compose({probe("high"): 1.0, probe("absent"): 99.0}).score("x")
    assert (result.status, result.score) == ("ok", 2.0)
    assert set(result.components) == {"high/score", "high/length"}
    nothing = compose([probe("absent")]).score("x")
    assert nothing.status == "skipped"


def test_a_wrong_format_teaches_and_is_named(probe: Any) -> None:
    result = compose([probe("format"), probe("high")]).score("x")
    assert (result.status, result.score) == ("wrong_format", 1.0)
    assert result.components["format/score"] == 0.0


def test_a_part_may_have_its_own_gold_and_settings(probe: Any) -> None:
    method = [
        {"name": probe("level"), "label": "first"},
        {"name": probe("level"), "label": "second", "ground_truth": "b", "weight": 3},
        {"name": probe("level"), "label": "third", "extra_info": {"penalty": 0.25}},
    ]
    result = compose(method).score("b", ground_truth="a", extra_info={"penalty": 0.5})
    assert result.score == pytest.approx(3 / 5)
    assert result.components["first/penalty"] == 0.5
    assert result.components["third/penalty"] == 0.25


def test_it_needs_the_ground_truth_that_its_parts_need(probe: Any) -> None:
    assert compose([probe("high"), probe("level")]).needs_ground_truth
    assert not compose([probe("high"), probe("low")]).needs_ground_truth
    own = {"name": probe("level"), "ground_truth": "b"}
    assert not compose([probe("high"), own]).needs_ground_truth


def test_nulls_from_a_table_are_absent(probe: Any) -> None:
    part = {"name": probe("level"), "weight": None, "label": None, "ground_truth": None}
    assert compose([part]).score("a", ground_truth="a").score == 1.0
    only = compose({probe("high"): 1.0, probe("low"): None})
    assert only.name == "high"


@pytest.mark.parametrize(
    ("method", "complaint"),
    [
        ([], "no list of parts"),
        ({}, "no list of parts"),
        (7, "no name, no mapping"),
        ([7], "a part is a name"),
        ([{"weight": 1}], "a part is a name"),
        ({"math": 0.0}, "not finite and positive"),
        ({"math": -1.0}, "not finite and positive"),
        ({"math": math.nan}, "not finite and positive"),
        ({"math": math.inf}, "not finite and positive"),
        ({"math": "1"}, "is no number"),
        ({"math": True}, "is no number"),
        ([{"name": "math", "wieght": 2}], "unknown wieght"),
        ([{"name": "math", "extra_info": 3}], "extra_info is no mapping"),
        (["math", "math"], "two parts log as math"),
    ],
)
def test_malformed_methods_are_refused(method: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        compose(method)


def test_an_unknown_part_is_named() -> None:
    with pytest.raises(UnknownReward, match="no reward 'mth'"):
        compose({"mth": 1.0})


def test_a_composition_travels_between_processes() -> None:
    both = compose({"math": 1.0, "mcq": 1.0})
    again = pickle.loads(pickle.dumps(both))
    assert isinstance(again, Reward)
    assert again.score("\\boxed{B}", ground_truth="B").score == 1.0


@given(
    parts=st.lists(
        st.tuples(st.floats(1e-6, 1e6), st.sampled_from(["low", "high", "format", "absent"])),
        min_size=1,
        max_size=6,
    )
)
def test_the_score_never_leaves_the_range(parts: list[tuple[float, str]], probe: Any) -> None:
    method = [
        {"name": probe(name), "weight": weight, "label": f"{place}"}
        for place, (weight, name) in enumerate(parts)
    ]
    found = compose(method)
    result = found.score("x")
    # An escape would have come back as an error.
    assert result.status in ("ok", "wrong_format", "skipped")
    assert found.range[0] <= result.score <= found.range[1]
