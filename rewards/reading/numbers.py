r"""Read one number exactly: as a `Fraction`, or not at all.

Used wherever a verifier compares numbers. Plain and LaTeX spellings are read: thousands
separators, simple and mixed fractions, `3.0 \times 10^{8}`, `1e-3`, repeating decimals. Anything
that needs arithmetic (`17 \cdot 23`, `2^5`) is not a number here. Everything is linear in the
length of the text, which is capped before `int` sees a digit.
"""

from __future__ import annotations

import re
from fractions import Fraction

MAX_NUMBER_CHARS = 64
# |exponent| of scientific notation; beyond the range of a double nothing is measured.
MAX_EXPONENT = 400

_UNSIGNED = r"(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d+)(?:\.\d*)?|\.\d+"
_PLAIN = re.compile(rf"([+-]?) ?({_UNSIGNED})")
_RATIO = re.compile(
    r"([+-]?) ?(?:(\d+) ?)?"  # the whole part of a mixed number
    r"(?:\\frac ?(?:\{ ?([+-]?[\d.,]+) ?\}|(\d)) ?(?:\{ ?([+-]?[\d.,]+) ?\}|(\d))"
    r"|(?:(?<=\d )|(?<!\d))([\d.,]+) ?/ ?([\d.,]+))"
)
_SCIENTIFIC = re.compile(
    rf"([+-]?) ?(?:({_UNSIGNED}) ?(?:\\times|\\cdot|\*|x) ?)?10 ?(?:\^|\*\*) ?"
    r"(?:\{ ?([+-]? ?\d+) ?\}|\( ?([+-]? ?\d+) ?\)|([+-]? ?\d+))"
)
_E_NOTATION = re.compile(rf"([+-]?) ?({_UNSIGNED})[eE]([+-]?\d+)")
_REPEATING = re.compile(r"([+-]?) ?(\d*)\.(\d*)\\overline ?\{ ?(\d+) ?\}")
_SWAP = str.maketrans(".,", ",.")


def _plain(text: str) -> Fraction | None:
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    value = Fraction(match[2].replace(",", "").replace(" ", ""))
    return -value if match[1] == "-" else value


def _scaled(sign: str, mantissa: str | None, exponent: str) -> Fraction | None:
    power = exponent.replace(" ", "")
    if len(power) > 4 or abs(int(power)) > MAX_EXPONENT:
        return None
    value = _plain(mantissa) if mantissa else Fraction(1)
    if value is None:
        return None
    value *= Fraction(10) ** int(power)
    return -value if sign == "-" else value


def _ratio(match: re.Match[str]) -> Fraction | None:
    sign, whole = match[1], match[2]
    top = _plain(match[3] or match[4] or match[7])
    bottom = _plain(match[5] or match[6] or match[8])
    if top is None or bottom is None or bottom == 0:
        return None
    value = top / bottom
    if whole:
        # A mixed number is a whole and a proper part; "2 \frac{3}{2}" is a product or a slip.
        if not 0 <= value < 1 or top.denominator != 1 or bottom.denominator != 1:
            return None
        value += int(whole)
    return -value if sign == "-" else value


def _repeating(match: re.Match[str]) -> Fraction:
    sign, whole, fixed, cycle = match.groups()
    value = Fraction(int(whole or 0)) + Fraction(int(fixed or 0), 10 ** len(fixed))
    value += Fraction(int(cycle), (10 ** len(cycle) - 1) * 10 ** len(fixed))
    return -value if sign == "-" else value


def read_number(text: str, *, decimal_comma: bool = False) -> Fraction | None:
    r"""Return the value of a text that is one number and nothing else, or None.

    Args:
        text: the number; typography such as `\,` or `\left` must be gone already.
        decimal_comma: `1.234,5` is 1234.5. What is no number in that reading is read with a
            decimal point, so that a row may hold its gold answer in either form.
    """
    text = text.strip()
    if not 0 < len(text) <= MAX_NUMBER_CHARS:
        return None
    if decimal_comma:
        swapped = read_number(text.translate(_SWAP))
        if swapped is not None:
            return swapped
    plain = _plain(text)
    if plain is not None:
        return plain
    for pattern in (_SCIENTIFIC, _E_NOTATION):
        match = pattern.fullmatch(text)
        if match is not None:
            exponent = next(group for group in match.groups()[2:] if group)
            return _scaled(match[1], match[2], exponent)
    match = _RATIO.fullmatch(text)
    if match is not None:
        return _ratio(match)
    match = _REPEATING.fullmatch(text)
    return None if match is None else _repeating(match)
