r"""The reward `numeric` wants one number with its unit, close enough to that of a science question.

The answer is the last box, or what follows the last "the answer is" (in the twelve languages), or
the whole response. It must be one number with at most a unit after it: ranges (`3-5`, `3 to 5`,
`3 \pm 1`) and alternatives (`3 or 4`) are refused, whatever the gold value, because a wide answer
is always right somewhere.

The value is compared as an exact fraction within `max(atol, rtol * |gold|)`. Where the gold answer
has a unit, the answer needs one of the same dimensions, and is converted by the table in
`rewards/reading/units.py`: 0.5 km is 500 m, and 500 is neither. A unit that only the answer has is
accepted and not converted: the row has nothing to hold against it. Percent counts as a hundredth on
both sides if both carry it or the gold one doesn't (`0.5` and `50 %` are one ratio).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from math import isfinite
from typing import Any

from rewards.math.latex import tidy
from rewards.reading.numbers import read_number
from rewards.reading.stated import last_stated
from rewards.reading.text import after_reasoning, last_answer_tag, last_boxed
from rewards.reading.units import Unit, read_unit
from rewards.registry import reward
from rewards.result import RewardResult

# 1 % is what rounding to two or three significant digits on the way costs.
DEFAULT_RTOL = 0.01
MAX_ANSWER_CHARS = 128
# Where a statement is looked for: in so many last lines, in so much of each line's end.
MAX_LINES, MAX_LINE_CHARS = 20, 2000

_NAMED = re.compile(r"(?:\\?[A-Za-z]+(?:_\{?\w+\}?)?|\\text\{[^{}]*\}) ?(?:=|\\approx|≈|~) ?")
_ABOUT = re.compile(
    r"(?:\\approx|\\sim|≈|~|about |approximately |approx\. ?|ca\. ?) ?", re.IGNORECASE
)
_NUMBER = re.compile(
    r"[+-]? ?(?:10 ?\^ ?(?:\{ ?[+-]? ?\d+ ?\}|[+-]?\d+)|\\frac ?\{[^{}]*\} ?\{[^{}]*\}"
    r"|(?:\d[\d.,]*(?: \d{3})*|\.\d+)(?:[eE][+-]?\d+| ?/ ?\d+"
    r"| ?(?:\\times|\\cdot|\*|x) ?10 ?(?:\^|\*\*) ?"
    r"(?:\{ ?[+-]? ?\d+ ?\}|\( ?[+-]? ?\d+ ?\)|[+-]?\d+))?)"
)
_END = re.compile(r"(?<=[^\d\s])[.!?](?:\s|$)|(?<=\d)[.!?](?:\s+\D|\s*$)|[。！？]|\n")


def read_quantity(
    text: str, *, decimal_comma: bool = False
) -> tuple[Fraction, Unit | None, bool] | None:
    """Return (value, unit, has a percent sign) of a text that is one quantity only, or None.

    Args:
        text: plain or LaTeX, at most `MAX_ANSWER_CHARS` characters.
        decimal_comma: `1,5` is 1.5; otherwise a comma groups thousands.
    """
    if len(text) > MAX_ANSWER_CHARS:
        return None
    text = tidy(text)
    for lead in (_NAMED, _ABOUT):
        match = lead.match(text)
        if match is not None:
            text = text[match.end() :]
    # The longest number that leaves a unit: "5 x 10^3 m", but also "10 m".
    match = _NUMBER.match(text)
    if match is None:
        return None
    value = read_number(match[0].rstrip(",."), decimal_comma=decimal_comma)
    tail = text[match.end() :].strip().rstrip(".")
    if value is None:
        return None
    if tail in ("", "%", "percent", "\\text{percent}", "\\text{ percent}"):
        percent = bool(tail)
        return (value / 100 if percent else value), None, percent
    unit = read_unit(tail)
    return None if unit is None else (value, unit, False)


def _answer(completion: str) -> str | None:
    """Return the passage that should be the quantity."""
    text = after_reasoning(completion)
    for found in (last_boxed(text), last_answer_tag(text)):
        if found is not None:
            return found
    # Lines end statements, and folding would join them.
    lines = [line for line in text.strip().splitlines() if line.strip()]
    for line in map(tidy, (line[-MAX_LINE_CHARS:] for line in reversed(lines[-MAX_LINES:]))):
        stated = last_stated(line)
        if stated is not None:
            return _END.split(stated, maxsplit=1)[0]
    return lines[0] if len(lines) == 1 else None


def _gold(ground_truth: Any, comma: bool) -> tuple[Fraction, Unit | None, bool] | str:
    """Return the gold quantity, or what is wrong with it."""
    value: Any = ground_truth
    unit = ""
    if isinstance(ground_truth, dict):
        value, unit = ground_truth.get("value"), tidy(str(ground_truth.get("unit") or ""))
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return "needs a number, a string or {value, unit}"
    if isinstance(value, float) and not isfinite(value):
        return "is not finite"
    bare = read_quantity(str(value), decimal_comma=comma)
    if unit and bare is not None and bare[1:] != (None, False):
        return "has two units"
    # Data sets put powers of ten into the unit: 2.5, "10^3 kg".
    times = "\\times " if unit.startswith("10") else ""
    found = read_quantity(f"{value} {times}{unit}", decimal_comma=comma)
    return "is no quantity, or its unit isn't in the table" if found is None else found


def _tolerance(value: Any, name: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e300:
        raise ValueError(f"{name} must be a finite number >= 0, not {value!r}")
    return Fraction(str(value))  # 0.3 is three tenths, not the double below it


def gold(ground_truth: Any, extra_info: Mapping[str, Any]) -> str:
    """Write the gold quantity in a box."""
    value, unit = ground_truth, ""
    if isinstance(ground_truth, Mapping):
        value, unit = ground_truth["value"], str(ground_truth.get("unit") or "")
    times = "\\times " if tidy(unit).startswith("10") else ""
    return f"\\boxed{{{value} {times}{unit}}}"


@reward("numeric", range=(0.0, 1.0), timeout_s=1.0, gold=gold)
def numeric(
    completion: str,
    ground_truth: Any,
    rtol: float = DEFAULT_RTOL,
    atol: float = 0.0,
    decimal_comma: bool = False,
) -> RewardResult:
    """Score 1 if the stated quantity is within `max(atol, rtol * |gold|)` of the gold one, else 0.

    Args:
        completion: the model's text.
        ground_truth: a number, a string ("9.81 m/s^2"), or {"value": 9.81, "unit": "m/s^2"}.
        rtol: relative tolerance; a gold value of 0 needs `atol`.
        atol: absolute tolerance, in the gold answer's unit.
        decimal_comma: numbers are written `1.234,5`.
    """
    gold = _gold(ground_truth, decimal_comma)
    if isinstance(gold, str):
        return RewardResult.error(f"numeric: ground_truth {str(ground_truth)[:80]!r} {gold}")
    try:
        relative, absolute = _tolerance(rtol, "rtol"), _tolerance(atol, "atol")
    except ValueError as problem:
        return RewardResult.error(f"numeric: {problem}")
    passage = _answer(completion)
    given = None if passage is None else read_quantity(passage, decimal_comma=decimal_comma)
    if passage is None or given is None:
        return RewardResult.wrong_format("no single number stated as the answer")
    wanted, wanted_unit, wanted_percent = gold
    value, unit, percent = given
    extracted = passage.strip()[:80]
    if wanted_percent and not percent:
        return RewardResult(0.0, extracted=extracted, message="wanted a percentage")
    if wanted_unit is not None:
        if unit is None or unit.dimensions != wanted_unit.dimensions:
            return RewardResult(0.0, extracted=extracted, message="another unit, or none")
        value = value * unit.factor / wanted_unit.factor
    if wanted_percent:
        absolute /= 100
    close = abs(value - wanted) <= max(absolute, relative * abs(wanted))
    return RewardResult(
        float(close), extracted=extracted, message="" if close else f"wanted {ground_truth}"
    )
