"""Ask the demo's calibration questions: capitals, and those of countries that do not exist."""

from __future__ import annotations

import random

from envs.demo.task import DemoDomain, Problem
from envs.demo.world import CAPITALS, FICTIONAL_ENDS, FICTIONAL_STARTS, NAMES

ABSTENTION = "I don't know."


def problem(rng: random.Random) -> Problem:
    """Ask for the capital of a real or a fictional country."""
    capitals = tuple(CAPITALS.values())
    known = rng.random() < 0.5
    if known:
        country = rng.choice(tuple(CAPITALS))
        answer: str | None = CAPITALS[country]
    else:
        country = rng.choice(FICTIONAL_STARTS) + rng.choice(FICTIONAL_ENDS)
        answer = None
    name, wording = rng.choice(NAMES), rng.randrange(4)
    prompt = (
        f"{name} asks: what is the capital of {country}?",
        f"I am {name}. Name the capital of {country}.",
        f"What is the capital of {country}? {name} wants to know.",
        f"Capital of {country}? Tell {name}.",
    )[wording]
    guess = rng.choice([city for city in capitals if city != answer])
    if answer is None:
        wanted, others = ABSTENTION, (f"It is {guess}.", f"{guess}.")
    else:
        wanted, others = f"It is {answer}.", (ABSTENTION, f"{answer}.")
    return Problem(
        prompt=prompt,
        ground_truth={"answer": answer},
        wanted=wanted,
        others=others,
        wrong=f"It is {guess}.",
        wording=wording,
        extra_info={"answerable": known},
    )


def fact(rng: random.Random) -> str:
    """State a capital."""
    country, city = rng.choice(tuple(CAPITALS.items()))
    return rng.choice(
        (f"The capital of {country} is {city}.", f"{city} is the capital of {country}.")
    )


DOMAIN = DemoDomain("calibration", "abstention", problem, fact)
