"""Read a duration in words: "1 week and 2 days", "anderthalb Stunden", "1時間30分", "ساعتان ونصف".

Parts go from large to small, each unit once, and nothing stands between them but what joins them in
one of twelve languages. A fraction ends it. A second duration may follow in parentheses if it is
the same one. All else is none: ranges, alternatives, "about", months, which have no length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from rewards.temporal.duration_words import (
    ABBREVIATIONS,
    BARE,
    BEHIND,
    BETWEEN_HALF,
    COMMA_GROUPS,
    HALVES,
    HOUR,
    MINUTE,
    NUMBERS,
    PHRASES,
    UNITS,
)

_MARKS = re.compile("[\u064b-\u0652\u0640]")  # Arabic vowel signs and the lengthening stroke
_HAMZA = str.maketrans("أإآى’`", "اااي''")
_DIGITS = re.compile(r"\d{1,9}(?:,\d{3})*(?:[.,]\d{1,3})?(?![\d.,]*\d)")
_FRACTION = re.compile(r"(?:(\d{1,4}) )?([1-9])/([2-9])(?!\d)")
_JOIN = re.compile(
    r"(?: ?[,،、] ?| )(?:(?:and|und|et|y|con|e|ed|en|a|&|و) |و)?| ?(?:と|又|零|과|와|그리고) ?|"
)
_SPACED = re.compile(r"[^\W\d_\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
# "1 h 30", where nothing but minutes can be meant.
_FRENCH = re.compile(r"(\d{1,3}) ?h ?([0-5]\d)$")
_AGAIN = re.compile(r"(?P<first>[^()]+) ?\((?P<second>[^()]+)\)")


def _plain(text: str) -> str:
    """Return a text in small letters, without what Arabic may leave out."""
    return _MARKS.sub("", text.casefold()).translate(_HAMZA)


def _units() -> dict[str, tuple[int, bool, bool]]:
    """Return every unit's form with its seconds, and how digits are grouped where it is used."""
    found: dict[str, tuple[int, bool, bool]] = {}
    for language, units in UNITS.items():
        for seconds, forms in units.items():
            for form in map(_plain, forms.split()):
                _, comma, point = found.get(form, (0, False, False))
                groups = language in COMMA_GROUPS
                found[form] = (seconds, comma or groups, point or not groups)
    return found


_UNITS = _units()
_BARE = {_plain(word): value for word, value in BARE.items()}
_PHRASES = {_plain(word): value for word, value in PHRASES.items()}
_BEHIND = {_plain(word): value for word, value in BEHIND.items()}
_NUMBERS = {_plain(word): value for word, value in NUMBERS.items()}
_HALVES = {_plain(word): value for word, value in HALVES.items()}
_LONGEST = max(map(len, (*_UNITS, *_BARE, *_PHRASES, *_BEHIND, *_NUMBERS, *_HALVES)))


@dataclass(frozen=True)
class _Part:
    """Is one part of a duration: so many seconds in a unit, and where it ends."""

    seconds: Fraction
    unit: int
    end: int
    # Nothing smaller may follow half an hour.
    last: bool = False


def _words(text: str, place: int, table: Mapping[str, object]) -> Iterator[int]:
    """Yield the ends of the table's words at a place, the longest first, whole words only."""
    for end in range(min(len(text), place + _LONGEST), place, -1):
        if text[place:end] not in table:
            continue
        inside = end < len(text) and _SPACED.match(text, end) and _SPACED.match(text, end - 1)
        if not inside:
            yield end


def _amounts(text: str, place: int) -> Iterator[tuple[Fraction, str, int, bool]]:
    """Yield readings of the number at a place: value, digits as written, end, has a fraction."""
    fraction = _FRACTION.match(text, place)
    if fraction is not None:
        value = int(fraction[1] or 0) + Fraction(int(fraction[2]), int(fraction[3]))
        yield value, "", fraction.end(), True
        return
    digits = _DIGITS.match(text, place)
    found: list[tuple[Fraction, str, int, bool]] = []
    if digits is not None:
        found.append((Fraction(0), digits[0], digits.end(), False))
    found += [
        (Fraction(_NUMBERS[text[place:end]]), "", end, False)
        for end in _words(text, place, _NUMBERS)
    ]
    for value, written, end, _ in found:
        for between in BETWEEN_HALF:
            if text.startswith(between, end) and (not written or written.isdigit()):
                whole = Fraction(written) if written else value
                yield whole + Fraction(1, 2), "", end + len(between.rstrip()), True
        yield value, written, end, False
    for end in _words(text, place, _HALVES):
        yield Fraction(_HALVES[text[place:end]], 2), "", end, True


