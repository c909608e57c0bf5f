r"""Tell whether two LaTeX expressions are equal, by evaluating both at the same points.

Both are read into trees (`rewards/math/tree.py`), then evaluated at points that don't depend on
what the letters are called (`rewards/math/points.py`). Where only sums, products, quotients,
powers and roots that come out even are involved, values are fractions and the comparison is
exact, from 1e-400 to 1e400. Otherwise they are balls (`rewards/math/ball.py`): two values differ
if their difference certainly isn't zero. If it may be zero, the precision is raised until it
covers four times the largest exponent that occurred or the longest number that was written (at
most `LEVELS[-1]` bits, twice of everything that is in range), so that `x+2^{-150}` isn't `x` and
0 isn't `e^{-120}`, while `\cos\frac{\pi}{2}` is 0. Equal values at every point mean equal
expressions, as online homework systems have it.

What letters stand for:

- Letters are real, of either sign. An equality must hold wherever both sides have a real value,
  with every pattern of signs; where only one of them has a value, nothing is claimed. So
  $\sqrt{a/b} = \sqrt a/\sqrt b$, $\ln(a/b) = \ln a - \ln b$, $\ln x^2 = 2\ln x$, $(\sqrt x)^2 = x$
  are right, as in textbooks, which write them for letters as positive as the right side needs.
  $\sqrt{x^2} = x$ is wrong: both sides have a value at -1, and not the same one. The price of the
  convention is that $\ln|x| = \ln x$ and $x/x = 1$ pass too.
- Odd roots of negative numbers are real ($\sqrt[3]{-8} = -2$, $x^{1/3}$ for all x), unless `i`
  occurs in either expression. Even roots and logarithms of negative numbers without letters are
  complex: $\sqrt{-4} = 2i$.
- If there is no point at which both sides are real ($\sqrt{-1-x^2}$), principal complex values are
  compared at all points.
- Letters in a factorial, below in a binomial, or in the exponent of a negative number are natural
  numbers, so that $(-1)^n = \cos n\pi$.
- `g(a+b)` is a product if `g` stands without a parenthesis elsewhere on either side; else it may
  be a function and is refused.
- A logarithm without a base is `ln` times an unknown constant: what holds in every base passes.

Why no computer algebra: it is written for trusted input. `sympify` executes code, a LaTeX grammar
takes minutes for twenty nested braces, `simplify` has no bound, "listen" equals "silent" as a
product of letters and `R^2 - r^2` is 0 where symbols are folded to lower case. Here everything is
linear in the length of the text, the work is counted and bounded, and no value may leave the
range that a physicist would call a number, so that `9^{9^{9^9}}` and `10000000!` stop at the
offending operation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from rewards.math.ball import (
    MAX_COST,
    Arithmetic,
    Ball,
    Number,
    OutOfRange,
    Uncertain,
    Undefined,
    has_zero,
    size,
)
from rewards.math.points import Point, points
from rewards.math.tree import FUNCTIONS, Expression, Node, Unreadable, read_expression

__all__ = ["FUNCTIONS", "Unreadable", "same_equation", "same_expression", "value_of"]

# Bits of the working precision.
LEVELS = (256, 640, 1536, 3600)
# Bits by which the error is less than what is compared.
_GUARD = 64
# Points that are enough where equality in one region is equality in all.
_ENOUGH = 3
_ENOUGH_WHOLE = 8
# Fewer say nothing.
_FEWEST = 2
# After so many points out of range, and none within, no more are tried.
_MANY = 4
# The unknown factor of a logarithm without a base: no special number.
_LOG = Fraction(int.from_bytes(hashlib.sha256(b"log").digest()[:16], "big"), 2**127)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Is what evaluating an expression gave: a value, or the reason why there is none."""

    value: Number | None
    problem: str
    span: float
    cost: int


