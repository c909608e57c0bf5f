"""Solve reasoning-gym's questions from their text alone, to check the library's golds against.

Each solver reads a question as a person would and knows nothing of the entry: neither the
answer, nor the metadata, nor the code that made them.
"""

from tests.rewards.reasoning_solvers import (
    arithmetic,
    boards,
    circuits,
    dates,
    grids,
    induction,
    logic,
    people,
    rewriting,
    strips,
    text,
)
from tests.rewards.reasoning_solvers.base import SOLVERS, Solution, Unclear, Unread
from tests.rewards.reasoning_solvers.checking import Golds

__all__ = [
    "SOLVERS",
    "Golds",
    "Solution",
    "Unclear",
    "Unread",
    "arithmetic",
    "boards",
    "circuits",
    "dates",
    "grids",
    "induction",
    "logic",
    "people",
    "rewriting",
    "strips",
    "text",
]
