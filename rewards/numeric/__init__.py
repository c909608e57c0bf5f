r"""The reward `numeric` wants one number with its unit, close enough to that of a science question.

The answer is the last box (a unit right behind it belongs to it), or what follows the last "the
answer is" (in the twelve languages), or the whole response. It must be one number with at most a
unit after it, perhaps with its name before (`v = 3 m/s`): ranges (`3-5`, `3 to 5`, `3 \pm 1`) and
alternatives (`3 or 4`) are refused, whatever the gold value, because a wide answer is always right
somewhere. Exact forms are numbers (`1800\pi`, `2\sqrt{3}`), arithmetic left undone is none.

The value is compared as an exact fraction within `max(atol, rtol * |gold|)`. Where the gold answer
has a unit, the answer needs one of the same dimensions, and is converted by the table in
`rewards/reading/unit_table.py`: 0.5 km is 500 m, and 500 is neither. A unit that only the answer
has is accepted and not converted: the row has nothing to hold against it, but to `5M`, which may
be five million. Only percent, ppm and their kind are numbers by themselves (`0.5` and `50 %` are
one ratio), but must be written where the gold answer writes them.

`ground_truth` is a number, a text (`"9.81 m/s^2"`), or `{"value": 9.81, "unit": "m/s^2"}`. Several
values are wanted by a list of those in any order, or by

    {"values": [2, 3], "unit": "m", "ordered": true}    in this order; the unit is that of all
    "(2, 3)"                                            in this order
    "2, 3"                                              in any order
    "x = 2, y = 3"                                      by name, or in this order without names

Then the answer must list exactly as many, each once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rewards.math.latex import tidy
from rewards.numeric.gold import BadGold, read_gold, write_gold
from rewards.numeric.listed import Listed, read_listed, same_list
from rewards.numeric.quantity import Quantity, read_quantity
from rewards.reading.stated import last_stated
from rewards.reading.text import after_reasoning, last_answer_tag, last_boxed
from rewards.reading.units import read_unit
from rewards.registry import reward
from rewards.result import RewardResult

# 1 % is what rounding to two or three significant digits on the way costs.
DEFAULT_RTOL = 0.01
# Where a statement is looked for: in so many last lines, in so much of each line's end.
MAX_LINES, MAX_LINE_CHARS = 20, 2000
# How far behind a box its unit may reach.
MAX_BEHIND_CHARS = 100

_END = re.compile(r"(?<=[^\d\s])[.!](?:\s|$)|(?<=\d)[.!](?:\s+\D|\s*$)|[。！]|\n")
_BEHIND = re.compile(r"[.!?,;:](?:\s|$)|\n|\$|\\\)|\\\]|。|，")


def _behind_box(text: str, boxed: str) -> str:
    r"""Return the unit that stands right behind the last box, as in `\boxed{9.8}\ \text{m/s}^2`."""
    place = text.rfind(boxed + "}")
    behind = text[place + len(boxed) + 1 :][:MAX_BEHIND_CHARS]
    if not boxed or place < 0:
        return ""
    # "$\boxed{9.8}$ m/s": the formula may end between them.
    behind = re.sub(r"\A\s*(?:\$\$?|\\\)|\\\])|\\[,;:! ]", " ", behind)
    unit = tidy(_BEHIND.split(behind, maxsplit=1)[0])
    return unit if unit and read_unit(unit, measured=True) is not None else ""


def _answer(completion: str) -> str | None:
    """Return the passage that should be the quantity."""
    text = after_reasoning(completion)
    boxed = last_boxed(text)
    if boxed is not None:
        bare = read_quantity(boxed)
        unit = _behind_box(text, boxed) if bare is not None and bare.unit is None else ""
        return f"{boxed} {unit}" if unit else boxed
    tagged = last_answer_tag(text)
    if tagged is not None:
        return tagged
    # Lines end statements, and folding would join them.
    lines = [line for line in text.strip().splitlines() if line.strip()]
    for line in map(tidy, (line[-MAX_LINE_CHARS:] for line in reversed(lines[-MAX_LINES:]))):
        stated = last_stated(line)
        if stated is not None:
            return _END.split(stated, maxsplit=1)[0]
    return lines[0] if len(lines) == 1 else None


def _tolerance(value: Any, name: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e300:
        raise ValueError(f"{name} must be a finite number >= 0, not {value!r}")
    return Fraction(str(value))  # 0.3 is three tenths, not the double below it


@dataclass(frozen=True)
class _Tolerance:
    """Is how far off an answer may be."""

    relative: Fraction
    absolute: Fraction

    def problem(self, wanted: Quantity, given: Quantity) -> str:
        """Return why a quantity isn't the one wanted, or the empty text."""
        value = given.value
        if wanted.unit is not None:
            if given.unit is None and wanted.unit.label and not wanted.unit.dimensions:
                pass  # "5" for "5 photons"
            elif given.unit is None or given.unit.dimensions != wanted.unit.dimensions:
                return "another unit, or none"
            elif given.unit.label and given.unit.label != (wanted.unit.label or given.unit.label):
                return "something else is counted"
            value = given.plain / wanted.unit.factor
        elif given.unit is not None and not given.unit.dimensions:
            value = given.plain  # a ratio: percent, ppm, mg/kg
        elif given.scaled:
            return "a letter that may be a unit or millions"
        close = max(self.absolute, self.relative * abs(wanted.value))
        return "" if abs(value - wanted.value) <= close else "another value"


def gold(ground_truth: Any, extra_info: Mapping[str, Any]) -> str:
    """Write the gold quantity, or all that are wanted, in a box."""
    return write_gold(ground_truth, bool(extra_info.get("decimal_comma")))


@reward("numeric", range=(0.0, 1.0), timeout_s=1.0, gold=gold, imports=("mpmath",))
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
        ground_truth: a number, a string ("9.81 m/s^2"), {"value": 9.81, "unit": "m/s^2"}, or
            several of them (see the module).
        rtol: relative tolerance; a gold value of 0 needs `atol`.
        atol: absolute tolerance, in the gold answer's unit.
        decimal_comma: numbers are written `1.234,5`.
    """
    try:
        wanted = read_gold(ground_truth, decimal_comma)
    except BadGold as why:
        return RewardResult.error(f"numeric: ground_truth {str(ground_truth)[:80]!r} {why}")
    try:
        tolerance = _Tolerance(_tolerance(rtol, "rtol"), _tolerance(atol, "atol"))
    except ValueError as why:
        return RewardResult.error(f"numeric: {why}")
    passage = _answer(completion)
    if passage is None:
        return RewardResult.wrong_format("no number stated as the answer")
    extracted = passage.strip()[:80]
    if isinstance(wanted, Listed):
        listed = read_listed(passage, decimal_comma=decimal_comma)
        if listed is None:
            return RewardResult.wrong_format("no list of numbers stated as the answer")
        right = same_list(wanted, listed, lambda one, other: not tolerance.problem(one, other))
        return RewardResult(
            float(right), extracted=extracted, message="" if right else f"wanted {ground_truth}"
        )
    given = read_quantity(passage, decimal_comma=decimal_comma)
    if given is None:
        return RewardResult.wrong_format("no single number stated as the answer")
    problem = tolerance.problem(wanted, given)
    return RewardResult(
        float(not problem),
        extracted=extracted,
        message=f"{problem}: wanted {ground_truth}" if problem else "",
    )
