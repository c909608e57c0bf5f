"""Every listed reasoning task is solved independently; the solvers find what is wrong, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from rewards.reasoning_gym import FULL_MARKS, marks
from rewards.reasoning_gym.tasks import UNCHECKED, UNDECIDED, VETTED, NoItem, make_item
from tests.rewards.reasoning_solvers import SOLVERS, Golds, Unclear

ITEMS = 3
CASES = [(task, difficulty) for task, passed in VETTED.items() for difficulty in passed[:2]]


def full(truth: Mapping[str, Any], answer: str) -> bool:
    task = str(truth["task"])
    return marks(task, truth["entry"], truth.get("config", {}), answer) >= FULL_MARKS


def items(task: str, difficulty: int) -> list[tuple[str, dict[str, Any]]]:
    made: list[tuple[str, dict[str, Any]]] = []
    for index in range(100, 200):
        try:
            made.append(make_item(task, difficulty, 2, index))
        except NoItem:
            continue
        if len(made) == ITEMS:
            break
    return made


@pytest.mark.parametrize(("task", "difficulty"), CASES)
def test_golds_are_what_a_solver_finds(task: str, difficulty: int) -> None:
    """A few items here; ``python -m tests.rewards.reasoning_gym_vetting --items 500 --listed``
    takes 500 of each task and difficulty."""
    golds = Golds()
    made = items(task, difficulty)
    for question, truth in made:
        golds.check(question, truth, full)
    assert golds.checked == ITEMS
    assert not golds.problem(1.0 if task in UNDECIDED else 0.0)


@pytest.mark.parametrize("task", VETTED)
def test_a_gold_that_is_not_the_answer_is_found(task: str) -> None:
    made = items(task, VETTED[task][0])
    golds = Golds()
    for question, truth in made:
        forged = {**truth, "entry": {**truth["entry"], "answer": forgery(truth["entry"]["answer"])}}
        golds.check(question, forged, full)
    assert golds.wrong + golds.unclear == golds.checked == ITEMS
    assert golds.wrong
    assert "are wrong" in golds.problem(0.0)


def forgery(gold: str) -> str:
    """Return a gold with its first sign that can be exchanged exchanged for a likely other one."""
    for place, sign in enumerate(gold):
        if sign.isdigit():
            return f"{gold[:place]}{(int(sign) + 1) % 10 or 1}{gold[place + 1 :]}"
        if sign.isalpha():
            return f"{gold[:place]}{'q' if sign != 'q' else 'z'}{gold[place + 1 :]}"
        if sign in "✅❌":
            return gold[:place] + {"✅": "❌", "❌": "✅"}[sign] + gold[place + 1 :]
    return gold + "x"


def test_every_listed_task_has_a_solver_and_no_excuse() -> None:
    assert set(VETTED) <= set(SOLVERS)
    assert set(UNDECIDED) <= set(VETTED)
    assert not set(UNCHECKED) & (set(VETTED) | set(SOLVERS))


def test_what_is_paid_wrongly_is_counted() -> None:
    question, truth = items("gcd", 1)[0]
    gold = truth["entry"]["answer"]
    golds = Golds()
    golds.check(question, truth, lambda _, answer: answer == gold)
    assert not golds.problem(0.0)
    golds.check(question, truth, lambda *_: False)
    assert golds.problem(0.0).startswith("1 of 2 golds are underpaid")
    question, truth = items("mahjong_puzzle", 1)[0]
    golds = Golds()
    golds.check(question, truth, lambda *_: True)
    assert golds.overpaid == 1
    assert "overpaid" in golds.problem(0.0)


# Questions of the kinds that keep tasks, or items, off the list.
UNCLEAR = [
    ("simple_geometry", "A convex polygon has 4 sides. The measures of the first 3 interior angles "
     "are: 50.0°, 60.0°, 40.0°. Find the measure of the last interior angle."),
    ("pool_matrix", "Perform max pooling on the following matrix with a kernel size of 2:\n"
     "1 2 3\n4 5 6\n7 8 9\n"),
    ("needle_haystack", "Ann likes tea. Bob likes tea. Cid likes rum. \n"
     "Who likes tea? Reply only with a name."),
    ("tsumego", "Tsumego time. Black to play and capture some stones.\n\n```\n   A B C D\n"
     " 4 X . . .\n 3 O . . .\n 2 . . . O\n 1 . . . X\n```\n"),
]  # fmt: skip


@pytest.mark.parametrize(("task", "question"), UNCLEAR)
def test_unclear_questions_are_refused(task: str, question: str) -> None:
    with pytest.raises(Unclear):
        SOLVERS[task](question)


SOLVED = [
    ("simple_geometry", "A convex polygon has 4 sides. The measures of the first 3 interior angles "
     "are: 90.0°, 90.0°, 80.0°. Find the measure of the last interior angle.", "100"),
    ("pool_matrix", "Perform average pooling on the following matrix with a kernel size of 2:\n"
     "1 2 3 4\n4 5 6 8\n", "3.00 5.25"),
    ("tsumego", "Tsumego time. Black to play and capture some stones.\n\n```\n   A B C D\n"
     " 4 O X . .\n 3 . . . .\n 2 . . . .\n 1 . . . .\n```\n", "A3"),
    ("basic_arithmetic", "Calculate -3 * ( 2 - -4 ) / 9.", "-2"),
    ("dice", "I have these dice: 1d6, 1d6. What are the odds of rolling 11 or higher? …", "1/12"),
    ("bf", "…\n\n++++++++[>++++++++<-]>+.+.\n\n…", "AB"),
    ("ab", "…\n\nNow, consider the following program:\n\nB# A# #B #A B#\n\n", "B#"),
    ("number_sequence", "1, 2, 4, 8, ?", "16"),
    ("caesar_cipher", "Decrypt this Caesar cipher text: WKH PDQ KDG FRPH KRPH. Provide only …",
     "THE MAN HAD COME HOME"),
    ("calendar_arithmetic", "What day of the week was July 20, 1969? …", "Sunday"),
    ("calendar_arithmetic", "Is 1900 a leap year? …", "No"),
]  # fmt: skip


@pytest.mark.parametrize(("task", "question", "answer"), SOLVED)
def test_solvers_know_what_everybody_knows(task: str, question: str, answer: str) -> None:
    assert SOLVERS[task](question).answers[0] == answer
