"""Make the demo's logic: two statements about who is in, and a question that joins them."""

from __future__ import annotations

import random
from collections.abc import Callable

from envs.demo.task import DemoDomain, Problem, problems
from envs.demo.world import NAMES

# How the question joins the two people, and when its answer is yes.
QUESTIONS: tuple[tuple[str, Callable[[bool, bool], bool]], ...] = (
    ("Are {a} and {b} both in?", lambda a, b: a and b),
    ("Is {a} or {b} in?", lambda a, b: a or b),
    ("Are {a} and {b} both out?", lambda a, b: not a and not b),
    ("Is {a} or {b} out?", lambda a, b: not a or not b),
)


def problem(rng: random.Random) -> Problem:
    """Put two people in or out; the prompt asks for yes or no between answer tags."""
    first, second = rng.sample(NAMES, 2)
    inside = rng.random() < 0.5, rng.random() < 0.5
    text = " ".join(
        f"{name} is {'in' if is_in else 'out'}."
        for name, is_in in zip((first, second), inside, strict=True)
    )
    shape, holds = rng.choice(QUESTIONS)
    question = shape.format(a=first, b=second)
    truth = holds(*inside)
    answer, opposite = ("yes", "no") if truth else ("no", "yes")
    wording = rng.randrange(4)
    prompt = (
        f"{text} {question} Use <answer></answer>.",
        f"{text} {question} Yes or no in <answer></answer>.",
        f"Reply in <answer></answer>. {text} {question}",
        f"{text} Now: {question} Put <answer></answer> around it.",
    )[wording]
    return Problem(
        prompt=prompt,
        ground_truth=answer,
        wanted=f"<answer>{answer}</answer>",
        others=(f"{answer.capitalize()}.", f"I say {answer}."),
        wrong=f"<answer>{opposite}</answer>",
        wording=wording,
    )


def fact(rng: random.Random) -> str:
    """Write two statements, a question and its answer."""
    one = next(problems(DOMAIN, "train", rng))
    return f"{one.prompt} {rng.choice((one.wanted, *one.others))}"


DOMAIN = DemoDomain("logic", "logic_exact", problem, fact)
