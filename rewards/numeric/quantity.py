r"""Read one quantity: a number or an exact form, its unit, and the name that it is given.

`v = 3\ \text{m/s}`, `\Delta G \approx -3.2\ \text{kJ/mol}`, `\$5`, `1800\pi\ \text{cm}^3`. What
stands left of the last equals sign is a name (`E_k`), a formula (`ma`), or the same quantity again;
one that differs is a contradiction and makes the text none. So does every relation but equality.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from rewards.math.latex import enclosed, split_top, tidy
from rewards.numeric.exact import read_exact
from rewards.reading.numbers import read_number
from rewards.reading.units import Unit, read_unit

MAX_ANSWER_CHARS = 160
MAX_NAME_CHARS = 60
MAX_SIDES = 6
# Sides of an equation are equal if rounding explains what is between them.
ROUNDING = Fraction(1, 100)

_EQUALS = re.compile(r"=|\\(?:approx|simeq|cong|sim)(?![A-Za-z])")
_ABOUT = re.compile(
    r"(?:\\approx|\\sim|≈|~|about |approximately |approx\. ?|ca\. ?) ?", re.IGNORECASE
)
_NUMBER = re.compile(
    r"[+-]? ?(?:10 ?\^ ?(?:\{ ?[+-]? ?\d+ ?\}|[+-]?\d+)|\\frac ?\{[^{}]*\} ?\{[^{}]*\}"
    r"|(?:\d[\d.,]*(?: \d{3})*|\.\d+)(?:[eE][+-]?\d+| ?/ ?\d+"
    r"| ?(?:\\times|\\cdot|\*|x) ?10 ?(?:\^|\*\*) ?"
    r"(?:\{ ?[+-]? ?\d+ ?\}|\( ?[+-]? ?\d+ ?\)|[+-]?\d+))?)"
)
_CURRENCY = re.compile(r"([+-]?) ?((?:US ?)?\$|[€£¥₹₩]) ?(?=[+-]? ?[\d.\\])", re.IGNORECASE)
# Million, billion; and thousand, trillion where no space says that it's a unit.
_SCALE = re.compile(r" ?[MB]|[KTG]")
_PER = re.compile(r"/|(?:\\text ?\{ ?)?per\b")
# \text{9.8 m/s}^2
_HEAD = re.compile(r"\A\\text ?\{ ?([+-]? ?[\d.$€£][^{}]*)\}")
# The LaTeX package siunitx, in its two generations.
_SIUNITX = re.compile(r"\\(?:SI|qty) ?\{([^{}]*)\} ?\{((?:[^{}]|\{[^{}]*\})*)\}")
_UPRIGHT_TEN = re.compile(r"\\text ?\{ ?(10 ?\^ ?(?:\{ ?[+-]? ?\d+ ?\}|[+-]?\d+)) ?\}")
_TEXT = re.compile(r"\\text ?\{([^{}]*)\}")
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|[_^] ?(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\?[A-Za-z]+|\d)")
_NAME = re.compile(r"(?:\\[A-Za-z]+|[^\W\d_]|[ '|*{}/.%])*")
_FORMULA = re.compile(r"(?:\\[A-Za-z]+|[\w ^{}()\[\]+\-*/.'|])+")
# Words that take the value back, or leave it open.
_HEDGES = re.compile(
    r"\b(?:not?|never|or|and|nor|neither|either|maybe|perhaps|if|unless|between|from|to|than|less"
    r"|more|most|least|above|below|isn|wrong)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Quantity:
    """Is a value with its unit, and the name that it was given (`v` of `v = 3 m/s`).

    `scaled` says that the unit is a letter that may as well mean millions, as in `5M`.
    """

    value: Fraction
    unit: Unit | None = None
    name: str = ""
    scaled: bool = False

    @property
    def plain(self) -> Fraction:
        """Return the value in SI base units; that of a percentage is a ratio."""
        return self.value if self.unit is None else self.value * self.unit.factor


def _agree(one: Quantity, other: Quantity) -> bool:
    """Tell whether two sides of an equation state the same quantity, up to rounding."""
    if one.unit is not None and other.unit is not None:
        if one.unit.dimensions != other.unit.dimensions:
            return False
        left, right = one.plain, other.plain
    else:
        left, right = one.value, other.value
    return abs(left - right) <= ROUNDING * max(abs(left), abs(right))


def _is_name(text: str) -> bool:
    if not 0 < len(text) <= MAX_NAME_CHARS or _HEDGES.search(text):
        return False
    bare = _TEXT.sub(lambda found: found[1], text)
    for _ in range(3):  # an index in an index
        bare = _ASIDE.sub("", bare)
    # "[H^+]" is a name, too, with nothing outside its brackets.
    return bool(_NAME.fullmatch(bare)) and bool(re.search(r"[^\W\d_]", text))


def _is_formula(text: str) -> bool:
    plain = _TEXT.sub(lambda found: found[1], text)
    return not _HEDGES.search(plain) and bool(_FORMULA.fullmatch(plain))


def spelled(name: str) -> str:
    r"""Return a name without typography: `T_{\text{max}}` and `T_{max}` are one."""
    return re.sub(r"[\s{}*]|\\text", "", name)


def read_quantity(
    text: str, *, decimal_comma: bool = False, arithmetic: bool = False
) -> Quantity | None:
    """Return the quantity of a text that is one quantity only, or None.

    Args:
        text: plain or LaTeX, at most `MAX_ANSWER_CHARS` characters.
        decimal_comma: `1,5` is 1.5; otherwise a comma groups thousands.
        arithmetic: what is left to compute is read, too.
    """
    if len(text) > MAX_ANSWER_CHARS:
        return None
    return _read(text, decimal_comma, arithmetic)


@lru_cache(maxsize=4096)
def _read(text: str, decimal_comma: bool, arithmetic: bool) -> Quantity | None:
    text = _UPRIGHT_TEN.sub(r"\1", tidy(_SIUNITX.sub(r"\1 \2", text)))
    about = _ABOUT.match(text)
    if about is not None:
        text = text[about.end() :]
    sides = [side for _, side in split_top(text, _EQUALS)]
    if len(sides) > MAX_SIDES:
        return None
    last = _single(sides[-1], decimal_comma, arithmetic)
    if last is None or len(sides) == 1:
        return last
    for place, side in enumerate(sides[:-1]):
        same = _single(side, decimal_comma, arithmetic=True)
        if same is not None:
            if not _agree(same, last):
                return None
        elif not (_is_name(side) if place == 0 else _is_formula(side)):
            return None
    return replace(last, name=spelled(sides[0]) if _is_name(sides[0]) else "")


def _single(text: str, decimal_comma: bool, arithmetic: bool) -> Quantity | None:
    """Read a quantity without equations."""
    text = text.strip()
    prose = _TEXT.fullmatch(text)
    if prose is not None:
        text = prose[1].strip()
    text = _HEAD.sub(r"\1", text)
    pair = enclosed(text)
    if pair is not None and pair[0] in "({":
        text = pair[1]
    text = re.sub(r"\\text ?\{ ?(\$|[€£¥₹₩]) ?\}", r"\1", text)
    money = _CURRENCY.match(text)
    currency, start = "", 0
    if money is not None:
        currency, start = money[2].replace(" ", "").upper(), money.end()
    # The longest number that leaves a unit: "5 x 10^3 m", but also "10 m".
    found = None
    number = _NUMBER.match(text, start)
    if number is not None:
        value = read_number(number[0].rstrip(",."), decimal_comma=decimal_comma)
        found = None if value is None else _with_unit(value, text[number.end() :], currency)
    if found is None:
        exact = read_exact(text[start:], arithmetic=arithmetic)
        if exact is not None:
            found = _with_unit(exact[0], text[start + exact[1] :], currency)
    if found is not None and money is not None and money[1] == "-":
        found = replace(found, value=-found.value)
    return found


def _with_unit(value: Fraction, tail: str, currency: str) -> Quantity | None:
    scaled = bool(_SCALE.fullmatch(tail))
    tail = tail.strip().rstrip(".")
    if currency:
        # "$5 million" and "$5 km" are no dollars; "$0.12/kWh" are, per something.
        if _PER.match(tail):
            tail = f"{currency} {tail}"
        elif tail and read_unit(tail, measured=True) != read_unit(currency, measured=True):
            return None
        else:
            tail = currency
    if not tail:
        return Quantity(value)
    unit = read_unit(tail, measured=True)
    return None if unit is None else Quantity(value, unit, scaled=scaled)
