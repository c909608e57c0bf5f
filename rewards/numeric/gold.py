"""Read the gold answer of a `numeric` row, and write it as a response would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from rewards.math.latex import tidy
from rewards.numeric.listed import MAX_VALUES, Listed, read_listed
from rewards.numeric.quantity import Quantity, read_quantity
from rewards.reading.units import read_unit


class BadGold(ValueError):
    """Says what is wrong with a row's gold answer."""


# Data sets put powers of ten into the unit: 2.5, "10^3 kg".
_TEN = re.compile(r"10 ?\^ ?(?:\{ ?[+-]? ?\d+ ?\}|[+-]?\d+)")


def _text(value: str, unit: str) -> str:
    """Write a value and its unit as one text."""
    times = "\\times " if _TEN.match(unit) else ""
    return f"{value} {times}{unit}".strip()


def _unit(text: Any) -> str:
    """Return the text of a unit without what isn't part of it."""
    unit = re.sub(rf"\\text ?\{{ ?({_TEN.pattern}) ?\}}", r"\1", tidy(str(text or "")))
    return re.sub(r"[;,.]? ?(\}?)$", r"\1", unit)


def _parts(ground_truth: Any, unit: str = "") -> tuple[str, str]:
    """Return the value and the unit of one gold quantity as texts."""
    value = ground_truth
    if isinstance(ground_truth, Mapping):
        value, unit = ground_truth.get("value"), _unit(ground_truth.get("unit") or unit)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadGold("needs a number, a string, {value, unit} or {values, unit, ordered}")
    if isinstance(value, float) and not isfinite(value):
        raise BadGold("is not finite")
    return str(value), unit


def _quantity(ground_truth: Any, comma: bool, unit: str = "") -> Quantity:
    text, unit = _parts(ground_truth, unit)
    bare = read_quantity(text, decimal_comma=comma, arithmetic=True)
    if unit and bare is not None and bare.unit is not None:
        raise BadGold("has two units")
    text = _text(tidy(text) if unit else text, unit)
    found = read_quantity(text, decimal_comma=comma, arithmetic=True)
    # A unit of letters that are a number, as Euler's e is, is no unit.
    if found is None or (found.unit is None and _TEN.sub("", unit, count=1).strip()):
        raise BadGold("is no quantity, or its unit isn't in the table")
    return found


def _from_text(text: str, comma: bool, unit: str) -> Listed:
    listed = read_listed(text, decimal_comma=comma, arithmetic=True)
    if listed is None or len(listed.items) < 2:
        raise BadGold("is no list of quantities")
    if not unit:
        return listed
    shared = read_unit(unit, measured=True)
    if shared is None:
        raise BadGold("has a unit that isn't in the table")
    if any(item.unit for item in listed.items):
        raise BadGold("has two units")
    return replace(listed, items=tuple(replace(item, unit=shared) for item in listed.items))


def _listed(values: Any, comma: bool, unit: str) -> Listed:
    if isinstance(values, str):
        listed = _from_text(values, comma, unit)
    elif isinstance(values, list) and 0 < len(values) <= MAX_VALUES:
        listed = Listed(tuple(_quantity(value, comma, unit) for value in values))
    else:
        raise BadGold(f"needs 1 to {MAX_VALUES} values")
    names = [item.name for item in listed.items if item.name]
    if len(set(names)) < len(names):
        raise BadGold("names two values alike")
    return listed


def read_gold(ground_truth: Any, comma: bool) -> Quantity | Listed:
    """Return what a row wants; the forms are in the docstring of `rewards.numeric`.

    Raises:
        BadGold: it is none of the forms, or a unit isn't in the table.
    """
    if isinstance(ground_truth, list):
        return _listed(ground_truth, comma, "")
    if isinstance(ground_truth, Mapping) and "values" in ground_truth:
        ordered = ground_truth.get("ordered", False)
        if "value" in ground_truth or not isinstance(ordered, bool):
            raise BadGold("needs values, perhaps a unit, and ordered: true or false")
        listed = _listed(ground_truth["values"], comma, _unit(ground_truth.get("unit")))
        return replace(listed, ordered=listed.ordered or ordered)
    try:
        return _quantity(ground_truth, comma)
    except BadGold:
        if not isinstance(ground_truth, str):
            raise
        try:
            return _listed(ground_truth, comma, "")
        except BadGold:
            pass
        raise


def _written(ground_truth: Any, comma: bool, unit: str = "") -> str:
    text, unit = _parts(ground_truth, unit)
    if read_quantity(text, decimal_comma=comma) is None:
        # Arithmetic that only a row may leave undone.
        text = repr(float(_quantity(text, comma).value))
    return _text(text, unit)


def write_gold(ground_truth: Any, comma: bool) -> str:
    r"""Write what a row wants in a box.

    Raises:
        BadGold: the row isn't one of the documented forms.
    """
    unit = ""
    values: Any = ground_truth
    if isinstance(ground_truth, Mapping) and "values" in ground_truth:
        values, unit = ground_truth["values"], _unit(ground_truth.get("unit"))
    if isinstance(values, list):
        return f"\\boxed{{{'; '.join(_written(value, comma, unit) for value in values)}}}"
    if isinstance(read_gold(ground_truth, comma), Listed):
        behind = f" {unit}" if unit else ""
        return f"\\boxed{{{values}{behind}}}"
    return f"\\boxed{{{_written(ground_truth, comma)}}}"
