"""Make the demo's chat: greet, speak to the topic, close politely, in the prompt's language."""

from __future__ import annotations

import random

from envs.demo.languages import LANGUAGES, PHRASES, Phrases
from envs.demo.task import DemoDomain, Problem, different, problems
from envs.demo.world import NAMES

MAX_CHARS = 80


def _answer(words: Phrases, topic: str) -> str:
    return f"{words.hello}! {words.say.format(t=topic)} {words.close}"


def _draw(rng: random.Random) -> tuple[str, Phrases, str]:
    language = rng.choice(LANGUAGES)
    words = PHRASES[language]
    return language, words, rng.choice(words.topics)


def problem(rng: random.Random) -> Problem:
    """Say hello and name a topic."""
    language, words, topic = _draw(rng)
    name = rng.choice(NAMES)
    intro, ask = words.intro.format(n=name), words.ask.format(t=topic)
    wording = rng.randrange(3)
    prompt = (
        f"{words.hello}! {intro} {ask}",
        f"{name}: {ask}",
        f"{words.hello}! {ask} {intro}",
    )[wording]
    say = words.say.format(t=topic)
    other_topic = different(rng, words.topics, topic)
    return Problem(
        prompt=prompt,
        ground_truth={
            "language": language,
            "greeting": [words.hello],
            "topic": [topic],
            "closing": [words.close],
            "max_chars": MAX_CHARS,
        },
        wanted=_answer(words, topic),
        others=(say, f"{words.hello}! {say}", f"{say} {words.close}"),
        wrong=_answer(words, other_topic),
        wording=wording,
        extra_info={"language": language},
    )


def ranked_pair(rng: random.Random, one: Problem) -> tuple[str, str]:
    """Return (chosen, rejected); chosen passes strictly more of the rubric's checks.

    Mostly the full answer against one with a single defect, which is where a reward model must
    be sharp; sometimes two flawed ones, so that the way up from a bad answer has a slope too.
    """
    language = one.extra_info["language"]
    words = PHRASES[language]
    topic = one.ground_truth["topic"][0]
    say = words.say.format(t=topic)
    foreign = PHRASES[different(rng, LANGUAGES, language)]
    while foreign.hello == words.hello:
        foreign = PHRASES[different(rng, LANGUAGES, language)]
    wrong_topic = one.wrong
    flawed = (
        f"{words.hello}! {say}",  # no closing
        f"{say} {words.close}",  # no greeting
        f"{words.hello}! {words.close}",  # courtesy without the topic
        wrong_topic,
        _answer(foreign, rng.choice(foreign.topics)),  # another language
        f"{words.hello}! {say} {say} {words.close}",  # repeats itself
        f"{words.hello}! {say} " + " ".join([words.close] * 5),  # goes on and on
        say,  # curt
    )
    if rng.random() < 0.7:
        return one.wanted, rng.choice(flawed)
    better = rng.choice((f"{words.hello}! {say}", f"{say} {words.close}"))
    other = different(rng, words.topics, topic)
    worse = rng.choice((words.say.format(t=other), f"{foreign.hello}!", words.close * 3))
    return better, worse


def fact(rng: random.Random) -> str:
    """Write a short exchange in one language."""
    one = next(problems(DOMAIN, "train", rng))
    return f"{one.prompt} {rng.choice((one.wanted, *one.others))}"


DOMAIN = DemoDomain("general_chat", "chat_rubric", problem, fact)
