r"""Read a LaTeX expression into a tree, with what has to be known to choose sample points for it.

A small recursive-descent parser, linear in the length of the text. Sums and products of written
numbers are computed as fractions while they are read. What is not understood is refused
(`Unreadable`), never guessed: sums with an index, integrals, limits, calls of unknown functions,
words. `i` is the imaginary unit, `e` Euler's number; every other letter stands for a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NoReturn

MAX_EXPRESSION_CHARS = 512
MAX_DEPTH = 24
# Bits of a numerator or denominator up to which arithmetic stays exact.
MAX_EXACT_BITS = 4096


class Unreadable(ValueError):
    """Says that a text is no expression that this package understands, or too large a one."""


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
# "sin x" without the backslash, by the first letter.
_SPELLED: dict[str, list[str]] = {}
for _name in (*_FUNCTIONS, "pi"):
    _SPELLED.setdefault(_name[0], []).append(_name)
# A letter before a parenthesis that is rather a function's name than a factor.
_CALLED = frozenset("fghFGHP")
_STARTS = frozenset(("sqrt", "frac", "binom", "pi", "lfloor", "lceil", "lvert", "mathrm"))
_DIGIT = frozenset("0123456789")
_OPEN_CLOSE = {"(": ")", "[": "]", "{": "}"}
_FOLDED = frozenset(("negative", "quotient", "sum", "product"))
# Where a real function of a letter ends, jumps or has a kink; powers are looked at one by one.
_BRANCHING = frozenset(
    ("absolute", "floor", "ceil", "ln", "log", "lg", "arcsin", "arccos", "arctan")
)


_ZERO = Fraction(0)
_NONE = frozenset[str]()


# Not frozen: making a frozen one takes three times as long.
@dataclass(slots=True, eq=False)
class Node:
    """Is a number, a letter, a constant (`pi`, `e`, `i`), or an operation on other nodes."""

    op: str
    args: tuple[Node, ...] = ()
    value: Fraction = _ZERO
    name: str = ""
    letters: frozenset[str] = _NONE


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """Is a tree, and what decides where it is evaluated.

    Attributes:
        root: the tree.
        letters: names of its variables, in the order of their first appearance.
        whole: those that stand for whole numbers: in a factorial, in the lower half of a
            binomial, in the exponent of a negative number.
        branches: equality in one region says nothing about the next: roots, logarithms, |x|.
        imaginary: `i` occurs.
        literals: the magnitudes of its written numbers, and of quotients of two.
        digits: bits of the longest written number.
        called: names before a parenthesis that are functions, unless they are factors elsewhere.
        plain: names that are surely factors.
    """

    root: Node
    letters: tuple[str, ...]
    whole: frozenset[str]
    branches: bool
    imaginary: bool
    literals: tuple[Fraction, ...]
    digits: int
    called: frozenset[str]
    plain: frozenset[str]


def number(value: Fraction) -> Node:
    """Make the node of a number."""
    return Node("number", (), value)


_HALF = number(Fraction(1, 2))


class _Parser:
    """Reads one expression; see the module's docstring."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_EXPRESSION_CHARS:
            raise Unreadable("the expression is too long")
        self.tokens = [match[1] for match in _TOKEN.finditer(text.strip())]
        self.place = 0
        self.depth = 0
        self.bars = 0
        self.names: dict[str, None] = {}
        self.whole: set[str] = set()
        self.literals: list[Fraction] = []
        self.called: set[str] = set()
        self.plain: set[str] = set()
        self.branches = False
        self.imaginary = False
        self.digits = 1

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

    # Nodes ------------------------------------------------------------------------------------

    def make(self, op: str, *args: Node) -> Node:
        """Make a node, or the number that it is."""
        if len(args) == 1 and op in ("sum", "product"):
            return args[0]
        if op in _FOLDED and all(arg.op == "number" for arg in args):
            folded = _fold(op, [arg.value for arg in args])
            if folded is not None:
                if op == "quotient":
                    self.literals.append(abs(folded))
                return number(folded)
        letters = _NONE.union(*[arg.letters for arg in args])
        if letters:
            self.notice(op, args)
        return Node(op, args, letters=letters)

    def notice(self, op: str, args: tuple[Node, ...]) -> None:
        """Keep what an operation on letters says about its domain."""
        if op in _BRANCHING:
            self.branches = True
        elif op == "factorial":
            self.whole |= args[0].letters
        elif op == "binomial":
            self.whole |= args[1].letters
        elif op == "power":
            base, exponent = args
            if base.letters:
                natural = exponent.op == "number" and exponent.value.denominator == 1
                self.branches |= not natural
            elif base.op == "negative" or (base.op == "number" and base.value < 0):
                self.whole |= exponent.letters

    # Grammar ----------------------------------------------------------------------------------

    def expression(self) -> Expression:
        root = self.sum()
        if self.next:
            self.refuse()
        return Expression(
            root,
            tuple(self.names),
            frozenset(self.whole),
            self.branches,
            self.imaginary,
            tuple(self.literals),
            self.digits,
            frozenset(self.called),
            frozenset(self.plain),
        )

    def sum(self) -> Node:
        sign = self.take("+", "-")
        terms = [self.product()]
        if sign == "-":
            terms = [self.make("negative", terms[0])]
        while sign := self.take("+", "-"):
            # "14+-i" is what a filled template looks like; "--" may be a dash.
            if sign == "+" and self.take("-"):
                sign = "-"
            term = self.product()
            terms.append(term if sign == "+" else self.make("negative", term))
        return self.make("sum", *terms)

    def product(self) -> Node:
        factors = [self.factor()]
        while True:
            if self.take("*", "\\cdot", "\\times"):
                factors.append(self.signed_factor())
            elif self.take("/", "\\div"):
                # As written by people: 1/2x is ambiguous, so only one plain factor may follow.
                below = self.signed_factor()
                factors = [self.make("quotient", self.make("product", *factors), below)]
                if self.starts_factor():
                    raise Unreadable("an ambiguous quotient")
            elif self.starts_factor():
                if self.next[0] in _DIGIT:
                    raise Unreadable("a number follows a factor")
                if self.next == "\\frac" and self.tokens[self.place - 1][0] in _DIGIT:
                    after = "".join(self.tokens[self.place + 1 : self.place + 3])
                    if after.lstrip("{")[:1] in _DIGIT:
                        raise Unreadable("a mixed number or a product")
                factors.append(self.factor())
            else:
                return self.make("product", *factors)

    def signed_factor(self) -> Node:
        if self.take("-"):
            return self.make("negative", self.factor())
        self.take("+")
        return self.factor()

    def starts_factor(self) -> bool:
        token = self.next
        if token == "|":
            return self.bars == 0
        if not token.startswith("\\"):
            return bool(token) and (token.isalnum() or token in "([{.")
        name = token[1:]
        return name in _STARTS or name in _GREEK or name in FUNCTIONS or name in _DECORATIONS

    def factor(self) -> Node:
        """Read a primary with its postfixes: powers, factorials, degrees."""
        node = self.primary()
        while True:
            if self.take("^"):
                if self.tokens[self.place : self.place + 1] == ["\\circ"] or self.tokens[
                    self.place : self.place + 3
                ] == ["{", "\\circ", "}"]:
                    self.place += 1 if self.next == "\\circ" else 3
                    node = self.make("product", node, number(Fraction(1, 180)), Node("pi"))
                else:
                    node = self.make("power", node, self.argument())
            elif self.take("!"):
                node = self.make("factorial", node)
            else:
                return node

    def argument(self) -> Node:
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
            return self.make("negative", self.primary())
        return self.primary()

    def group(self, close: str) -> Node:
        bars, self.bars = self.bars, 0
        node = self.sum()
        self.bars = bars
        self.expect(close)
        return node

    def primary(self) -> Node:
        """Read a primary; every recursion comes through here, so its depth is limited here."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("nested too deeply")
        node = self.simple()
        self.depth -= 1
        return node

    def simple(self) -> Node:
        """Read a number, a group, an absolute value, a name or a command."""
        token = self.next
        if not token:
            self.refuse()
        self.place += 1
        if token.lstrip(".")[:1] in _DIGIT:
            return self.literal(token)
        if token in _OPEN_CLOSE:
            return self.group(_OPEN_CLOSE[token])
        if token == "|" or token == "\\lvert":
            self.bars += 1
            node = self.sum()
            self.bars -= 1
            self.expect("|" if token == "|" else "\\rvert")
            return self.make("absolute", node)
        if token.isalpha() and token.isascii():
            return self.letter(token)
        if token.startswith("\\"):
            return self.command(token[1:])
        self.place -= 1
        return self.refuse()

    def literal(self, token: str) -> Node:
        value = Fraction(int(token)) if "." not in token else Fraction(token)
        self.literals.append(value)
        size = max(value.numerator.bit_length(), value.denominator.bit_length())
        self.digits = max(self.digits, size)
        return number(value)

    def letter(self, token: str) -> Node:
        for name in _SPELLED.get(token, ()):
            if self.tokens[self.place - 1 : self.place - 1 + len(name)] == list(name):
                self.place += len(name) - 1
                return self.command(name)
        if token in ("e", "i") and self.next != "_":
            self.imaginary |= token == "i"
            return Node(token)
        return self.symbol(token)

    def symbol(self, name: str) -> Node:
        if self.take("_"):
            name += "_" + self.verbatim()
        if self.next == "'":
            self.refuse()
        (self.called if self.next == "(" and name[0] in _CALLED else self.plain).add(name)
        self.names.setdefault(name)
        return Node("letter", name=name, letters=frozenset((name,)))

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

    def command(self, name: str) -> Node:
        if name in _GREEK:
            return self.symbol("\\" + name)
        if name in _DECORATIONS:
            return self.symbol(f"\\{name}{{{self.verbatim()}}}")
        if name == "pi":
            return Node("pi")
        if name == "mathrm":
            inner = self.verbatim()
            return self.letter(inner) if inner in ("e", "i") else self.refuse()
        if name == "frac":
            return self.make("quotient", self.argument(), self.argument())
        if name == "binom":
            return self.make("binomial", self.argument(), self.argument())
        if name in ("lfloor", "lceil"):
            return self.make(name[1:], self.group("\\r" + name[1:]))
        if name == "sqrt":
            root = _HALF
            if self.take("["):
                root = self.make("quotient", number(Fraction(1)), self.group("]"))
            return self.make("power", self.argument(), root)
        if name in FUNCTIONS:
            return self.applied(name)
        self.place -= 1
        return self.refuse()

    def applied(self, name: str) -> Node:
        r"""Read a function with its power and argument: `\sin^2 x`, `\log_2 8`, `\cos(2x)`."""
        base = self.argument() if name == "log" and self.take("_") else None
        power = self.argument() if self.take("^") else None
        if power is not None and power.op == "number" and power.value == -1:
            # sin^{-1} is the inverse function, never the reciprocal.
            if name not in ("sin", "cos", "tan"):
                self.refuse()
            name, power = "arc" + name, None
        if self.next in _OPEN_CLOSE:
            node = self.primary()
        else:
            # Without parentheses the argument is a product up to the next function or sign.
            factors = [self.signed_factor()]
            while self.starts_factor() and self.next.lstrip("\\") not in FUNCTIONS:
                if self.next in "([{|":
                    raise Unreadable("an ambiguous argument")
                factors.append(self.factor())
            node = self.make("product", *factors)
        if base is not None:
            node = self.make("quotient", self.make("ln", node), self.make("ln", base))
        else:
            node = self.make(name, node)
        return node if power is None else self.make("power", node, power)


def _fold(op: str, values: list[Fraction]) -> Fraction | None:
    """Compute an operation on written numbers, unless its result is undefined or too long."""
    if op == "negative":
        return -values[0]
    if op == "quotient":
        return values[0] / values[1] if values[1] else None
    total = values[0]
    for value in values[1:]:
        total = total + value if op == "sum" else total * value
        if max(total.numerator.bit_length(), total.denominator.bit_length()) > MAX_EXACT_BITS:
            return None
    return total


@lru_cache(maxsize=1024)
def read_expression(text: str) -> Expression | str:
    """Return the expression, or the reason why it was refused."""
    try:
        return _Parser(text).expression()
    except Unreadable as problem:
        return str(problem)
