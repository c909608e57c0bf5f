r"""Read units of measurement, such as `kg m^2/s^2`, by the table in `rewards.reading.unit_table`.

A unit is a factor to SI base units and their exponents, so that `km/h`, `\frac{km}{h}` and
`km h^{-1}` are one unit and `J` equals `N m`. Temperatures in °C and °F have an offset and are
therefore units of their own, never converted; in `J/°C` they are intervals, which have none.

Letters after a value that was measured (`measured=True`) are a unit or nothing. Then products
without a sign are read too, if they can be cut in one way only (`Nm`, `kJmol^{-1}`, but neither
`kgms` nor `W/mK`), and so are percents and what is counted (`photon/s`). In mathematics `2Nm` may
be a product of three letters, so these need the flag.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from rewards.reading.unit_table import (
    ALIASES,
    COMMON_PREFIXES,
    COUNTED,
    LONG_PREFIXES,
    MEASURED_ONLY,
    NAMES,
    OTHER_NAMES,
    PHRASES,
    PI,
    PLAIN,
    PREFIXABLE,
    PREFIXES,
    SOME_PREFIXES,
)

MAX_UNIT_CHARS = 96
MAX_UNIT_EXPONENT = 12
MAX_UNIT_NESTING = 6
# Of a power without its sign, as in "kg m-3".
MAX_BARE_POWER = 4

Dimensions = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Unit:
    """Is a factor to SI base units and their exponents; `label` names what isn't in the table.

    A label ("apples") is compared as a word, and its factor is 1.
    """

    factor: Fraction
    dimensions: Dimensions
    label: str = ""


PERCENT = Unit(Fraction(1, 100), ())


@dataclass(frozen=True)
class _Part:
    """Is one factor of a unit, as it was written."""

    name: str
    unit: Unit
    power: int
    # "m-3": a power without its sign, which may as well be the end of a range.
    bare: bool = False


def _number(text: str) -> Fraction:
    """Return the value of factors with `*` and `/` between them, from left to right."""
    value = Fraction(1)
    for sign, part in re.findall(r"([*/]?)((?:[^*/e]|e[+-]?)+)", text):
        factor = PI if part == "PI" else Fraction(part)
        value = value / factor if sign == "/" else value * factor
    return value


def _product(parts: list[tuple[Unit, int]]) -> Unit:
    factor = Fraction(1)
    exponents: dict[str, int] = {}
    for unit, power in parts:
        factor *= unit.factor**power
        for base, exponent in unit.dimensions:
            exponents[base] = exponents.get(base, 0) + exponent * power
    kept = tuple(sorted((base, e) for base, e in exponents.items() if e))
    return Unit(factor, kept)


def _from_bases(factor: str, bases: str) -> Unit:
    parts = []
    for part in bases.split():
        base, _, exponent = part.partition("^")
        parts.append((Unit(Fraction(1), ((base, 1),)), int(exponent or 1)))
    return Unit(_number(factor), _product(parts).dimensions)


def _symbols(measured: bool) -> dict[str, Unit]:
    """Make the table of symbols, with or without those that are rather variables."""
    some = {n: e for n, e in SOME_PREFIXES.items() if measured or n not in MEASURED_ONLY}
    plain = {n: e for n, e in PLAIN.items() if measured or n not in MEASURED_ONLY}
    entries = {**PREFIXABLE, **{name: entry[:2] for name, entry in some.items()}}
    table = {name: _from_bases(*entry) for name, entry in entries.items()}
    prefixed: dict[str, list[str]] = {name: COMMON_PREFIXES.split() for name in PREFIXABLE}
    for name, (_, _, some_prefixes) in some.items():
        if measured or name not in PREFIXABLE:
            prefixed[name] = some_prefixes.split()
    for name, prefixes in prefixed.items():
        for prefix in prefixes:
            scaled = table[name]
            # setdefault: "min" isn't a milli-inch, and "cd" not a centi-day.
            table.setdefault(
                prefix + name, replace(scaled, factor=_number(PREFIXES[prefix]) * scaled.factor)
            )
    table |= {name: _from_bases(*entry) for name, entry in plain.items()}
    table["cm^3"] = _product([(table["cm"], 3)])
    return table | {name: table[symbol] for name, symbol in ALIASES.items() if symbol in table}


def _words() -> dict[str, Unit]:
    """Make the table of long names, in lower case."""
    table = _symbols(measured=True)
    words = {name: table[symbol] for name, symbol in OTHER_NAMES.items()}
    for name, symbol in NAMES.items():
        words[name] = table[symbol]
        for long, short in LONG_PREFIXES.items():
            size = _number(PREFIXES[short])
            words[long + name] = replace(table[symbol], factor=size * table[symbol].factor)
    return words


_LETTERS = _symbols(measured=False)
_MEASURED = _symbols(measured=True)
_WORDS = _words()
# What a product without a sign is made of. The second part can't be cut again ("Nms" is N·ms or
# N·m·s), unless it is a name for itself.
_FIRST = re.compile(r"[kmMGμ]?(?:N|J|W|V|Pa|C|g|mol|L)|A|[ck]m")
_SECOND = re.compile(r"m|s|A|K|C|N|g|kg|cm|dm|mol|L|h|Hz|atm")
_WHOLE_WORD = re.compile(r"[^\W\d_][a-zå-ÿ]*|[A-Z]{4,}")
# "kms^{-1}" is no kilometres.
_PLURALS = frozenset(("kms", "kgs"))
_RATIOS = frozenset(("%", "‰", "ppm", "ppb"))
# Pounds are a force where they multiply or divide lengths like this.
_FORCES = (
    {"lb": 1, "ft": 1},
    {"lb": 1, "in": 1},
    {"lb": 1, "in": -2},
    {"lb": 1, "ft": -2},
    {"lb": 1, "s": 1, "ft": -1},
)

_NAME = re.compile(r"°\s?[CF](?![A-Za-z])|°|[A-Za-zμΩÅåö]+\$?|[$€£¥₹¢₩%‰]")
_ONE = re.compile(r"1(?=\s*[/)])")
_POWER = re.compile(r"\s*\^\s*(?:\(\s*([+-]?\d{1,3})\s*\)|([+-]?\d{1,3}))")
_BARE_POWER = re.compile(r"(-?\d)(?!\d)")
_SIGN = re.compile(r"\s*([/*]?)\s*")
_WORDY = re.compile(r"\\(?:text|mathrm|mbox|operatorname|rm)\b|[{}~]|\\[ ,;:!]")
_FRACTION = "\\frac"


def _compiled(*rules: tuple[str, str, int]) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern, flags), replacement) for pattern, replacement, flags in rules]


# What LaTeX and signs need; a text of letters, digits and slashes needs none of it.
_LATEX = _compiled(
    (r"\\(?:text|math)?(?:rm|bf|it|sf|normal)?(?![A-Za-z])(?=\s*\{)", "", 0),
    (r"\\(?:mbox|operatorname|rm|unit|si)(?![A-Za-z])", "", 0),
    # An upright "min" or "sec" may have been taken for the function.
    (r"\\(min|sec)(?![A-Za-z])", r" \1 ", 0),
    # siunitx: \meter\per\second\squared
    (r"\\(per|squared|cubed)(?![A-Za-z])", r" \1 ", 0),
    (rf"\\(?=(?:{'|'.join(LONG_PREFIXES)})?\\?(?:{'|'.join(NAMES)})(?![A-Za-z]))", " ", 0),
    (r"\*\*", "^", 0),
    (r"\^\s*\{\s*([+-]?)\s*(\d+)\s*\}", r"^\1\2", 0),
    (r"\^\s*\{?\s*\\circ(?![A-Za-z])\s*\}?|\{\s*\\circ\s*\}|\\degree(?![A-Za-z])", "°", 0),
    (r"\\(?:cdot|times|ast|bullet)(?![A-Za-z])|[·⋅×]", "*", 0),
    (r"\\mu(?![A-Za-z])|µ", "μ", 0),
    (r"\\Omega(?![A-Za-z])", "Ω", 0),
    (r"\\(?:AA|angstrom)(?![A-Za-z])", "Å", 0),
    (r"\\([$%])", r"\1", 0),
    (r"\\(?:alpha|beta|gamma)(?![A-Za-z])[\s{]*-?\s*(?=particle|photon)", "", 0),
    (r"~|\\[ ,;:!/]|[{}]", " ", 0),
    (r"μ\s+", "μ", 0),
    # k\Omega, as LaTeX and people write it; a metre times an ohm has a sign in between.
    (r"(?<![A-Za-zμΩ*/])([fpnμmckMGT])\s+(?=Ω)", r"\1", 0),
    (r"°\s?K\b", "K", 0),
)
_SPOKEN = _compiled(
    *((pattern, word, re.IGNORECASE) for pattern, word in PHRASES),
    (r"\bper\b", "/", re.IGNORECASE),
    (r"\b(?:square|sq\.?) (\w+)", r"\1^2", re.IGNORECASE),
    (r"\b(?:cubic|cu\.?) (\w+)", r"\1^3", re.IGNORECASE),
    (r"\b(\w+) squared\b", r"\1^2", re.IGNORECASE),
    (r"\b(\w+) cubed\b", r"\1^3", re.IGNORECASE),
    (r"(?<=[A-Za-z])-(?=[A-Za-z])", "*", 0),  # ft-lb
    (r"(?<=[A-Za-z\d])\.(?=[A-Za-zμΩ])", "*", 0),  # kg.m.s-2
)
_NEEDS_LATEX = re.compile(r"[\\{}~*·⋅×µ°μΩ]")
_NEEDS_SPEECH = re.compile(r"[ .-]|per|pct|lb|ohm|Hg|foot|watt|light", re.IGNORECASE)


def _group_end(text: str, start: int) -> int:
    """Return the place after the brace that closes the one at `start`, or -1."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place + 1
    return -1


