"""Stated confidence is a proper score, is read strictly, and can't be had by tricks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import RewardResult, get_reward
from rewards.calibration import stated_confidence


def score(completion: str, answer: Any, **extra: Any) -> RewardResult:
    return get_reward("calibration").score(
        completion, ground_truth={"answer": answer}, extra_info=extra
    )


@pytest.mark.parametrize(
    "ground_truth", [{}, None, "Paris", {"answer": ""}, {"answer": []}, {"answer": ["Paris", " "]}]
)
def test_broken_rows_are_errors(ground_truth: Any) -> None:
    assert get_reward("calibration").score("x", ground_truth=ground_truth).status == "error"


def test_another_reward_may_decide_what_is_right() -> None:
    right = "so \\boxed{\\frac{1}{2}}"
    assert score(f"{right} <confidence>1</confidence>", "0.5").score == 0.0
    sure = score(f"{right}<confidence>1</confidence>", "0.5", answer_reward="math")
    assert sure.score == 2.0


def test_a_failure_of_the_inner_reward_is_no_wrong_answer() -> None:
    completion = "\\boxed{3} <confidence>0.5</confidence>"
    broken = score(completion, {"no": "text"}, answer_reward="math")
    assert broken.status == "error"
    assert score(completion, "3", answer_reward="mth").status == "error"
    assert score(completion, "3", answer_reward="abstention").status == "error"


@pytest.mark.parametrize(
    ("completion", "wanted"),
    [
        ("It is Paris. <confidence>1</confidence>", 2.0),
        ("It is Paris. <confidence>90%</confidence>", 1.99),
        ("It is Paris. <confidence>0</confidence>", 1.0),
        ("It is Rome. <confidence>0.0</confidence>", 1.0),
        ("It is Rome. <confidence>100 %</confidence>", 0.0),
        ("It is Rome. <confidence>0.5</confidence>", 0.75),
        ("I don't know. <confidence>0</confidence>", 1.0),
        ("I don't know, it is Paris. <confidence>1</confidence>", 0.0),
    ],
)
def test_the_score_is_correctness_and_a_brier_score(completion: str, wanted: float) -> None:
    result = score(completion, "Paris")
    assert result.status == "ok"
    assert result.score == pytest.approx(wanted)


def test_on_an_unanswerable_question_only_abstaining_is_right() -> None:
    assert score("I don't know.<confidence>1</confidence>", None).score == 2.0
    assert score("It is Rome.<confidence>1</confidence>", None).score == 0.0
    both = score("I don't know, maybe Rome.<confidence>1</confidence>", None)
    assert both.score == 0.0


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.8", 0.8),
        (".8", 0.8),
        ("0,8", 0.8),
        ("80%", 0.8),
        ("80 %", 0.8),
        (" 1.0 ", 1.0),
        ("0", 0.0),
        ("100%", 1.0),
        ("８０％", 0.8),
        ("٠٫٨", 0.8),
        ("٨٠٪", 0.8),
    ],
)
def test_a_confidence_is_a_fraction_or_a_percentage(written: str, value: float) -> None:
    assert stated_confidence(f"x <confidence>{written}</confidence>") == pytest.approx(value)


@pytest.mark.parametrize(
    "tail",
    [
        "",
        "0.8",
        "Confidence: 0.8",
        "<confidence>nan</confidence>",
        "<confidence>NaN</confidence>",
        "<confidence>inf</confidence>",
        "<confidence>-inf</confidence>",
        "<confidence>-0.5</confidence>",
        "<confidence>1.5</confidence>",
        "<confidence>80</confidence>",
        "<confidence>101%</confidence>",
        "<confidence>1e-1</confidence>",
        "<confidence>1e999</confidence>",
        "<confidence>0x1</confidence>",
        "<confidence>high</confidence>",
        "<confidence></confidence>",
        "<confidence>0.8",
        "<confidence>0.1</confidence><confidence>0.9</confidence>",
        "<confidence>0.9</confidence><confidence>",
        "<confidence>0.9</confidence><confidence>nan</confidence>",
        "<confidence>" + "9" * 100_000 + "</confidence>",
    ],
)
def test_anything_else_is_a_wrong_format(tail: str) -> None:
    result = score(f"It is Paris. {tail}", "Paris")
    assert (result.status, result.score) == ("wrong_format", 0.0)


def test_a_confidence_inside_the_reasoning_is_not_stated() -> None:
    text = "<think><confidence>1</confidence></think>It is Paris."
    assert score(text, "Paris").status == "wrong_format"


@given(truth=st.integers(0, 20), other=st.integers(0, 20))
def test_the_true_probability_is_the_best_confidence(truth: int, other: int) -> None:
    """It is a proper score: no confidence has a larger expectation than the probability itself."""

    def expected(confidence: int) -> float:
        tag = f"<confidence>{5 * confidence}%</confidence>"
        right = score(f"It is Paris.{tag}", "Paris").score
        wrong = score(f"It is Rome.{tag}", "Paris").score
        return (truth * right + (20 - truth) * wrong) / 20

    assert expected(truth) >= expected(other) - 1e-9


@given(st.text(max_size=200))
def test_any_text_gets_a_verdict(text: str) -> None:
    for answer in ("Paris", None):
        assert score(text, answer).teaches


@pytest.mark.parametrize(
    "unit", ["I don't know ", "<confidence>", "is ", "Paris is ", '"', "\n", "\u200b", "[", "は"]
)
def test_long_and_odd_text_is_read_within_seconds(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    assert score(text, "Paris").score <= 0.0
