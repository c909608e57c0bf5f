"""Say which scripts languages are written in, and how much a text's letters say in them."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# First words of the names that Unicode gives to a script's letters, with the languages that
# py3langid knows. What isn't listed is written in Latin letters.
_NAMES = {
    "ARABIC": "ar ary arz fa ps ug ur sdh",
    "ARMENIAN": "hy",
    "BENGALI": "as bn",
    "CJK": "zh ja ko yue wuu",
    "CYRILLIC": "ba be bg kk ky mk mn ru sr tg tt uk",
    "DEVANAGARI": "gom hi mr ne sa",
    "ETHIOPIC": "am",
    "GEORGIAN": "ka",
    "GREEK": "el grc",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "HANGUL": "ko",
    "HEBREW": "he hbo",
    "HIRAGANA": "ja",
    "KANNADA": "kn",
    "KATAKANA": "ja",
    "KHMER": "km",
    "LAO": "lo",
    "LATIN": "sr gom",
    "MALAYALAM": "ml",
    "MYANMAR": "my",
    "ORIYA": "or",
    "SINHALA": "si",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAI": "th",
    "TIBETAN": "dz",
}

_LETTERS = {"CJK": 3, "HANGUL": 2, "HIRAGANA": 2, "KATAKANA": 2}


def scripts_of(language: str) -> frozenset[str]:
    """Return the scripts that a language is written in, by their names in Unicode."""
    found = {name for name, languages in _NAMES.items() if language in languages.split()}
    return frozenset(found or {"LATIN"})


@lru_cache(maxsize=4096)
def script_of(letter: str) -> str:
    """Return the first word of a letter's Unicode name: LATIN, DEVANAGARI, CJK, …"""
    return "LATIN" if letter.isascii() else unicodedata.name(letter, "?").partition(" ")[0]


@lru_cache(maxsize=4096)
def weight_of(letter: str) -> int:
    """Return what a letter says: one for Latin, else its bytes in UTF-8 (two for Arabic)."""
    return 1 if script_of(letter) == "LATIN" else len(letter.encode(errors="replace"))


def length(text: str) -> int:
    """Count the letters; one of Chinese counts for three, a syllable in kana or Hangul for two."""
    return sum(_LETTERS.get(script_of(char), 1) for char in text if char.isalpha())


def own_share(text: str, language: str) -> float:
    """Return which part of what the letters say is in the language's scripts, 0 without letters."""
    own = scripts_of(language)
    weights = [(weight_of(c), script_of(c) in own) for c in text if c.isalpha()]
    total = sum(weight for weight, _ in weights)
    return sum(weight for weight, mine in weights if mine) / total if total else 0.0
