r"""Compute with numbers that are exact fractions, or balls: a value and a bound of its error.

A ball's error is kept as its binary logarithm, absolute. Each rule adds what its operands' errors
become (the usual first-order bounds, doubled where they matter) to the rounding of the result, so
that a result whose distance from zero exceeds its error is certainly not zero. mpmath's elementary
functions are taken to be right but for the last four bits.

A ball that contains zero may be zero or not: dividing by it is `Uncertain` and asks for more bits.
Once the caller has as many as the operands' sizes call for, it is `settled`: then such a ball is
zero, one that contains a whole number is that number where it matters (floors), and one that
contains a real number is real.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from rewards.math.tree import MAX_EXACT_BITS, Unreadable

# log10 of the largest and the smallest magnitude that an intermediate value may have, unless it
# is a fraction short enough to be exact.
MAX_MAGNITUDE = 450
_MAX_SIZE = MAX_MAGNITUDE * 3.3219280948873626
MAX_FACTORIAL = 200
# Roots up to this one are tried for being rational.
_MAX_EXACT_ROOT = 64
# Bits of an exponent that floats may be multiplied with.
_SHORT = 32
# Bits of a fraction that is long enough to cost something.
_LONG = 1024
# What one comparison may cost; a transcendental function at 256 bits, some 50 µs, costs 1.
MAX_COST = 15_000
EXACT = float("-inf")
_HALF = Fraction(1, 2)


class Undefined(ValueError):
    """Says that an expression has no value at a point."""


class OutOfRange(Undefined):
    """Says that a value is too large or too small."""


class Uncertain(ValueError):
    """Says that more digits are needed to go on."""


class Ball:
    """Is a real or complex number `mid`, off by less than 2 to the power of `err`."""

    __slots__ = ("err", "mid")

    def __init__(self, mid: Any, err: float) -> None:
        self.mid = mid
        self.err = err


Number = Fraction | Ball


@cache
def context(bits: int) -> tuple[Any, Callable[..., Any]]:
    """Make an mpmath context of our own, whose precision nobody changes, and its quotient."""
    from mpmath.ctx_mp import MPContext
    from mpmath.libmp import from_rational

    made = MPContext()
    made.prec = bits
    return made, from_rational


def size(value: Any) -> float:
    """Return a binary exponent of an mpmath number: 2^(size - 2) <= |value| < 2^size."""
    if hasattr(value, "_mpc_"):
        real, imaginary = value._mpc_
        return 1 + max(part[2] + part[3] if part[1] else EXACT for part in (real, imaginary))
    _, mantissa, exponent, bits = value._mpf_
    return float(exponent + bits) if mantissa else EXACT


def joined(*errors: float) -> float:
    """Return the logarithm of the sum of errors given by their logarithms."""
    largest = max(errors)
    if largest == EXACT:
        return EXACT
    return largest + math.log2(sum([2.0 ** (error - largest) for error in errors]))


def log2(value: Fraction) -> float:
    """Return the logarithm of a positive fraction of any size."""
    return math.log2(value.numerator) - math.log2(value.denominator)


def has_zero(mid: Any, err: float) -> bool:
    """Tell whether a ball may contain zero; if not, `mid` is at least twice its error."""
    return size(mid) - 3 <= err


def length(value: Fraction) -> float:
    """Return the binary logarithm of a fraction's longer half."""
    return math.log2(max(abs(value.numerator), value.denominator))


