r"""Read the structure of a final answer: values, tuples, intervals, sets, relations, matrices.

What looks alike must not be equal by accident, so the kinds are kept apart here, before any value
is compared: `(1, 2)` is ordered, `\{1, 2\}` and `1, 2` aren't, `[1, 2]` isn't `(1, 2)`, `x = 5`
names its value and `4 = 5` is a relation that equals no number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from rewards.math.expression import Unreadable, same_expression
from rewards.math.latex import enclosed, split_top
from rewards.reading.numbers import read_number
from rewards.reading.units import Unit, label, read_unit

MAX_ITEMS = 64
MAX_NESTING = 8


@dataclass(frozen=True)
class Value:
    """Is an expression with the unit written after it; `number` is set if it is a plain number.

    `explicit_unit` is false for a lone letter that might as well be a variable (`3 m`). `product`
    is the whole text where the unit is made of one or two letters that may be variables (`2mg`).
    """

    text: str
    number: Fraction | None = None
    unit: Unit | None = None
    percent: bool = False
    explicit_unit: bool = True
    product: str = ""


@dataclass(frozen=True)
class Sequence:
    """Holds values in order between brackets: a point, a vector, an interval."""

    opening: str
    items: tuple[Answer, ...]
    closing: str


@dataclass(frozen=True)
class Collection:
    """Holds values in any order: a `set`, a `list` without brackets, or a `union` of intervals."""

    kind: str
    items: tuple[Answer, ...]


@dataclass(frozen=True)
class Named:
    """Is a value with a name: `x = 5`, `f(x) = …`, `x \\in …`."""

    name: str
    value: Answer


@dataclass(frozen=True)
class Relation:
    """Has two sides, of which the left one is no name."""

    sign: str
    left: str
    right: str


@dataclass(frozen=True)
class Matrix:
    """Holds answers in rows."""

    rows: tuple[tuple[Answer, ...], ...]


Answer = Value | Sequence | Collection | Named | Relation | Matrix

_CELL = re.compile(r"&")
_ROW = re.compile(r"\\\\")
_MATRIX = re.compile(r"\\begin ?\{([pbB]?matrix)\}(.*)\\end ?\{\1\}")
_UNION = re.compile(r"\\cup(?![A-Za-z])")
_AND = (
    r"\\text\{ ?(?:and|or|und|oder|et|ou|o|y|e) ?\}"
    r"|(?<=[\s\d})])(?:and|or|und|oder|et|ou)(?=[\s\d\\(])"
)
_LIST = re.compile(rf"(?:[,;] ?)?(?:{_AND}|\\lor(?![A-Za-z])|\\vee(?![A-Za-z])|或|和|または)|[,;]")
_COMMA = re.compile(r"[,;]")
_SEMICOLON = re.compile(r";")
_RELATION = re.compile(r"\\(?:le|ge|ne|approx|in)(?![A-Za-z])|[=<>]")
_NAME = re.compile(
    r"(?:\\text\{[^{}\d]*\}|\\[A-Za-z]+|\\[A-Za-z]+ ?\{[A-Za-z]+\}|[A-Za-z])"
    r"(?: ?_ ?(?:\{[^{}]*\}|[A-Za-z\d]))?(?: ?'+)?(?: ?\([^()=<>]{1,20}\))?"
    r"|[A-Z]{2,4}|\\(?:angle|triangle|overline|widehat) ?\{? ?[A-Z]{1,4} ?\}?"
    r"|\\frac ?\{ ?d ?[a-z] ?\} ?\{ ?d ?[a-z] ?\}|\([a-zA-Z](?: ?, ?[a-zA-Z]){1,5}\)"
)
_INDEX = re.compile(r"_ ?(?:\{[^{}]*\}|[A-Za-z\d])")
_NAMES_ONLY = re.compile(
    r"[^\d\\=<>,;!]*[A-Za-z][^\d\\=<>,;!]*|\\frac ?\{[A-Za-z]+\} ?\{[A-Za-z]+\}"
)
_NOT_A_NAME = frozenset({"\\pi", "\\infty", "e", "i", "\\emptyset"})
_INFINITY = "\\infty"
_FLIPPED = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le"}
_PROSE = re.compile(r"\\text\{([^{}]+)\}")
_NUMBER_HEAD = re.compile(
    r"[+-]? ?(?:(?:\d+ ?)?\\frac ?(?:\{[\d.,]+\}|\d) ?(?:\{[\d.,]+\}|\d)"
    r"|[\d.,]*\d(?: \d{3})*\.?(?: ?(?:/|\\times|\\cdot) ?\d[\d.,]*(?:\^ ?\{?-?\d+\}?)?)?)"
)
_LETTERS = re.compile(r" ?(?:[A-Za-z] ?[A-Za-z]?|\\[A-Za-z]+ ?)", re.ASCII)
_CURRENCY = re.compile(r"([+-]?) ?([$€£¥₹]) ?(?=[\d.\\+-])")
_PERCENT = re.compile(
    r" ?(?:%|\\text\{ ?(?:%|percent(?:age)?|per cent|pct) ?\}|\bpercent(?:age)?|\bper cent|\bpct)$"
)


def _unit(text: str) -> Unit | None:
    return read_unit(text) or (label(text) if "\\text" in text or len(text) > 2 else None)


def _cut_unit(text: str) -> tuple[str, Unit | None, bool]:
    """Return the text without its unit, the unit, and whether it can't be a variable."""
    currency = _CURRENCY.match(text)
    if currency is not None:
        rest = text[currency.end() :].strip()
        inner, more, _ = _cut_unit(rest)
        unit = read_unit(currency[2])
        # "$18 per hour" and "$5 million" aren't dollars only.
        return (currency[1] + inner, unit, True) if more in (None, unit) else (text, None, True)
    for mark in ("\\text{", "^\\circ"):
        place = text.find(mark)
        if place > 0:
            unit = _unit(text[place:])
            return (text[:place].strip(), unit, True) if unit else (text, None, True)
    head = _NUMBER_HEAD.match(text)
    if head is not None and head.end() < len(text):
        tail = text[head.end() :].strip()
        unit = read_unit(tail)
        if unit is not None:
            return head[0].strip(), unit, not (len(tail) == 1 and tail.isalpha())
        if re.fullmatch(r"(?:[^\W\d_]{3,}|of|in)(?: (?:[^\W\d_]{3,}|of|in))*", tail):
            unit = label(tail)
            return (head[0].strip(), unit, True) if unit else (text, None, True)
    return text, None, True


