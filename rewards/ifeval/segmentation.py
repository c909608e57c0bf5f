"""Split text into words, sentences, paragraphs and lines by rules, in the twelve languages.

What counts as a word: a run of letters and digits with its inner apostrophes, hyphens, decimal
points and thousands separators (`don't`, `well-known` and `1,000.5` are one word each). Chinese and
Japanese put no spaces between words, so there every character of the script counts as one, as
word processors do; Korean is counted by its spaces. Accents, vowel signs and invisible characters
never split a word.

What counts as a sentence: text up to a terminator of any of the scripts, unless the terminator is
a full stop after an abbreviation, an initial, an ordinal or a list number, or stands inside a
number, an address or a name such as `Node.js`. Line ends are no sentence ends, so an unterminated
heading belongs to the sentence after it. Rules are wrong now and then where only meaning decides
("Plan B. Then …"); in exchange they need no model and every miss can be reproduced by hand.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Scripts written without spaces: kana, Han with its extensions, half-width kana.
_NO_SPACES = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
_LETTER = rf"[^\W_{_NO_SPACES}]"
_WORD = re.compile(
    rf"[{_NO_SPACES}]|{_LETTER}+(?:['’‐‑-]{_LETTER}+|(?<=\d)[.,٫٬](?=\d){_LETTER}+)*"
)
_CONTENT = re.compile(r"[^\W_]")

_FULL_STOP = ".．"
_OPENERS = "\"'“„‘‚«»‹›(（[{「『【《〈*_¿¡-–—•#>"
# A run of terminators, then whatever closes a quotation, a bracket or an emphasis.
_END = re.compile(r"[.．!?！？…。｡؟۔‽⁇⁈⁉‼]+[\"'”’“‘»«›)）\]}」』】》〉*_]*")
_ALWAYS_ENDS = set("。｡！？؟۔")
# A quotation goes on after these: 「行こう。」と言った is one sentence.
_QUOTE_GOES_ON = re.compile(r"[」』]\s*(?:と|って|、|，|など)")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Abbreviations that are followed by what they belong to, so their full stop ends nothing.
_NEVER_LAST = _set(
    """
    mr mrs ms dr prof rev hon gen col capt lt sgt st vs e.g i.e cf approx dept
    hr fr z.b d.h u.a bzw ca evtl ggf inkl vgl sog
    sr sra srta dra ud uds p.ej p.ex mme mlle mgr
    sig sigg sig.ra dott dott.ssa ing avv exmo exma
    např tzv tj mj mudr judr phdr dhr mevr mw bijv d.w.z o.a m.b.t
    """
)
# The same, but words or units in small letters.
_NEVER_LAST_AS_WRITTEN = _set("M MM")
# Abbreviations only before a number: `No. 5`, but `No. He left.`
_BEFORE_NUMBERS = _set("no nos nr fig figs vol p pp pág pag núm art ch č čís str odst blz n av tel")
# Abbreviations that may close a sentence: there the case of the next letter decides.
_MAYBE_LAST = _set(
    """
    inc ltd co corp jr etc a.m p.m u.s u.k u.s.a e.u ph.d al usw ecc atd apod enz s.a s.l
    jan feb mar apr jun jul aug sep sept oct nov dec a.c d.c v.chr n.chr n.l př.n.l
    """
)
# German dates: an ordinal before a capital letter.
_GERMAN_MONTHS = _set(
    """
    januar februar märz april mai juni juli august september oktober november dezember jahrhundert
    """
)


def has_content(text: str) -> bool:
    """Tell whether there is a letter or a digit of any script."""
    return _CONTENT.search(text) is not None


@lru_cache(maxsize=16)
def plain(text: str) -> str:
    """Return NFC without combining marks, soft hyphens and other invisible characters.

    What composes with its letter (é) stays; what cannot (Arabic vowels, stacked accents, zero-width
    joiners put between letters to hide a word) goes.
    """
    text = unicodedata.normalize("NFC", text)
    hidden = {ord(c): None for c in set(text) if unicodedata.category(c) in _HIDDEN}
    return text.translate(hidden) if hidden else text


_HIDDEN = frozenset({"Mn", "Mc", "Me", "Cf"})


def words(text: str) -> list[str]:
    """Return the words in order, in the writer's case."""
    return _WORD.findall(plain(text))


