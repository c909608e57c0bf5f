"""Say what a solver returns, and keep the list of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass


class Unclear(Exception):
    """Says that the question, read as a person reads it, has no answer or more than one."""


class Unread(Exception):
    """Says that the solver does not understand the question: its own fault, not the task's."""


@dataclass(frozen=True)
class Solution:
    """Is what a solver found: the right answers, and a test for them where equality is not it.

    `answers` are written as the question asks, all of them where there are few; `wrong` are
    answers that someone may give and that are not right, such as the other candidates.
    """

    answers: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    accepts: Callable[[str], bool] | None = None

    def right(self, answer: str) -> bool:
        """Tell whether an answer is right; one that can't be read is not."""
        if self.accepts is not None:
            try:
                return self.accepts(answer)
            except (ValueError, ArithmeticError):
                return False
        return answer.strip() in self.answers


Solver = Callable[[str], Solution]

SOLVERS: dict[str, Solver] = {}


def solves(*tasks: str) -> Callable[[Solver], Solver]:
    """Put a function on the list under the names of the tasks that it solves."""

    def listed(solver: Solver) -> Solver:
        for task in tasks:
            SOLVERS[task] = solver
        return solver

    return listed


def one_of(right: str, options: Iterable[str]) -> Solution:
    """Return a solution from a closed set of answers, where each of the others is wrong."""
    return Solution((right,), wrong=tuple(option for option in options if option != right))


def found(pattern: str, text: str) -> re.Match[str]:
    """Return the first match of a pattern.

    Raises:
        Unread: there is none.
    """
    match = re.search(pattern, text, re.DOTALL)
    if match is None:
        raise Unread(f"nothing like {pattern!r} in {text[:200]!r}")
    return match


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


def rows_of(text: str) -> list[list[str]]:
    """Split lines of cells that are separated by spaces."""
    return [line.split() for line in text.strip().splitlines() if line.strip()]


def written(rows: Iterable[Iterable[object]]) -> str:
    """Write a grid as questions write it: cells separated by spaces, one row a line."""
    return "\n".join(" ".join(str(cell) for cell in row) for row in rows)