def whole_root(value: int, degree: int) -> int | None:
    """Return the root of a natural number if it is a natural number itself."""
    if value < 2:
        return value
    if degree == 2:
        root = math.isqrt(value)
    else:
        root = 1 << -(-value.bit_length() // degree)  # Newton's method, from above
        while True:
            lower = ((degree - 1) * root + value // root ** (degree - 1)) // degree
            if lower >= root:
                break
            root = lower
    return root if root**degree == value else None


def _rational_root(value: Fraction, degree: int) -> Fraction | None:
    if degree > _MAX_EXACT_ROOT:
        return None
    above = whole_root(value.numerator, degree)
    below = whole_root(value.denominator, degree) if above is not None else None
    return None if above is None or below is None else Fraction(above, below)


class Arithmetic:
    """Computes at one precision and keeps how large and how small the operands were.

    Attributes:
        span: the largest distance of an intermediate value's binary exponent from 0.
        cost: what was computed so far; see `MAX_COST`.
    """

    def __init__(self, bits: int, settled: bool, odd_roots: bool, principal: bool) -> None:
        """Set what applies to negative numbers, besides the precision.

        Args:
            bits: the precision of balls.
            settled: see the module's docstring.
            odd_roots: they have real odd roots; else the principal ones.
            principal: roots and logarithms of negative numbers are complex even where a letter
                makes them negative; else there is no value.
        """
        self.bits = bits
        self.mp, self.quotient = context(bits)
        self.settled = settled
        self.odd_roots = odd_roots
        self.principal = principal
        self.span = 0.0
        self.cost = 0
        self.price = max(1, round((bits / 256) ** 1.5))

    # Making numbers ---------------------------------------------------------------------------

    def pay(self) -> None:
        self.cost += self.price
        if self.cost > MAX_COST:
            raise Unreadable("too much to compute")

    def exact(self, value: Fraction) -> Number:
        """Take a fraction; a very long one becomes a ball."""
        if not value:
            return value
        above, below = value.numerator.bit_length(), value.denominator.bit_length()
        self.span = max(self.span, abs(above - below))
        if max(above, below) > _LONG:
            self.pay()
            if max(above, below) > MAX_EXACT_BITS:
                if abs(above - below) > _MAX_SIZE:
                    raise OutOfRange("a value is out of range")
                return self.ball(value)
        return value

    def ball(self, value: Number) -> Ball:
        if isinstance(value, Ball):
            return value
        above, below = value.numerator, value.denominator
        mid = self.mp.make_mpf(self.quotient(above, below, self.bits, "n"))
        if below & (below - 1) == 0 and above.bit_length() <= self.bits:
            return Ball(mid, EXACT)
        return Ball(mid, size(mid) - self.bits)

    def constant(self, name: str) -> Ball:
        """Return pi, e or i."""
        if name == "i":
            return Ball(self.mp.mpc(0, 1), EXACT)
        mid = +getattr(self.mp, name)
        return Ball(mid, size(mid) - self.bits)

    def made(self, mid: Any, err: float, lost: int = 1) -> Number:
        """Take a result, its inherited error, and the number of bits that rounding cost."""
        magnitude = size(mid)
        err = joined(err, magnitude - self.bits + lost)
        if hasattr(mid, "_mpc_") and (
            not mid.imag or (self.settled and has_zero(mid.imag, err) and self.tiny(err))
        ):
            mid = mid.real
            magnitude = size(mid)
        if has_zero(mid, err):
            if err == EXACT:
                return Fraction(0)
            if not self.settled:
                return Ball(mid, err)
            if not self.tiny(err):
                raise Uncertain
            return Fraction(0)
        if abs(magnitude) > _MAX_SIZE:
            raise OutOfRange("a value is out of range")
        self.span = max(self.span, abs(magnitude))
        return Ball(mid, err)

    def tiny(self, err: float) -> bool:
        """Tell whether an error is far below everything that was computed with."""
        return err < -64 - self.span

    def sure(self, value: Ball) -> Ball:
        """Return a ball that doesn't contain zero."""
        if has_zero(value.mid, value.err):
            raise Uncertain
        return value

    def sharp(self, value: Ball) -> Ball:
        """Return a ball small enough for first-order bounds."""
        if value.err > -16:
            raise Uncertain
        return value

    # Field operations -------------------------------------------------------------------------

    def gathered(
        self, values: Sequence[Number], combine: Callable[..., Fraction], start: Fraction
    ) -> tuple[Fraction, list[Ball]]:
        """Combine the fractions among some numbers, and return the balls beside them."""
        exact = start
        balls = []
        for value in values:
            if isinstance(value, Ball):
                balls.append(value)
                continue
            taken = value if exact is start else self.exact(combine(exact, value))
            if isinstance(taken, Ball):  # too long to stay exact
                balls.append(taken)
                taken = start
            exact = taken
        return exact, balls

    def add(self, values: Sequence[Number]) -> Number:
        exact, balls = self.gathered(values, operator.add, Fraction(0))
        if not balls:
            return exact
        if exact:
            balls.append(self.ball(exact))
        mid, errors = balls[0].mid, [balls[0].err]
        for value in balls[1:]:
            mid = mid + value.mid
            errors += (value.err, size(mid) - self.bits)
        return self.made(mid, joined(*errors))

    def multiply(self, values: Sequence[Number]) -> Number:
        exact, balls = self.gathered(values, operator.mul, Fraction(1))
        if not balls or not exact:
            return exact
        if exact != 1:
            balls.append(self.ball(exact))
        total: Number = balls[0]
        for value in balls[1:]:
            if not isinstance(total, Ball):
                return total
            mid = total.mid * value.mid
            one, other = size(total.mid), size(value.mid)
            err = joined(one + value.err, other + total.err, total.err + value.err)
            total = self.made(mid, err, 2)
        return total

    def negative(self, value: Number) -> Number:
        return Ball(-value.mid, value.err) if isinstance(value, Ball) else -value

    def divide(self, above: Number, below: Number) -> Number:
        if not isinstance(below, Ball):
            if not below:
                raise Undefined("a division by zero")
            if not isinstance(above, Ball):
                return self.exact(above / below)
        if not isinstance(above, Ball) and not above:
            return above
        top, bottom = self.ball(above), self.sure(self.ball(below))
        mid = top.mid / bottom.mid
        least = size(bottom.mid) - 2
        return self.made(mid, 1 - least + joined(top.err, size(mid) + bottom.err), 2)

    # Powers and logarithms --------------------------------------------------------------------

    def power(self, base: Number, exponent: Number, free: bool) -> Number:
        """Raise to a power; `free` says that a letter is involved."""
        ratio = None if isinstance(exponent, Ball) else exponent
        if ratio is not None and ratio.denominator == 1:
            return self.whole_power(base, ratio.numerator)
        sign = self.sign(base)
        if not isinstance(base, Ball):
            if not base:
                if self.sign(exponent) > 0:
                    return base
                raise Undefined("a power of zero")
            if sign > 0 and ratio is not None:
                root = _rational_root(base, ratio.denominator)
                if root is not None:
                    return self.whole_power(root, ratio.numerator)
        if sign < 0 and ratio is not None and self.odd_roots and ratio.denominator % 2:
            positive = self.power(self.negative(base), ratio, free)
            return self.negative(positive) if ratio.numerator % 2 else positive
        if sign > 0 and ratio == _HALF:
            self.pay()
            ball = self.ball(base)
            mid = self.mp.sqrt(ball.mid)
            return self.made(mid, ball.err - size(mid) + 1, 2)
        return self.exp(self.multiply((exponent, self.ln(base, free))))

    def whole_power(self, base: Number, exponent: int) -> Number:
        if not isinstance(base, Ball):
            if not base or abs(base) == 1:
                if not base and exponent <= 0:
                    raise Undefined("a power of zero")
                return base if exponent % 2 else abs(base)
            if exponent.bit_length() <= _SHORT:
                if length(base) * abs(exponent) < MAX_EXACT_BITS:
                    return self.exact(base**exponent)
                if abs(log2(abs(base)) * exponent) > _MAX_SIZE:
                    raise OutOfRange("a power is out of range")
        elif exponent == 0:
            return Fraction(1)
        ball = self.ball(base)
        magnitude = size(ball.mid)
        if has_zero(ball.mid, ball.err):
            if exponent < 0 or exponent.bit_length() > 16 or max(magnitude, ball.err) > -1:
                raise Uncertain
            return self.made(ball.mid * 0, (max(magnitude, ball.err) + 1) * exponent)
        if exponent.bit_length() > _SHORT or (abs(magnitude) + 2) * abs(exponent) > _MAX_SIZE:
            real = abs(self.mp.log(abs(ball.mid)) * exponent)
            if real > _MAX_SIZE * math.log(2):
                raise OutOfRange("a power is out of range")
        relative = ball.err - magnitude + 2 + math.log2(abs(exponent))
        if relative > -16:
            raise Uncertain
        self.pay()
        mid = ball.mid**exponent
        return self.made(mid, size(mid) + relative + 1, 4)

    def sign(self, value: Number) -> int:
        """Return the sign of a number that isn't in doubt; 0 for one that isn't real."""
        if not isinstance(value, Ball):
            return (value.numerator > 0) - (value.numerator < 0)
        if hasattr(value.mid, "_mpc_"):
            real, imaginary = value.mid.real, value.mid.imag
            if real < 0 and has_zero(imaginary, value.err) and not self.settled:
                raise Uncertain  # on the branch cut, or beside it
            return 0
        self.sure(value)
        return 1 if value.mid > 0 else -1

    def ln(self, value: Number, free: bool) -> Number:
        if not isinstance(value, Ball):
            if not value:
                raise Undefined("the logarithm of zero")
            if value.numerator == value.denominator:
                return Fraction(0)
        else:
            self.sure(value)
        if self.sign(value) < 0 and free and not self.principal:
            raise Undefined("the logarithm of a negative number")
        self.pay()
        ball = self.ball(value)
        return self.made(self.mp.ln(ball.mid), ball.err - size(ball.mid) + 3, 4)

    def exp(self, value: Number) -> Number:
        if not isinstance(value, Ball) and not value:
            return Fraction(1)
        ball = self.sharp(self.moderate(value))
        self.pay()
        mid = self.mp.exp(ball.mid)
        return self.made(mid, size(mid) + ball.err + 1, 4)

    def moderate(self, value: Number) -> Ball:
        """Return a ball whose exponential is in range."""
        ball = self.ball(value)
        if size(ball.mid) > 12 or abs(ball.mid) > _MAX_SIZE * math.log(2):
            raise OutOfRange("a power is out of range")
        return ball

    # Functions --------------------------------------------------------------------------------

    def circular(self, name: str, value: Number) -> Number:
        """Compute sin, cos, sinh, cosh and what is made of them."""
        if name in ("sec", "csc"):
            below = self.circular("cos" if name == "sec" else "sin", value)
            return self.divide(Fraction(1), below)
        if name in ("tan", "cot", "tanh"):
            kind = "h" if name == "tanh" else ""
            pair = [self.circular(part + kind, value) for part in ("sin", "cos")]
            return self.divide(*pair) if name != "cot" else self.divide(pair[1], pair[0])
        if not isinstance(value, Ball) and not value:
            return Fraction(1 if name.startswith("cos") else 0)
        hyperbolic = name.endswith("h")
        ball = self.sharp(self.moderate(value) if hyperbolic else self.ball(value))
        real = not hasattr(ball.mid, "_mpc_")
        slope = 0.0
        if hyperbolic or not real:
            growing = ball.mid.real if hyperbolic else ball.mid.imag
            slope = float(abs(growing)) * 1.4427 + 1 if size(growing) < 12 else _MAX_SIZE * 2
            if slope > _MAX_SIZE:
                raise OutOfRange("a value is out of range")
        self.pay()
        return self.made(getattr(self.mp, name)(ball.mid), ball.err + slope, 4)

    def arc(self, name: str, value: Number, free: bool) -> Number:
        """Compute arcsin, arccos, arctan."""
        if not isinstance(value, Ball) and not value and name != "arccos":
            return value
        ball = self.sharp(self.ball(value))
        if hasattr(ball.mid, "_mpc_"):
            raise Undefined("an inverse function of a complex number")
        slope = 0.0
        if name != "arctan":
            rest = 1 - ball.mid**2  # the slope is one over its root
            if ball.err > EXACT and size(rest) - 4 <= joined(ball.err, 2 - self.bits):
                if not self.settled:
                    raise Uncertain
                return self.arc(name, Fraction(1 if ball.mid > 0 else -1), free)
            if rest < 0 and free and not self.principal:
                raise Undefined(f"{name} of a number above 1")
            slope = 1 - (size(rest) - 2) / 2 if rest else 0.0
        self.pay()
        return self.made(getattr(self.mp, name.replace("arc", "a"))(ball.mid), ball.err + slope, 4)

    def absolute(self, value: Number) -> Number:
        if not isinstance(value, Ball):
            return abs(value)
        return self.made(abs(value.mid), value.err, 2)

    def rounded(self, name: str, value: Number) -> Number:
        """Compute floor and ceil."""
        if isinstance(value, Ball):
            self.sharp(value)
            if hasattr(value.mid, "_mpc_"):
                raise Undefined("the floor of a complex number")
            nearest = self.mp.nint(value.mid)
            if has_zero(value.mid - nearest, value.err):
                if not self.settled:
                    raise Uncertain
                return Fraction(int(nearest))
            return Fraction(int(getattr(self.mp, name)(value.mid)))
        return Fraction(math.floor(value) if name == "floor" else math.ceil(value))

    def factorial(self, value: Number) -> Number:
        if not isinstance(value, Ball) and value.denominator == 1:
            if value < 0:
                raise Undefined("a factorial of a negative number")
            if value > MAX_FACTORIAL:
                raise OutOfRange("a factorial is out of range")
            return self.exact(Fraction(math.factorial(value.numerator)))
        ball = self.sharp(self.ball(value))
        if hasattr(ball.mid, "_mpc_") or not 0 < ball.mid < MAX_FACTORIAL:
            raise Undefined("a factorial is out of range")
        if self.bits > _LONG:
            raise Unreadable("too much to compute")
        self.pay()
        mid = self.mp.gamma(ball.mid + 1)
        return self.made(mid, size(mid) + ball.err + 3, 6)

    def binomial(self, n: Number, k: Number) -> Number:
        if not isinstance(k, Ball) and k.denominator == 1:
            if not isinstance(n, Ball) and n.denominator == 1 and n >= k > MAX_FACTORIAL:
                k = n - k
            if k < 0:
                raise Undefined("a binomial of a negative number")
            if k > MAX_FACTORIAL:
                raise OutOfRange("a binomial is out of range")
            total: Number = Fraction(1)
            for below in range(int(k)):
                factor = self.add((n, Fraction(-below)))
                total = self.multiply((total, factor, Fraction(1, below + 1)))
            return total
        rest = self.add((n, self.negative(k)))
        below_line = self.multiply((self.factorial(k), self.factorial(rest)))
        return self.divide(self.factorial(n), below_line)
