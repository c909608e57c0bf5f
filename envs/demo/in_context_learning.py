"""Make the demo's in-context learning: random label maps, which only the prompt can tell."""

from __future__ import annotations

import random

from envs.demo.task import DemoDomain, Problem
from envs.demo.world import ANIMALS, COLOURS


def _pairs(rng: random.Random) -> tuple[list[tuple[str, str]], tuple[str, str]]:
    count = 2 if rng.random() < 0.7 else 3
    pairs = list(zip(rng.sample(ANIMALS, count), rng.sample(COLOURS, count), strict=True))
    return pairs, rng.choice(pairs)


def problem(rng: random.Random) -> Problem:
    """Show two or three pairs, and ask for the value of one key."""
    pairs, (key, value) = _pairs(rng)
    listed = ", ".join(f"{k} {v}" for k, v in pairs)
    wording = rng.randrange(4)
    prompt = (
        f"{listed}. {key}? Reply as Answer: word",
        f"Rules: {listed}. Now {key}? Reply as Answer: word",
        f"Reply as Answer: word. {listed}. What is {key}?",
        f"Map: {listed}. Find {key}. Reply as Answer: word",
    )[wording]
    wrong = rng.choice([v for _, v in pairs if v != value])
    return Problem(
        prompt=prompt,
        ground_truth=[value],
        wanted=f"Answer: {value}",
        others=(f"{key} {value}", f"It is {value}."),
        wrong=f"Answer: {wrong}",
        wording=wording,
    )


def fact(rng: random.Random) -> str:
    """Show pairs, then all of them asked again in another order."""
    pairs, _ = _pairs(rng)
    again = rng.sample(pairs, len(pairs))
    listed = ", ".join(f"{k} {v}" for k, v in pairs)
    return f"{listed}. " + " ".join(f"{k} {v}." for k, v in again)


DOMAIN = DemoDomain("in_context_learning", "in_context", problem, fact)
