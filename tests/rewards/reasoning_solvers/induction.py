"""Solve the questions that ask for a rule: of a sequence, of a light, of a grid of remainders."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from tests.rewards.reasoning_solvers.base import (
    Solution,
    Unclear,
    Unread,
    found,
    one_of,
    solves,
)


@solves("acre")
def acre(question: str) -> Solution:
    """Try every set of blickets that explains the examples; the light is on with one of them."""
    text, asked = found(r"results:\n(.+?)\n\nNew test case:\n(.+?)\n", question).groups()
    seen = []
    for line in text.splitlines():
        things, light = line.split(" → ")
        seen.append((frozenset(things.split(", ")), light == "on"))
    wanted = frozenset(asked.split(", "))
    everything = sorted(wanted.union(*(things for things, _ in seen)))
    verdicts = set()
    for chosen in itertools.product((False, True), repeat=len(everything)):
        blickets = {thing for thing, is_one in zip(everything, chosen, strict=True) if is_one}
        if all(bool(things & blickets) == light for things, light in seen):
            verdicts.add(bool(wanted & blickets))
    if not verdicts:
        raise Unclear("nothing explains the examples")
    states = ("on", "off", "undetermined")
    if len(verdicts) > 1:
        return one_of("undetermined", states)
    return one_of("on" if verdicts.pop() else "off", states)


# What may be taken modulo something: of the column x and the row y, counted from 0.
FORMULAS: Mapping[str, Callable[[int, int, int], int]] = {
    "x + y": lambda x, y, n: (x + y) % n,
    "|x - y|": lambda x, y, n: abs(x - y) % n,
    "x * y": lambda x, y, n: x * y % n,
    "x ** y": lambda x, y, n: pow(x, y, n),
    "y ** x": lambda x, y, n: pow(y, x, n),
}
MAX_DIVISOR = 30


@lru_cache(maxsize=2)
def _remainders(width: int, height: int) -> list[list[int]]:
    """Return the remainders of every formula by every divisor, row after row."""
    return [
        [formula(x, y, n) for y in range(height) for x in range(width)]
        for formula in FORMULAS.values()
        for n in range(1, MAX_DIVISOR + 1)
    ]


@solves("modulo_grid")
def modulo_grid(question: str) -> Solution:
    """Find all formulas, divisors and remainders that fit; they must agree on what is missing."""
    drawing = found(r"\n\n([❌✅❔\n]+)$", question)[1].strip().splitlines()
    width, height = len(drawing[0]), len(drawing)
    cells = "".join(drawing)
    on = next((i for i, cell in enumerate(cells) if cell == "✅"), None)
    if on is None or len(cells) != width * height:
        raise Unread("no mark is in the grid")
    filled = set()
    for remainders in _remainders(width, height):
        target = remainders[on]
        grid = "".join("✅" if r == target else "❌" for r in remainders)
        if all(a in (b, "❔") for a, b in zip(cells, grid, strict=True)):
            filled.add("\n".join(re.findall(f".{{{width}}}", grid)))
    if len(filled) != 1:
        raise Unclear(f"{len(filled)} grids fit")
    answer = filled.pop()
    hole = question.replace("❔", "❌"), question.replace("❔", "✅")
    wrong = tuple(found(r"\n\n([❌✅\n]+)$", text)[1].strip() for text in hole)
    return Solution((answer,), wrong=tuple(text for text in wrong if text != answer))


# One step of a rule, from the value so far and the term before the last.
Step = Callable[[int, int], int]
STEPS: tuple[Step, ...] = (
    *(lambda x, _, n=n: x + n for n in range(-10, 11) if n),
    *(lambda x, _, n=n: x * n for n in range(-10, 11) if n),
    lambda x, _: x * x,
    lambda x, _: x // 2,
    lambda x, before: x + before,
)
MAX_RULE_STEPS = 3


@solves("number_sequence")
def number_sequence(question: str) -> Solution:
    """Find the shortest rules from each term to the next; they must agree on the one to come."""
    terms = [int(text) for text in question.replace("?", "").split(",") if text.strip()]
    # Each term with the one before it, which the first does not have.
    pairs = list(zip(terms, (0, *terms), strict=False))
    (last, before), goal = pairs[-2], terms[-1]
    ends: list[tuple[int, tuple[Step, ...]]] = [(last, ())]
    for length in range(1, MAX_RULE_STEPS + 1):
        # The rules that are a step longer, by where they lead from the last term but one.
        ends = [(step(end, before), (*rule, step)) for end, rule in ends for step in STEPS]
        following = {
            str(_applied(rule, *pairs[-1]))
            for end, rule in ends
            if end == goal
            and all(
                _applied(rule, *pair) == term for pair, term in zip(pairs, terms[1:], strict=False)
            )
        }
        if len(following) > 1:
            raise Unclear(f"rules of {length} steps lead to {sorted(following)}")
        if following:
            right = following.pop()
            return Solution((right,), wrong=(str(int(right) + 1), str(terms[-1] + 100_000)))
    raise Unclear(f"no rule of {MAX_RULE_STEPS} steps fits")


def _applied(rule: Iterable[Step], term: int, before: int) -> int:
    for step in rule:
        term = step(term, before)
    return term
