"""Make the demo's math: small sums and differences of digits, bare and as stories, boxed."""

from __future__ import annotations

import random

from envs.demo.task import DemoDomain, Problem
from envs.demo.world import ITEMS, NAMES


def _numbers(rng: random.Random) -> tuple[int, int, str, int]:
    a, b = rng.randint(1, 5), rng.randint(1, 4)
    if rng.random() < 0.5:
        return a, b, "+", a + b
    a, b = max(a, b), min(a, b)
    return a, b, "-", a - b


def problem(rng: random.Random) -> Problem:
    """Pose a story or a bare sum; the prompt asks for the result in a box."""
    a, b, sign, result = _numbers(rng)
    wording = rng.randrange(4)
    if wording == 0 and rng.random() < 0.3:
        question = f"{a} {sign} {b} = ?"
    else:
        name, item = rng.choice(NAMES), rng.choice(ITEMS)
        change = f"gets {b} more" if sign == "+" else f"gives away {b}"
        question = f"{name} has {a} {item} and {change}. How many {item}?"
    prompt = (
        f"{question} Answer in \\boxed{{}}.",
        f"{question} Box the result: \\boxed{{}}",
        f"Use \\boxed{{}}. {question}",
        f"{question} Put it in \\boxed{{}}.",
    )[wording]
    wrong = max(0, result + rng.choice((-2, -1, 1, 2)))
    if wrong == result:
        wrong += 1
    return Problem(
        prompt=prompt,
        ground_truth=str(result),
        wanted=f"\\boxed{{{result}}}",
        others=(f"The answer is {result}.", f"{a} {sign} {b} = {result}"),
        wrong=f"\\boxed{{{wrong}}}",
        wording=wording,
    )


def fact(rng: random.Random) -> str:
    """State an addition or subtraction, bare or told."""
    a, b, sign, result = _numbers(rng)
    if rng.random() < 0.5:
        return f"{a} {sign} {b} = {result}."
    name, item = rng.choice(NAMES), rng.choice(ITEMS)
    change = f"gets {b} more" if sign == "+" else f"gives away {b}"
    return f"{name} has {a} {item} and {change}. {a} {sign} {b} = {result}. {name} has {result}."


DOMAIN = DemoDomain("math", "math", problem, fact)
