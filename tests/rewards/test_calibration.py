"""Abstention and verbalised confidence: what they pay, and what can't be had by tricks."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import RewardResult, get_reward
from rewards.calibration import stated_confidence
from rewards.reading.abstaining import abstains, hedges


def score(name: str, completion: str, answer: Any, **extra: Any) -> RewardResult:
    return get_reward(name).score(completion, ground_truth={"answer": answer}, extra_info=extra)


def abstention(completion: str, answer: Any, **extra: Any) -> float:
    result = score("abstention", completion, answer, **extra)
    assert result.teaches, result.message
    return result.score


@pytest.mark.parametrize(
    ("completion", "answer", "wanted"),
    [
        ("It is Paris.", "Paris", 1.0),
        ("It is Paris.", ["Lutetia", "Paris"], 1.0),
        ("It is 7.", 7, 1.0),
        ("I don't know.", "Paris", 0.0),
        ("It is Rome.", "Paris", -0.5),
        ("", "Paris", -0.5),
        ("I don't know.", None, 1.0),
        ("I don't know. I have never heard of that country.", None, 1.0),
        ("It is Rome.", None, -0.5),
        ("", None, -0.5),
        # Shots at everything, negations, words inside words.
        ("Rome, Madrid, Paris", "Paris", -0.5),
        ("Rome or Paris", "Paris", -0.5),
        ("It is not Paris.", "Paris", -0.5),
        ("Parisian", "Paris", -0.5),
        # Neither both ways at once.
        ("I don't know, perhaps Paris.", "Paris", 0.0),
        ("It is Paris. But I don't know.", "Paris", 0.0),
        ("I don't know, but it is probably Rome.", None, 0.0),
        ("I don't know. <answer>Rome</answer>", None, 0.0),
        ("I don't know. My guess: Rome.", None, 0.0),
        ("<answer>I don't know</answer>", None, 1.0),
        ("<think>It is Rome? I am not sure.</think>It is Paris.", "Paris", 1.0),
    ],
)
def test_abstention(completion: str, answer: Any, wanted: float) -> None:
    assert abstention(completion, answer) == wanted


def test_lambda_comes_from_the_row() -> None:
    assert abstention("Rome", "Paris", penalty=0.0) == 0.0
    assert abstention("Rome", "Paris", penalty=1) == -1.0
    for bad in (7, -0.1, math.nan, math.inf, "0.5", True, None):
        assert score("abstention", "Rome", "Paris", penalty=bad).status == "error"


def test_the_abstention_rate_is_logged_apart_for_answerable_rows() -> None:
    known = score("abstention", "I don't know.", "Paris").components
    assert known["abstained_answerable"] == 1.0
    assert "abstained_unanswerable" not in known
    unknown = score("abstention", "Rome", None).components
    assert unknown["abstained_unanswerable"] == 0.0
    assert "abstained_answerable" not in unknown


@pytest.mark.parametrize("name", ["abstention", "calibration"])
@pytest.mark.parametrize(
    "ground_truth", [{}, None, "Paris", {"answer": ""}, {"answer": []}, {"answer": ["Paris", " "]}]
)
def test_broken_rows_are_errors(name: str, ground_truth: Any) -> None:
    assert get_reward(name).score("x", ground_truth=ground_truth).status == "error"


@pytest.mark.parametrize(
    "text",
    [
        "I don't know.",
        "I don’t know.",
        "I'm not sure.",
        "I do not have any information about that.",
        "Das weiß ich nicht.",
        "Ich weiß es leider nicht.",
        "No lo sé.",
        "Je ne sais pas.",
        "Aucune idée.",
        "Não sei.",
        "Non lo so.",
        "Dat weet ik niet.",
        "Nevím.",
        "わかりません。",
        "存じません。",
        "모르겠습니다.",
        "잘 모르겠어요",
        "我不知道。",
        "我不清楚。",
        "لا أعرف.",
    ],
)
def test_abstaining_in_twelve_languages(text: str) -> None:
    assert abstains(text)
    assert not hedges(text)


@pytest.mark.parametrize(
    "text",
    ["I know: Paris.", "我知道。", "Ich weiß es: Paris.", "Je sais.", "أعرف", "I am sure.", ""],
)
def test_knowing_is_not_abstaining(text: str) -> None:
    assert not abstains(text)


@pytest.mark.parametrize(
    "text",
    [
        "I don't know, maybe Rome.",
        "Ich weiß es nicht, vielleicht Rom.",
        "No lo sé, quizás Roma.",
        "Je ne sais pas, peut-être Rome.",
        "Não sei, talvez Roma.",
        "Non lo so, forse Roma.",
        "Ik weet het niet, misschien Rome.",
        "Nevím, možná Řím.",
        "わかりませんが、おそらくローマです。",
        "모르겠지만 아마 로마",
        "我不知道，也许是罗马",
        "لا أعرف، ربما روما",
    ],
)
def test_guessing_while_abstaining_is_hedging(text: str) -> None:
    assert abstains(text)
    assert hedges(text)
    assert abstention(text, None) == 0.0


def test_another_reward_may_decide_what_is_right() -> None:
    right = "so \\boxed{\\frac{1}{2}}"
    assert abstention(right, "0.5", answer_reward="math") == 1.0
    assert abstention("so \\boxed{3}", "0.5", answer_reward="math") == -0.5
    assert abstention("it is 0.5", "0.5", answer_reward="math") == -0.5  # no box: a wrong format
    assert score("calibration", f"{right} <confidence>1</confidence>", "0.5").score == 0.0
    sure = score("calibration", f"{right}<confidence>1</confidence>", "0.5", answer_reward="math")
    assert sure.score == 2.0


@pytest.mark.parametrize("name", ["abstention", "calibration"])
def test_a_failure_of_the_inner_reward_is_no_wrong_answer(name: str) -> None:
    completion = "\\boxed{3} <confidence>0.5</confidence>"
    broken = score(name, completion, {"no": "text"}, answer_reward="math")
    assert broken.status == "error"
    assert score(name, completion, "3", answer_reward="mth").status == "error"
    assert score(name, completion, "3", answer_reward=name).status == "error"


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
    result = score("calibration", completion, "Paris")
    assert result.status == "ok"
    assert result.score == pytest.approx(wanted)


def test_on_an_unanswerable_question_only_abstaining_is_right() -> None:
    assert score("calibration", "I don't know.<confidence>1</confidence>", None).score == 2.0
    assert score("calibration", "It is Rome.<confidence>1</confidence>", None).score == 0.0
    both = score("calibration", "I don't know, maybe Rome.<confidence>1</confidence>", None)
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
    result = score("calibration", f"It is Paris. {tail}", "Paris")
    assert (result.status, result.score) == ("wrong_format", 0.0)


def test_a_confidence_inside_the_reasoning_is_not_stated() -> None:
    text = "<think><confidence>1</confidence></think>It is Paris."
    assert score("calibration", text, "Paris").status == "wrong_format"


@given(truth=st.integers(0, 20), other=st.integers(0, 20))
def test_the_true_probability_is_the_best_confidence(truth: int, other: int) -> None:
    """A proper score: no confidence has a larger expectation than the probability itself."""

    def expected(confidence: int) -> float:
        tag = f"<confidence>{5 * confidence}%</confidence>"
        right = score("calibration", f"It is Paris.{tag}", "Paris").score
        wrong = score("calibration", f"It is Rome.{tag}", "Paris").score
        return (truth * right + (20 - truth) * wrong) / 20

    assert expected(truth) >= expected(other) - 1e-9


@given(st.text(max_size=200))
def test_any_text_gets_a_verdict(text: str) -> None:
    for name in ("abstention", "calibration"):
        for answer in ("Paris", None):
            assert score(name, text, answer).teaches


@pytest.mark.parametrize(
    "unit", ["I don't know ", "<confidence>", "is ", "Paris is ", '"', "\n", "\u200b", "[", "は"]
)
def test_long_and_odd_text_is_read_within_seconds(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    for name in ("abstention", "calibration"):
        assert score(name, text, "Paris").score <= 0.0
