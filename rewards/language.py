"""Which of the twelve languages a short text is in, well enough to catch a switch.

By script for Arabic, Japanese, Korean and Chinese; by function words and greetings for the eight
that share the Latin script. It is a consistency check, not language identification: on texts of
a few words it says "could be" far more often than "is", and that is what a reward needs, since a
false alarm punishes a right answer. No model, no data files, no randomness; microseconds a call.
"""

from __future__ import annotations

import re
import unicodedata

LANGUAGES = ("en", "de", "es", "fr", "ja", "pt", "ar", "cs", "it", "ko", "nl", "zh")

# Frequent words; several languages share some of them, so only the balance is judged.
_WORDS_TEXT: dict[str, str] = {
    "en": "the is are and of to in a i you it that have hello good day",
    "de": "der die das ist sind und ich du sie nicht ein eine hallo guten tag",
    "es": "el la los es son y de que un una yo no hola buen día por soy",
    "fr": "le la les est sont et de que un une je ne pas bonjour bonne suis",
    "pt": "o a os é são e de que um uma eu não olá bom dia sou",
    "cs": "je jsou a to ten ta já ne není hezký ahoj den jsem se",
    "it": "il lo la gli è sono e di che un una io non ciao buona giornata",
    "nl": "de het is zijn en van een ik jij niet hallo goede dag fijne ben",
}
WORDS = {language: frozenset(words.split()) for language, words in _WORDS_TEXT.items()}

_WORD = re.compile(r"[^\W\d_]+")


def script_shares(text: str) -> dict[str, float]:
    """Share of the letters per script: latin, arabic, hangul, kana, han, other."""
    counts = dict.fromkeys(("latin", "arabic", "hangul", "kana", "han", "other"), 0)
    for char in text:
        if not char.isalpha():
            continue
        if char.isascii():
            counts["latin"] += 1
            continue
        name = unicodedata.name(char, "")
        for prefix, script in (
            ("LATIN", "latin"),
            ("ARABIC", "arabic"),
            ("HANGUL", "hangul"),
            ("HIRAGANA", "kana"),
            ("KATAKANA", "kana"),
            ("CJK", "han"),
        ):
            if name.startswith(prefix):
                counts[script] += 1
                break
        else:
            counts["other"] += 1
    total = sum(counts.values())
    return {script: count / total if total else 0.0 for script, count in counts.items()}


def is_consistent(text: str, language: str, tolerance: float = 0.25) -> bool:
    """Whether the text could be in `language`: no more than `tolerance` of it is foreign.

    Names and terms stay in their own script everywhere, hence the tolerance. Text without
    letters is consistent with nothing.

    Raises:
        ValueError: not one of the twelve languages.
    """
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}; one of {', '.join(LANGUAGES)}")
    shares = script_shares(text)
    if not any(shares.values()):
        return False
    own = {
        "ar": ("arabic",),
        "ja": ("kana", "han"),
        "ko": ("hangul", "han"),
        "zh": ("han",),
    }.get(language, ("latin",))
    if 1.0 - sum(shares[script] for script in own) > tolerance:
        return False
    if language == "ja":
        return shares["kana"] > 0.1
    if language not in WORDS:
        return True
    words = [word.casefold() for word in _WORD.findall(text)]
    mine = sum(word in WORDS[language] for word in words)
    theirs = max(
        sum(word in known and word not in WORDS[language] for word in words)
        for other, known in WORDS.items()
        if other != language
    )
    return theirs <= mine
