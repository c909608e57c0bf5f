"""Hold how the twelve languages say that something is not known, as grammar with slots.

A rule is no list of whole phrases: each language has what may be lacking (information, records, an
idea), what may be impossible (to say, to determine, to find) and the words that deny, and frames
combine them. All of it is meant for folded and casefolded text ("weiß" is "weiss"), one piece of a
sentence at a time, so `$` is the end of a piece. Frames are in the first person or impersonal: what
others don't know is no admission. Gaps between the parts of a frame are a few words at most, which
also bounds the time that it takes.

Each language is a module with patterns of two kinds: one of `SEARCHED` is found in a piece, or
`WHOLE` is all of it: "unknown" is an admission alone, and not in "unknown pleasures".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from rewards.reading.ignorance import (
    arabic,
    chinese,
    czech,
    dutch,
    english,
    french,
    german,
    italian,
    japanese,
    korean,
    portuguese,
    spanish,
)

_Patterns = tuple[re.Pattern[str], re.Pattern[str]]

_LATIN = tuple(
    (language.HINTS, language.SEARCHED, language.WHOLE)
    for language in (english, german, dutch, spanish, portuguese, french, italian, czech)
)
_OTHERS = {
    "arabic": (arabic.SEARCHED, arabic.WHOLE),
    "kana": (japanese.SEARCHED, japanese.WHOLE),
    "hangul": (korean.SEARCHED, korean.WHOLE),
    "han": (chinese.SEARCHED, chinese.WHOLE),
}
_SCRIPTS = {
    "arabic": re.compile("[\u0600-\u06ff]"),
    "kana": re.compile("[\u3040-\u30ff]"),
    "hangul": re.compile("[\uac00-\ud7af]"),
    "han": re.compile("[\u4e00-\u9fff]"),
}
_LATIN_WORDS = re.compile(r"[a-z]\S* [a-z]")


_WORD = re.compile(r"[\w']+")


class _Hints:
    """Tells fast that a language says nothing of the kind: most pieces of most texts don't."""

    def __init__(self, listed: str) -> None:
        words = listed.split()
        self._words = frozenset(word for word in words if "*" not in word)
        self._starts = tuple(word[:-1] for word in words if word.endswith("*"))
        self._ends = tuple(word[1:] for word in words if word.startswith("*"))

    def found(self, words: Sequence[str]) -> bool:
        """Tell whether one of the words is there."""
        return not self._words.isdisjoint(words) or any(
            word.startswith(self._starts) or (self._ends and word.endswith(self._ends))
            for word in words
        )


def _compiled(searched: Sequence[str], whole: str) -> _Patterns:
    return re.compile("|".join(searched)), re.compile(whole)


@cache
def _latin() -> list[tuple[_Hints, _Patterns]]:
    return [(_Hints(hints), _compiled(searched, whole)) for hints, searched, whole in _LATIN]


@cache
def _other(script: str) -> _Patterns:
    return _compiled(*_OTHERS[script])


def _of_script(piece: str) -> Iterator[_Patterns]:
    scripts = [script for script, letter in _SCRIPTS.items() if letter.search(piece)]
    if "kana" in scripts and "han" in scripts:
        scripts.remove("han")  # Japanese
    elif "han" in scripts:
        scripts.append("kana")  # Chinese, or Japanese without kana
    yield from map(_other, scripts)
    if not scripts or _LATIN_WORDS.search(piece):
        words = _WORD.findall(piece)
        yield from (patterns for hints, patterns in _latin() if hints.found(words))


def admission(piece: str) -> re.Match[str] | None:
    """Find where a piece of a sentence, folded and casefolded, says that something is not known."""
    for searched, whole in _of_script(piece):
        found = whole.fullmatch(piece) or searched.search(piece)
        if found:
            return found
    return None
