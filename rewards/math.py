r"""Math: the last `\boxed{…}` against the gold answer, as strings and exact numbers.

Only the box counts: prose that happens to hold the number would pay for hedging. Comparison is
by canonical string first, then as an exact `Fraction` (decimals, thousands separators, simple
`\frac{a}{b}`, percentages only against percentages). Text is never handed to a computer algebra
system here: sympy executes code from strings and burns seconds on `9^{9^{9^9}}`. So an answer
such as `17\cdot 23` for 391 is not accepted; a row that wants symbolic equivalence needs a
reward that runs in a killable worker.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from rewards.registry import reward
from rewards.result import RewardResult
from rewards.text import after_reasoning, fold, last_boxed

# Longer boxes are no final answers; numbers longer than this are refused before `int` sees them.
MAX_ANSWER_CHARS = 256
MAX_NUMBER_CHARS = 64

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?")
_FRACTION = re.compile(r"([+-]?)\\[dt]?frac\{([+-]?\d+)\}\{([+-]?\d+)\}|([+-]?\d+)/(\d+)")
_DROP = re.compile(r"\\[,;:! ]|\\left(?![a-z])|\\right(?![a-z])|\\displaystyle|\$")
_TEXT = re.compile(r"\\(?:text|mathrm|mbox|textbf)\{([^{}]*)\}")


def canonical(answer: str) -> str:
    """One spelling for answers that differ only in typography."""
    answer = _TEXT.sub(r"\1", _DROP.sub("", fold(answer)))
    answer = answer.replace("\\%", "%").replace("\\cdot", "*").replace("\\times", "*")
    return "".join(answer.split()).rstrip(".").replace("dfrac", "frac").replace("tfrac", "frac")


def as_number(answer: str) -> tuple[Fraction, str] | None:
    """(value, unit) with unit '' or '%', if the canonical answer is a plain number; else None."""
    if len(answer) > MAX_NUMBER_CHARS:
        return None
    unit = "%" if answer.endswith("%") else ""
    answer = answer.removesuffix("%")
    match = _FRACTION.fullmatch(answer)
    if match:
        sign = -1 if match[1] == "-" else 1
        top, bottom = int(match[2] or match[4]), int(match[3] or match[5])
        return (Fraction(sign * top, bottom), unit) if bottom else None
    if answer and any(c.isdigit() for c in answer) and _NUMBER.fullmatch(answer):
        return Fraction(answer.replace(",", "")), unit
    return None


def same_answer(given: str, gold: str) -> bool:
    """Whether two answers are equal as canonical strings or as exact numbers."""
    left, right = canonical(given), canonical(gold)
    if left == right:
        return bool(left)
    number = as_number(left)
    return number is not None and number == as_number(right)


@reward("math", range=(0.0, 1.0), timeout_s=2.0)
def math(completion: str, ground_truth: Any) -> RewardResult:
    r"""1 if the last `\boxed{…}` equals `ground_truth` (a string or a number), else 0."""
    gold = str(ground_truth)
    if not isinstance(ground_truth, str | int | float) or not canonical(gold):
        return RewardResult.error(f"math: ground_truth {gold[:80]!r} is no string or number")
    boxed = last_boxed(after_reasoning(completion))
    if boxed is None:
        return RewardResult.wrong_format("no complete \\boxed{…}")
    if len(boxed) > MAX_ANSWER_CHARS:
        return RewardResult.wrong_format(f"boxed answer is longer than {MAX_ANSWER_CHARS}")
    right = same_answer(boxed, gold)
    return RewardResult(float(right), extracted=boxed, message="" if right else f"wanted {gold}")
