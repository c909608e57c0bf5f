r"""The reward `math` compares the last `\boxed{…}` after any reasoning block with the gold answer.

Only the box counts: prose that happens to hold the number would pay for hedging. The box is
compared literally, then by structure (tuples, intervals, sets, solutions, equations, matrices),
its parts as exact numbers with units, and what is no number by evaluating both expressions
(`rewards/math/expression.py`, which also says why no computer algebra is involved). What a row
may relax is listed in `rewards/math/compare.py`.

The gold answer is trusted as written, in LaTeX or plain. A gold answer that isn't understood
(prose, an integral) is compared literally.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewards.math.compare import Policy, same_answer
from rewards.reading.text import after_reasoning, last_boxed
from rewards.registry import reward
from rewards.result import RewardResult

__all__ = ["MAX_ANSWER_CHARS", "Policy", "math", "same_answer"]

# Longer boxes are no final answers.
MAX_ANSWER_CHARS = 512


def gold(ground_truth: Any, extra_info: Mapping[str, Any]) -> str:
    """Write the gold answer in a box."""
    written = str(ground_truth)
    return f"\\boxed{{{last_boxed(written) or written}}}"


@reward("math", range=(0.0, 1.0), timeout_s=2.0, imports=("mpmath",), gold=gold)
def math(
    completion: str,
    ground_truth: Any,
    require_simplified: bool = True,
    percent: str = "strict",
    units: str = "required",
    decimal_comma: bool | None = None,
) -> RewardResult:
    r"""Score 1 if the last `\boxed{…}` equals `ground_truth` (a string or a number), else 0.

    Args:
        completion: the model's text.
        ground_truth: the gold answer, with its unit if it has one, without the box.
        require_simplified: a gold number wants a number, not arithmetic that gives it.
        percent: "strict", "bare" (50 = 50 %) or "value" (50 % = 0.5).
        units: "required", or "optional" where the answer may leave the unit out.
        decimal_comma: the row's numbers are written `1.234,5`.
    """
    gold = str(ground_truth)
    if isinstance(ground_truth, bool) or not isinstance(ground_truth, str | int | float):
        return RewardResult.error(f"math: ground_truth {gold[:80]!r} is no string or number")
    if not 0 < len(gold.strip()) <= MAX_ANSWER_CHARS:
        return RewardResult.error(f"math: ground_truth {gold[:80]!r} is empty or too long")
    try:
        policy = Policy(require_simplified, percent, units, decimal_comma)
    except ValueError as problem:
        return RewardResult.error(f"math: {problem}")
    boxed = last_boxed(after_reasoning(completion))
    if boxed is None:
        return RewardResult.wrong_format("no complete \\boxed{…}")
    if len(boxed) > MAX_ANSWER_CHARS:
        return RewardResult.wrong_format(f"boxed answer is longer than {MAX_ANSWER_CHARS}")
    try:
        right = same_answer(boxed, last_boxed(gold) or gold, policy)
    except ValueError as problem:
        return RewardResult.error(f"math: ground_truth {gold[:80]!r}: {problem}")
    return RewardResult(float(right), extracted=boxed, message="" if right else f"wanted {gold}")