def evaluate(node: Node, letters: Mapping[str, Number], arithmetic: Arithmetic) -> Number:
    """Return a tree's value.

    Raises:
        Undefined: it has none there, or one that is out of range.
        Uncertain: more bits are needed.
        Unreadable: it takes too long.
    """
    op = node.op
    if op == "number":
        return arithmetic.exact(node.value)
    if op == "letter":
        return letters[node.name]
    if op in ("pi", "e", "i"):
        return arithmetic.constant(op)
    free = bool(node.letters)
    if op == "power" and node.args[0].op == "e":
        return arithmetic.exp(evaluate(node.args[1], letters, arithmetic))
    args = [evaluate(arg, letters, arithmetic) for arg in node.args]
    first = args[0]
    if op == "sum":
        return arithmetic.add(args)
    if op == "product":
        return arithmetic.multiply(args)
    if op == "negative":
        return arithmetic.negative(first)
    if op == "quotient":
        return arithmetic.divide(first, args[1])
    if op == "power":
        return arithmetic.power(first, args[1], free)
    if op == "binomial":
        return arithmetic.binomial(first, args[1])
    if op in ("ln", "log", "lg"):
        natural = arithmetic.ln(first, free)
        if op == "log":
            return arithmetic.multiply((natural, _LOG))
        if op == "lg":
            return arithmetic.divide(natural, arithmetic.ln(Fraction(10), free=False))
        return natural
    if op.startswith("arc"):
        return arithmetic.arc(op, first, free)
    if op in ("floor", "ceil"):
        return arithmetic.rounded(op, first)
    if op in ("exp", "absolute", "factorial"):
        return getattr(arithmetic, op)(first)  # type: ignore[no-any-return]
    return arithmetic.circular(op, first)


@lru_cache(maxsize=4096)
def _evaluated(
    expression: Expression,
    names: tuple[str, ...],
    point: Point,
    bits: int,
    settled: bool,
    odd_roots: bool,
    principal: bool,
) -> _Outcome:
    """Evaluate an expression at a point, whose coordinates belong to some names."""
    arithmetic = Arithmetic(bits, settled, odd_roots, principal)
    letters = dict(zip(names, point.values, strict=True))
    value, problem = None, ""
    try:
        value = evaluate(expression.root, letters, arithmetic)
    except OutOfRange:
        problem = "out of range"
    except Undefined:
        problem = "undefined"
    except Uncertain:
        problem = "uncertain"
    except Unreadable as error:
        problem = str(error)
    return _Outcome(value, problem, arithmetic.span, arithmetic.cost)


# Makes, of the terms' values, the two numbers that have to be equal.
_Pairing = Callable[[Arithmetic, Sequence[Number]], tuple[Number, Number]]
_Term = tuple[Expression, tuple[str, ...], Point]


def _plain(_: Arithmetic, values: Sequence[Number]) -> tuple[Number, Number]:
    """Compare two values, or one with zero."""
    return values[0], values[1] if len(values) > 1 else Fraction(0)


def _proportional(arithmetic: Arithmetic, values: Sequence[Number]) -> tuple[Number, Number]:
    """Compare b : a at one point with d : c at another; a is known not to be zero."""
    a, b, c, d = values
    return arithmetic.multiply((c, arithmetic.divide(b, a))), d


def _compared(arithmetic: Arithmetic, values: Sequence[Number], pairing: _Pairing) -> str:
    """Return "same" or "different" where that is certain; else "close" or "vague"."""
    try:
        left, right = pairing(arithmetic, values)
        difference = arithmetic.add((left, arithmetic.negative(right)))
    except (Undefined, Uncertain):
        return "vague"
    if not isinstance(difference, Ball):
        return "different" if difference else "same"
    if not has_zero(difference.mid, difference.err):
        return "different"
    scale = max(size(arithmetic.ball(side).mid) for side in (left, right))
    small = difference.err < scale - _GUARD or arithmetic.tiny(difference.err)
    return "close" if small else "vague"


