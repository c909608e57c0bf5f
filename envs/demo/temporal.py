"""Demo temporal reasoning: days before and after a date or a weekday.

Dates stay within a month and, like their offsets, within the last digit, so that a very small
model can do them; the format (ISO 8601, or one word) is what the prompt insists on.
"""

from __future__ import annotations

import random

from envs.demo.task import DemoDomain, Problem, different, problems
from envs.demo.world import WEEKDAYS


def _weekday(rng: random.Random) -> Problem:
    start, days = rng.randrange(7), rng.randint(1, 3)
    word, step = rng.choice((("after", 1), ("before", -1)))
    name, result = WEEKDAYS[start], WEEKDAYS[(start + step * days) % 7]
    unit = "day" if days == 1 else "days"
    event = rng.choice(("party", "test", "trip", "game", "show", "talk", "race", "meal"))
    wording = rng.randrange(4)
    prompt = (
        f"The {event} is {days} {unit} {word} {name}. Which day? One word.",
        f"One word: the {event} is {days} {unit} {word} {name}. Which day?",
        f"What day is the {event}, {days} {unit} {word} {name}? One word.",
        f"{name} is here. The {event} is {days} {unit} {word} it. Day in one word?",
    )[wording]
    return Problem(
        prompt=prompt,
        ground_truth=result,
        wanted=result,
        others=(f"It is {result}.", f"The {event} is on {result}."),
        wrong=different(rng, WEEKDAYS, result),
        wording=wording,
    )


def _date(rng: random.Random) -> Problem:
    year, month, tens = 2020 + rng.randrange(10), rng.randint(1, 12), rng.randrange(3)
    first, days = rng.randint(1, 7), rng.randint(1, 3)
    last = min(9, first + days) if tens < 2 else min(8, first + days)
    days = last - first
    start = f"{year}-{month:02d}-{tens}{first}"
    end = f"{year}-{month:02d}-{tens}{last}"
    word = rng.choice(("after", "before"))
    if word == "before":
        start, end = end, start
    unit = "day" if days == 1 else "days"
    wording = rng.randrange(4)
    prompt = (
        f"{days} {unit} {word} {start}? As YYYY-MM-DD.",
        f"Date {days} {unit} {word} {start}, as YYYY-MM-DD?",
        f"Use YYYY-MM-DD. What is {days} {unit} {word} {start}?",
        f"YYYY-MM-DD of {days} {unit} {word} {start}?",
    )[wording]
    turned = f"{end[8:]}.{end[5:7]}.{end[:4]}"
    wrong = f"{end[:9]}{(int(end[9]) + rng.randint(1, 8)) % 10}"
    return Problem(
        prompt=prompt,
        ground_truth=end,
        wanted=end,
        others=(f"It is {end}.", turned),
        wrong=wrong,
        wording=wording,
    )


def problem(rng: random.Random) -> Problem:
    """A weekday or a date, some days before or after."""
    return _weekday(rng) if rng.random() < 0.5 else _date(rng)


def fact(rng: random.Random) -> str:
    """A weekday or date with its offset, stated."""
    one = next(problems(DOMAIN, "train", rng))
    return f"{one.prompt} {rng.choice((one.wanted, *one.others))}"


DOMAIN = DemoDomain("temporal", "temporal", problem, fact)
