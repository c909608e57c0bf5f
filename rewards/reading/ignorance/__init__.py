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

_Language = tuple[tuple[str, ...], str]

_LATIN: tuple[_Language, ...] = (
    (english.SEARCHED, english.WHOLE),
    (german.SEARCHED, german.WHOLE),
    (dutch.SEARCHED, dutch.WHOLE),
    (spanish.SEARCHED, spanish.WHOLE),
    (portuguese.SEARCHED, portuguese.WHOLE),
    (french.SEARCHED, french.WHOLE),
    (italian.SEARCHED, italian.WHOLE),
    (czech.SEARCHED, czech.WHOLE),
)
_OTHERS: dict[str, _Language] = {
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


@cache
def _patterns(script: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    languages = _LATIN if script == "latin" else (_OTHERS[script],)
    searched = "|".join(pattern for patterns, _ in languages for pattern in patterns)
    return re.compile(searched), re.compile("|".join(whole for _, whole in languages))


def admission(piece: str) -> re.Match[str] | None:
    """Find where a piece of a sentence, folded and casefolded, says that something is not known."""
    scripts = [script for script, letter in _SCRIPTS.items() if letter.search(piece)]
    if "kana" in scripts and "han" in scripts:
        scripts.remove("han")  # Japanese
    elif "han" in scripts:
        scripts.append("kana")  # Chinese, or Japanese without kana
    if not scripts or _LATIN_WORDS.search(piece):
        scripts.append("latin")
    for script in scripts:
        searched, whole = _patterns(script)
        found = whole.fullmatch(piece) or searched.search(piece)
        if found:
            return found
    return None
