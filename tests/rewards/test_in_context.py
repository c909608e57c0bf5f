"""In-context answers must be the exact set or sequence, wherever they are stated."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import get_reward
from rewards.in_context import items_of
from rewards.reading.stated import stated_answer


def score(completion: str, gold: Any) -> float:
    result = get_reward("in_context").score(completion, ground_truth=gold)
    assert result.status != "error", result.message
    return result.score


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("Answer: red", ["red"]),
        ("Answer: RED.", "red"),
        ("Answer: Ann and Tom", ["Tom", "Ann"]),
        ("Answer: ann; tom", ["Tom", "Ann"]),
        ("**Answer:** Ann, Tom", ["Tom", "Ann"]),
        ("Answer:\n- Ann\n- Tom", ["Tom", "Ann"]),
        ("Answer:\n1. Ann\n2. Tom", ["Tom", "Ann"]),
        ('Answer: ["Ann", "Tom"]', ["Tom", "Ann"]),
        ("\\boxed{Ann, Tom}", ["Tom", "Ann"]),
        ("<answer>Tom</answer>", ["Tom"]),
        ("答案: 红色、蓝色", ["蓝色", "红色"]),
        ("答え:３、４", ["3", "4"]),
        ("Answer: no\nAnswer: Tom", ["Tom"]),
        ("<think>Answer: no</think>Answer: Tom", ["Tom"]),
        ("Answer: -5", ["-5"]),
        ("Answer: 3, 1, 3", {"items": ["3", "1", "3"], "ordered": True}),
        ("Answer: [3, 1, 3]", {"items": [3, 1, 3], "ordered": True}),
        ("Answer: x-17", {"items": ["X-17"]}),
    ],
)
def test_the_exact_items_score(completion: str, gold: Any) -> None:
    assert score(completion, gold) == 1.0


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("", ["red"]),
        ("red", ["red"]),
        ("Answer:", ["red"]),
        ("Answer: red or blue", ["red"]),
        ("Answer: red, blue", ["red"]),
        ("Answer: red, red", ["red"]),
        ("Answer: not red", ["red"]),
        ("Answer: reddish", ["red"]),
        ("Answer: cat red, dog blue, fox green", ["red"]),
        ("Answer:\ncat: red\ndog: blue", ["red"]),
        ("Answer: Tom", ["Tom", "Ann"]),
        ("Answer: Tom\nAnswer: Ann", ["Tom"]),
        ("Answer: 5", ["-5"]),
        ("Answer: 1, 3, 3", {"items": ["3", "1", "3"], "ordered": True}),
        ("Answer: 3, 1", {"items": ["3", "1", "3"], "ordered": True}),
        ("Answer: 3, 1, 3, 3", {"items": ["3", "1", "3"], "ordered": True}),
        ("swanswer: red", ["red"]),
    ],
)
def test_nothing_else_does(completion: str, gold: Any) -> None:
    assert score(completion, gold) == 0.0


def test_dumping_the_context_shows_in_the_precision() -> None:
    context = [f"code-{number}" for number in range(50)]
    result = get_reward("in_context").score(
        f"Answer: {', '.join(context)}", ground_truth=context[:2]
    )
    assert result.score == 0.0
    assert result.components == {"precision": 0.04, "recall": 1.0}


@pytest.mark.parametrize("gold", ["", [], None, {"items": []}, {"ordered": True}, {"items": None}])
def test_a_row_without_items_is_an_error(gold: Any) -> None:
    assert get_reward("in_context").score("Answer: x", ground_truth=gold).status == "error"


@pytest.mark.parametrize(
    "text", ["Answer: " + "a," * 10**6, "Answer:" * 10**5, "[" * 10**6, "Answer: " + "[" * 10**4]
)
def test_long_text_is_read_in_no_time(text: str) -> None:
    assert score(text, ["a"]) == 0.0


WORD = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1).filter(
    lambda word: word != "and" and items_of(word) == [word]
)


@given(st.sets(WORD, min_size=1, max_size=8), st.randoms())
def test_any_order_of_a_set_scores_and_any_other_set_does_not(words: set[str], rng: Any) -> None:
    listed = sorted(words)
    rng.shuffle(listed)
    assert score(f"Answer: {', '.join(listed)}", sorted(words)) == 1.0
    assert score(f"Answer: {', '.join([*listed, 'zzzz'])}", sorted(words - {"zzzz"})) == 0.0


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading(text: str) -> None:
    stated_answer(text)
    items_of(text)
