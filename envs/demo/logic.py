"""Demo logic: an order of three people from two comparisons."""

from __future__ import annotations

import random

from envs.demo.task import DemoDomain, Problem, problems
from envs.demo.world import NAMES

# comparative, top, bottom
RELATIONS = (
    ("taller", "tallest", "shortest"),
    ("older", "oldest", "youngest"),
    ("faster", "fastest", "slowest"),
)


def problem(rng: random.Random) -> Problem:
    """Who is first or last; the prompt asks for answer tags."""
    high, middle, low = rng.sample(NAMES, 3)
    more, top, bottom = rng.choice(RELATIONS)
    statements = [f"{high} is {more} than {middle}.", f"{middle} is {more} than {low}."]
    asks_top = rng.random() < 0.5
    who, question = (high, top) if asks_top else (low, bottom)
    wording = rng.randrange(4)
    text = " ".join(statements)
    prompt = (
        f"{text} Who is {question}? Use <answer></answer>.",
        f"{text} Name the {question} in <answer></answer>.",
        f"Reply in <answer></answer>. {text} Who is {question}?",
        f"{text} Who is the {question}? Put <answer></answer> around it.",
    )[wording]
    wrong = rng.choice([name for name in (high, middle, low) if name != who])
    return Problem(
        prompt=prompt,
        ground_truth=who,
        wanted=f"<answer>{who}</answer>",
        others=(f"{who} is {question}.", f"It is {who}."),
        wrong=f"<answer>{wrong}</answer>",
        wording=wording,
    )


def fact(rng: random.Random) -> str:
    """A chain of comparisons with its conclusion."""
    one = next(problems(DOMAIN, "train", rng))
    text = one.prompt.replace("Reply in <answer></answer>. ", "").split(" Who ")[0]
    return f"{text.split(' Name ')[0]} {one.others[0]}"


DOMAIN = DemoDomain("logic", "logic_exact", problem, fact)
