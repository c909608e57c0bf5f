"""Draw math tasks: arithmetic to elementary calculus, in six languages, with one exact answer."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from fractions import Fraction

from envs.tasks.base import Task, TaskDomain
from envs.tasks.math_texts import INSTRUCTION, LANGUAGES, TEXTS

# (values for the template, the answer)
Drawn = tuple[Mapping[str, object], Fraction]


def _polynomial(coefficients: list[int]) -> str:
    """Write a polynomial, highest power first, without zero terms and without a factor 1."""
    parts: list[str] = []
    degree = len(coefficients) - 1
    for place, factor in enumerate(coefficients):
        power = degree - place
        if factor == 0:
            continue
        variable = "" if power == 0 else "x" if power == 1 else f"x^{power}"
        size = str(abs(factor)) if abs(factor) != 1 or not variable else ""
        sign = ("-" if factor < 0 else "") if not parts else ("- " if factor < 0 else "+ ")
        parts.append(f"{sign}{size}{variable}")
    return " ".join(parts) or "0"


def _nonzero(rng: random.Random, size: int) -> int:
    return rng.choice((-1, 1)) * rng.randint(1, size)


def _expression(rng: random.Random, difficulty: int) -> Drawn:
    size = (20, 99, 999)[difficulty - 1]
    text, value = "", 0
    for place in range(difficulty + 1):
        a, b, c = rng.randint(2, size), rng.randint(2, size), rng.randint(2, 12)
        sign = rng.choice((-1, 1)) if place else 1
        shape = rng.randrange(3)
        term, worth = (
            (f"{a} \\cdot {c}", a * c),
            (f"({a} - {b}) \\cdot {c}", (a - b) * c),
            (f"{c} \\cdot ({a} + {b})", c * (a + b)),
        )[shape]
        text += (f" {'+' if sign > 0 else '-'} " if place else "") + term
        value += sign * worth
    return {"e": text}, Fraction(value)


def _equation(rng: random.Random, difficulty: int) -> Drawn:
    size = (9, 20, 50)[difficulty - 1]
    a = _nonzero(rng, size)
    c = _nonzero(rng, size)
    while c == a:
        c = _nonzero(rng, size)
    b = _nonzero(rng, 3 * size)
    if difficulty < 3:
        x = Fraction(_nonzero(rng, size))
    else:
        x = Fraction(_nonzero(rng, size), rng.randint(2, 9))
    right = (a - c) * x + b
    if right.denominator != 1:
        # Multiply everything so that all coefficients are whole.
        a, b, c = (number * right.denominator for number in (a, b, c))
        right *= right.denominator
    return {"e": f"{_polynomial([a, b])} = {_polynomial([c, int(right)])}"}, x


def _system(rng: random.Random, difficulty: int) -> Drawn:
    size = (5, 9, 25)[difficulty - 1]
    x, y = _nonzero(rng, 2 * size), _nonzero(rng, 2 * size)
    while True:
        a, b, c, d = (_nonzero(rng, size) for _ in range(4))
        if a * d - b * c:
            break

    def side(p: int, q: int) -> str:
        first = {1: "x", -1: "-x"}.get(p, f"{p}x")
        return f"{first} {'+' if q > 0 else '-'} {'' if abs(q) == 1 else abs(q)}y"

    p, q = rng.randint(1, size), _nonzero(rng, size)
    return (
        {
            "e": f"{side(a, b)} = {a * x + b * y}",
            "f": f"{side(c, d)} = {c * x + d * y}",
            "g": side(p, q),
        },
        Fraction(p * x + q * y),
    )


def _quadratic(rng: random.Random, difficulty: int) -> Drawn:
    size = (9, 20, 20)[difficulty - 1]
    small = Fraction(_nonzero(rng, size), rng.randint(2, 7) if difficulty == 3 else 1)
    large = small
    while large <= small:
        large = Fraction(rng.randint(-size, size), rng.randint(1, 7) if difficulty == 3 else 1)
        if small >= size - 1:
            small -= 2
    lead = math.lcm(small.denominator, large.denominator)
    coefficients = [Fraction(lead), -lead * (small + large), lead * small * large]
    scale = math.lcm(*(number.denominator for number in coefficients))
    return {"e": f"{_polynomial([int(n * scale) for n in coefficients])} = 0"}, large


def _fraction(rng: random.Random, difficulty: int) -> Drawn:
    size = (9, 20, 60)[difficulty - 1]
    text, value = "", Fraction(0)
    for place in range(min(difficulty + 1, 3)):
        bottom = rng.randint(2, size)
        top = rng.randint(1, 2 * size)
        sign = rng.choice((-1, 1)) if place else 1
        text += f" {'+' if sign > 0 else '-'} " if place else ""
        text += f"\\frac{{{top}}}{{{bottom}}}"
        value += sign * Fraction(top, bottom)
    return {"e": text}, value


def _gcd(rng: random.Random, difficulty: int) -> Drawn:
    size = (30, 200, 5000)[difficulty - 1]
    common = rng.randint(2, size)
    a, b = common * rng.randint(2, size), common * rng.randint(2, size)
    return {"a": a, "b": b}, Fraction(math.gcd(a, b))


def _remainder(rng: random.Random, difficulty: int) -> Drawn:
    power, modulus = (12, 200, 5000)[difficulty - 1], (11, 50, 200)[difficulty - 1]
    a, b, m = rng.randint(2, 30), rng.randint(3, power), rng.randint(5, modulus)
    return {"a": a, "b": b, "m": m}, Fraction(pow(a, b, m))


def _divisors(rng: random.Random, difficulty: int) -> Drawn:
    primes = (2, 3, 5, 7, 11, 13)[: 2 + difficulty]
    powers = {prime: rng.randint(0, 1 + difficulty) for prime in primes}
    powers[2] += 1
    number = math.prod(prime**power for prime, power in powers.items())
    return {"a": number}, Fraction(math.prod(power + 1 for power in powers.values()))


def _committee(rng: random.Random, difficulty: int) -> Drawn:
    n = rng.randint(6, (9, 14, 24)[difficulty - 1])
    k = rng.randint(3, n - 2)
    r = rng.randint(2, min(3, k - 1))
    return {"n": n, "k": k, "r": r}, Fraction(math.comb(n - r, k - r))


def _series(rng: random.Random, difficulty: int) -> Drawn:
    a, step = rng.randint(-30, 60), _nonzero(rng, (5, 12, 40)[difficulty - 1])
    n = rng.randint(8, (15, 60, 400)[difficulty - 1])
    values = {"a": a, "b": a + step, "c": a + 2 * step, "n": n}
    return values, Fraction(n * (2 * a + (n - 1) * step), 2)


def _derivative(rng: random.Random, difficulty: int) -> Drawn:
    degree = difficulty + 1
    coefficients = [_nonzero(rng, 9) for _ in range(degree + 1)]
    k = rng.randint(-5, 6)
    value = sum(
        factor * (degree - place) * k ** (degree - place - 1)
        for place, factor in enumerate(coefficients[:-1])
    )
    return {"e": _polynomial(coefficients), "k": k}, Fraction(value)


def _triangle(rng: random.Random, difficulty: int) -> Drawn:
    # Euclid's formula gives every right triangle of whole sides.
    m = rng.randint(2, (4, 8, 20)[difficulty - 1])
    n = rng.randint(1, m - 1)
    k = rng.randint(1, (3, 8, 30)[difficulty - 1])
    a, b, c = k * (m * m - n * n), k * 2 * m * n, k * (m * m + n * n)
    return {"a": min(a, b), "b": max(a, b)}, Fraction(a + b + c)


def _shop(rng: random.Random, difficulty: int) -> Drawn:
    size = (4, 9, 30)[difficulty - 1]
    p, q, a, b = (rng.randint(2, size + 3) for _ in range(4))
    n = rng.randint(2, size)
    cost = n * (a * p + b * q)
    paid = cost + rng.randint(1, (20, 90, 400)[difficulty - 1])
    return {"p": p, "q": q, "n": n, "a": a, "b": b, "c": paid}, Fraction(paid - cost)


def _percent(rng: random.Random, difficulty: int) -> Drawn:
    step = (10, 5, 1)[difficulty - 1]
    p, q = (rng.randrange(step, 61, step) for _ in range(2))
    while True:
        base = rng.randint(2, 90) * (100, 100, 1000)[difficulty - 1]
        result = Fraction(base * (100 + p) * (100 - q), 10_000)
        if result.denominator == 1:
            return {"a": base, "p": p, "q": q}, result


KINDS: dict[str, Callable[[random.Random, int], Drawn]] = {
    "expression": _expression,
    "equation": _equation,
    "system": _system,
    "quadratic": _quadratic,
    "fraction": _fraction,
    "gcd": _gcd,
    "remainder": _remainder,
    "divisors": _divisors,
    "committee": _committee,
    "series": _series,
    "derivative": _derivative,
    "triangle": _triangle,
    "shop": _shop,
    "percent": _percent,
}


def draw(rng: random.Random, difficulty: int, language: str) -> Task:
    """Draw a problem of a random kind; fractions are answered in lowest terms."""
    kind = rng.choice(tuple(KINDS))
    values, answer = KINDS[kind](rng, difficulty)
    text = TEXTS[kind][language].format(**values)
    gap = "" if language in ("ja", "zh") else " "
    if answer.denominator == 1:
        truth = boxed = str(answer.numerator)
    else:
        truth = f"{answer.numerator}/{answer.denominator}"
        sign = "-" if answer < 0 else ""
        boxed = f"{sign}\\frac{{{abs(answer.numerator)}}}{{{answer.denominator}}}"
    return Task(
        kind=kind,
        prompt=f"{text}{gap}{INSTRUCTION[language]}",
        ground_truth=truth,
        gold_completion=f"\\boxed{{{boxed}}}",
    )


DOMAIN = TaskDomain("math", "math", draw, LANGUAGES)
