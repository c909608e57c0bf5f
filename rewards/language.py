"""The reward `language` wants a response that stays in one of the twelve languages.

It is 1 if no more than a fifth of the response is in a language other than `extra_info.language`
(or `ground_truth["language"]`), or that of the last user turn if the row names none. So a row that
asks for a translation must name it. It does not apply (`skipped`) where the language of the prompt
or of the response can't be told, as with "42" (`rewards.reading.languages.foreign_share`). It is
meant as a part beside others: `{"math": 1.0, "language": 0.2}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rewards.reading.languages import TOLERANCE, check_known, foreign_share, identify
from rewards.reading.text import after_reasoning
from rewards.registry import Message, reward
from rewards.result import RewardResult


def _wanted(
    ground_truth: Any, prompt: Sequence[Message], extra_info: Mapping[str, Any]
) -> str | None:
    """Return the language that the row asks for, or its last user turn's; None if unclear.

    Raises:
        ValueError: the row names none of the twelve, or there is nothing to tell it from.
    """
    named = extra_info.get("language")
    if named is None and isinstance(ground_truth, Mapping):
        named = ground_truth.get("language")
    if named is not None:
        check_known(named)
        return str(named)
    asked = [turn.get("content") for turn in prompt if turn.get("role") == "user"]
    if not asked or not isinstance(asked[-1], str):
        raise ValueError("the row names no language and has no prompt")
    return identify(asked[-1])


@reward(
    "language",
    range=(0.0, 1.0),
    timeout_s=2.0,
    imports=("rewards.reading.languages:load",),
    grades_answers=False,
)
def language(
    completion: str,
    ground_truth: Any,
    prompt: Sequence[Message],
    extra_info: Mapping[str, Any],
) -> RewardResult | None:
    """Score 1 if the response is in the language that is wanted, else 0; see the module."""
    try:
        wanted = _wanted(ground_truth, prompt, extra_info)
    except ValueError as problem:
        return RewardResult.error(f"language: {problem}")
    text = after_reasoning(completion)
    if not text.strip():
        return RewardResult.wrong_format("no text")
    share = None if wanted is None else foreign_share(text, wanted)
    if wanted is None or share is None:
        return None
    return RewardResult(
        float(share <= TOLERANCE),
        components={"foreign_share": share},
        message=f"wanted {wanted}" if share > TOLERANCE else "",
    )
