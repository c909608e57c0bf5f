"""Draw general chat: a question with manners, in the user's language.

Training takes its score from the scalar reward model; the row's rubric, which held-out evaluation
uses, checks what the prompt asked for: greeting, topic, closing, language and length.
"""

from __future__ import annotations

import random

from envs.tasks.base import Task, TaskDomain
from envs.tasks.general_chat_texts import NAMES, SPEECH


def draw(rng: random.Random, difficulty: int, language: str) -> Task:
    """Draw one message; the harder it is, the fewer characters it gives."""
    speech = SPEECH[language]
    name, closing = rng.choice(NAMES), rng.choice(speech.closings)
    topic, *stems = rng.choice(speech.topics).split("|")
    limit = rng.randrange(*((400, 900, 50), (250, 500, 25), (160, 260, 10))[difficulty - 1])
    gap = "" if language in ("ja", "zh") else " "
    intro = rng.choice(speech.intros).format(n=name)
    ask = rng.choice(speech.asks).format(t=topic)
    manners = speech.manners.format(k=limit, c=closing)
    parts = [f"{speech.hello}!", intro, ask]
    if rng.random() < 0.4:
        parts = [intro, ask]
    return Task(
        kind="question",
        prompt=f"{gap.join(parts)}{gap}{manners}",
        ground_truth={
            "language": language,
            "greeting": [speech.hello],
            "topic": [topic, *stems],
            "closing": [closing],
            "max_chars": limit,
        },
        gold_completion=f"{speech.hello}! {speech.say.format(t=topic)} {closing}",
    )


DOMAIN = TaskDomain("general_chat", "chat_rubric", draw, tuple(SPEECH))
