"""The reward `logic_exact` compares the last `<answer>…</answer>` (or `\\boxed{…}`) with the gold.

Case, white space, a closing full stop and what `rewards.reading.typography` undoes are typography;
everything else must match. There is no partial credit, because half a grid is not half a proof and
partial scores pay for hedging.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewards.reading.text import after_reasoning, fold, last_answer_tag, last_boxed
from rewards.reading.typography import plain, readings
from rewards.registry import reward
from rewards.result import RewardResult

MAX_ANSWER_CHARS = 4096


def canonical(answer: str) -> str:
    """Return one spelling for answers that differ only in case, spacing or a closing full stop.

    Spaces around commas are spacing too: "Ann,Tom" lists the same as "Ann, Tom".
    """
    text = fold(answer).casefold().rstrip(".")
    return ", ".join(part.strip() for part in text.split(","))


def gold(ground_truth: Any, extra_info: Mapping[str, Any]) -> str:
    """Write the gold answer in its tags."""
    return f"<answer>{ground_truth}</answer>"


@reward("logic_exact", range=(0.0, 1.0), timeout_s=1.0, gold=gold)
def logic_exact(completion: str, ground_truth: Any) -> RewardResult:
    """Score 1 if the tagged or boxed answer equals `ground_truth`, else 0."""
    if not isinstance(ground_truth, str) or not canonical(ground_truth):
        return RewardResult.error(f"logic_exact: ground_truth {ground_truth!r} is no text"[:200])
    golds = {canonical(ground_truth), canonical(plain(ground_truth, markdown=False))}
    text = after_reasoning(completion)
    answer = last_answer_tag(text)
    if answer is None:
        answer = last_boxed(text)
    if answer is None:
        return RewardResult.wrong_format("no <answer>…</answer>")
    if len(answer) > MAX_ANSWER_CHARS:
        return RewardResult.wrong_format(f"answer is longer than {MAX_ANSWER_CHARS} characters")
    right = not golds.isdisjoint(map(canonical, readings(answer)))
    return RewardResult(float(right), extracted=answer[:200])