class _Comparison:
    """Compares what is made of two expressions, and counts what that costs."""

    def __init__(self, left: Expression, right: Expression) -> None:
        if not left.called | right.called <= left.plain | right.plain:
            raise Unreadable("a call of an unknown function")
        self.letters = tuple(dict.fromkeys(left.letters + right.letters))
        self.whole = tuple(name in left.whole | right.whole for name in self.letters)
        self.branches = left.branches or right.branches
        self.imaginary = left.imaginary or right.imaginary
        self.literals = left.literals + right.literals
        self.principal = False
        self.cost = 0
        self.overflows = 0

    def equal(self, terms: Sequence[_Term], pairing: _Pairing, thorough: bool) -> bool | None:
        """Tell whether what is made of some terms is equal, or None if a term has no value.

        Args:
            terms: the expressions and where they are evaluated.
            pairing: makes the two numbers to compare.
            thorough: raise the precision as far as the operands want. Without, agreement at the
                lowest is enough, because that region was looked at thoroughly before.

        Raises:
            Unreadable: it can't be told, or takes too long.
        """
        bits, settled = LEVELS[0], False
        odd_roots = not (self.imaginary or self.principal)
        while True:
            found = [_evaluated(*term, bits, settled, odd_roots, self.principal) for term in terms]
            self.cost += sum(one.cost for one in found)
            if self.cost > MAX_COST:
                raise Unreadable("too much to compute")
            problems = {one.problem for one in found if one.problem}
            if "undefined" in problems:
                return None
            if "out of range" in problems:
                self.overflows += 1
                return None
            if problems - {"uncertain"}:
                raise Unreadable(max(problems))
            span = max([one.span for one in found] + [term[0].digits for term in terms])
            verdict = "vague"
            if not problems:
                arithmetic = Arithmetic(bits, settled, odd_roots, self.principal)
                arithmetic.span = span
                values = [one.value for one in found if one.value is not None]
                verdict = _compared(arithmetic, values, pairing)
            if verdict in ("same", "different"):
                return verdict == "same"
            needed = next((level for level in LEVELS if level >= 160 + 4 * span), LEVELS[-1])
            if needed > bits and thorough:
                bits, settled = needed, False
            elif verdict == "close":
                return True
            elif not settled:
                settled = True
            elif not thorough:
                return None
            else:
                raise Unreadable("too close to a pole or a jump")

    def everywhere(self, check: Callable[[Point, bool], bool | None]) -> bool:
        """Tell whether a check holds at all points where it has a meaning.

        Args:
            check: takes a point and whether to be thorough; None where a side has no value.

        Raises:
            Unreadable: there are no such points.
        """
        enough = _ENOUGH_WHOLE if any(self.whole) else _ENOUGH
        met: set[tuple[int, ...]] = set()
        tried: set[Point] = set()
        shared = 0
        for point in points(self.whole, self.branches, self.literals):
            if point in tried:
                continue
            tried.add(point)
            verdict = check(point, point.signs not in met)
            if verdict is None:
                if self.overflows >= _MANY and not shared:
                    raise Unreadable("out of range")
                continue
            if not verdict:
                return False
            met.add(point.signs)
            shared += 1
            if shared >= enough and not self.branches:
                return True
        if shared >= (_FEWEST if self.letters else 1):
            return True
        if self.principal or not self.letters:
            raise Unreadable("there is no point where both have a value")
        self.principal = True
        return self.everywhere(check)


def _read(text: str) -> Expression:
    expression = read_expression(text)
    if isinstance(expression, str):
        raise Unreadable(expression)
    return expression


def value_of(text: str) -> Fraction | None:
    """Return an expression's real value, exactly or to `LEVELS[0]` bits.

    None if it isn't understood, holds letters, or has no real value.
    """
    expression = read_expression(text)
    if isinstance(expression, str) or expression.letters:
        return None
    value = _evaluated(expression, (), Point((), ()), LEVELS[0], True, True, True).value
    if value is None or isinstance(value, Fraction):
        return value
    if hasattr(value.mid, "_mpc_"):
        return None
    sign, mantissa, exponent, _ = value.mid._mpf_
    return Fraction(int(-mantissa if sign else mantissa)) * Fraction(2) ** int(exponent)


def same_expression(left: str, right: str) -> bool:
    """Tell whether two expressions have the same values.

    Raises:
        Unreadable: one of them isn't understood, or has no value anywhere.
    """
    a, b = _read(left), _read(right)
    comparison = _Comparison(a, b)

    def check(point: Point, thorough: bool) -> bool | None:
        terms = (a, comparison.letters, point), (b, comparison.letters, point)
        return comparison.equal(terms, _plain, thorough)

    return comparison.everywhere(check)


def same_equation(left: tuple[str, str], right: tuple[str, str]) -> bool:
    """Tell whether two equations have the same solutions because one is a multiple of the other.

    Raises:
        Unreadable: a side isn't understood, or has no value anywhere.
    """
    a, b = (_read(f"({lhs})-({rhs})") for lhs, rhs in (left, right))
    comparison = _Comparison(a, b)
    reference: dict[bool, tuple[_Term, _Term]] = {}
    varies = False

    def check(point: Point, thorough: bool) -> bool | None:
        nonlocal varies
        terms = (a, comparison.letters, point), (b, comparison.letters, point)
        start = reference.get(comparison.principal)
        if start is None:
            zero = [comparison.equal([term], _plain, thorough) for term in terms]
            if None in zero:
                return None
            reference[comparison.principal] = terms
            return not any(zero)  # an identity says nothing about its variables
        ratio = comparison.equal([*start, *terms], _proportional, thorough)
        if ratio and not varies:
            varies = comparison.equal([start[0], terms[0]], _plain, thorough) is False
        return ratio

    return comparison.everywhere(check) and varies  # nor does "4 = 5"