def _value(text: str, decimal_comma: bool | None) -> Value:
    percent = _PERCENT.search(text)
    if percent is not None and percent.start() > 0:
        text = text[: percent.start()].strip()
        return Value(text, read_number(text, decimal_comma=bool(decimal_comma)), percent=True)
    number = read_number(text, decimal_comma=bool(decimal_comma))
    if number is not None:
        return Value(text, number)
    body, unit, explicit = _cut_unit(text)
    number = read_number(body, decimal_comma=bool(decimal_comma))
    letters = unit is not None and _LETTERS.fullmatch(text.removeprefix(body))
    return Value(body, number, unit, explicit_unit=explicit, product=text if letters else "")


def _both_signs(text: str) -> tuple[str, str]:
    upper = text.replace("\\pm", "+").replace("\\mp", "-")
    lower = text.replace("\\pm", "-").replace("\\mp", "+")
    return upper.removeprefix("+").strip(), lower.removeprefix("+").strip()


def _is_name(text: str) -> bool:
    """Tell whether a text is a name, or an expression in names only: `x + y`, `V_1 : V_2`."""
    if text in _NOT_A_NAME:
        return False
    return bool(_NAME.fullmatch(text) or _NAMES_ONLY.fullmatch(_INDEX.sub("", text)))


def _all_equal(sides: list[str]) -> bool:
    """Tell whether the steps of `x = 2 + 3 = 5` agree."""
    try:
        return all(same_expression(side, sides[-1]) for side in sides[:-1])
    except Unreadable:
        return False


def _relation(parts: list[tuple[str, str]], comma: bool | None, depth: int) -> Answer | None:
    """Read a chain of relations at the top level."""
    signs = [sign for sign, _ in parts[1:]]
    sides = [side for _, side in parts]
    if not all(sides[1:]) or (not sides[0] and signs != ["\\approx"]):
        return None
    if signs == ["\\approx"] and not sides[0]:
        return _read(sides[1], comma, depth)
    if signs[-1] == "\\approx" and not (len(signs) == 1 and _is_name(sides[0])):
        # The exact value, then how large that is: the exact one is the answer.
        return (
            _relation(parts[:-1], comma, depth) if len(signs) > 1 else _read(sides[0], comma, depth)
        )
    if len(signs) == 1:
        sign, (left, right) = signs[0], sides
        if sign in ("=", "\\in", "\\approx") and _is_name(left):
            return Named(left, _read(right, comma, depth))
        if sign == "=" and _is_name(right):  # 5 = x
            return Named(right, _read(left, comma, depth))
        if sign in _FLIPPED:
            if _is_name(right) and not _is_name(left):
                left, sign, right = right, _FLIPPED[sign], left
            if _is_name(left):
                closed = sign in ("\\le", "\\ge")
                end = _read(right, comma, depth)
                if sign in ("<", "\\le"):
                    below = Value("-" + _INFINITY)
                    return Named(left, Sequence("(", (below, end), "]" if closed else ")"))
                return Named(left, Sequence("[" if closed else "(", (end, Value(_INFINITY)), ")"))
        return Relation(sign, left, right)
    if set(signs) == {"="} and _is_name(sides[0]) and _all_equal(sides[1:]):
        return Named(sides[0], _read(sides[-1], comma, depth))
    if len(signs) == 2 and _is_name(sides[1]):
        if {signs[0], signs[1]} <= {">", "\\ge"}:
            sides.reverse()
            signs = [_FLIPPED[sign] for sign in reversed(signs)]
        if {signs[0], signs[1]} <= {"<", "\\le"}:
            opening, closing = (
                ("[" if signs[0] == "\\le" else "("),
                ("]" if signs[1] == "\\le" else ")"),
            )
            ends = (_read(sides[0], comma, depth), _read(sides[2], comma, depth))
            return Named(sides[1], Sequence(opening, ends, closing))
    return None


