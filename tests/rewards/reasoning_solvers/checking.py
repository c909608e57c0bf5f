"""Check rows of the library against what the solvers find, and count what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.rewards.reasoning_solvers.base import SOLVERS, Unclear

Marks = Callable[[Mapping[str, Any], str], bool]
"""Tells whether the reward gives a row's answer full marks."""


def _nearby(text: str) -> str:
    """Return a text with its last digit raised, or else its last letter exchanged."""
    for place in reversed(range(len(text))):
        sign = text[place]
        if sign.isdigit():
            return f"{text[:place]}{(int(sign) + 1) % 10}{text[place + 1 :]}"
    return f"{text[:-1]}{'x' if text[-1:] != 'x' else 'y'}"


@dataclass
class Golds:
    """Counts what became of the golds of one task at one difficulty.

    `wrong` golds are refused by the solver, `unclear` questions have no answer or several,
    `overpaid` ones have a wrong answer that gets full marks, `underpaid` ones a right answer that
    does not. `first` says of each kind what the first one was.
    """

    checked: int = 0
    wrong: int = 0
    unclear: int = 0
    overpaid: int = 0
    underpaid: int = 0
    first: dict[str, str] = field(default_factory=dict)

    def check(self, question: str, truth: Mapping[str, Any], full: Marks) -> None:
        """Solve one question; compare its gold, and what its scorer says to other answers.

        Raises:
            Unread: the solver does not understand the question.
            KeyError: the task has no solver.
        """
        self.checked += 1
        gold = str(truth["entry"]["answer"])
        try:
            solution = SOLVERS[str(truth["task"])](question)
        except Unclear as problem:
            self._note("unclear", str(problem))
            return
        if not solution.right(gold):
            self._note("wrong", f"{gold[:60]!r}, not {solution.answers[0][:60]!r}")
            return
        for answer in solution.answers:
            if not full(truth, answer):
                self._note("underpaid", f"{answer[:60]!r}, gold {gold[:60]!r}")
                break
        near = _nearby(gold)
        wrong = solution.wrong if solution.right(near) else (*solution.wrong, near)
        for answer in wrong:
            if full(truth, answer):
                self._note("overpaid", f"{answer[:60]!r}, gold {gold[:60]!r}")
                break

    def _note(self, kind: str, what: str) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        self.first.setdefault(kind, what)

    def problem(self, unclear_share: float) -> str:
        """Say what is wrong with the golds, or nothing; a share of them may be unclear.

        On few items a share says little: there, three more may be.
        """
        for kind in ("wrong", "overpaid", "underpaid", "unclear"):
            count = getattr(self, kind)
            allowed = 0.0
            if kind == "unclear" and unclear_share:
                allowed = unclear_share * self.checked + 3
            if count > allowed:
                return f"{count} of {self.checked} golds are {kind}: {self.first[kind]}"
        return ""
