"""Typography is undone, what only looks like it is left, and rewards read short answers so."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import get_reward
from rewards.reading.typography import MAX_CHARS, plain, readings, ungrouped, without_layout

UNDONE = [
    (r"\text{Knight}", "Knight"),
    (r"\textbf{Knight}", "Knight"),
    (r"\textbf{\textit{Knight}}", "Knight"),
    (r"\mathbf{\text{Yes}}", "Yes"),
    (r"\operatorname{Yes}", "Yes"),
    (r"{\bf Paris}", "Paris"),
    (r"\underline{\text{x}}", "x"),
    (r"\boxed{\text{A}}", "A"),
    (r"\fbox{A}", "A"),
    (r"\textcolor{red}{\textbf{7}}", "7"),
    (r"\textbf{(C)}\ 12", "(C) 12"),
    (r"1{,}461", "1,461"),
    (r"1\,461", "1,461"),
    (r"3{.}5", "3.5"),
    (r"14{:}30", "14:30"),
    ("2:30~PM", "2:30 PM"),
    (r"\text{May 1}^{\text{st}}", "May 1st"),
    (r"$\text{red}$, $\text{blue}$", "red, blue"),
    ("$5$", "5"),
    ("$ 5 $.", "5"),
    ("$$7$$", "7"),
    (r"\(7\)", "7"),
    (r"\[\text{A}\]", "A"),
    (r"50\%", "50%"),
    (r"snake\_case\_name", "snake_case_name"),
    (r"\{red, blue\}", "red, blue"),
    (r"\\text{Red}", "Red"),
    (r"\large\displaystyle 7", "7"),
    (r"\left(7\right)", "(7)"),
    ("**Wednesday**", "Wednesday"),
    ("*Wednesday*", "Wednesday"),
    ("__Wednesday__", "Wednesday"),
    ("_Wednesday_", "Wednesday"),
    ("***x***", "x"),
    ("**_x_**", "x"),
    ("_**x**_", "x"),
    ("**a** and **b**", "a and b"),
    ("`B`", "B"),
    ("``B``", "B"),
    ("```text\nB\n```", "B"),
    ("答案是**B**。", "答案是B。"),
    ("정답은 **B**입니다", "정답은 B입니다"),
    ("### Wednesday", "Wednesday"),
    ("<b>B</b>", "B"),
    ("<strong>a</strong><br>b", "a\nb"),
    ("Wednes\u00adday\u200b", "Wednesday"),
    ("**\\text{Yes}**", "Yes"),
    (r"\text{**Yes**}", "Yes"),
]
LEFT = [
    *(
        "2*3*4",
        "a * b * c",
        "2**3",
        "snake_case_name",
        "x_1 and y_2",
        "*",
        "**",
        "_",
        "__",
        "* item",
    ),
    *(
        "$5 and $6",
        "$5",
        "costs $5, not $6",
        "5 < 6 > 4",
        "<answer>",
        "{a, b} and {c}",
        "~~B~~",
        "~B~",
    ),
    *(
        "`",
        "a`b",
        "#5",
        "C#",
        "a\\nb",
        "1,461",
        "1.461",
        "-7",
        "A*",
        "f(x)",
        "[1, 2]",
        '"B"',
        "B or C",
    ),
    *(
        r"\frac{1}{2}",
        r"\cancel{B}",
        r"\sout{B}",
        r"\overline{7}",
        r"x^{2}",
        r"\alpha",
        "a|b",
        "50%",
    ),
    *("first line\nsecond line", "   ", "", "2 > 1", "**a", "a**"),
]


@pytest.mark.parametrize(("written", "meant"), UNDONE)
def test_typography_is_undone(written: str, meant: str) -> None:
    assert plain(written).strip() == meant
    assert meant in [reading.strip() for reading in readings(written)]


@pytest.mark.parametrize("text", LEFT)
def test_what_is_no_typography_is_left(text: str) -> None:
    assert plain(text).strip() == text.strip()


def test_a_gold_answer_keeps_its_stars_and_lines() -> None:
    assert plain("__init__", markdown=False) == "__init__"
    assert plain(r"\text{__init__}", markdown=False) == "__init__"
    assert readings("__init__") == ("__init__", "init")


def test_numbers_lose_their_grouping() -> None:
    assert ungrouped("1,461 and 12,345,678") == "1461 and 12345678"
    for text in ("1,2", "1,46", "12,3456", "1,461,2", "1.234,567", "0,123,4"):
        assert ungrouped(text) == text


def test_layout_goes_and_mathematics_stays() -> None:
    assert without_layout(r"\left(\frac12\right)") == r"(\frac12)"
    assert without_layout(r"\leftarrow") == r"\leftarrow"
    assert without_layout(r"a\\,b") == r"a\\,b"


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for reading in readings(text):
        plain(reading, markdown=False)


@given(st.text(alphabet="\\{}$*_`~# text,bold1", max_size=60))
def test_plain_text_gets_no_longer(text: str) -> None:
    assert len(plain(text)) <= len(text)


PIECES = [
    "\\",
    "\\text{",
    "{",
    "}",
    "$",
    "$ ",
    "*",
    "*a",
    " *a",
    "_a ",
    "`",
    "`a",
    "<b",
    "#",
    "~",
    "\\$",
    "1{,}",
]


@pytest.mark.parametrize(
    "piece", [*PIECES, " ", "\n#", "\\color{", "{\\rm ", "1,111", "\\begin{", "**a** "]
)
def test_hostile_text_takes_no_time(piece: str) -> None:
    start = time.process_time()
    for length in (MAX_CHARS, 10**6):
        readings(piece * (length // len(piece)))
    assert time.process_time() - start < 1.0


BOXED = [
    *(r"\boxed{\text{%}}", r"\boxed{\textbf{%}}", r"\boxed{\mathrm{%}}", r"\boxed{\mathbf{%}}"),
    *(r"\boxed{\text{\textbf{%}}}", r"\boxed{**%**}", r"$\boxed{\text{%}}$", r"\boxed{\text{%.}}"),
    *(r"\boxed{\ \text{%}\ }", r"\boxed {\text{%}}", r"\fbox{%}", r"\boxed{\underline{\text{%}}}"),
    *(r"\boxed{\boldsymbol{\text{%}}}", r"\boxed{{\bf %}}", r"\boxed{`%`}", r"\boxed{$\text{%}$}"),
    *(r"\boxed{\large\text{%}}", r"\boxed{\color{red}{\text{%}}}", r"\boxed{\textit{%}}"),
]
TAGGED = [
    *(
        "<answer>**%**</answer>",
        "<answer>*%*</answer>",
        "<answer>__%__</answer>",
        "<answer>`%`</answer>",
    ),
    *(r"<answer>\text{%}</answer>", r"<answer>$\text{%}$</answer>", "<answer>\n**%**\n</answer>"),
    *("<answer><b>%</b></answer>", r"<answer>\boxed{%}</answer>", "<answer>```\n%\n```</answer>"),
    *("<answer>**%.**</answer>", "<answer>**%**.</answer>", "**<answer>%</answer>**"),
]
LABELLED = [
    *(
        "**Answer:** %",
        "**Answer: %**",
        "**Answer**: %",
        "Answer: **%**",
        "Answer: `%`",
        "*Answer:* *%*",
    ),
    *(
        r"Answer: \text{%}",
        r"Answer: $\text{%}$",
        "__Answer:__ %",
        "### Answer: %",
        "### Answer\n**%**",
    ),
    *(
        r"\textbf{Answer:} %",
        r"\textbf{Answer: %}",
        "Answer:\n\n**%**",
        "**Final Answer:** %",
        "> **Answer:** %",
    ),
    *("**Answer:** **%**", r"Final answer: \(\text{%}\)", "Answer: **%**.", "**Answer:**\n\n%"),
]
ALONE = [
    "**%**",
    "__%__",
    "*%*",
    "`%`",
    "**%.**",
    "**%**.",
    r"\text{%}",
    r"$\text{%}$",
    r"\textbf{%}",
]
EVERYWHERE = [*BOXED, *TAGGED, *LABELLED]
ANSWERS: list[tuple[str, Any, str, list[str]]] = [
    ("logic_exact", "knight", "Knight", [*BOXED, *TAGGED]),
    ("logic_exact", "1461", "1{,}461", [*BOXED, *TAGGED]),
    ("logic_exact", "1,461", "1{,}461", [*BOXED, *TAGGED]),
    ("temporal", "Wednesday", "Wednesday", [*EVERYWHERE, *ALONE]),
    ("temporal", "1461", "1{,}461", [*EVERYWHERE, *ALONE]),
    ("temporal", "2024-02-29", "2024-02-29", [*EVERYWHERE, *ALONE]),
    ("temporal", {"value": "14:30", "format": "h:mm AM/PM"}, "2:30~PM", [*EVERYWHERE, *ALONE]),
    ("in_context", "red", "red", EVERYWHERE),
    ("in_context", ["blue", "red"], "red, blue", EVERYWHERE),
    ("in_context", "1461", "1{,}461", EVERYWHERE),
    ("abstention", {"answer": "Paris"}, "Paris", [*EVERYWHERE, *ALONE]),
    ("abstention", {"answer": "1461"}, "1{,}461", [*EVERYWHERE, *ALONE]),
    ("mcq", "B", "B", [*EVERYWHERE, *ALONE]),
]


@pytest.mark.parametrize(
    ("reward", "gold", "dressed"),
    [
        (name, gold, form.replace("%", text))
        for name, gold, text, forms in ANSWERS
        for form in forms
    ],
)
def test_a_right_answer_counts_in_any_dress(reward: str, gold: Any, dressed: str) -> None:
    assert get_reward(reward).score(dressed, ground_truth=gold).score == 1.0


WRONG = [
    *(
        "**%** or **#**",
        r"\text{% or #}",
        r"\text{not %}",
        "**not** **%**",
        "~~%~~",
        r"\cancel{%}",
        "**#**",
    ),
    *(
        r"\text{%}, \text{#}",
        "`%` `#`",
        "*%* / *#*",
        r"\text{%}\text{#}",
        "%**#**",
        r"\sout{\text{%}}",
    ),
    *(
        "**%**\n**#**",
        r"$\text{%}$ or $\text{#}$",
        "__%__?? __#__",
        "**Un%**",
        r"\text{%ish}",
        "_not_ %",
    ),
    *(r"\text{#}", r"\textbf{% and #}", "**%**, no: **#**", r"\text{%}\to\text{#}"),
]
OTHERS = [
    ("logic_exact", "knight", "Knight", "Knave"),
    ("temporal", "Wednesday", "Wednesday", "Thursday"),
    ("temporal", "yes", "Yes", "No"),
    ("temporal", "1461", "1{,}461", "1{,}462"),
    ("in_context", "red", "red", "blue"),
    ("abstention", {"answer": "Paris"}, "Paris", "Rome"),
    ("mcq", "B", "B", "C"),
]


@pytest.mark.parametrize(("reward", "gold", "right", "wrong"), OTHERS)
@pytest.mark.parametrize("form", WRONG)
def test_a_dressed_hedge_is_still_one(
    reward: str, gold: Any, right: str, wrong: str, form: str
) -> None:
    answer = form.replace("%", right).replace("#", wrong)
    texts = [answer, f"\\boxed{{{answer}}}", f"<answer>{answer}</answer>", f"Answer: {answer}"]
    # A label is for its line, and a short answer is the first line.
    for text in texts[1:3] if "\n" in form else texts:
        assert get_reward(reward).score(text, ground_truth=gold).score <= 0.0, text


OTHER = [
    *(("1461", "1{.}461"), ("1461", "1{,}46"), ("1461", "14{,}61"), ("1461", "1{,}4610")),
    *(("1461", "1,46,1"), ("snake_case", "snakecase"), ("__init__", "init"), ("2*3*4", "234")),
    *(("$5", "5"), ("x_1", "x1"), ("5", "#5"), ("5", "> 5"), ("5", "5%"), ("a b", "ab")),
]


@pytest.mark.parametrize(("gold", "answer"), OTHER)
def test_other_answers_stay_wrong(gold: str, answer: str) -> None:
    for reward in ("logic_exact", "in_context"):
        assert (
            get_reward(reward).score(f"<answer>{answer}</answer>", ground_truth=gold).score == 0.0
        )


MORE = [
    *(
        ("in_context", ["red", "blue"], text)
        for text in (
            r"\boxed{\{\text{red}, \text{blue}\}}",
            r"\boxed{\text{red and blue}}",
            r"\boxed{\left\{\text{red},\quad\text{blue}\right\}}",
            "Answer: **red**, **blue**",
            "Answer:\n- **red**\n* *blue*",
            'Answer: `["red", "blue"]`',
            "**Answer: red**, **blue**",
            r"\boxed{\text{red}\text{ and }\text{blue}}",
            "<answer>\n1. `red`\n2. `blue`\n</answer>",
        )
    ),
    ("temporal", "2024-02-29", r"\boxed{2024\text{-}02\text{-}29}"),
    ("temporal", "14:30", r"\boxed{14{:}30}"),
    ("temporal", "1461", r"\boxed{1\,461}"),
    (
        "temporal",
        {"value": "PT2H5M", "format": "duration in words"},
        r"\boxed{2\ \text{hours},\ 5\ \text{minutes}}",
    ),
    (
        "temporal",
        {"value": "2024-02-29", "format": "D Month YYYY"},
        r"\boxed{29^{\text{th}}\text{ February }2024}",
    ),
    ("temporal", {"value": "2024-02-29", "format": "DD/MM/YYYY"}, "**29/02/2024**"),
    ("logic_exact", "ann, tom", r"\boxed{\text{Ann},\ \textbf{Tom}}"),
    ("logic_exact", "ann, tom", "<answer>**Ann**, **Tom**</answer>"),
    ("logic_exact", r"\text{Knight}", "<answer>Knight</answer>"),
    ("logic_exact", "1 2\n2 1", "<answer>```\n1 2\n2 1\n```</answer>"),
    ("abstention", {"answer": "Paris"}, "**Paris** is the capital."),
    ("abstention", {"answer": "Paris"}, r"The answer is \(\text{Paris}\)."),
]


@pytest.mark.parametrize(("reward", "gold", "answer"), MORE)
def test_parts_of_an_answer_are_dressed_too(reward: str, gold: Any, answer: str) -> None:
    assert get_reward(reward).score(answer, ground_truth=gold).score == 1.0


def test_a_task_of_reasoning_gym_is_answered_in_bold() -> None:
    row = {"task": "leg_counting", "entry": {"answer": "12", "metadata": {}}}
    score = get_reward("reasoning_gym").score
    for text, wanted in (("**12**", 1.0), (r"\text{12}", 1.0), ("**13**", 0.0), ("~~12~~", 0.0)):
        assert score(f"<answer>{text}</answer>", ground_truth=row).score == wanted


def test_grids_and_confidences_are_read_in_their_dress() -> None:
    grid = get_reward("grid_exact")
    row = {"solution": [[1, 2], [2, 1]]}
    for text in (
        "1 **2**\n**2** 1",
        "| `1` | *2* |\n|---|---|\n| 2 | __1__ |",
        r"$1$ $2$" + "\n2 1",
    ):
        assert grid.score(f"<answer>{text}</answer>", ground_truth=row).score == 1.0
    for text in ("1 **1**\n**2** 1", "1 ~~2~~\n2 1", "1 **2 2** 1"):
        assert grid.score(f"<answer>{text}</answer>", ground_truth=row).score == 0.0
    stars = {"solution": [["*", "."], [".", "*"]]}
    assert grid.score("<answer>* .\n. *</answer>", ground_truth=stars).score == 1.0
    assert grid.score("<answer>*.\n.*</answer>", ground_truth=stars).score == 1.0
    calibration = get_reward("calibration")
    for written in (r"80\%", "**0.8**", r"$0.8$"):
        text = f"Paris <confidence>{written}</confidence>"
        result = calibration.score(text, ground_truth={"answer": "Paris"})
        assert result.components["confidence"] == 0.8
