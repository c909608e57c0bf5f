"""Solve the questions that are sums: expressions, number theory, counting."""

from __future__ import annotations

import ast
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from functools import lru_cache

from tests.rewards.reasoning_solvers.base import Solution, Unclear, Unread, found, solves

# Enough for every exact result here.
DIGITS = 400


class _Expression:
    """Evaluates an expression exactly, by recursive descent, with one variable at most."""

    def __init__(self, text: str, variable: str = "", value: int = 0) -> None:
        self.tokens: list[str] = re.findall(r"\d+(?:\.\d+)?|[A-Za-z]|\*\*|\S", text)
        self.place = 0
        self.variable = variable
        self.value = value

    def result(self) -> Fraction:
        total = self._sum()
        if self.place != len(self.tokens):
            raise Unread(f"{self.tokens[self.place :]} is left over")
        return total

    def _next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def _take(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1]

    def _sum(self) -> Fraction:
        total = self._product()
        while self._next() in ("+", "-"):
            sign = 1 if self._take() == "+" else -1
            total += sign * self._product()
        return total

    def _product(self) -> Fraction:
        total = self._signed()
        while self._next() in ("*", "/"):
            if self._take() == "*":
                total *= self._signed()
                continue
            divisor = self._signed()
            if divisor == 0:
                raise Unclear("divides by zero")
            total /= divisor
        return total

    def _signed(self) -> Fraction:
        if self._next() == "-":
            self._take()
            return -self._signed()
        if self._next() == "+":
            self._take()
            return self._signed()
        return self._atom()

    def _atom(self) -> Fraction:
        token = self._take() if self._next() else ""
        if token == "(":
            inner = self._sum()
            if not self._next() or self._take() != ")":
                raise Unread("a parenthesis is not closed")
            return inner
        if token and token == self.variable:
            return Fraction(self.value)
        if not re.fullmatch(r"\d+(?:\.\d+)?", token):
            raise Unread(f"{token!r} is no number")
        return Fraction(token)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return Decimal("nan")