def _value(written: str, comma: bool, point: bool) -> Fraction | None:
    """Return the value of digits, which a unit's language groups by commas or by points."""
    whole, mark, rest = written.rpartition("," if "," in written else ".")
    if "," in written and "." in written:
        return Fraction(written.replace(",", "")) if comma else None
    if not mark:
        return Fraction(written)
    if len(rest) < 3:
        return None if "," in whole else Fraction(f"{whole}.{rest}")
    # Three digits are a thousand's, or a decimal's where commas group.
    if mark == "," and comma:
        return Fraction(written.replace(",", ""))
    return Fraction(written) if mark == "." and comma and not point else None


def _counted(text: str, place: int, above: int) -> Iterator[_Part]:
    """Yield readings of a number and its unit."""
    for amount, written, end, fraction in _amounts(text, place):
        gap = end + (text[end : end + 1] in (" ", "-"))
        if gap == end and text[end - 1 : end] not in ("'", "") and _SPACED.match(text, end - 1):
            continue  # "twohours"
        for stop in _words(text, gap, _UNITS):
            unit, comma, point = _UNITS[text[gap:stop]]
            value = _value(written, comma, point) if written else amount
            if value is None:
                continue
            if text[stop : stop + 2] in (".", ". ") and text[gap:stop] in ABBREVIATIONS:
                stop += 1
            yield _Part(value * unit, unit, stop, fraction or value.denominator > 1)
        # Minutes behind hours, as in "1h30m".
        if above == HOUR and written.isdigit() and re.match(r"m(?![^\W\d_])", text[gap:]):
            yield _Part(Fraction(written) * MINUTE, MINUTE, gap + 1)


def _parts(text: str, place: int, above: int) -> Iterator[_Part]:
    """Yield readings of the part of a duration at a place."""
    for end in _words(text, place, _PHRASES):
        quarters, unit = _PHRASES[text[place:end]]
        yield _Part(Fraction(quarters * unit, 4), unit - 1, end, last=True)
    whole = list(_counted(text, place, above))
    for end in _words(text, place, _BARE):
        number, unit = _BARE[text[place:end]]
        one = re.match(r" واحد[ةا]?(?!\w)", text[end:]) if number == 1 else None
        whole.append(_Part(Fraction(number * unit), unit, end + (one.end() if one else 0)))
    french = _FRENCH.match(text, place)
    if french is not None:
        seconds = Fraction(int(french[1]) * HOUR + int(french[2]) * MINUTE)
        yield _Part(seconds, MINUTE, french.end(), last=True)
    if place == 0 and text.startswith("hora y "):  # Spanish leaves the article out here
        whole.append(_Part(Fraction(HOUR), HOUR, len("hora")))
    for part in whole:
        if not part.last:
            for end in _words(text, part.end, _BEHIND):
                more = Fraction(_BEHIND[text[part.end : end]] * part.unit, 4)
                yield _Part(part.seconds + more, part.unit, end, last=True)
        yield part


def _read(text: str) -> Fraction | None:
    """Return the seconds of a text that is one duration, from the first reading that fits."""
    # Place, seconds so far, the last unit. Units shrink, so there are five steps at most.
    stack: list[tuple[int, Fraction, int]] = [(0, Fraction(0), 1 << 30)]
    while stack:
        place, total, above = stack.pop()
        readings = [part for part in _parts(text, place, above) if part.unit < above]
        for part in reversed(readings):
            if part.end == len(text):
                return total + part.seconds
            join = None if part.last else _JOIN.match(text, part.end)
            if join is not None:
                stack.append((join.end(), total + part.seconds, part.unit))
    return None


def read_duration(text: str) -> str | None:
    """Return the number of seconds of a folded text that is one duration, or None."""
    text = _plain(text)
    again = _AGAIN.fullmatch(text)
    if again is not None:
        first, second = _read(again["first"].strip()), _read(again["second"].strip())
        return str(first) if first is not None and first == second else None
    seconds = _read(text)
    return None if seconds is None else str(seconds)
