"""Abstention pays as documented, in twelve languages, and not both ways at once."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import RewardResult, get_reward
from rewards.reading.abstaining import abstains, hedges


def score(completion: str, answer: Any, **extra: Any) -> RewardResult:
    return get_reward("abstention").score(
        completion, ground_truth={"answer": answer}, extra_info=extra
    )


def abstention(completion: str, answer: Any, **extra: Any) -> float:
    result = score(completion, answer, **extra)
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


@pytest.mark.parametrize(
    ("completion", "answer", "wanted"),
    [
        # A song, a poem, an album: who is asked for it and names it has answered.
        ("I Can't Tell You Why", "I Can't Tell You Why", 1.0),
        ('It is "I Don\'t Know".', "I Don't Know", 1.0),
        ("Nobody Knows", ["Nobody Knows", "Dare mo shiranai"], 1.0),
        ("誰も知らない", "誰も知らない", 1.0),
        ("لست أدري", "لست أدري", 1.0),
        ("Unknown", "Unknown", 1.0),
        # But not knowing the name of the song is not its name.
        ("I don't know.", "I Can't Tell You Why", 0.0),
        ("I Can't Tell You Why", "Paris", -0.5),
        ("I Can't Tell You Why", None, -0.5),
        # What follows "but" is the answer.
        ("I don't know why, but the answer is Paris.", "Paris", 1.0),
        ("I don't know why, but it is Paris.", "Paris", 1.0),
        ("I don't know why, but it is Rome.", "Paris", -0.5),
        ("I don't know why, but it is Rome.", None, -0.5),
        ("I don't know if it is Paris, but it is Rome.", "Paris", -0.5),
        ("No lo sé todo, pero es Madrid.", "Madrid", 1.0),
        ("No lo sé todo, pero es Madrid o Lima.", "Madrid", -0.5),
        ("Not Paris, but Rome", "Paris", -0.5),
        ('He said "I don\'t know". It is Paris.', "Rome", -0.5),
        ("It cannot be determined.", None, 1.0),
        ("I do not have that information.", None, 1.0),
        ("Dazu habe ich keine Informationen.", None, 1.0),
        ("N/A", None, 1.0),
        ("I know it well.", None, -0.5),
    ],
)
def test_what_sounds_like_abstaining(completion: str, answer: Any, wanted: float) -> None:
    assert abstention(completion, answer) == wanted


def test_lambda_comes_from_the_row() -> None:
    assert abstention("Rome", "Paris", penalty=0.0) == 0.0
    assert abstention("Rome", "Paris", penalty=1) == -1.0
    for bad in (7, -0.1, math.nan, math.inf, "0.5", True, None):
        assert score("Rome", "Paris", penalty=bad).status == "error"


def test_the_abstention_rate_is_logged_apart_for_answerable_rows() -> None:
    known = score("I don't know.", "Paris").components
    assert known["abstained_answerable"] == 1.0
    assert "abstained_unanswerable" not in known
    unknown = score("Rome", None).components
    assert unknown["abstained_unanswerable"] == 0.0
    assert "abstained_answerable" not in unknown


@pytest.mark.parametrize(
    "ground_truth", [{}, None, "Paris", {"answer": ""}, {"answer": []}, {"answer": ["Paris", " "]}]
)
def test_broken_rows_are_errors(ground_truth: Any) -> None:
    assert get_reward("abstention").score("x", ground_truth=ground_truth).status == "error"


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


def test_a_failure_of_the_inner_reward_is_no_wrong_answer() -> None:
    completion = "\\boxed{3} <confidence>0.5</confidence>"
    broken = score(completion, {"no": "text"}, answer_reward="math")
    assert broken.status == "error"
    assert score(completion, "3", answer_reward="mth").status == "error"
    assert score(completion, "3", answer_reward="calibration").status == "error"


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
