"""Harder constraints count other things than words, sentences and bullets, and ask for ranges."""

from __future__ import annotations

import re
import unicodedata

from rewards.ifeval.instruction import (
    Count,
    Counts,
    Phrases,
    Relation,
    compare,
    instruction,
    require,
)
from rewards.ifeval.matching import folded, occurrences
from rewards.ifeval.segmentation import (
    folded_words,
    kind_of,
    lines,
    paragraphs,
    plain,
    sentences,
    words,
)

# A number with its inner separators, of any script's digits, not inside a word (`B2`, `1st` are
# words, not numbers).
_NUMBER = re.compile(r"(?<![^\W_])\d+(?:[.,٫٬:]\d+)*(?![^\W_])")
# One visible emoji: a flag, or a picture with its skin tone and what is joined to it.
_PICTURE = (
    "[\U0001f300-\U0001f5ff\U0001f600-\U0001f64f\U0001f680-\U0001f6ff\U0001f900-\U0001faff☀-➿⭐⭕]"
)
_TONE = "[\U0001f3fb-\U0001f3ff\ufe0f]*"
EMOJI = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|{_PICTURE}{_TONE}(?:\u200d{_PICTURE}{_TONE})*")
_PARENTHETICAL = re.compile(r"[(（]([^()（）]+)[)）]")


@instruction("count:word_range")
def word_range(text: str, *, low: Count, high: Count) -> bool:
    """There are between `low` and `high` words, both included."""
    require(low <= high, f"low {low} is more than high {high}")
    return low <= len(words(text)) <= high


@instruction("count:sentence_range")
def sentence_range(text: str, *, low: Count, high: Count) -> bool:
    """There are between `low` and `high` sentences, both included."""
    require(low <= high, f"low {low} is more than high {high}")
    return low <= len(sentences(text)) <= high


@instruction("count:paragraphs")
def number_of_paragraphs(text: str, *, number: Count, relation: Relation) -> bool:
    """There are that many paragraphs, separated by blank lines."""
    return compare(len(paragraphs(text)), relation, number)


@instruction("count:characters")
def characters(text: str, *, number: Count, relation: Relation) -> bool:
    """There are that many characters, white space not counted."""
    return compare(sum(not c.isspace() for c in plain(text)), relation, number)


@instruction("count:lines")
def number_of_lines(text: str, *, number: Count, relation: Relation) -> bool:
    """There are that many lines that are not blank."""
    return compare(len(lines(text)), relation, number)


@instruction("count:distinct_words")
def distinct_words(text: str, *, number: Count, relation: Relation) -> bool:
    """There are that many different words, upper and lower case being the same."""
    return compare(len(set(folded_words(text))), relation, number)


@instruction("count:numbers")
def numbers(text: str, *, number: Count, relation: Relation) -> bool:
    """There are that many numbers written in digits; 1,000.5 is one."""
    return compare(len(_NUMBER.findall(plain(text))), relation, number)


@instruction("count:questions")
def questions(text: str, *, number: Count, relation: Relation) -> bool:
    """There are that many sentences that are questions."""
    return compare([kind_of(s) for s in sentences(text)].count("question"), relation, number)


@instruction("count:exclamations")
def exclamations(text: str, *, number: Count, relation: Relation) -> bool:
    """There are that many sentences that end with an exclamation mark."""
    return compare([kind_of(s) for s in sentences(text)].count("exclamation"), relation, number)


@instruction("count:emoji")
def emoji(text: str, *, number: Count, relation: Relation) -> bool:
    """There are that many emoji; a flag or a family is one."""
    return compare(len(EMOJI.findall(text)), relation, number)


@instruction("count:parentheticals")
def parentheticals(text: str, *, number: Count, relation: Relation) -> bool:
    """There are that many remarks in round brackets, not nested, each with a word in it."""
    return compare(sum(bool(words(p)) for p in _PARENTHETICAL.findall(text)), relation, number)


@instruction("count:keywords")
def keywords(text: str, *, keywords: Phrases, frequencies: Counts) -> bool:
    """Each keyword occurs exactly as often as the number at its place says."""
    require(len(keywords) == len(frequencies), "keywords and frequencies differ in length")
    require(len({folded(k) for k in keywords}) == len(keywords), "a keyword is named twice")
    pairs = zip(keywords, frequencies, strict=True)
    return all(occurrences(text, keyword) == wanted for keyword, wanted in pairs)


@instruction("count:marks")
def marks(text: str, *, marks: Phrases, number: Count, relation: Relation) -> bool:
    """Each of the punctuation marks occurs that often."""
    _require_marks(marks)
    return all(compare(text.count(mark.strip()), relation, number) for mark in marks)


@instruction("count:only_marks")
def only_marks(text: str, *, marks: Phrases) -> bool:
    """Each of the punctuation marks occurs, and no other punctuation mark does."""
    _require_marks(marks)
    used = {char for char in text if unicodedata.category(char).startswith("P")}
    return used == {mark.strip() for mark in marks}


def _require_marks(marks: Phrases) -> None:
    for mark in map(str.strip, marks):
        is_mark = len(mark) == 1 and unicodedata.category(mark).startswith("P")
        require(is_mark, f"{mark!r} is not one punctuation mark")
