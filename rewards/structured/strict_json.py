"""Parse JSON as the standard has it, from text that may be hostile.

`json.loads` lets through what other parsers refuse or read differently: NaN and infinities,
the last of duplicate keys, lone surrogates, `1e999` as infinity. All of these are refused here,
and so is what only serves to exhaust a parser: deep nesting, and integers of thousands of digits.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

MAX_CHARS = 100_000
MAX_DEPTH = 64
MAX_DIGITS = 1_000

_FENCE = re.compile(r"\A```[a-zA-Z]*[ \t]*\r?\n(.*?)(?:\r?\n)?```\Z", re.DOTALL)
_NONZERO_MANTISSA = re.compile(r"\A[-+]?[0.]*[1-9]")


class NotStrict(ValueError):
    """Says why a text is not acceptable in its format."""


class NotJson(NotStrict):
    """Says why a text is not acceptable JSON."""


def unfenced(text: str, *, indented: bool = False) -> str:
    """Return the content of a response that is one code fence and nothing else, or the response.

    Two fences are no single fence: what lies between them then is part of the content, which no
    parser accepts. Blanks before the first line are dropped unless it may be `indented`.
    """
    fenced = _FENCE.match(text.strip())
    if fenced:
        return fenced[1]
    start = len(text) - len(text.lstrip())
    if indented:
        start = text.rfind("\n", 0, start) + 1
    # Blanks and tabs at the end can belong to a format's last line.
    return text[start:].rstrip("\r\n")


def integer(text: str, base: int = 10) -> int:
    """Read an integer of at most `MAX_DIGITS` digits; conversion is quadratic in their number.

    Raises:
        NotStrict: there are more digits.
    """
    if len(text) > MAX_DIGITS:
        raise NotStrict(f"a number of more than {MAX_DIGITS} digits")
    return int(text, base)


def real(text: str) -> float:
    """Read a double, provided that the text means one.

    Raises:
        NotStrict: it is too large (`1e999` would become infinity), or so small that a number
            other than zero would become zero.
    """
    value = float(text)
    if math.isinf(value) or (value == 0 and _NONZERO_MANTISSA.match(text)):
        raise NotStrict(f"{text[:40]} is out of the range of doubles")
    return value


def check_characters(text: str) -> None:
    """Refuse lone surrogates, which no encoding of Unicode can carry.

    Raises:
        NotStrict: there is one.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotStrict("a lone surrogate") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("duplicate keys")
    return found


def _constant(name: str) -> float:
    raise NotJson(f"{name} is not JSON")


def bracket_depth(text: str) -> int:
    """Count how deep brackets and braces nest, those inside strings included."""
    depth = deepest = 0
    for char in text:
        if char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def _check_strings(value: Any) -> None:
    """Refuse strings whose escapes spell lone surrogates that the text itself lacks."""
    if isinstance(value, str):
        check_characters(value)
    elif isinstance(value, list):
        for item in value:
            _check_strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            check_characters(key)
            _check_strings(item)


def parse_strict(text: str) -> Any:
    """Parse JSON, and nothing that is only like it.

    Raises:
        NotJson: it is not JSON, or is what only lenient parsers accept.
    """
    if len(text) > MAX_CHARS:
        raise NotJson(f"longer than {MAX_CHARS} characters")
    # Counts brackets inside strings too: 64 of them in one string are no loss, and the count
    # keeps 100,000 nested '[' from raising RecursionError inside the parser.
    if bracket_depth(text) > MAX_DEPTH:
        raise NotJson(f"nested deeper than {MAX_DEPTH}")
    try:
        check_characters(text)
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=integer,
            parse_float=real,
        )
        if "\\u" in text:
            _check_strings(value)
    except NotJson:
        raise
    except ValueError as problem:
        raise NotJson(str(problem)) from None
    return value
