"""Make the demo's science: which of two things is a metal, a planet, a gas, … by letter."""

from __future__ import annotations

import random

from envs.demo.task import DemoDomain, Problem, problems
from envs.demo.world import CATEGORIES

LETTERS = ("A", "B")


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def problem(rng: random.Random) -> Problem:
    """Name two things of two kinds; the prompt asks for the letter."""
    kinds = rng.sample(tuple(CATEGORIES), 2)
    things = [rng.choice(CATEGORIES[kind]) for kind in kinds]
    place = rng.randrange(2)
    kind, letter, thing = kinds[place], LETTERS[place], things[place]
    options = " ".join(f"{mark}) {name}" for mark, name in zip(LETTERS, things, strict=True))
    wording = rng.randrange(4)
    prompt = (
        f"Which is {_article(kind)}? {options} Reply as Answer: letter",
        f"Find the {kind}. {options} Reply as Answer: letter",
        f"{options} Which one is {_article(kind)}? Reply as Answer: letter",
        f"Pick the {kind}: {options} Reply as Answer: letter",
    )[wording]
    return Problem(
        prompt=prompt,
        ground_truth=letter,
        wanted=f"Answer: {letter}",
        others=(f"It is {thing}.", f"{thing} is {_article(kind)}."),
        wrong=f"Answer: {LETTERS[1 - place]}",
        wording=wording,
        extra_info={"choices": things},
    )


def fact(rng: random.Random) -> str:
    """Say what kind of thing something is, or list lettered things with the answer."""
    kind = rng.choice(tuple(CATEGORIES))
    thing = rng.choice(CATEGORIES[kind])
    if rng.random() < 0.4:
        return f"{thing} is {_article(kind)}."
    one = next(problems(DOMAIN, "train", rng))
    return f"{one.prompt.removesuffix(' Reply as Answer: letter')} {rng.choice(one.others)}"


DOMAIN = DemoDomain("science", "mcq", problem, fact)
