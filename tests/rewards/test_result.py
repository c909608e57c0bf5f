"""An environment may answer a turn with messages of some roles, and with nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from rewards.result import (
    MAX_OBSERVATION_CHARS,
    BadObservation,
    Continue,
    RewardResult,
    cut,
    final,
)

SAID = {"role": "tool", "content": "42"}


def test_messages_are_taken_as_they_are_and_nothing_else_of_them() -> None:
    given = [SAID, {"role": "user", "content": "go on", "name": "x", "tool_calls": [1]}]
    assert Continue.of(given).messages == (SAID, {"role": "user", "content": "go on"})


@pytest.mark.parametrize(
    ("observations", "words"),
    [
        (None, "NoneType, wanted a list"),
        ("text", "str, wanted a list"),
        ({"role": "tool", "content": "x"}, "dict, wanted a list"),
        ([], "0 messages"),
        ([SAID] * 17, "17 messages"),
        (["x"], r"observations\[0\].role: None"),
        ([SAID, {"role": "assistant", "content": "I win"}], r"\[1\].role: 'assistant'"),
        ([{"role": ["tool"], "content": "x"}], "role"),
        ([{"role": "tool"}], "content: NoneType"),
        ([{"role": "tool", "content": [{"type": "text", "text": "x"}]}], "content: list"),
    ],
)
def test_anything_else_is_refused(observations: Any, words: str) -> None:
    with pytest.raises(BadObservation, match=words):
        Continue.of(observations)


def test_long_messages_are_cut_once_and_lone_surrogates_replaced() -> None:
    long = Continue.of([{"role": "tool", "content": "x" * 1_000_000}])
    (message,) = long.messages
    assert len(message["content"]) == MAX_OBSERVATION_CHARS
    assert message["content"].endswith("x\n[cut: 1,000,000 characters in all]")
    assert Continue.of(long.messages) == long
    assert Continue.of([{"role": "tool", "content": "a\ud800b"}]).messages[0]["content"] == "a?b"
    assert cut("abc", 3) == "abc"


def test_only_a_verdict_is_final() -> None:
    verdict = RewardResult(0.5)
    assert final(verdict) is verdict
    result = final(Continue.of([SAID]))
    assert (result.status, result.teaches) == ("error", False)
    assert "asks for another turn" in result.message
