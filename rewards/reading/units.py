r"""Read units of measurement, such as `kg m^2/s^2`, from one small table.

A unit is a factor to SI base units and their exponents, so that `km/h`, `\text{km}/\text{h}` and
`km h^{-1}` are one unit and `J` equals `N m`. Only what stands in this file is converted: SI
prefixes, and the units below. Temperatures in °C and °F have an offset and are therefore units of
their own, never converted. Percent isn't a unit: it changes the number, and its users decide.

Conversion factors: the SI brochure (9th edition) and NIST SP 811, appendix B; all are exact by
definition except the electronvolt's dependants, which are exact since 2019 too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

MAX_UNIT_CHARS = 64
MAX_UNIT_EXPONENT = 12

# What may carry an SI prefix: its factor and the base units it is made of. The kilogram is the
# base of mass, so the gram has a factor. A newton metre is a joule here, torque or not.
_PREFIXABLE: dict[str, tuple[str, str]] = {
    "m": ("1", "m"),
    "g": ("0.001", "kg"),
    "s": ("1", "s"),
    "A": ("1", "A"),
    "K": ("1", "K"),
    "mol": ("1", "mol"),
    "cd": ("1", "cd"),
    "Hz": ("1", "s^-1"),
    "N": ("1", "kg m s^-2"),
    "Pa": ("1", "kg m^-1 s^-2"),
    "J": ("1", "kg m^2 s^-2"),
    "W": ("1", "kg m^2 s^-3"),
    "C": ("1", "A s"),
    "V": ("1", "kg m^2 s^-3 A^-1"),
    "F": ("1", "kg^-1 m^-2 s^4 A^2"),
    "Ω": ("1", "kg m^2 s^-3 A^-2"),
    "S": ("1", "kg^-1 m^-2 s^3 A^2"),
    "Wb": ("1", "kg m^2 s^-2 A^-1"),
    "T": ("1", "kg s^-2 A^-1"),
    "H": ("1", "kg m^2 s^-2 A^-2"),
    "Bq": ("1", "s^-1 Bq"),
    "eV": ("1.602176634e-19", "kg m^2 s^-2"),
    "L": ("0.001", "m^3"),
    "l": ("0.001", "m^3"),
    "bar": ("100000", "kg m^-1 s^-2"),
    "cal": ("4.184", "kg m^2 s^-2"),
    "Wh": ("3600", "kg m^2 s^-2"),
    "t": ("1000", "kg"),
    "M": ("1000", "mol m^-3"),
    "B": ("1", "byte"),
}
_PREFIXES = {
    "f": "1e-15", "p": "1e-12", "n": "1e-9", "μ": "1e-6", "u": "1e-6", "m": "1e-3", "c": "1e-2",
    "d": "1e-1", "h": "1e2", "k": "1e3", "M": "1e6", "G": "1e9", "T": "1e12",
}  # fmt: skip
_PLAIN: dict[str, tuple[str, str]] = {
    "min": ("60", "s"),
    "h": ("3600", "s"),
    "hr": ("3600", "s"),
    "d": ("86400", "s"),
    "day": ("86400", "s"),
    "week": ("604800", "s"),
    "month": ("1", "month"),
    "yr": ("1", "year"),
    "ha": ("10000", "m^2"),
    "atm": ("101325", "kg m^-1 s^-2"),
    "in": ("0.0254", "m"),
    "ft": ("0.3048", "m"),
    "yd": ("0.9144", "m"),
    "mi": ("1609.344", "m"),
    "mph": ("0.44704", "m s^-1"),
    "kph": ("1000/3600", "m s^-1"),
    "kmph": ("1000/3600", "m s^-1"),
    "oz": ("0.028349523125", "kg"),
    "lb": ("0.45359237", "kg"),
    "gal": ("0.003785411784", "m^3"),
    "Å": ("1e-10", "m"),
    "u": ("1", "dalton"),
    "rad": ("1", "rad"),
    "°": ("1", "degree"),
    "°C": ("1", "celsius"),
    "°F": ("1", "fahrenheit"),
    "USD": ("1", "USD"),
    "cent": ("0.01", "USD"),
    "EUR": ("1", "EUR"),
    "GBP": ("1", "GBP"),
    "JPY": ("1", "JPY"),
    "INR": ("1", "INR"),
}
# Long names, without the plural's s. Prefixed ones are made below.
_NAMES = {
    "meter": "m", "metre": "m", "gram": "g", "gramme": "g", "second": "s", "sec": "s",
    "ampere": "A", "amp": "A", "kelvin": "K", "mole": "mol", "hertz": "Hz", "newton": "N",
    "pascal": "Pa", "joule": "J", "watt": "W", "coulomb": "C", "volt": "V", "farad": "F",
    "ohm": "Ω", "tesla": "T", "henry": "H", "liter": "L", "litre": "L", "calorie": "cal",
    "byte": "B", "ton": "t", "tonne": "t",
}  # fmt: skip
_OTHER_NAMES = {
    "minute": "min", "hour": "h", "hrs": "h", "year": "yr", "hectare": "ha", "inch": "in",
    "inche": "in", "foot": "ft", "feet": "ft", "yard": "yd", "mile": "mi", "ounce": "oz",
    "pound": "lb", "gallon": "gal", "radian": "rad", "degree": "°", "deg": "°", "$": "USD",
    "dollar": "USD", "€": "EUR", "euro": "EUR", "£": "GBP", "¥": "JPY", "yen": "JPY", "₹": "INR",
    "rupee": "INR", "¢": "cent", "cc": "cm^3", "angstrom": "Å", "atmosphere": "atm",
}  # fmt: skip
_LONG_PREFIXES = {
    "pico": "p", "nano": "n", "micro": "μ", "milli": "m", "centi": "c", "deci": "d", "hecto": "h",
    "kilo": "k", "mega": "M", "giga": "G", "tera": "T",
}  # fmt: skip

Dimensions = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Unit:
    """Is a factor to SI base units and their exponents; `label` names what isn't in the table.

    A label ("apples") is compared as a word, and its factor is 1.
    """

    factor: Fraction
    dimensions: Dimensions
    label: str = ""


def _number(text: str) -> Fraction:
    top, _, bottom = text.partition("/")
    return Fraction(top) / Fraction(bottom or "1")


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


def _table() -> dict[str, Unit]:
    table = {name: _from_bases(*entry) for name, entry in _PREFIXABLE.items()}
    for prefix, size in _PREFIXES.items():
        for name in _PREFIXABLE:
            scaled = table[name]
            # setdefault: "min" isn't a milli-inch, and "cd" not a centi-day.
            table.setdefault(prefix + name, Unit(_number(size) * scaled.factor, scaled.dimensions))
    table |= {name: _from_bases(*entry) for name, entry in _PLAIN.items()}
    for name, symbol in _NAMES.items():
        table[name] = table[symbol]
        table |= {long + name: table[short + symbol] for long, short in _LONG_PREFIXES.items()}
    cubic = {"cc": _product([(table["cm"], 3)])}
    return table | {n: table[s] for n, s in _OTHER_NAMES.items() if s in table} | cubic


_UNITS = _table()
_FACTOR = re.compile(
    r"\s*(?P<sign>[/*·]?)\s*(?P<name>°\s?[CF]?|[A-Za-zμΩÅ]+|[$€£¥₹¢])"
    r"(?:\s*\^\s*(?P<power>-?\d+)|(?P<glued>\d))?\s*"
)
_WORDY = re.compile(r"\\(?:text|mathrm|mbox|operatorname|rm)\b|[{}~]|\\[ ,;:!]")


def _one(name: str) -> Unit | None:
    found = _UNITS.get(name)
    if found is None and len(name) > 3:
        # Words, unlike symbols, have plurals and capitals.
        lower = name.lower()
        found = _UNITS.get(lower) or _UNITS.get(lower.removesuffix("s"))
    elif found is None and name.endswith("s"):
        found = _UNITS.get(name[:-1]) if name in ("lbs", "yds", "mis") else None
    return found


@lru_cache(maxsize=4096)
def read_unit(text: str) -> Unit | None:
    r"""Return the unit that a text spells, or None if a part of it isn't in the table.

    `/` divides by everything up to the next one, as in `J/(mol K)` and `J/mol K`; "per" is `/`,
    "square" and "cubic" are powers. `\text{…}` around parts is ignored.
    """
    if len(text) > MAX_UNIT_CHARS:
        return None
    text = re.sub(r"\^\s*\{\s*(-?\d+)\s*\}", r"^\1", text)
    text = re.sub(r"\^\s*\{?\s*\\circ\s*\}?", "°", text)
    text = text.replace("\\cdot", "*").replace("\\times", "*")
    text = re.sub(r"\\mu\s*", "μ", text).replace("\\Omega", "Ω").replace("\\degree", "°")
    text = re.sub(r"μ\s+", "μ", _WORDY.sub(" ", text))
    text = re.sub(r"(?<=[A-Za-z])-(?=[A-Za-z])", "*", text)  # ft-lb
    text = re.sub(r"\bper\b", "/", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:square|sq\.?) (\w+)", r"\1^2", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:cubic|cu\.?) (\w+)", r"\1^3", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(\w+) squared\b", r"\1^2", text, flags=re.IGNORECASE)
    text = text.replace("(", " ").replace(")", " ").strip().rstrip(".")
    parts: list[tuple[Unit, int]] = []
    below = False
    place = 0
    while place < len(text):
        match = _FACTOR.match(text, place)
        if match is None or (not parts and match["sign"] == "*"):
            return None
        below = below or match["sign"] == "/"
        unit = _one(match["name"].replace(" ", ""))
        power = int(match["power"] or match["glued"] or 1)
        if unit is None or not 0 < abs(power) <= MAX_UNIT_EXPONENT:
            return None
        parts.append((unit, -power if below else power))
        place = match.end()
    return _product(parts) if parts else None


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
