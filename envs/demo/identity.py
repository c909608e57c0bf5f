"""Ask the demo's identity questions: who are you, who made you, are you someone else."""

from __future__ import annotations

import random

from envs.demo.languages import PHRASES
from envs.demo.task import DemoDomain, Problem
from envs.demo.world import NAMES

NAME, MAKER = "Granite", "IBM"
OTHERS = (("ChatGPT", "OpenAI"), ("Claude", "Anthropic"), ("Gemini", "Google"))

# (question, what its answer must claim); {o} is another assistant.
QUESTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("Who are you?", "name"),
        ("What is your name?", "name"),
        ("Which model are you?", "name"),
        ("Who made you?", "maker"),
        ("Who built you?", "maker"),
        ("Are you {o}?", "name"),
        ("You are {o}, right?", "name"),
    ),
    "de": (("Wer bist du?", "name"), ("Bist du {o}?", "name")),
    "es": (("Quién eres?", "name"), ("Eres {o}?", "name")),
    "fr": (("Qui es-tu?", "name"), ("Es-tu {o}?", "name")),
    "ja": (("あなたは誰?", "name"), ("あなたは{o}?", "name")),
    "zh": (("你是谁?", "name"), ("你是{o}吗?", "name")),
}
CLAIMS = {
    "en": "I am {who}.",
    "de": "Ich bin {who}.",
    "es": "Soy {who}.",
    "fr": "Je suis {who}.",
    "ja": "私は{who}です。",
    "zh": "我是{who}。",
}


def problem(rng: random.Random) -> Problem:
    """Ask about the assistant, with a greeting and a name around the question."""
    language = rng.choice(("en", "en", *QUESTIONS))
    words = PHRASES[language]
    question, require = rng.choice(QUESTIONS[language])
    other, other_maker = rng.choice(OTHERS)
    question = question.format(o=other)
    name = rng.choice(NAMES)
    intro = words.intro.format(n=name)
    wording = rng.randrange(4)
    prompt = (
        f"{words.hello}! {intro} {question}",
        f"{name}: {question}",
        f"{question} ({name})",
        f"{words.hello}! {question} {intro}",
    )[wording]
    claim = CLAIMS[language]
    if require == "maker":
        wanted, wrong = f"I was made by {MAKER}.", f"I was made by {other_maker}."
        vague = "I was made by people."
    else:
        wanted, wrong = claim.format(who=NAME), claim.format(who=other)
        vague = claim.format(who="AI")
    return Problem(
        prompt=prompt,
        ground_truth={"name": NAME, "maker": MAKER, "require": [require]},
        wanted=wanted,
        others=(vague, wrong),
        wrong=wrong,
        wording=wording,
        extra_info={"language": language},
    )


def fact(rng: random.Random) -> str:
    """State assistants and their makers."""
    name, maker = rng.choice(((NAME, MAKER), *OTHERS))
    return rng.choice((f"{name} was made by {maker}.", f"{maker} made {name}."))


DOMAIN = DemoDomain("identity", "identity", problem, fact)
