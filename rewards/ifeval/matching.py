"""Find a given word in a text, in scripts with and without spaces between words.

A keyword is a word, not a run of letters: `cat` is not in `concatenate`. Where writing attaches
other things to a word, they are allowed: Chinese and Japanese have no boundaries at all, Korean
puts particles after a noun, Arabic puts the article and one-letter prepositions before it.

Full-width letters, invisible characters between letters, vowel signs, underscores around a word
and the Cyrillic and Greek letters that look like small Latin ones hide nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rewards.ifeval.segmentation import plain

_NO_BOUNDARY = re.compile(
    r"[\u3005-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f]")
_NOT_AFTER_A_LETTER = r"(?<![^\W_])"
_NOT_BEFORE_A_LETTER = r"(?![^\W_])"
# And/so, with/like/for, the article: `وبالكتاب` has `كتاب` in it.
_ARABIC_PREFIX = r"[وف]?(?:[بكل]?ال|لل|[بكلس])?"


# Keywords are folded as texts are, so words that are really Cyrillic or Greek still match.
_LOOKALIKES = str.maketrans("аеорсухіјѕԁһԛԝοανρ’", "aeopcyxijsdhqwoavp'")


@lru_cache(maxsize=16)
def folded(text: str) -> str:
    """Return what is compared: NFKC without case, hidden characters and disguised letters."""
    return plain(unicodedata.normalize("NFKC", text)).casefold().translate(_LOOKALIKES)


@lru_cache(maxsize=4096)
def pattern(word: str) -> re.Pattern[str]:
    """Build what finds a word or phrase in `folded` text; spaces in it match any white space."""
    wanted = folded(word).split()
    body = r"\s+".join(re.escape(part) for part in wanted)
    joined = " ".join(wanted)
    first, last = joined[:1], joined[-1:]
    before = after = ""
    if first.isalnum() and not _NO_BOUNDARY.match(first):
        before = _NOT_AFTER_A_LETTER
        if _ARABIC.match(first):
            before += _ARABIC_PREFIX
    if last.isalnum() and not _NO_BOUNDARY.match(last) and not _HANGUL.match(last):
        after = _NOT_BEFORE_A_LETTER
    return re.compile(before + body + after)


def occurrences(text: str, word: str) -> int:
    """Count how often a word or phrase occurs, overlaps once."""
    return sum(1 for _ in pattern(word).finditer(folded(text)))


def occurs(text: str, word: str) -> bool:
    """Tell whether a word or phrase occurs."""
    return pattern(word).search(folded(text)) is not None


def place_of(text: str, word: str) -> int:
    """Return where in the folded text a word first occurs, or -1."""
    found = pattern(word).search(folded(text))
    return found.start() if found else -1


_MARKUP = re.compile(r"[\W_]*")


def starts_with(text: str, word: str) -> bool:
    """Tell whether the first word of a text is this one, markup and opening quotes aside."""
    text = folded(text).lstrip()
    opening = _MARKUP.match(text)
    after_markup = opening.end() if opening else 0
    return any(pattern(word).match(text, place) for place in (0, after_markup))
