"""Split text into words, sentences, paragraphs and lines by rules, in the twelve languages.

What counts as a word: a run of letters and digits with its inner apostrophes, hyphens, decimal
points and thousands separators (`don't`, `well-known` and `1,000.5` are one word each). Chinese and
Japanese put no spaces between words, so there every character of the script counts as one, as
word processors do; Korean is counted by its spaces. Accents, vowel signs and invisible characters
never split a word.

What counts as a sentence: text up to a terminator that ends one (`sentence_ends`). Line ends are no
sentence ends, so an unterminated heading belongs to the sentence after it, as in IFEval's own
count. Rules are wrong now and then where only meaning decides ("in the U.S. Tom …"); in exchange
they need no model, and every miss can be reproduced by hand.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rewards.ifeval.sentence_ends import END, NO_SPACES, ends_here

_LETTER = rf"[^\W_{NO_SPACES}]"
_WORD = re.compile(rf"[{NO_SPACES}]|{_LETTER}+(?:['’‐‑-]{_LETTER}+|(?<=\d)[.,٫٬](?=\d){_LETTER}+)*")
_CONTENT = re.compile(r"[^\W_]")


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
    cased = any(map(str.isupper, text))
    found: list[str] = []
    start = looked_at = 0
    full = False
    for match in END.finditer(text):
        # Looking at no letter twice keeps a million marks without a word between them cheap.
        full = full or _CONTENT.search(text, looked_at, match.end()) is not None
        looked_at = match.end()
        if full and (match.end() == len(text) or ends_here(text, match, start, cased)):
            found.append(text[start : match.end()].strip())
            start, full = match.end(), False
    rest = text[start:].strip()
    if has_content(rest):
        found.append(rest)
    return found


def kind_of(sentence: str) -> str:
    """Return 'question', 'exclamation' or 'statement', by the last terminators of a sentence."""
    ends = END.findall(sentence)
    last = ends[-1] if ends and sentence.endswith(ends[-1]) else ""
    if set(last) & set("?？؟‽⁇⁈⁉"):
        return "question"
    return "exclamation" if set(last) & set("!！‼") else "statement"
