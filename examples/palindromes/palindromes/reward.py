"""The reward `palindrome` wants one word of a given length that reads the same backwards.

The letters must not all be one and the same: `aaaa` would be the first thing a policy finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewards import RewardResult, reward
from rewards.reading.text import after_reasoning


def gold(ground_truth: Mapping[str, Any], extra_info: Mapping[str, Any]) -> str:
    """Write some palindrome of that length."""
    length = int(ground_truth["length"])
    half = ("abcdefghijklmnopqrstuvwxyz" * length)[: length // 2]
    return half + "z" * (length % 2) + half[::-1]


@reward("palindrome", range=(0.0, 1.0), timeout_s=1.0, gold=gold)
def palindrome(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """Score 1 for a palindrome of `length` letters, at least two of them different."""
    word = after_reasoning(completion).strip()
    if not word.isalpha():
        return RewardResult.wrong_format("wanted one word")
    folded = word.casefold()
    right = (
        len(folded) == ground_truth["length"] and folded == folded[::-1] and len(set(folded)) > 1
    )
    return RewardResult(float(right), extracted=word[:200])
