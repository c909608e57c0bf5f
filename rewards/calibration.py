"""Knowing what one knows: by abstaining, or by stating a confidence.

`abstention` pays +1 for a right answer and for abstaining where there is nothing to know, 0 for
abstaining on an answerable question, and -λ for a wrong answer or an invention. With λ = 0
inventing is free; with a large λ the policy collapses into always abstaining, so the default is
0.5, and the component `abstained_answerable` (of answerable rows only: its mean is the rate)
shows a collapse as it begins. λ is `extra_info.penalty`, of the row or, for all rows at once, of
the part in a composition.

`calibration` asks for `<confidence>0.8</confidence>` behind the answer and pays correctness plus
a proper score of the confidence (RLCR, Damani et al. 2025, arXiv 2507.16806):
correct + 1 - (confidence - correct)², from 0 (wrong and certain) to 2 (right and certain). The
expectation is largest when the stated confidence is the true probability of being right, and
being right more often always pays. Note that a wrong answer with confidence 0 scores 1: that is
what honesty is worth here, and the baseline of the group takes it out.

Rows of both: `ground_truth` is `{"answer": "Paris"}`, a string or number or a list of accepted
ones, or `{"answer": null}` for a question that has no answer, where only abstaining is right.
For example "I don't know." scores 1 on a null answer and 0 on "Paris"; "It is Rome." scores -0.5 on
both; "It is Paris. <confidence>90%</confidence>" scores 1.99.

Whether the answer is right is decided by `rewards.reading.short_answer`, or by the reward that
`extra_info.answer_reward` names: it gets `answer` as its ground truth, and only its full score
counts as right. If that reward fails or does not apply, so does this one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rewards.reading.abstaining import abstains, hedges
from rewards.reading.short_answer import states
from rewards.reading.text import after_reasoning, fold
from rewards.registry import Message, get_reward, reward
from rewards.result import RewardResult

DEFAULT_PENALTY = 0.5

_CONFIDENCE = re.compile(r"<confidence>([^<>]{0,40})</confidence>", re.IGNORECASE)
_OPENS = re.compile(r"<confidence>", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,9})?|\.\d{1,9}) ?(%?)")
_PUNCTUATION = str.maketrans({",": ".", "٫": ".", "٪": "%"})


def _answer_problem(ground_truth: Any) -> str:
    """What is wrong with the row, or ''."""
    if not isinstance(ground_truth, Mapping) or "answer" not in ground_truth:
        return "ground_truth has no 'answer' (null if there is none)"
    answer = ground_truth["answer"]
    accepted = answer if isinstance(answer, list | tuple) else [answer]
    if answer is not None and not (accepted and all(str(one).strip() for one in accepted)):
        return f"'answer' {answer!r} is empty; null stands for a question that has none"
    return ""


def _judged(
    text: str,
    answer: Any,
    answer_reward: str | None,
    prompt: Sequence[Message],
    extra_info: Mapping[str, Any],
) -> RewardResult:
    """Score 1 if the text gives the answer, else 0; what the inner reward could not say stays so.

    Raises:
        UnknownReward: there is no reward of that name.
    """
    if answer_reward is None:
        accepted = answer if isinstance(answer, list | tuple) else [answer]
        return RewardResult(float(states(text, [str(one) for one in accepted])))
    if answer_reward in ("abstention", "calibration"):
        return RewardResult.error(f"answer_reward {answer_reward!r} would call itself")
    inner = get_reward(answer_reward)
    result = inner.score(text, ground_truth=answer, prompt=prompt, extra_info=extra_info)
    if not result.teaches:
        return result
    right = result.status == "ok" and result.score >= inner.full_score
    return RewardResult(float(right), extracted=result.extracted, message=result.message)


def gold(ground_truth: Mapping[str, Any], extra_info: Mapping[str, Any]) -> str | None:
    """The answer, or that there is none to know; None if its reward has no gold completion."""
    answer = ground_truth["answer"]
    if answer is None:
        return "I don't know."
    name = extra_info.get("answer_reward")
    if name is None:
        return str(answer[0] if isinstance(answer, list | tuple) else answer)
    inner = get_reward(name).gold
    return None if inner is None else inner(answer, extra_info)


def _certain(ground_truth: Mapping[str, Any], extra_info: Mapping[str, Any]) -> str | None:
    answer = gold(ground_truth, extra_info)
    return None if answer is None else f"{answer} <confidence>1</confidence>"


# The time limits leave room for the inner reward's.
@reward("abstention", range=(-1.0, 1.0), timeout_s=5.0, gold=gold)
def abstention(
    completion: str,
    ground_truth: Mapping[str, Any],
    prompt: Sequence[Message],
    extra_info: Mapping[str, Any],
    penalty: float = DEFAULT_PENALTY,
    answer_reward: str | None = None,
) -> RewardResult:
    """+1 right, 0 abstained needlessly, -`penalty` wrong; see the module for the rows."""
    problem = _answer_problem(ground_truth)
    if problem:
        return RewardResult.error(f"abstention: {problem}")
    if isinstance(penalty, bool | str) or not 0.0 <= penalty <= 1.0:
        return RewardResult.error(f"abstention: penalty {penalty!r} is not within 0 … 1")
    answer = ground_truth["answer"]
    text = after_reasoning(completion)
    if not text.strip():
        # As dear as an invention, since silence must not be a way out.
        return RewardResult(-penalty, "wrong_format", message="says nothing")
    abstained = abstains(text)
    hedged = abstained and hedges(text)
    if abstained:
        # "I don't know, perhaps Paris" is neither: it must not collect both ways.
        right = answer is None and not hedged
        score = float(right)
    elif answer is None:
        right, score = False, -penalty
    else:
        judged = _judged(completion, answer, answer_reward, prompt, extra_info)
        if not judged.teaches:
            return judged
        right = judged.score == 1.0
        score = 1.0 if right else -penalty
    kind = "unanswerable" if answer is None else "answerable"
    return RewardResult(
        score,
        components={
            "correct": float(right),
            "abstained": float(abstained),
            "hedged": float(hedged),
            "answerable": float(answer is not None),
            f"abstained_{kind}": float(abstained),
        },
        extracted=text.strip()[:200],
    )


def stated_confidence(text: str) -> float | None:
    """The confidence in `<confidence>…</confidence>`, within 0 … 1; None if there is not one.

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
    match = _NUMBER.fullmatch(fold(written).translate(_PUNCTUATION))
    if match is None:
        return None
    value = float(match[1]) / (100.0 if match[2] else 1.0)
    return value if 0.0 <= value <= 1.0 else None


@reward("calibration", range=(0.0, 2.0), timeout_s=5.0, gold=_certain)
def calibration(
    completion: str,
    ground_truth: Mapping[str, Any],
    prompt: Sequence[Message],
    extra_info: Mapping[str, Any],
    answer_reward: str | None = None,
) -> RewardResult:
    """correct + 1 - (confidence - correct)²; without one usable confidence `wrong_format`."""
    problem = _answer_problem(ground_truth)
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
        judged = _judged(text, answer, answer_reward, prompt, extra_info)
        if not judged.teaches:
            return judged
        # What says that it does not know has not answered, whatever else it says.
        correct = 0.0 if abstains(text) else judged.score
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
