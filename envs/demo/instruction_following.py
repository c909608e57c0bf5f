"""Make the demo's instruction following: say a thing under one of five checkable constraints."""

from __future__ import annotations

import random

from envs.demo.task import DemoDomain, Problem, problems
from envs.demo.world import ANIMALS, COLOURS

# IFEval's id, its kwargs, how the prompt asks for it, and how a sentence fulfils it.
CONSTRAINTS: tuple[tuple[str, dict[str, object], str, str], ...] = (
    ("change_case:english_capital", {}, "in capital letters", "{upper}"),
    ("change_case:english_lowercase", {}, "in small letters", "{lower}"),
    ("startend:quotation", {}, "in double quotes", '"{plain}"'),
    ("startend:end_checker", {"end_phrase": "Bye!"}, "with Bye! at the end", "{plain} Bye!"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 1}, "as one bullet", "* {plain}"),
)


def problem(rng: random.Random) -> Problem:
    """Ask for a sentence about an animal under a constraint."""
    animal, colour = rng.choice(ANIMALS), rng.choice(COLOURS)
    which = rng.randrange(len(CONSTRAINTS))
    instruction_id, kwargs, asked, shape = CONSTRAINTS[which]
    plain = f"The {animal} is {colour}."
    texts = {"plain": plain, "upper": plain.upper(), "lower": plain.lower()}
    wording = rng.randrange(4)
    prompt = (
        f"Say {asked} that the {animal} is {colour}.",
        f"Write {asked}: the {animal} is {colour}.",
        f"Tell me {asked} that the {animal} is {colour}.",
        f"Please put {asked}: the {animal} is {colour}.",
    )[wording]
    other_shape = CONSTRAINTS[(which + rng.randint(1, len(CONSTRAINTS) - 1)) % len(CONSTRAINTS)][3]
    return Problem(
        prompt=prompt,
        ground_truth={
            "instruction_id_list": [instruction_id, "keywords:existence"],
            "kwargs": [dict(kwargs), {"keywords": [animal, colour]}],
        },
        wanted=shape.format(**texts),
        others=(plain, f"Sure. {plain}"),
        wrong=other_shape.format(**texts),
        wording=wording,
    )


def fact(rng: random.Random) -> str:
    """Write a sentence, and the same sentence in some shape."""
    one = next(problems(DOMAIN, "train", rng))
    return f"{one.others[0]} {one.prompt} {one.wanted}"


DOMAIN = DemoDomain("instruction_following", "ifeval", problem, fact)