def _fractions(text: str) -> str:
    r"""Write every `\frac{a}{b}` as `((a)/(b))`; what isn't complete stays, and is no unit."""
    for _ in range(MAX_UNIT_NESTING):
        start = text.rfind(_FRACTION)  # the innermost first
        top = re.compile(r"\s*").match(text, start + len(_FRACTION))
        if start < 0 or top is None or text[top.end() : top.end() + 1] != "{":
            break
        middle = _group_end(text, top.end())
        if middle < 0 or text[middle : middle + 1] != "{":
            break
        end = _group_end(text, middle)
        if end < 0:
            break
        above, below = text[top.end() + 1 : middle - 1], text[middle + 1 : end - 1]
        text = f"{text[:start]} (({above})/({below})) {text[end:]}"
    return text


def _tidy(text: str) -> str:
    if _FRACTION in text:
        text = _fractions(re.sub(r"\}\s+\{", "}{", text))
    for pattern, replacement in _LATEX if _NEEDS_LATEX.search(text) else []:
        text = pattern.sub(replacement, text)
    text = text.strip()
    for pattern, replacement in _SPOKEN if _NEEDS_SPEECH.search(text) else []:
        text = pattern.sub(replacement, text)
    return text.strip().rstrip(".")


def _word(name: str) -> Unit | None:
    """Return the unit of a long name, which has plurals and capitals, unlike a symbol."""
    lower = name.lower()
    return _WORDS.get(lower) or _WORDS.get(lower.removesuffix("s"))


