r"""Read exact forms of numbers, such as `1800\pi`, `2\sqrt{3}` and `1 - \frac{1}{e}`.

An exact form is what is left when everything has been computed that can be without rounding: π, e,
roots, logarithms and angles stay, arithmetic on plain numbers doesn't. `17 \cdot 23`, `2^5` and
`\sqrt{3^2 + 4^2}` leave the work to the reader and are none. `Shape` decides that, and where a form
ends (a unit may follow); `rewards.math.expression` has the value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from rewards.math.expression import value_of

MAX_NESTING = 12

_LITERAL = re.compile(
    r"(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|(?<=\d)\.?)"
    r"(?: ?(?:\\times|\\cdot|\*) ?10 ?\^ ?(?:\{ ?[+-]? ?\d+ ?\}|[+-]?\d+)|[eE][+-]?\d+)?"
)
_FUNCTION = re.compile(
    r"\\?(?:arcsin|arccos|arctan|sinh|cosh|tanh|sin|cos|tan|cot|sec|csc|exp|ln)(?![A-Za-z])"
)
_NAMED = re.compile(r"\\pi(?![A-Za-z])|(?<![A-Za-z])(?:pi|e)(?![A-Za-z])|\{e\}")
_FRACTION = re.compile(r"\\frac(?![A-Za-z])")
_ROOT = re.compile(r"\\sqrt(?![A-Za-z]) ?(?:\[ ?\d+ ?\])?")
_UNDONE = re.compile(r"\\binom(?![A-Za-z])")
_OPENING = re.compile(r"[({\[]")
_CLOSING = {"(": ")", "{": "}", "[": "]"}
_SIGN = re.compile(r"[+-]")
_TIMES = re.compile(r"\\times(?![A-Za-z])|\\cdot(?![A-Za-z])|\*")
_OVER = re.compile(r"/|\\div(?![A-Za-z])")
_POWER = re.compile(r"\^ ?")
_INVERSE = re.compile(r"\^ ?(?:\{ ?- ?1 ?\}|-1)")
_DEGREES = re.compile(r"\^ ?(?:\{ ?\\circ ?\}|\\circ(?![A-Za-z]))")
_SPACE = re.compile(r" *")
_DIGIT = re.compile(r"\d")
_BANG = re.compile(r"!")


class _End(Exception):
    """Says that no factor starts here."""


@dataclass(frozen=True)
class _Kind:
    """Says what a part is: rational or not, whole or not, and the number ten, which has powers."""

    rational: bool
    whole: bool = False
    ten: bool = False


class Shape:
    """Finds how far an exact form reaches, and whether arithmetic is left in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.depth = 0
        self.undone = False
        # Inside a function a degree belongs to its argument; elsewhere it is the unit.
        self.angle = False

    def take(self, pattern: re.Pattern[str]) -> str:
        """Return what matches behind spaces and go there, or the empty text."""
        start = _SPACE.match(self.text, self.place)
        found = pattern.match(self.text, start.end() if start else self.place)
        if found is None or not found[0]:
            return ""
        self.place = found.end()
        return found[0]

    def sum(self) -> _Kind:
        self.take(_SIGN)
        terms = [self.product()]
        while True:
            before = self.place
            if not self.take(_SIGN):
                break
            try:
                terms.append(self.product())
            except _End:
                self.place = before
                break
        if sum(term.rational for term in terms) > 1:
            self.undone = True
        return terms[0] if len(terms) == 1 else _Kind(all(term.rational for term in terms))

    def product(self) -> _Kind:
        first = self.factor()
        above, below, irrational = int(first.rational), 0, not first.rational
        kind = first
        while True:
            before = self.place
            over = bool(self.take(_OVER))
            signed = over or bool(self.take(_TIMES))
            try:
                if signed:
                    self.take(_SIGN)
                elif self.peeks_at_digit():
                    raise _End  # "2 3" is no product
                factor = self.factor()
            except _End:
                self.place = before
                break
            above += factor.rational and not over
            below += factor.rational and over
            irrational = irrational or not factor.rational
            kind = _Kind(not irrational)
        if above > 1 or below > 1:
            self.undone = True
        return kind

    def peeks_at_digit(self) -> bool:
        before = self.place
        found = bool(self.take(_DIGIT))
        self.place = before
        return found

    def factor(self) -> _Kind:
        kind = self.primary()
        if self.angle and self.take(_DEGREES):
            return _Kind(False)
        before = self.place
        if self.take(_BANG):
            self.undone = True
            return kind
        if not self.take(_POWER):
            return kind
        try:
            self.take(_SIGN)
            exponent = self.one()
        except _End:
            self.place = before
            return kind
        if kind.rational and exponent.whole:
            self.undone = self.undone or not kind.ten
            return _Kind(True)
        return _Kind(False)

    def primary(self) -> _Kind:
        """Read a number, a constant, a fraction, a root, a function or a group."""
        if self.depth > MAX_NESTING:
            raise _End
        self.depth += 1
        try:
            return self.simple()
        finally:
            self.depth -= 1

    def simple(self) -> _Kind:
        literal = self.take(_LITERAL)
        if literal:
            return _Kind(True, literal.isdigit(), literal == "10")
        if self.take(_NAMED):
            return _Kind(False)
        if self.take(_FRACTION):
            return _Kind(self.one().rational & self.one().rational)
        if self.take(_ROOT):
            self.one()
            return _Kind(False)
        if self.take(_FUNCTION):
            self.take(_INVERSE)
            self.take(_SIGN)
            outside, self.angle = self.angle, True
            self.factor()
            self.angle = outside
            return _Kind(False)
        if self.take(_UNDONE):
            self.undone = True
            return _Kind(self.one().rational & self.one().rational)
        return self.group()

    def one(self) -> _Kind:
        r"""Read what `\frac`, `\sqrt` and `^` take: a group, a digit or a constant."""
        if self.take(_DIGIT):
            return _Kind(True, True)
        if self.take(_NAMED):
            return _Kind(False)
        return self.group()

    def group(self) -> _Kind:
        opening = self.take(_OPENING)
        if not opening:
            raise _End
        kind = self.sum()
        if not self.take(re.compile(re.escape(_CLOSING[opening]))):
            raise _End
        return kind


def read_exact(text: str, *, arithmetic: bool = False) -> tuple[Fraction, int] | None:
    r"""Return the value of the exact form that a text starts with, and where it ends, or None.

    Args:
        text: tidy LaTeX.
        arithmetic: read what is left to compute, too, as in `1-(11/12)^{12}`.
    """
    shape = Shape(text)
    try:
        shape.sum()
    except _End:
        return None
    form = text[: shape.place].strip()
    if shape.undone and (not arithmetic or re.fullmatch(r"[\d.,+\- ]*", form)):
        return None  # "3-5" is a range, whoever writes it
    value = value_of(re.sub(r"(?<=\d),(?=\d)", "", form))
    return None if value is None else (value, shape.place)
