"""Hold how the twelve languages say that something is not known, as grammar with slots.

A rule is no list of whole phrases: each language has what may be lacking (information, records, an
idea), what may be impossible (to say, to determine, to find) and the words that deny, and frames
combine them. All of it is meant for folded and casefolded text ("weiß" is "weiss"), one piece of a
sentence at a time, so `$` is the end of a piece. Frames are in the first person or impersonal: what
others don't know is no admission. Gaps between the parts of a frame are a few words at most, which
also bounds the time that it takes.

Each language is a function that returns two patterns: one is searched in a piece, the other must be
the whole piece: "unknown" is an admission alone, and not in "unknown pleasures".
"""

from __future__ import annotations

import re
from functools import cache

from rewards.reading.ignorance.arabic import arabic
from rewards.reading.ignorance.czech import czech
from rewards.reading.ignorance.east_asian import chinese, japanese, korean
from rewards.reading.ignorance.germanic import dutch, english, german
from rewards.reading.ignorance.romance import french, italian, portuguese, spanish

_LATIN = (english, german, dutch, spanish, portuguese, french, italian, czech)
_OTHERS = {"arabic": arabic, "kana": japanese, "hangul": korean, "han": chinese}
_SCRIPTS = {
    "arabic": re.compile("[\u0600-\u06ff]"),
    "kana": re.compile("[\u3040-\u30ff]"),
    "hangul": re.compile("[\uac00-\ud7af]"),
    "han": re.compile("[\u4e00-\u9fff]"),
}


@cache
def _patterns(script: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    languages = _LATIN if script == "latin" else (_OTHERS[script],)
    searched, whole = zip(*(language() for language in languages), strict=True)
    return re.compile("|".join(searched)), re.compile("|".join(whole))


def admission(piece: str) -> re.Match[str] | None:
    """Find where a piece of a sentence, folded and casefolded, says that something is not known."""
    scripts = [script for script, letter in _SCRIPTS.items() if letter.search(piece)]
    if "kana" in scripts and "han" in scripts:
        scripts.remove("han")  # Japanese
    for script in scripts or ["latin"]:
        searched, whole = _patterns(script)
        found = whole.fullmatch(piece) or searched.search(piece)
        if found:
            return found
    return None