def _counted(name: str) -> str | None:
    lower = name.lower()
    return COUNTED.get(lower) or COUNTED.get(lower.removesuffix("s"))


def _one(name: str, measured: bool, raised: bool) -> list[_Part]:
    """Return the factors that a name stands for, or none.

    Args:
        name: a symbol, a word, or symbols without a sign between them.
        measured: see `read_unit`.
        raised: a power follows, so that even small letters are no word.
    """
    unit = (_MEASURED if measured else _LETTERS).get(name)
    if unit is None and _WHOLE_WORD.fullmatch(name):
        unit = _word(name)
    if unit is not None and not (raised and name in _PLURALS):
        return [_Part(name, unit, 1)]
    if not measured:
        return []
    if name == "%":
        return [_Part(name, PERCENT, 1)]
    counted = _counted(name)
    if counted is not None:
        return [_Part(name, Unit(Fraction(1), (), counted), 1)]
    if not raised and name == name.lower():
        return []
    for cut in range(len(name) - 1, 0, -1):
        first, second = name[:cut], name[cut:]
        if _FIRST.fullmatch(first) and _SECOND.fullmatch(second):
            return [_Part(part, _MEASURED[part], 1) for part in (first, second)]
    return []


class _Parser:
    """Reads the factors of a unit from tidy text; every method returns None if it can't."""

    def __init__(self, text: str, measured: bool) -> None:
        self.text = text
        self.measured = measured
        self.place = 0

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.place)
        if found is not None:
            self.place = found.end()
        return found

    def product(self, depth: int = 0) -> list[_Part] | None:
        """Read factors up to a closing bracket; after a slash all of them are below it."""
        parts: list[_Part] = []
        below = False
        while True:
            sign = self.match(_SIGN)
            if self.place == len(self.text) or self.text[self.place] in ")]":
                return parts if sign is None or not sign[1] else None
            if sign is not None and sign[1]:
                if sign[1] == "*" and not parts:
                    return None
                below = below or sign[1] == "/"
            factor = self.factor(depth)
            if factor is None:
                return None
            parts += [replace(p, power=-p.power) for p in factor] if below else factor

    def factor(self, depth: int) -> list[_Part] | None:
        if self.text[self.place] in "([":
            if depth >= MAX_UNIT_NESTING:
                return None
            self.place += 1
            inside = self.product(depth + 1)
            if inside is None or self.place == len(self.text):
                return None
            self.place += 1
            power = self.power()
            return [replace(part, power=part.power * power) for part in inside] if power else None
        if self.match(_ONE):
            return [_Part("1", Unit(Fraction(1), ()), 1)]
        name = self.match(_NAME)
        if name is None:
            return None
        bare = self.match(_BARE_POWER) if name[0][-1].isalpha() else None
        power = int(bare[1]) if bare else self.power()
        parts = _one(re.sub(r"\s", "", name[0]), self.measured, power != 1)
        if not parts or not power:
            return None
        negative = bare is not None and power < 0
        return [*parts[:-1], replace(parts[-1], power=power, bare=negative)]

    def power(self) -> int:
        """Return the power that follows, 1 if none does, and 0 if it is none that units have."""
        found = self.match(_POWER)
        power = 1 if found is None else int(found[1] or found[2])
        return power if abs(power) <= MAX_UNIT_EXPONENT else 0