def _items(parts: list[tuple[str, str]], comma: bool | None, depth: int) -> tuple[Answer, ...]:
    if len(parts) > MAX_ITEMS:
        raise ValueError("too many items")
    items: list[Answer] = []
    for _, part in parts:
        found = _read(part, comma, depth)
        # \pm gives two values where one is listed.
        if isinstance(found, Collection) and found.kind == "list":
            items.extend(found.items)
        else:
            items.append(found)
    return tuple(items)


def _listed(parts: list[tuple[str, str]], comma: bool | None, depth: int) -> Answer:
    items = _items(parts, comma, depth)
    named = [isinstance(item, Named) for item in items]
    first = items[0]
    if isinstance(first, Named) and not any(named[1:]):
        return Named(first.name, Collection("list", (first.value, *items[1:])))
    names = {item.name for item in items if isinstance(item, Named)}
    if all(named) and len(names) == 1:
        values = tuple(item.value for item in items if isinstance(item, Named))
        union = all(isinstance(value, Sequence) for value in values)
        return Named(names.pop(), Collection("union" if union else "list", values))
    return Collection("list", items)


def _read(text: str, comma: bool | None, depth: int) -> Answer:
    if depth > MAX_NESTING:
        raise ValueError("nested too deeply")
    if read_number(text, decimal_comma=bool(comma)) is not None:
        return Value(text, read_number(text, decimal_comma=bool(comma)))
    matrix = _MATRIX.fullmatch(text)
    if matrix is not None and "\\begin" not in matrix[2]:
        lines = [row for _, row in split_top(matrix[2], _ROW) if row]
        return Matrix(tuple(_items(split_top(row, _CELL), comma, depth + 1) for row in lines))
    union = split_top(text, _UNION)
    if len(union) > 1:
        return Collection("union", _items(union, comma, depth + 1))
    listed = split_top(text, _SEMICOLON if comma and ";" in text else _LIST)
    if len(listed) > 1 and all(part for _, part in listed) and not _thousands(text, comma):
        return _listed(listed, comma, depth + 1)
    chain = split_top(text, _RELATION)
    if len(chain) > 1:
        return _relation(chain, comma, depth + 1) or Value(text)
    return _bracketed(text, comma, depth)


def _thousands(text: str, comma: bool | None) -> bool:
    """Tell whether the top-level commas group the digits of one number with a unit ("1,234 km")."""
    value = _value(text, comma)
    return value.number is not None and (value.unit is not None or value.percent)


def _bracketed(text: str, comma: bool | None, depth: int) -> Answer:
    pair = enclosed(text)
    if pair is not None:
        opening, inside, closing = pair
        parts = split_top(inside, _SEMICOLON if comma and ";" in inside else _COMMA)
        if opening == "\\{" and closing == "\\}":
            if re.search(r"\\mid|\||:", inside):
                return Value(text)
            return Collection("set", tuple(dict.fromkeys(_items(parts, comma, depth + 1))))
        if opening == "{" and closing == "}":
            return _read(inside, comma, depth + 1)
        if len(parts) > 1 and opening in "([" and closing in ")]":
            return Sequence(opening, _items(parts, comma, depth + 1), closing)
        if opening == "(" and closing == ")" and inside:
            return _read(inside, comma, depth + 1)
    prose = _PROSE.fullmatch(text)
    if prose is not None:
        return _read(prose[1].strip(), comma, depth + 1)
    if "\\pm" in text or "\\mp" in text:
        return Collection("list", tuple(_value(one, comma) for one in _both_signs(text)))
    return _value(text, comma)


def read_answer(text: str, decimal_comma: bool | None = None) -> Answer:
    """Read the structure of a tidy text.

    Raises:
        ValueError: it is nested too deeply or has too many items.
    """
    return _read(text, decimal_comma, 0)
