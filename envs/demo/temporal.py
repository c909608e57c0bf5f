"""Make the demo's temporal tasks: the day next to a weekday, the hour next to an hour.

Few enough cases for a very small model to know them; the format (one word, or HH:MM) is what the
prompt insists on.
"""

from __future__ import annotations

import random

from envs.demo.task import DemoDomain, Problem, different, problems
from envs.demo.world import WEEKDAYS

EVENTS = ("party", "test", "trip", "game", "show", "talk", "race", "meal")


def _weekday(rng: random.Random) -> Problem:
    start = rng.randrange(7)
    word, step = rng.choice((("after", 1), ("before", -1)))
    name, result = WEEKDAYS[start], WEEKDAYS[(start + step) % 7]
    event = rng.choice(EVENTS)
    wording = rng.randrange(4)
    prompt = (
        f"The {event} is one day {word} {name}. Which day? One word.",
        f"One word: the {event} is one day {word} {name}. Which day?",
        f"What day is the {event}, one day {word} {name}? One word.",
        f"{name} is here. The {event} is one day {word} it. Day in one word?",
    )[wording]
    return Problem(
        prompt=prompt,
        ground_truth=result,
        wanted=result,
        others=(f"It is {result}.", f"The {event} is on {result}."),
        wrong=different(rng, WEEKDAYS, result),
        wording=wording,
    )


def _hour(rng: random.Random) -> Problem:
    start = rng.randint(2, 20)
    word, step = rng.choice((("after", 1), ("before", -1)))
    result = start + step
    event = rng.choice(EVENTS)
    wording = rng.randrange(4)
    clock = f"{start:02d}:00"
    prompt = (
        f"The {event} is one hour {word} {clock}. What time? As HH:MM.",
        f"As HH:MM: the {event} is one hour {word} {clock}. What time?",
        f"What time is the {event}, one hour {word} {clock}? As HH:MM.",
        f"It is {clock}. The {event} is one hour {word} it. Time as HH:MM?",
    )[wording]
    wrong = rng.choice([hour for hour in range(1, 23) if hour != result])
    return Problem(
        prompt=prompt,
        ground_truth=f"{result:02d}:00",
        wanted=f"{result:02d}:00",
        others=(f"At {result:02d}:00.", f"It is {result:02d}:00."),
        wrong=f"{wrong:02d}:00",
        wording=wording,
    )


def problem(rng: random.Random) -> Problem:
    """Ask for the day next to a weekday or the hour next to an hour, before or after."""
    return _weekday(rng) if rng.random() < 0.5 else _hour(rng)


def fact(rng: random.Random) -> str:
    """State a weekday or an hour with its offset."""
    one = next(problems(DOMAIN, "train", rng))
    return f"{one.prompt} {rng.choice((one.wanted, *one.others))}"


DOMAIN = DemoDomain("temporal", "temporal", problem, fact)
