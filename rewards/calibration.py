"""The reward `calibration` pays a right answer and a stated confidence that comes true.

It asks for `<confidence>0.8</confidence>` behind the answer and pays correctness plus a proper
score of the confidence (RLCR, Damani et al. 2025, arXiv 2507.16806):
correct + 1 - (confidence - correct)², from 0 (wrong and certain) to 2 (right and certain). The
expectation is largest when the stated confidence is the true probability of being right, and
being right more often always pays. Note that a wrong answer with confidence 0 scores 1: that is
what honesty is worth here, and the baseline of the group takes it out.

Rows, and what counts as right, are those of `rewards.abstention`. For example
"It is Paris. <confidence>90%</confidence>" scores 1.99 on "Paris".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rewards.abstention import declines, gold, judged_answer, row_problem
from rewards.reading.abstaining import abstains, hedges
from rewards.reading.text import after_reasoning, fold
from rewards.reading.typography import plain
from rewards.registry import Message, reward
from rewards.result import RewardResult

_CONFIDENCE = re.compile(r"<confidence>([^<>]{0,40})</confidence>", re.IGNORECASE)
_OPENS = re.compile(r"<confidence>", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,9})?|\.\d{1,9}) ?(%?)")
_PUNCTUATION = str.maketrans({",": ".", "٫": ".", "٪": "%"})


def stated_confidence(text: str) -> float | None:
    """Return the confidence in `<confidence>…</confidence>`, 0 … 1; None without exactly one.

    `0.8`, `.8`, `0,8` and `80%` are the same; `80` without a sign could mean two things and is
    none. Not-a-number, infinities and everything outside the range are none, and so are several
    that differ, and a tag that is opened and not closed.
    """
    found = _CONFIDENCE.findall(text)
    if not found or len(found) != len(_OPENS.findall(text)):
        return None
    values = {_fraction(one) for one in found}
    return values.pop() if len(values) == 1 else None


def _fraction(written: str) -> float | None:
    match = _NUMBER.fullmatch(fold(plain(written)).translate(_PUNCTUATION))
    if match is None:
        return None
    value = float(match[1]) / (100.0 if match[2] else 1.0)
    return value if 0.0 <= value <= 1.0 else None


def _certain(ground_truth: Mapping[str, Any], extra_info: Mapping[str, Any]) -> str | None:
    answer = gold(ground_truth, extra_info)
    return None if answer is None else f"{answer} <confidence>1</confidence>"


# The time limit leaves room for the inner reward's.
@reward("calibration", range=(0.0, 2.0), timeout_s=5.0, gold=_certain)
def calibration(
    completion: str,
    ground_truth: Mapping[str, Any],
    prompt: Sequence[Message],
    extra_info: Mapping[str, Any],
    answer_reward: str | None = None,
) -> RewardResult:
    """Score correct + 1 - (confidence - correct)²; `wrong_format` without one usable confidence."""
    problem = row_problem(ground_truth)
    if problem:
        return RewardResult.error(f"calibration: {problem}")
    answer = ground_truth["answer"]
    text = after_reasoning(completion)
    confidence = stated_confidence(text)
    if confidence is None:
        return RewardResult.wrong_format("no single <confidence> within 0 … 1 or 0% … 100%")
    text = _CONFIDENCE.sub("", text).strip()
    if answer is None:
        correct = float(abstains(text) and not hedges(text))
    else:
        judged = judged_answer(text, answer, answer_reward, prompt, extra_info)
        if not judged.teaches:
            return judged
        # What says that it does not know has not answered, whatever else it says.
        correct = 0.0 if declines(text, answer) else judged.score
    brier = (confidence - correct) ** 2
    return RewardResult(
        correct + 1.0 - brier,
        components={
            "correct": correct,
            "confidence": confidence,
            "brier": brier,
            # Its mean is the bias: above zero the model is too sure of itself.
            "overconfidence": confidence - correct,
            "answerable": float(answer is not None),
        },
        extracted=text[:200],
    )
