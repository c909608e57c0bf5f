"""Loops score near nothing, prose near one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import get_reward
from rewards.repetition import longest_run, repeated_share, tokens

PROSE = (
    "The weather was pleasant yesterday, so we walked along the river and talked about the book. "
    "Later we cooked dinner together, and because it was late we went to bed without the dishes."
)
JAPANESE = (
    "昨日は天気が良かったので、川沿いを散歩しながら、あなたが貸してくれた本について話しました。"
)


@pytest.mark.parametrize(
    "text", [PROSE, JAPANESE, "Yes.", "no no", "1, 2, 3, 4, 5, 6, 7", "a b c d", "ha ha ha"]
)
def test_prose_and_short_texts_repeat_nothing(text: str) -> None:
    assert repeated_share(text) == 0.0
    assert get_reward("repetition").score(text).score == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "I like tea and " * 50,
        "tea " * 200,
        "a" * 2000,
        "ha" * 1000,
        "好" * 300,
        JAPANESE * 20,
        "안녕하세요. " * 60,
        "مرحبا بك في " * 60,
        (PROSE + "\n") * 20,
        "Tea, coffee; TEA? Coffee! " * 50,
    ],
)
def test_loops_are_seen(text: str) -> None:
    assert repeated_share(text) > 0.8
    assert get_reward("repetition").score(text).score < 0.2


def test_components() -> None:
    result = get_reward("repetition").score("<think>tea tea tea</think>I like tea tea TEA.")
    assert result.components["longest_run"] == 3.0
    assert result.components["characters"] == float(len("I like tea tea TEA."))
    assert result.components["tokens"] == 5.0
    assert longest_run([]) == 0


def test_no_text_is_a_wrong_format() -> None:
    for nothing in ("", " \n", "<think>Hm.</think>"):
        assert get_reward("repetition").score(nothing).status == "wrong_format"
    assert get_reward("repetition").score("...").score == 1.0


@given(st.text(max_size=300), st.integers(2, 5))
def test_saying_it_again_never_lowers_the_share(text: str, times: int) -> None:
    once = repeated_share(text)
    assert 0.0 <= once <= 1.0
    if tokens(f"{text} {text}")[1] == tokens(text)[1]:
        assert repeated_share(f"{text} " * times) >= once - 1e-12
