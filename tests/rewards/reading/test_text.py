"""The final answer is found in a text."""

from __future__ import annotations

import time

import pytest

from rewards import get_reward
from rewards.reading.text import after_reasoning, last_answer_tag, last_box, last_boxed


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


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("4", "4"),
        ("<think>2 + 2</think>4", "4"),
        ("2 + 2</think>4", "4"),  # the prompt opened it
        ("<think>2 + 2 = 4", ""),
        ("\n<THINKING>4", ""),
        ("<think>5</think><think>4", ""),
        ("<think>5</think>4 <think>", "4 <think>"),
        ("the tag <think> opens a block", "the tag <think> opens a block"),
    ],
)
def test_what_follows_the_reasoning(text: str, answer: str) -> None:
    assert after_reasoning(text) == answer


BOXES = [
    (r"\boxed{7}", "7"),
    (r"\boxed {7}", "7"),
    ("\\boxed\n{7}", "7"),
    (r"\boxed   { 7 }", " 7 "),
    ("\\boxed{\n7\n}", "\n7\n"),
    (r"\fbox{7}", "7"),
    (r"\fbox {7}", "7"),
    (r"\framebox{7}", "7"),
    (r"\framebox[2cm]{7}", "7"),
    (r"\framebox[2cm][c]{7}", "7"),
    (r"\fcolorbox{red}{white}{7}", "7"),
    (r"\boxed7", "7"),
    (r"\boxed 7", "7"),
    (r"$\boxed 12$", "12"),
    (r"\(\boxed{-3.5}\)", "-3.5"),
    (r"\(\boxed-3.5\)", "-3.5"),
    (r"\boxed 1,234.", "1,234"),
    (r"so \boxed C.", "C"),
    (r"\boxed{\boxed{7}}", "7"),
    (r"\boxed{ \fbox{ 7 } }", " 7 "),
    (r"\fbox{\boxed{7}}", "7"),
    (r"\boxed{x=\boxed{7}}", r"x=\boxed{7}"),
    (r"\boxed{7 \text{ or } \boxed{8}}", r"7 \text{ or } \boxed{8}"),
    (r"\boxed{1} \boxed{2}", "2"),
    (r"\boxed{1} \fbox{2}", "2"),
    (r"\fbox{1} \boxed 2", "2"),
    (r"\boxed{\{1,2\}}", r"\{1,2\}"),
    (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
    (r"\boxed{7}. I used \boxed as asked.", "7"),
    (r"\boxed{7} as \boxed and \fbox say", "7"),
    (r"\boxed{7", None),
    (r"\boxed {7", None),
    (r"\fbox{7", None),
    (r"\boxed{1} and \boxed {", None),
    (r"\boxed", None),
    (r"\boxed as", None),
    (r"\boxed A good one", None),
    (r"\boxed seven", None),
    (r"\boxed 7x", None),
    (r"\boxed 7^2", None),
    (r"\boxed 1/2", None),
    (r"\boxed(7)", None),
    (r"\boxed[7]", None),
    ("boxed{7}", None),
    (r"\unboxed{7}", None),
    (r"\boxes{7}", None),
    (r"\mbox{7}", None),
    (r"\box{7}", None),
    (r"\frame{7}", None),
    (r"\boxed\text{7}", None),
    ("7", None),
    (r"\boxed{" + "7" * 5000 + "}", None),
]


@pytest.mark.parametrize(("text", "content"), BOXES)
def test_the_last_box(text: str, content: str | None) -> None:
    assert last_boxed(text) == content


@pytest.mark.parametrize(("text", "content"), BOXES)
def test_the_end_of_a_box_is_where_it_ends(text: str, content: str | None) -> None:
    for after in ("", " and more"):
        found = last_box(text + after)
        assert found is None or text[: found[2]].endswith(("}", text[found[0] : found[1]]))


@pytest.mark.parametrize(
    "form", [text for text, content in BOXES if content and content.strip() == "7"]
)
def test_math_reads_every_box(form: str) -> None:
    for text in (form, f"So it is ${form}$.", f"<think>\\boxed{{1}}</think>{form}"):
        assert get_reward("math").score(text, ground_truth="7").score == 1.0
        assert get_reward("math").score(text, ground_truth="8").score == 0.0


@pytest.mark.parametrize(
    "piece", ["\\boxed{", "\\boxed", "\\boxed ", "\\fbox{7}", "\\", "{", "\\boxed{1 \\boxed{2}"]
)
def test_many_boxes_take_linear_time(piece: str) -> None:
    begin = time.process_time()
    last_boxed(piece * (10**6 // len(piece)))
    last_boxed(piece * 500 + "x" * 3000 + "}" * 500)
    assert time.process_time() - begin < 1.0
