r"""Tell whether two LaTeX expressions are equal, by evaluating both at the same points.

An expression is read by a small recursive-descent parser and evaluated, as it is read, with 50
digits at a few pseudo-random values of its variables. Equal values at every point mean equal
expressions (Schwartz 1980 for polynomials; for elementary functions it is what online homework
systems do). Wrong positives would need two different expressions to agree to 35 digits at all
points; a rounded decimal such as 3.14159265358979 for `\pi` never does.

Why no computer algebra: it is written for trusted input. `sympify` executes code, a LaTeX grammar
takes minutes for twenty nested braces, `simplify` has no bound, "listen" equals "silent" as a
product of letters and `R^2 - r^2` is 0 where symbols are folded to lower case. Here everything is
linear in the length of the text, and no value may leave the range that a physicist would call a
number, so that `9^{9^{9^9}}` and `10000000!` stop at the offending operation.

What is not understood is refused (`Unreadable`), never guessed: sums, integrals, limits, calls of
unknown functions, words. A logarithm without a base is `ln` times an unknown constant: what holds
in every base passes, and nothing else. `i` is the imaginary unit, `e` Euler's number.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, NoReturn

MAX_EXPRESSION_CHARS = 512
MAX_DEPTH = 24
# log10 of the largest and the smallest magnitude that an intermediate value may have.
MAX_MAGNITUDE = 400
MAX_FACTORIAL = 200
POINTS = 3
DIGITS = 50
TOLERANCE = "1e-35"

Values = tuple[Any, ...]


class Unreadable(ValueError):
    """Says that a text is no expression that this module understands, or too large a one."""


_TOKEN = re.compile(r"\s*(\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\.\d+|[A-Za-z]|.)", re.DOTALL | re.ASCII)
_GREEK = frozenset(
    (
        *("alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta"),
        *("vartheta", "iota", "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma", "tau"),
        *("upsilon", "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda"),
        *("Xi", "Sigma", "Phi", "Psi", "Omega", "ell", "hbar"),
    )
)
# What decorates a name and makes another name of it: \vec{a}, \overline{AB}.
_DECORATIONS = frozenset(
    ("vec", "overline", "bar", "hat", "tilde", "underline", "mathbf", "mathbb", "mathcal")
)
_FUNCTIONS = (
    *("arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "sin", "cos", "tan"),
    *("cot", "sec", "csc", "exp", "ln", "log", "lg", "sqrt"),
)
FUNCTIONS = frozenset(_FUNCTIONS)
# A letter before a parenthesis that is rather a function's name than a factor.
_CALLED = frozenset("fghFGHP")
_STARTS = frozenset(("sqrt", "frac", "binom", "pi", "lfloor", "lceil", "lvert", "mathrm"))
_DIGIT = frozenset("0123456789")
_OPEN_CLOSE = {"(": ")", "[": "]", "{": "}"}


@cache
def _arithmetic() -> Any:
    """Make an mpmath context of our own, whose precision other code cannot change."""
    from mpmath.ctx_mp import MPContext

    context = MPContext()
    context.dps = DIGITS
    return context


@lru_cache(maxsize=4096)
def _variable(name: str) -> Values:
    """Return the values of a variable at the points: of both signs, and no special number."""
    mp = _arithmetic()
    values = []
    for point in range(POINTS):
        digest = hashlib.sha256(f"{name}:{point}".encode()).digest()
        size = mp.mpf(int.from_bytes(digest[:16], "big")) / mp.mpf(2) ** 128 * 2 + mp.mpf("0.3")
        # The first point is all positive; the others mix signs, which tells |x| from x.
        values.append(-size if point and (digest[16] + point) % 2 else size)
    return tuple(values)


class _Reader:
    """Reads one expression and holds its values at all points; see the module's docstring."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_EXPRESSION_CHARS:
            raise Unreadable("the expression is too long")
        self.tokens = [match[1] for match in _TOKEN.finditer(text.strip())]
        self.place = 0
        self.depth = 0
        self.bars = 0
        self.mp = _arithmetic()

    # Tokens -----------------------------------------------------------------------------------

    @property
    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        token = self.next
        if token and token in wanted:
            self.place += 1
            return token
        return ""

    def refuse(self) -> NoReturn:
        raise Unreadable(f"not understood at {''.join(self.tokens[self.place : self.place + 5])!r}")

    def expect(self, token: str) -> None:
        if not self.take(token):
            self.refuse()

    # Arithmetic at all points -----------------------------------------------------------------

    def each(self, operation: Callable[..., Any], *operands: Values) -> Values:
        """Apply an operation at every point; a value outside the range refuses the expression."""
        try:
            results = tuple(operation(*at) for at in zip(*operands, strict=True))
        except Unreadable:
            raise
        except (ArithmeticError, ValueError):  # a pole, 0/0, an argument outside the domain
            raise Unreadable("not defined at a point") from None
        for value in results:
            # `mag` is the binary exponent; zero's is -inf.
            if value and not abs(self.mp.mag(value)) < MAX_MAGNITUDE * 3.33:
                raise Unreadable("a value is out of range")
        return results

    def constant(self, value: Any) -> Values:
        return (self.mp.mpf(value),) * POINTS

    def power(self, base: Values, exponent: Values) -> Values:
        def one(x: Any, y: Any) -> Any:
            if x == 0:
                if self.mp.re(y) > 0:
                    return x
                raise ArithmeticError
            # The size of the result is known before it is computed.
            if not abs(self.mp.log(x) * y) < MAX_MAGNITUDE * 2.31:
                raise Unreadable("a power is out of range")
            if self.mp.isint(y):
                return x ** int(self.mp.re(y))
            return self.mp.power(x, y)

        return self.each(one, base, exponent)

    def factorial(self, value: Values) -> Values:
        if any(not abs(v) <= MAX_FACTORIAL for v in value):
            raise Unreadable("a factorial is out of range")
        return self.each(lambda v: self.mp.gamma(v + 1), value)

    def function(self, name: str) -> Callable[[Any], Any]:
        mp = self.mp
        if name == "log":
            base = _variable("\\log")[0]
            return lambda v: mp.ln(v) * base
        if name == "lg":
            return lambda v: mp.ln(v) / mp.ln(10)
        if name in ("arcsin", "arccos", "arctan"):
            return getattr(mp, name.replace("arc", "a"))  # type: ignore[no-any-return]

        def apply(v: Any) -> Any:
            if name in ("exp", "sinh", "cosh", "tanh") and not abs(v) < MAX_MAGNITUDE * 2.31:
                raise Unreadable("a power is out of range")
            return getattr(mp, name)(v)

        return apply

    # Grammar ----------------------------------------------------------------------------------

    def whole(self) -> Values:
        values = self.sum()
        if self.next:
            self.refuse()
        return values

    def sum(self) -> Values:
        sign = self.take("+", "-")
        total = self.product()
        if sign == "-":
            total = self.each(lambda v: -v, total)
        while sign := self.take("+", "-"):
            term = self.product()
            total = self.each(
                (lambda a, b: a + b) if sign == "+" else (lambda a, b: a - b), total, term
            )
        return total

    def product(self) -> Values:
        value = self.factor()
        while True:
            if self.take("*", "\\cdot", "\\times"):
                value = self.each(lambda a, b: a * b, value, self.signed_factor())
            elif self.take("/", "\\div"):
                # As written by people: 1/2x is ambiguous, so only one plain factor may follow.
                below = self.signed_factor()
                value = self.each(lambda a, b: a / b, value, below)
                if self.starts_factor():
                    raise Unreadable("an ambiguous quotient")
            elif self.starts_factor():
                if self.next[0] in _DIGIT:
                    raise Unreadable("a number follows a factor")
                if self.next == "\\frac" and self.tokens[self.place - 1][0] in _DIGIT:
                    after = "".join(self.tokens[self.place + 1 : self.place + 3])
                    if after.lstrip("{")[:1] in _DIGIT:
                        raise Unreadable("a mixed number or a product")
                value = self.each(lambda a, b: a * b, value, self.factor())
            else:
                return value

    def signed_factor(self) -> Values:
        if self.take("-"):
            return self.each(lambda v: -v, self.factor())
        self.take("+")
        return self.factor()

    def starts_factor(self) -> bool:
        token = self.next
        if token == "|":
            return self.bars == 0
        if not token.startswith("\\"):
            return bool(token) and (token.isalnum() or token in "([{.")
        name = token[1:]
        return name in _STARTS or name in _GREEK or name in _FUNCTIONS or name in _DECORATIONS

    def factor(self) -> Values:
        """Read a primary with its postfixes: powers, factorials, degrees."""
        value = self.primary()
        while True:
            if self.take("^"):
                if self.tokens[self.place : self.place + 1] == ["\\circ"] or self.tokens[
                    self.place : self.place + 3
                ] == ["{", "\\circ", "}"]:
                    self.place += 1 if self.next == "\\circ" else 3
                    value = self.each(lambda v: v * self.mp.pi / 180, value)
                else:
                    value = self.power(value, self.argument())
            elif self.take("!"):
                value = self.factorial(value)
            else:
                return value

    def argument(self) -> Values:
        """Read what `\\frac`, `\\sqrt` and `^` take: a group, or the single next symbol."""
        if self.next == "{":
            return self.primary()
        token = self.next
        if token[:1] in _DIGIT and len(token) > 1:
            # "\frac12" and "x^23": TeX takes one digit only.
            if "." in token:
                self.refuse()
            self.tokens[self.place : self.place + 1] = [token[0], token[1:]]
        if self.take("-"):  # x^-1, as people write
            return self.each(lambda v: -v, self.primary())
        return self.primary()

    def group(self, close: str) -> Values:
        bars, self.bars = self.bars, 0
        value = self.sum()
        self.bars = bars
        self.expect(close)
        return value

    def primary(self) -> Values:
        """Read a primary; every recursion comes through here, so its depth is limited here."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("nested too deeply")
        value = self.simple()
        self.depth -= 1
        return value

    def simple(self) -> Values:
        """Read a number, a group, an absolute value, a name or a command."""
        token = self.next
        if not token:
            self.refuse()
        self.place += 1
        if token.lstrip(".")[:1] in _DIGIT:
            return self.each(lambda v: v, self.constant(token))
        if token in _OPEN_CLOSE:
            return self.group(_OPEN_CLOSE[token])
        if token == "|" or token == "\\lvert":
            self.bars += 1
            value = self.sum()
            self.bars -= 1
            self.expect("|" if token == "|" else "\\rvert")
            return self.each(abs, value)
        if token.isalpha() and token.isascii():
            return self.letter(token)
        if token.startswith("\\"):
            return self.command(token[1:])
        self.place -= 1
        return self.refuse()

    def letter(self, token: str) -> Values:
        for name in (*_FUNCTIONS, "pi"):  # "sin x" without the backslash
            if self.tokens[self.place - 1 : self.place - 1 + len(name)] == list(name):
                self.place += len(name) - 1
                return self.command(name)
        if token == "e" and self.next != "_":
            return (self.mp.e,) * POINTS
        if token == "i" and self.next != "_":
            return (self.mp.mpc(0, 1),) * POINTS
        return self.symbol(token)

    def symbol(self, name: str) -> Values:
        if self.take("_"):
            name += "_" + self.verbatim()
        if self.next == "'" or (self.next == "(" and name[0] in _CALLED):
            self.refuse()
        return _variable(name)

    def verbatim(self) -> str:
        """Return the text of the next group or symbol, taken as a name."""
        if not self.take("{"):
            token = self.next
            self.place += 1
            if not token.isalnum():
                self.refuse()
            return token
        first = self.place
        while self.next and self.next not in "{}":
            self.place += 1
        name = "".join(self.tokens[first : self.place])
        self.expect("}")
        return name

    def command(self, name: str) -> Values:
        if name in _GREEK:
            return self.symbol("\\" + name)
        if name in _DECORATIONS:
            return self.symbol(f"\\{name}{{{self.verbatim()}}}")
        if name == "pi":
            return (self.mp.pi + 0,) * POINTS
        if name == "mathrm":
            inner = self.verbatim()
            return self.letter(inner) if inner in ("e", "i") else self.refuse()
        if name == "frac":
            return self.each(lambda a, b: a / b, self.argument(), self.argument())
        if name == "binom":
            return self.binomial(self.argument(), self.argument())
        if name in ("lfloor", "lceil"):
            value = self.group("\\r" + name[1:])
            return self.each(self.mp.floor if name == "lfloor" else self.mp.ceil, value)
        if name == "sqrt":
            if self.take("["):
                root = self.each(lambda v: 1 / v, self.group("]"))
                return self.power(self.argument(), root)
            return self.each(self.mp.sqrt, self.argument())
        if name in _FUNCTIONS:
            return self.applied(name)
        self.place -= 1
        return self.refuse()

    def binomial(self, n: Values, k: Values) -> Values:
        below = self.each(
            lambda a, b: a * b,
            self.factorial(k),
            self.factorial(self.each(lambda a, b: a - b, n, k)),
        )
        return self.each(lambda a, b: a / b, self.factorial(n), below)

    def applied(self, name: str) -> Values:
        r"""Read a function with its power and argument: `\sin^2 x`, `\log_2 8`, `\cos(2x)`."""
        base = self.argument() if name == "log" and self.take("_") else None
        power = self.argument() if self.take("^") else None
        if power is not None and all(v == -1 for v in power):
            # sin^{-1} is the inverse function, never the reciprocal.
            if name not in ("sin", "cos", "tan"):
                self.refuse()
            name, power = "arc" + name, None
        if self.next in _OPEN_CLOSE:
            value = self.primary()
        else:
            # Without parentheses the argument is a product up to the next function or sign.
            value = self.signed_factor()
            while self.starts_factor() and self.next.lstrip("\\") not in _FUNCTIONS:
                if self.next in "([{|":
                    raise Unreadable("an ambiguous argument")
                value = self.each(lambda a, b: a * b, value, self.factor())
        if base is not None:
            value = self.each(lambda v, b: self.mp.ln(v) / self.mp.ln(b), value, base)
        else:
            value = self.each(self.function(name), value)
        return value if power is None else self.power(value, power)


@lru_cache(maxsize=1024)
def values_of(text: str) -> Values | str:
    """Return the expression's values at the points, or the reason why it was refused."""
    try:
        return _Reader(text).whole()
    except Unreadable as problem:
        return str(problem)


