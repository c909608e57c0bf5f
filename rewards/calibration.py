"""Knowledge calibration by abstention: answer what is known, say so when it is not.

Right answers, and abstaining where there is nothing to know, score +1; abstaining on an
answerable question 0; a wrong answer or an invention -λ. With λ = 0 inventing is free; with a
large λ the policy collapses into always abstaining, so the default is 0.5 and the component
`abstained` is to be watched on answerable rows.

`ground_truth` is `{"answer": "Paris"}` (a string or a list of accepted ones) or
`{"answer": null}` for a question that has none; `extra_info.penalty` overrides λ. For example
"I don't know." scores 1 on a null answer and 0 on "Paris"; "Rome" scores -0.5 on both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rewards.registry import reward
from rewards.result import RewardResult
from rewards.text import after_reasoning, fold

DEFAULT_PENALTY = 0.5

_ABSTAINS = re.compile(
    r"\bi (?:do not|don.t) know\b|\bi(?:'m| am) not sure\b|\bi have no (?:idea|information)\b"
    r"|\bi cannot (?:say|answer)\b|\bunknown to me\b|\bich weiß (?:es|das) nicht\b"
    r"|\bno (?:lo )?sé\b"
    r"|\bje ne sais pas\b|\bnão sei\b|\bnevím\b|\bnon lo so\b|\bik weet het niet\b"
    r"|知りません|わかりません|모르겠|몰라요|我不知道|لا أعرف",
    re.IGNORECASE,
)


def abstains(text: str) -> bool:
    """Whether the text says that it does not know."""
    return _ABSTAINS.search(fold(text)) is not None


def mentions(text: str, answer: str) -> bool:
    """Whether the answer occurs as a whole word."""
    pattern = rf"(?<!\w){re.escape(fold(answer).casefold())}(?!\w)"
    return re.search(pattern, fold(text).casefold()) is not None


@reward("abstention", range=(-1.0, 1.0), timeout_s=1.0)
def abstention(
    completion: str, ground_truth: Mapping[str, Any], penalty: float = DEFAULT_PENALTY
) -> RewardResult:
    """+1 right, 0 abstained needlessly, -`penalty` wrong; see the module for the rows."""
    if "answer" not in ground_truth:
        return RewardResult.error("abstention: ground_truth has no 'answer' (null if unknowable)")
    if not 0.0 <= penalty <= 1.0:
        return RewardResult.error(f"abstention: penalty {penalty!r} is not within 0 … 1")
    wanted = ground_truth["answer"]
    accepted = [] if wanted is None else [wanted] if isinstance(wanted, str) else list(wanted)
    text = after_reasoning(completion)
    abstained = abstains(text)
    hit = any(mentions(text, str(answer)) for answer in accepted)
    if abstained:
        # "I don't know, maybe Paris" is neither: it must not collect both ways.
        right, score = wanted is None, 1.0 if wanted is None else 0.0
    else:
        right = hit and len(text) <= 200
        score = 1.0 if right else -penalty
    return RewardResult(
        score,
        components={
            "correct": float(right),
            "abstained": float(abstained),
            "answerable": float(wanted is not None),
        },
        extracted=text.strip()[:200],
    )
