r"""The reward `mcq` wants one letter, stated as the answer, in any of the twelve Granite languages.

A letter counts if it is the whole response (`B`, `(B)`, `b.`), stands in `<answer>` tags or in a
box, follows "the answer is" or its like in another language (`rewards/reading/stated.py`), or is
written out with its choice ("D. zinc"). The last tag, box or statement is taken. Three rules keep
guesses from being paid (`rewards/reading/choice.py`):

- What follows the letter must end the statement, give a reason or be the choice's text, so that
  neither the article in "The answer is A metal" nor "E. coli" is a choice. Where the row has the
  options' texts, "B. mitochondria" is one if option B says so, and refused if it says something
  else.
- A statement that goes on with another letter is hedging and refused, unless it says that the other
  one is wrong.
- Options are never searched for by their text: "iron" is part of "environment", and an empty
  string is part of everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rewards.reading.choice import stated_letter
from rewards.registry import reward
from rewards.result import RewardResult


def _options(choices: Sequence[str] | Mapping[str, Any] | None) -> dict[str, str] | None:
    if choices is None:
        return None
    if isinstance(choices, Mapping):
        return {str(letter).strip().upper(): str(text) for letter, text in choices.items()}
    return {chr(ord("A") + place): str(text) for place, text in enumerate(choices)}


def gold(ground_truth: str, extra_info: Mapping[str, Any]) -> str:
    """Write the right letter."""
    return str(ground_truth).strip().upper()


@reward("mcq", range=(0.0, 1.0), timeout_s=1.0, gold=gold)
def mcq(
    completion: str, ground_truth: str, choices: Sequence[str] | Mapping[str, Any] | None = None
) -> RewardResult:
    """Score 1 if the stated letter is `ground_truth`, out of `choices` (a list or letter map)."""
    gold = str(ground_truth).strip().upper()
    options = _options(choices)
    allowed = list(options) if options else [chr(c) for c in range(ord("A"), ord("Z") + 1)]
    if len(gold) != 1 or gold not in allowed:
        return RewardResult.error(f"mcq: ground_truth {ground_truth!r} is not one of {allowed}")
    letter = stated_letter(completion, options)
    if letter is None:
        return RewardResult.wrong_format("no letter stated as the answer")
    if letter == "":
        return RewardResult.wrong_format("several letters stated as the answer")
    if letter not in allowed:
        return RewardResult.wrong_format(f"{letter} is not among the choices", extracted=letter)
    return RewardResult(float(letter == gold), extracted=letter)