def _close(left: Any, right: Any) -> bool:
    scale = max(1, abs(left), abs(right))
    return bool(abs(left - right) <= _arithmetic().mpf(TOLERANCE) * scale)


def same_expression(left: str, right: str) -> bool:
    """Tell whether two expressions have the same values.

    Raises:
        Unreadable: one of them isn't understood.
    """
    a, b = values_of(left), values_of(right)
    for values in (a, b):
        if isinstance(values, str):
            raise Unreadable(values)
    return all(_close(x, y) for x, y in zip(a, b, strict=True))


def same_equation(left: tuple[str, str], right: tuple[str, str]) -> bool:
    """Tell whether two equations have the same solutions because one is a multiple of the other.

    Raises:
        Unreadable: a side isn't understood.
    """
    sides = [values_of(f"({lhs})-({rhs})") for lhs, rhs in (left, right)]
    for values in sides:
        if isinstance(values, str):
            raise Unreadable(values)
    ratios = []
    for a, b in zip(*sides, strict=True):
        if abs(b) < 1e-12 or abs(a) < 1e-12:  # an identity says nothing about its variables
            return False
        ratios.append(a / b)
    if all(_close(value, sides[0][0]) for value in sides[0]):  # nor does "4 = 5"
        return False
    return all(_close(ratio, ratios[0]) for ratio in ratios)
