"""Verifiers of short answers close each known hole of other frameworks' verifiers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import get_reward
from rewards.in_context import items_of
from rewards.reading.text import fold, last_boxed


def score(name: str, completion: str, gold: Any, **extra: Any) -> tuple[float, str]:
    result = get_reward(name).score(completion, ground_truth=gold, extra_info=extra)
    assert result.status != "error", result.message
    return result.score, result.status


@given(st.text(max_size=200))
def test_no_text_breaks_the_text_functions(text: str) -> None:
    fold(text)
    items_of(text)
    boxed = last_boxed(f"\\boxed{{{text}}}")
    if "{" not in text and "}" not in text and "\\" not in text:
        assert boxed == text


def test_logic_is_exact_up_to_typography() -> None:
    assert score("logic_exact", "so <answer> Tom. </answer>", "tom") == (1.0, "ok")
    assert score("logic_exact", "<answer>Tom or Ann</answer>", "Tom") == (0.0, "ok")
    assert score("logic_exact", "<answer>Ann</answer><answer>Tom</answer>", "Tom")[0] == 1.0
    assert score("logic_exact", "Tom", "Tom") == (0.0, "wrong_format")


def test_in_context_wants_the_exact_set() -> None:
    assert score("in_context", "Answer: red", ["red"]) == (1.0, "ok")
    assert score("in_context", "Answer: Tom, Ann", ["Ann", "Tom"])[0] == 1.0
    dumped = "Answer: cat, red, dog, blue"
    result = get_reward("in_context").score(dumped, ground_truth=["red"])
    assert result.score == 0.0
    assert result.components == {"precision": 0.25, "recall": 1.0}
    assert score("in_context", "Answer: red, red", ["red"])[0] == 0.0
    assert score("in_context", "red", ["red"]) == (0.0, "wrong_format")


@pytest.mark.parametrize(
    ("completion", "gold", "wanted"),
    [
        ("2024-02-29", "2024-02-29", (1.0, "ok")),
        ("It is so. Answer: 2024-02-29.", "2024-02-29", (1.0, "ok")),
        ("2023-02-29", "2023-03-01", (0.0, "wrong_format")),  # no such day
        ("03/04/2024", "2024-04-03", (0.0, "wrong_format")),  # whose order?
        ("2:30 PM", "14:30", (0.0, "wrong_format")),
        ("14:30:00", "14:30", (1.0, "ok")),
        ("02:30", "14:30", (0.0, "ok")),
        ("Monday", "monday", (1.0, "ok")),
        ("Monday or Tuesday", "Monday", (0.0, "wrong_format")),
        ("012", "12", (1.0, "ok")),
        ("2024-05-01T10:00+02:00", "2024-05-01T08:00+00:00", (0.0, "ok")),
    ],
)
def test_temporal(completion: str, gold: str, wanted: tuple[float, str]) -> None:
    assert score("temporal", completion, gold) == wanted


def test_temporal_refuses_a_row_without_a_canonical_gold() -> None:
    assert get_reward("temporal").score("x", ground_truth="next week").status == "error"
