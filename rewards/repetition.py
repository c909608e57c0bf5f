"""The reward `repetition` measures how much of a text is repeated, and how long the text is.

A policy that is paid by a learned judge soon writes longer and repeats itself. The measure is the
share of n-grams that occurred before: of words, or of characters where a script has no spaces and
inside words that are too long to be any. It is 0 for anything short, near 0 for prose (formulaic
text such as tables reaches 0.2), and near 1 for a loop.
"""

from __future__ import annotations

import re

from rewards.reading.text import after_reasoning, fold
from rewards.registry import reward
from rewards.result import RewardResult

# Longer than what fixed phrases share, shorter than what a loop repeats.
WORD_GRAM, CHARACTER_GRAM = 4, 10
_LONGEST_WORD = 40

# Scripts without spaces between words: kana, CJK ideographs, Hangul (whose words are short), Thai.
_TOKEN = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]|[^\W_]+")


def tokens(text: str) -> tuple[list[str], int]:
    """Return (tokens, n) of the text: words and `WORD_GRAM`, or characters and `CHARACTER_GRAM`."""
    found: list[str] = []
    characters = 0
    for word in _TOKEN.findall(fold(text).casefold()):
        if len(word) > _LONGEST_WORD:
            found += word
            characters += len(word)
        else:
            found.append(word)
            characters += len(word) == 1 and not word.isascii()
    return found, CHARACTER_GRAM if 2 * characters > len(found) else WORD_GRAM


def repeated_share(text: str) -> float:
    """Return the share of n-grams that occurred before, 0 … 1; 0 for fewer than two."""
    words, n = tokens(text)
    grams = [tuple(words[place : place + n]) for place in range(len(words) - n + 1)]
    return 1.0 - len(set(grams)) / len(grams) if len(grams) > 1 else 0.0


def longest_run(words: list[str]) -> int:
    """Count how often a token follows itself at most: 1 if never, 0 for no token."""
    longest = run = 0
    for place, word in enumerate(words):
        run = run + 1 if place and word == words[place - 1] else 1
        longest = max(longest, run)
    return longest


@reward("repetition", range=(0.0, 1.0), timeout_s=2.0, grades_answers=False)
def repetition(completion: str) -> RewardResult:
    """Score 1 minus the share of repeated n-grams; needs no ground truth, and is meant as a part.

    Components: `repeated_share`, `longest_run` (tokens), `characters`, `tokens`.
    """
    text = after_reasoning(completion).strip()
    if not text:
        return RewardResult.wrong_format("no text")
    share = repeated_share(text)
    words, _ = tokens(text)
    return RewardResult(
        1.0 - share,
        components={
            "repeated_share": share,
            "longest_run": float(longest_run(words)),
            "characters": float(len(text)),
            "tokens": float(len(words)),
        },
    )
