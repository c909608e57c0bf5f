"""Write text for every pre-training source of the recipe, small but about the right things.

The sources differ in what they are about and in shape (sentences, code, worked steps, questions
with answers, long documents), so that a mixture is visible in what a model learns. Questions with
answers come from the train split only.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from envs.demo import (
    calibration,
    general_chat,
    identity,
    in_context_learning,
    instruction_following,
    logic,
    math,
    science,
    structured_output,
    temporal,
    text2sql,
)
from envs.demo.task import DemoDomain, problems
from envs.demo.text2sql import TABLES
from envs.demo.world import ANIMALS, COLOURS, ITEMS, NAMES, WEEKDAYS

SOURCES = (
    "common_crawl",
    "code",
    "math",
    "technical",
    "multilingual",
    "domain_specific",
    "common_crawl_hq",
    "synthetic",
    "long_cot",
    "language_instructions",
    "code_instructions",
    "books",
    "code_repositories",
)

_WORLD = (calibration.DOMAIN, science.DOMAIN, identity.DOMAIN)
_SKILLS = (logic.DOMAIN, temporal.DOMAIN, in_context_learning.DOMAIN)
_CODE = (text2sql.DOMAIN, structured_output.DOMAIN)
_LANGUAGE = (general_chat.DOMAIN, instruction_following.DOMAIN)

# What each source is about. A domain that occurs twice is spoken of twice as often.
_ABOUT: dict[str, tuple[DemoDomain, ...]] = {
    "common_crawl": (*_WORLD, *_SKILLS, *_SKILLS, *_LANGUAGE, math.DOMAIN, *_CODE),
    "code": _CODE,
    "math": (math.DOMAIN,),
    "technical": (science.DOMAIN, temporal.DOMAIN, logic.DOMAIN, in_context_learning.DOMAIN),
    "multilingual": (general_chat.DOMAIN,),
    "domain_specific": (structured_output.DOMAIN, calibration.DOMAIN, text2sql.DOMAIN),
    "common_crawl_hq": (*_WORLD, *_SKILLS, *_SKILLS, *_LANGUAGE, math.DOMAIN),
    "synthetic": (*_SKILLS, math.DOMAIN, science.DOMAIN),
    "long_cot": (math.DOMAIN, logic.DOMAIN, temporal.DOMAIN),
    "language_instructions": (*_WORLD, *_SKILLS, *_LANGUAGE, math.DOMAIN),
    "code_instructions": _CODE,
    "books": (*_SKILLS, *_WORLD, *_LANGUAGE, math.DOMAIN),
    "code_repositories": _CODE,
}


_WORDS = (*NAMES, *ITEMS, *COLOURS, *ANIMALS, *"123456789", *TABLES, *WEEKDAYS)
# Share of sentences that only say something twice. Natural text is full of repetition, which is
# what teaches a model to copy from its context; a small closed world has to put it in. Copying
# appears suddenly, and the sooner the larger its share of the text is.
_ECHO_SHARE = 0.55


def _echo(rng: random.Random) -> str:
    """Write a few random words, and the same again, sometimes after a detour."""
    said = " ".join(rng.choices(_WORDS, k=rng.randint(3, 8)))
    again = said if rng.random() < 0.7 else f"{rng.choice(_WORDS)} {said}"
    return f"{said}. {again}."


def _plain(about: Sequence[DemoDomain], rng: random.Random, low: int, high: int) -> str:
    return " ".join(
        _echo(rng) if rng.random() < _ECHO_SHARE else rng.choice(about).fact(rng)
        for _ in range(rng.randint(low, high))
    )


def _lines(about: Sequence[DemoDomain], rng: random.Random, low: int, high: int) -> str:
    return "\n".join(rng.choice(about).fact(rng) for _ in range(rng.randint(low, high)))


def _questions(about: Sequence[DemoDomain], rng: random.Random, low: int, high: int) -> str:
    turns = []
    for _ in range(rng.randint(low, high)):
        domain = rng.choice(about)
        one = next(problems(domain, "train", rng))
        turns.append(f"Question: {one.prompt}\nAnswer: {rng.choice((one.wanted, *one.others))}")
    return "\n".join(turns)


def _worked(about: Sequence[DemoDomain], rng: random.Random, low: int, high: int) -> str:
    turns = []
    for _ in range(rng.randint(low, high)):
        domain = rng.choice(about)
        one = next(problems(domain, "train", rng))
        step = domain.fact(rng) if rng.random() < 0.3 else rng.choice(one.others)
        turns.append(f"Question: {one.prompt}\nLet us think. {step}\nSo: {one.wanted}")
    return "\n".join(turns)


Shape = Callable[[Sequence[DemoDomain], random.Random, int, int], str]
_SHAPES: dict[str, tuple[Shape, int, int]] = {
    "code": (_lines, 6, 14),
    "long_cot": (_worked, 4, 8),
    "language_instructions": (_questions, 4, 8),
    "code_instructions": (_questions, 4, 8),
    "books": (_plain, 120, 240),
    "code_repositories": (_lines, 120, 240),
}


def pretrain_documents(source: str, n_documents: int, seed: int) -> Iterator[str]:
    """Return documents of one source, the same for a seed; books are far longer than others.

    Raises:
        ValueError: the recipe has no such source.
    """
    if source not in SOURCES:
        raise ValueError(f"unknown source {source!r}; one of {', '.join(SOURCES)}")
    rng = random.Random(f"pretrain:{source}:{seed}")
    shape, low, high = _SHAPES.get(source, (_plain, 8, 16))
    for _ in range(n_documents):
        yield shape(_ABOUT[source], rng, low, high)
