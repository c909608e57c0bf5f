"""The final answer is found in a text."""

from __future__ import annotations

import time

import pytest

from rewards.reading.text import last_answer_tag


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<answer>a</answer>", "a"),
        ("<ANSWER>a</Answer>", "a"),
        ("<answer>a</answer> no, <answer>b</answer>", "b"),
        ("<answer>a\nb</answer>", "a\nb"),
        ("<answer></answer>", ""),
        ("<answer>a</answer></answer>", "a"),
        ("<answer>a</answer> and <answer>b", "a"),  # cut off in the middle of the second
        ("<answer>a <answer>b</answer>", "b"),
        ("</answer>a<answer>", None),
        ("<answer>a", None),
        ("a</answer>", None),
        ("", None),
    ],
)
def test_the_last_tagged_answer(text: str, answer: str | None) -> None:
    assert last_answer_tag(text) == answer


@pytest.mark.parametrize("tag", ["<answer>", "</answer>", "<answer></answer>"])
def test_many_tags_take_linear_time(tag: str) -> None:
    begin = time.process_time()
    last_answer_tag(tag * 50_000)
    last_answer_tag("</answer>" + tag * 50_000 + "<answer>")
    assert time.process_time() - begin < 2.0
