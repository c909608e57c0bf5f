r"""Choose the points at which two expressions are compared, whatever their letters are called.

A letter's value depends on its place in the order of first appearance, never on its name. An
equality of functions without roots, logarithms or bars holds everywhere if it holds near one
point (the identity theorem; for polynomials at random points, Schwartz 1980), so a few points do.
Otherwise all sign patterns are tried, and in each of them letters in ascending and descending
order of size, all large, all small, nearly equal, and between the written numbers, so that
$\sqrt{(a-b)^2}$ isn't $a-b$, |x-5| isn't x-5, and the domains of $\sqrt{x-7}$ and of a triangle's
area are met.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise, product


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """Holds a value for each letter; one object for each point, so that results can be kept.

    `signs` are those of the letters that don't stand for natural numbers.
    """

    values: tuple[Fraction, ...]
    signs: tuple[int, ...]


# Odd numerators of this many bits: no special numbers, and short enough to compute exactly.
_POINT_BITS = 17
_MIDDLE = (0.4, 2.6)
_CLOSE = (1.0, 1.3)
# Literals beyond these say nothing about where a letter is to be.
_LITERALS = (1e-30, 1e30)
_MAX_GAPS = 4
# With more letters than this not all sign patterns are tried.
_ALL_SIGNS = 4
_MAX_PATTERNS = 24
# How many of the ranges are tried where a letter is negative, by the number of letters; for more
# letters, the last. Where all are positive, all are.
_RANGES = (0, 16, 3, 2, 2)
_WHOLE_TRIES = 32
# How many points of a box around zero come last, by the number of letters: kinks need not lie
# where numbers are written (|ln(x+3)| has one at -2).
_BOXED = (0, 24, 16, 12, 12)
# No letter has this place; what is drawn for the box is drawn apart.
_PLACES = 1000
# The one point of no letters.
_NOWHERE = Point((), ())


@lru_cache(maxsize=4096)
def _jitter(attempt: int, place: int) -> float:
    """Return a number between -1 and 1 that is the same on every machine."""
    digest = hashlib.sha256(f"{attempt}:{place}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2.0**31 - 1


def _dyadic(value: float) -> Fraction:
    mantissa, exponent = math.frexp(value)
    odd = int(mantissa * 2**_POINT_BITS) | 1
    return Fraction(odd) * Fraction(2) ** (exponent - _POINT_BITS)


def _ranks(count: int, attempt: int) -> list[int]:
    """Return the order of the letters' sizes: ascending, descending, and rotated versions."""
    shift = attempt // 2 % max(1, count)
    ranks = [(place + shift) % count for place in range(count)]
    return ranks[::-1] if attempt % 2 else ranks


def _ranges(literals: Sequence[Fraction]) -> list[tuple[float, float]]:
    """Return where letters are looked for, each range twice because there are two orders."""
    low, high = _LITERALS
    known = sorted({float(value) for value in literals if low < value < high})
    large, small = max([3.0, *known[-1:]]), min([0.3, *known[:1]])
    gaps = [(a, b) for a, b in pairwise(known) if b > 1.001 * a]
    gaps = gaps[:: max(1, math.ceil(len(gaps) / _MAX_GAPS))]
    wanted = [_MIDDLE, (1.2 * large, 4 * large), _CLOSE, (0.2 * small, 0.9 * small), *gaps]
    return [one for one in wanted for _ in range(2)]


def _signs(count: int) -> list[tuple[int, ...]]:
    """Return sign patterns, all positive first."""
    if count <= _ALL_SIGNS:
        return list(product((1, -1), repeat=count))
    some = [(1,) * count, (-1,) * count]
    for place in range(count):
        single = tuple(-1 if other == place else 1 for other in range(count))
        some += [single, tuple(-sign for sign in single)]
    return some[:_MAX_PATTERNS]


@lru_cache(maxsize=4096)
def _point(
    attempt: int, bounds: tuple[float, float], signs: tuple[int, ...], whole: tuple[bool, ...]
) -> Point:
    count = len(whole)
    low, high = bounds
    values = []
    sign = iter(signs)
    for place, rank in enumerate(_ranks(count, attempt)):
        if whole[place]:
            step = attempt // 2
            natural = 1 + 2 * rank + (step >> place & 1) + 2 * (step >> count)
            values.append(Fraction(natural))
            continue
        position = (rank + 0.5 + 0.3 * _jitter(attempt, place)) / count
        if count == 1:  # a lone letter has no order, but may be in either half
            position = 0.25 + 0.5 * (attempt % 2) + 0.2 * _jitter(attempt, place)
        values.append(next(sign) * _dyadic(low * (high / low) ** position))
    return Point(tuple(values), signs)


@lru_cache(maxsize=4096)
def _boxed(attempt: int, reach: float, whole: tuple[bool, ...]) -> Point:
    """Return a point anywhere in a box; with one letter, the points are evenly spread."""
    values: list[Fraction] = []
    for place, natural in enumerate(whole):
        where = _jitter(attempt, place + _PLACES)
        if len(whole) == 1:
            where = (2 * attempt + 1 + 0.5 * where) / _BOXED[1] - 1
        values.append(Fraction(1 + int(8 * abs(where))) if natural else _dyadic(reach * where))
    signs = [1 if value > 0 else -1 for value, n in zip(values, whole, strict=True) if not n]
    return Point(tuple(values), tuple(signs))


def points(
    whole: tuple[bool, ...], branches: bool, literals: Sequence[Fraction]
) -> Iterator[Point]:
    """Yield points, the most telling first.

    Args:
        whole: for each letter, whether it stands for a whole number.
        branches: equality in one region says nothing about the next.
        literals: positive numbers at which the expressions may change their nature.
    """
    count = len(whole)
    if not count:
        yield _NOWHERE
        return
    ranges = _ranges(literals)
    if any(whole):
        ranges += [_MIDDLE] * (_WHOLE_TRIES - len(ranges))
    patterns = _signs(count - sum(whole))
    if not branches:
        for attempt, bounds in enumerate(ranges):
            yield _point(attempt, bounds, patterns[attempt % len(patterns)], whole)
        return
    limit = _RANGES[min(count, len(_RANGES) - 1)] if not any(whole) else len(ranges)
    for number, signs in enumerate(patterns):
        for attempt, bounds in enumerate(ranges):
            if attempt < limit or number == 0:
                yield _point(attempt, bounds, signs, whole)
    reach = 1.3 * ranges[2][0]
    for attempt in range(_BOXED[min(count, len(_BOXED) - 1)]):
        yield _boxed(attempt, reach, whole)