def _decimal(value: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec = DIGITS
        return Decimal(value.numerator) / Decimal(value.denominator)


def _number_solution(value: Fraction) -> Solution:
    """Return the solution whose answer is a number; it must be exactly that."""
    text = str(value) if value.denominator == 1 else f"{_decimal(value):f}"[: DIGITS + 2]
    return Solution((text,), accepts=lambda answer: _exactly(answer, value))


def _exactly(answer: str, value: Fraction) -> bool:
    number = _number(answer)
    return number.is_finite() and Fraction(number) == value


@solves("basic_arithmetic")
def basic_arithmetic(question: str) -> Solution:
    """Solve "Calculate 5 * ( 3 - -2 ).", by the usual precedence and with exact division."""
    return _number_solution(_Expression(found(r"Calculate (.+)\.$", question)[1]).result())


@solves("chain_sum", "decimal_chain_sum")
def chain_sum(question: str) -> Solution:
    """Solve "… arithmetic problem: 4 + 3 - 1 =", for whole and decimal numbers."""
    return _number_solution(_Expression(found(r"problem: (.+) =", question)[1]).result())


@solves("products")
def products(question: str) -> Solution:
    """Solve "… multiplication: 46 * 97."."""
    return _number_solution(_Expression(found(r"multiplication: (.+?)\. ", question)[1]).result())


@solves("decimal_arithmetic")
def decimal_arithmetic(question: str) -> Solution:
    """Solve "… to a maximum of 6 significant digits, rounding up from the half. … = ?".

    Right is what differs from the exact value by no more than rounding at each step does: two
    units of the last significant digit. Wrong is what is rounded to two digits less.
    """
    digits = int(found(r"maximum of (\d+) significant", question)[1])
    value = _Expression(found(r"\n(.+) = \?", question)[1]).result()
    if value == 0:
        return Solution(("0",), accepts=lambda answer: _exactly(answer, Fraction(0)))
    with localcontext() as context:
        context.prec, context.rounding = digits, ROUND_HALF_UP
        rounded = Decimal(value.numerator) / Decimal(value.denominator)
        unit = Decimal(1).scaleb(rounded.adjusted() - digits + 1)
    wrong = f"{_decimal(value) + 100 * unit:.{max(digits, 2)}g}"
    return Solution(
        (f"{rounded:f}",),
        wrong=(wrong,),
        accepts=lambda answer: (
            _number(answer).is_finite()
            and abs(Fraction(_number(answer)) - value) <= 2 * Fraction(unit)
        ),
    )


@solves("simple_equations")
def simple_equations(question: str) -> Solution:
    """Solve a linear equation by evaluating both sides at three points."""
    equation = question.split(":", 1)[1]
    variable = found(r"(?:value of|Solve for) ([a-z])\b", question)[1]
    left, right = equation.split("=")
    zero, one, two = (
        _Expression(left, variable, at).result() - _Expression(right, variable, at).result()
        for at in range(3)
    )
    if two - one != one - zero:
        raise Unread("not linear")
    if one == zero:
        raise Unclear("every value or none")
    return _number_solution(zero / (zero - one))


@solves("power_function")
def power_function(question: str) -> Solution:
    """Solve "Compute -12.5^-3 …", to three significant figures.

    Precedence makes -a^2 negative; "an exponentiation of a number" may mean (-a)^2. Where the two
    differ the question is unclear.
    """
    base, power = found(r"Compute (-?[\d.]+(?:e-?\d+)?)\^(-?\d+)\.", question).groups()
    exponent = int(power)
    if base.startswith("-") and exponent % 2 == 0:
        raise Unclear("minus before an even power")
    if Fraction(base) == 0 and exponent <= 0:
        raise Unclear("zero to no positive power")
    value = _decimal(Fraction(base) ** exponent)
    text = f"{_rounded(value, 3):e}"
    unit = Decimal(1).scaleb(_rounded(value, 3).adjusted() - 2)
    return Solution(
        (text,),
        wrong=(f"{_rounded(value + unit, 3):e}", f"{_rounded(value - 2 * unit, 3):e}", f"-{text}"),
        accepts=lambda answer: _rounded(_number(answer), 3) == _rounded(value, 3),
    )


def _rounded(value: Decimal, digits: int) -> Decimal:
    if not value.is_finite() or value == 0:
        return value
    with localcontext() as context:
        context.prec, context.rounding = digits, ROUND_HALF_UP
        return +value


@solves("number_format")
def number_format(question: str) -> Solution:
    """Pick the largest or smallest of numbers in several notations."""
    which, listed = found(
        r"pick the (largest|smallest) number .*candidates: (.+)", question
    ).groups()
    texts = listed.split()
    values = [Decimal(text.replace(",", "")) for text in texts]
    best = max(values) if which == "largest" else min(values)
    # Notations show six digits after the point or fifteen significant ones.
    blur = max(abs(best) * Decimal("1e-14"), Decimal("1e-6"))
    near = [value for value in values if abs(value - best) <= blur]
    if len(set(near)) > 1 and max(near) - min(near) > blur:
        raise Unclear("the notation hides which it is")
    order = sorted(zip(values, texts, strict=True), key=lambda pair: abs(pair[0] - best))
    others = [text for value, text in order if abs(value - best) > blur]
    return Solution(
        tuple(t for t, value in zip(texts, values, strict=True) if abs(value - best) <= blur),
        wrong=tuple(others[:4] + others[-1:]),
        accepts=lambda answer: abs(_number(answer.replace(",", "")) - best) <= blur,
    )


@solves("number_filtering")
def number_filtering(question: str) -> Solution:
    """Keep or remove the numbers of a list that are larger or smaller than another."""
    verb, which, bound, listed = found(
        r"(Keep|Remove) all numbers (larger|smaller) than (\S+) in this list: (\[.*?\])", question
    ).groups()

    def chosen(text: str) -> bool:
        difference = Decimal(text) - Decimal(bound)
        return difference > 0 if which == "larger" else difference < 0

    texts = ast.literal_eval(listed)
    kept = [text for text in texts if chosen(text) == (verb == "Keep")]
    wrong = tuple(str(other) for other in (kept[1:], kept[::-1]) if other != kept)
    return Solution((str(kept),), wrong=(*wrong, str([t for t in texts if t not in kept])))


@solves("base_conversion")
def base_conversion(question: str) -> Solution:
    """Convert "the base-11 number 8a to hexadecimal"."""
    source, digits, target = found(r"convert the (\S+) number (\S+) to (\S+)", question).groups()

    def base(name: str) -> int:
        return {"binary": 2, "hexadecimal": 16}.get(name) or int(name.removeprefix("base-"))

    alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
    value = 0
    for digit in digits:
        value = value * base(source) + alphabet.index(digit)
    text = ""
    left = value
    while left or not text:
        left, digit_value = divmod(left, base(target))
        text = alphabet[digit_value] + text
    return Solution((text,), wrong=(digits,) if digits != text else ())


@solves("gcd", "lcm")
def divisor_or_multiple(question: str) -> Solution:
    """Find the greatest common divisor or the least common multiple from prime factors."""
    numbers = [int(n) for n in re.findall(r"\d+", found(r"numbers: ([\d, ]+)", question)[1])]
    pick = min if "Greatest" in question else max
    factors = [_factors(number) for number in numbers]
    value = 1
    for prime in {prime for each in factors for prime in each}:
        value *= prime ** pick(each.get(prime, 0) for each in factors)
    return Solution((str(value),))


def _factors(number: int) -> dict[int, int]:
    found_factors: dict[int, int] = {}
    divisor = 2
    while divisor * divisor <= number:
        while number % divisor == 0:
            found_factors[divisor] = found_factors.get(divisor, 0) + 1
            number //= divisor
        divisor += 1
    if number > 1:
        found_factors[number] = found_factors.get(number, 0) + 1
    return found_factors


@solves("count_bits")
def count_bits(question: str) -> Solution:
    """Count the ones of a number in binary, by repeated halving."""
    number = int(found(r"the number (\d+)\?", question)[1])
    ones = 0
    while number:
        ones += number % 2
        number //= 2
    return Solution((str(ones),))


@lru_cache(maxsize=1)
def _primes_up_to(limit: int) -> tuple[int, ...]:
    """Return how many primes there are up to each number, from trial division by primes."""
    primes: list[int] = []
    counts = [0, 0]
    for number in range(2, limit + 1):
        root = int(number**0.5)
        prime = True
        for divisor in primes:
            if divisor > root:
                break
            if number % divisor == 0:
                prime = False
                break
        if prime:
            primes.append(number)
        counts.append(len(primes))
    return tuple(counts)


@solves("count_primes")
def count_primes(question: str) -> Solution:
    """Count the primes of an interval, both ends included."""
    start, end = map(int, found(r"between (\d+) and (\d+) \(inclusive\)", question).groups())
    limit = 1 << max(end.bit_length(), 14)
    counts = _primes_up_to(limit)
    return Solution((str(counts[end] - counts[max(start - 1, 0)]),))


@solves("dice")
def dice(question: str) -> Solution:
    """Find the odds of a total by counting the ways to throw each total."""
    sides = [int(n) for n in re.findall(r"1d(\d+)", question.split("What are")[0])]
    target = int(found(r"odds of rolling (\d+) or higher", question)[1])
    ways = {0: 1}
    for side in sides:
        after: dict[int, int] = {}
        for total, count in ways.items():
            for face in range(1, side + 1):
                after[total + face] = after.get(total + face, 0) + count
        ways = after
    odds = Fraction(sum(n for total, n in ways.items() if total >= target), sum(ways.values()))
    more = Fraction(sum(n for total, n in ways.items() if total > target), sum(ways.values()))
    text = f"{odds.numerator}/{odds.denominator}"
    return Solution((text,), wrong=(f"{more.numerator}/{more.denominator}",))


# Walking limbs of the adult animal; a crab's, lobster's and shrimp's ten include the claws.
LEGS = {
    0: "snake, sea slug, jellyfish, flatworm, leech, worm, snail, fish",
    2: "chicken, bird, human, duck, penguin, ostrich",
    4: "dog, cat, cow, horse, lion, elephant, giraffe, tiger, deer, sheep, frog, mouse, pig, goat",
    5: "starfish",
    6: "insect, ant, butterfly, beetle, bee, wasp, grasshopper, cricket, cockroach, "
    "praying mantis, firefly, fly, moth",
    8: "spider, scorpion, tick, mite",
    10: "crab, lobster, shrimp",
    14: "woodlouse",
}


@solves("leg_counting")
def leg_counting(question: str) -> Solution:
    """Count the legs of so many animals of each kind."""
    legs = {animal: count for count, names in LEGS.items() for animal in names.split(", ")}
    total = 0
    for part in found(r"if you have (.+)\?", question)[1].split(", "):
        count, animal = found(r"^(\d+) (.+)$", part).groups()
        for name in (animal, animal.removesuffix("s"), animal.removesuffix("es")):
            if name in legs:
                total += int(count) * legs[name]
                break
        else:
            raise Unread(f"how many legs has a {animal}?")
    return Solution((str(total),))


@solves("simple_geometry")
def simple_geometry(question: str) -> Solution:
    """Find the last angle of a convex polygon, each of whose angles is below 180 degrees."""
    sides = int(found(r"(\d+)(?: sides|-gon)", question)[1])
    angles = [Decimal(a) for a in re.findall(r"([\d.]+)°", question)]
    if len(angles) != sides - 1:
        raise Unread("one angle should be missing")
    last = 180 * (sides - 2) - sum(angles)
    if not all(0 < angle < 180 for angle in (*angles, last)):
        raise Unclear("no convex polygon has these angles")
    return _number_solution(Fraction(last))