def folded_words(text: str) -> list[str]:
    """Return the words in order, ready to be compared: no case, one kind of apostrophe."""
    return [word.casefold().replace("’", "'") for word in words(text)]


def lines(text: str) -> list[str]:
    """Return the lines that are not blank, without trailing spaces."""
    return [line.rstrip() for line in text.split("\n") if line.strip()]


def paragraphs(text: str) -> list[str]:
    """Return blocks of lines between blank lines; a block without a letter or digit is none."""
    blocks: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    joined = ("\n".join(block).strip() for block in blocks)
    return [block for block in joined if has_content(block)]


def sentences(text: str) -> list[str]:
    """Return the sentences in order, each with its terminator, if they have a letter or digit."""
    text = plain(text)
    found: list[str] = []
    start = 0
    for match in _END.finditer(text):
        if match.end() < len(text) and not _ends_here(text, match):
            continue
        piece = text[start : match.end()].strip()
        if has_content(piece):
            found.append(piece)
            start = match.end()
    rest = text[start:].strip()
    if has_content(rest):
        found.append(rest)
    return found


def kind_of(sentence: str) -> str:
    """Return 'question', 'exclamation' or 'statement', by the last terminators of a sentence."""
    ends = _END.findall(sentence)
    last = ends[-1] if ends and sentence.endswith(ends[-1]) else ""
    if set(last) & set("?？؟‽⁇⁈⁉"):
        return "question"
    return "exclamation" if set(last) & set("!！‼") else "statement"


def _ends_here(text: str, end: re.Match[str]) -> bool:
    """Tell whether a run of terminators in the middle of the text ends a sentence."""
    marks = end.group()
    if set(marks) & _ALWAYS_ENDS:
        closer = end.end() - 1
        return not (text[closer] in "」』" and _QUOTE_GOES_ON.match(text, closer))
    following = text[end.end()]
    if not following.isspace():
        # `example.com`, `3.5`, `?q=1`; but Chinese and Japanese go on without a space.
        return re.match(f"[{_NO_SPACES}]", following) is not None
    # A word reaches at most this far; looking no further keeps the whole linear.
    ahead = text[end.end() : end.end() + 80].lstrip().lstrip(_OPENERS)
    next_is_small = ahead[:1].islower()
    if set(marks) & set("!?‽⁇⁈⁉‼"):
        # 'Stop!' he cried: inside a quotation, a small letter goes on with the sentence around it.
        return not (next_is_small and marks[-1] in "\"'”’“»«" and any(c.isupper() for c in text))
    if marks.startswith(("…", "...")):
        return not next_is_small
    if marks[0] not in _FULL_STOP:
        return True
    return _full_stop_ends(text[max(0, end.start() - 40) : end.start()], ahead)


def _full_stop_ends(before: str, ahead: str) -> bool:
    """Tell whether a full stop ends a sentence, from the words around it."""
    pieces = before.split()
    if not pieces or before[-1].isspace():
        return True
    token = pieces[-1].lstrip(_OPENERS)
    folded = token.casefold()
    next_word = ahead.split(maxsplit=1)[0] if ahead else ""
    if folded in _NEVER_LAST or token in _NEVER_LAST_AS_WRITTEN:
        return False
    if len(token) == 1 and re.match(r"\w{1,3}\." if token.islower() else r"\w\.", ahead):
        return False  # the first half of `z. B.`, `d. h.`, `p. ej.`, `v. Chr.`, `J. R.`
    if folded in _BEFORE_NUMBERS and ahead[:1].isdecimal():
        return False
    if folded in _MAYBE_LAST or re.fullmatch(r"(?:\w\.)+\w", token):
        return not ahead[:1].islower()
    if token.isdecimal():
        # `1.` opening a line is a list number; `3. Mai`, `3. května` are ordinals.
        line_before = before[: -len(pieces[-1])].rstrip(" \t")
        opens_line = not line_before or line_before.endswith("\n")
        german = next_word.rstrip(".,;:!?").casefold() in _GERMAN_MONTHS
        return not (len(token) <= 2 and (opens_line or german or ahead[:1].islower()))
    if len(token) == 1 and token.isupper():
        # An initial follows a name, another initial or nothing: `J. Smith`, `George W. Bush`; but
        # not `vitamin C.`
        earlier = pieces[-2] if len(pieces) > 1 else ""
        return not (not earlier or earlier[:1].isupper() or earlier.endswith((".", "!", "?")))
    return True
