"""Multiple choice: one letter, stated as the answer.

A letter counts if it is the whole response (`B`, `(B)`, `B.`), boxed, or follows "answer:" or
"answer is"; the article "A" in running text and the E of "E. coli" therefore never do. The last
such statement is taken; a statement that names several distinct letters is refused, since
hedging must not pay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rewards.registry import reward
from rewards.result import RewardResult
from rewards.text import after_reasoning, fold, last_boxed

_STATED = re.compile(r"\banswer\b(?:\s+is\b)?\s*:?\s*", re.IGNORECASE)
_WINDOW = 40
_HEAD = re.compile(r"[\s*(\[]*([A-Z])(?![A-Za-z0-9'])[)\]*]*(.*)", re.DOTALL)
_LONE = re.compile(r"[\s*(\[]*([A-Z])[)\]*.\s]*")
# "A or B", "A, B", "A/B": another lone letter behind a joining word or sign.
_MORE = re.compile(r"(?:^|\bor|\band|[/,&+])\s*\(?[A-Z]\)?(?![A-Za-z0-9'])")
# "The answer is A metal": an article, not a choice; "A because …" is one.
_ARTICLE = re.compile(r" (?!because\b|since\b|as\b|for\b)[a-z]")


def stated_letter(completion: str) -> str | None:
    """The letter that the text states as its answer, '' for several, None for none."""
    text = after_reasoning(completion)
    boxed = last_boxed(text)
    if boxed is not None:
        lone = _LONE.fullmatch(fold(boxed.replace("\\text", "").strip("{}")))
        return lone[1] if lone else None
    text = fold(text)
    lone = _LONE.fullmatch(text)
    if lone:
        return lone[1]
    ends = [match.end() for match in _STATED.finditer(text)]
    if not ends:
        return None
    head = _HEAD.fullmatch(text[ends[-1] : ends[-1] + _WINDOW])
    if head is None or (head[1] == "A" and _ARTICLE.match(head[2])):
        return None
    return "" if _MORE.search(head[2]) else head[1]


@reward("mcq", range=(0.0, 1.0), timeout_s=1.0)
def mcq(
    completion: str, ground_truth: str, choices: Sequence[str] | Mapping[str, Any] | None = None
) -> RewardResult:
    """1 if the stated letter is `ground_truth`; `choices` (list or letter map) limits letters."""
    gold = str(ground_truth).strip().upper()
    if choices is None:
        allowed = [chr(c) for c in range(ord("A"), ord("Z") + 1)]
    elif isinstance(choices, Mapping):
        allowed = [str(letter).upper() for letter in choices]
    else:
        allowed = [chr(ord("A") + place) for place in range(len(choices))]
    if len(gold) != 1 or gold not in allowed:
        return RewardResult.error(f"mcq: ground_truth {ground_truth!r} is not one of {allowed}")
    letter = stated_letter(completion)
    if letter is None:
        return RewardResult.wrong_format("no letter stated as the answer")
    if letter == "":
        return RewardResult.wrong_format("several letters stated as the answer")
    if letter not in allowed:
        return RewardResult.wrong_format(f"{letter} is not among the choices", extracted=letter)
    return RewardResult(float(letter == gold), extracted=letter)