def _whole(parts: list[_Part]) -> Unit | None:
    """Return the product of a unit's factors, with what only the whole of them decides."""
    if sum(part.name in _RATIOS for part in parts) > 1:
        return None
    for part in parts:
        if part.bare and part.power < -MAX_BARE_POWER:
            return None
        # "m-5 m" is the end of a range and "m-3 s-1" isn't.
        if part.bare and any(
            p.unit.dimensions == part.unit.dimensions != () for p in parts if p is not part
        ):
            return None
    single = len(parts) == 1 and parts[0].power == 1
    factors = []
    for part in parts:
        unit = part.unit
        if not single and unit.dimensions == (("celsius", 1),):
            unit = _MEASURED["K"]
        elif not single and unit.dimensions == (("fahrenheit", 1),):
            unit = Unit(Fraction(5, 9), _MEASURED["K"].dimensions)
        elif unit == _MEASURED["lb"] and _pound_force(parts):
            unit = _MEASURED["lbf"]
        factors.append((unit, part.power))
    labels = sorted({part.unit.label for part in parts if part.unit.label})
    return replace(_product(factors), label=" ".join(labels))


def _pound_force(parts: list[_Part]) -> bool:
    short = {"lb": "lb", "ft": "ft", "in": "in", "s": "s"}
    found: dict[str, int] = {}
    for part in parts:
        name = next((n for n in short if _MEASURED[n] == part.unit), part.name)
        found[name] = found.get(name, 0) + part.power
    return found in _FORCES


@lru_cache(maxsize=4096)
def read_unit(text: str, *, measured: bool = False) -> Unit | None:
    r"""Return the unit that a text spells, or None if a part of it isn't in the table.

    `/` divides by everything up to the next one, as in `J/(mol K)` and `J/mol K`; "per" is `/`,
    "square" and "cubic" are powers. `\text{…}` around parts is ignored.

    Args:
        text: the unit, plain or in LaTeX.
        measured: it stands behind a measured value, so its letters are no variables.
    """
    if len(text) > MAX_UNIT_CHARS:
        return None
    known = (_MEASURED if measured else _LETTERS).get(text)
    if known is not None:
        return known
    parser = _Parser(_tidy(text), measured)
    parts = parser.product()
    if not parts or parser.place < len(parser.text):
        return None
    return _whole(parts)


# Words that change the number or take it back, so that "5 million" isn't 5 of something.
_NOT_COUNTED = frozenset(
    (
        *("hundred", "thousand", "million", "billion", "trillion", "dozen", "half", "percent"),
        *("or", "not", "and", "but", "maybe", "perhaps", "about", "to", "plus", "minus", "times"),
    )
)
MAX_LABEL_WORDS = 5


def label(text: str) -> Unit | None:
    """Make a unit of a few words that aren't units but say what is counted; else None."""
    words = re.findall(r"[^\W\d_]+", _WORDY.sub(" ", text.casefold()))
    singular = [word.removesuffix("s") for word in words]
    if not 0 < len(words) <= MAX_LABEL_WORDS or re.search(r"[\d=<>+^]", text):
        return None
    if _NOT_COUNTED.intersection(words + singular):
        return None
    return Unit(Fraction(1), (), " ".join(singular))
