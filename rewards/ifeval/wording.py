"""Harder constraints say which words are used, in which order, and with which letters.

Upper and lower case are the same everywhere but under `case:`, and letters are compared without
their accents where a row names letters (é is an e). Where every word must do something, a text has
to have at least one. `case:` constraints ask for letters that have case, so they fail in Arabic,
Chinese, Japanese and Korean; a row that asks for one of these languages as well is an error.
"""

from __future__ import annotations

import string
import unicodedata
from collections import Counter
from itertools import pairwise

from rewards.ifeval.instruction import (
    Letter,
    Phrase,
    Phrases,
    Positive,
    Relation,
    compare,
    instruction,
    require,
)
from rewards.ifeval.matching import folded, occurs, place_of, starts_with
from rewards.ifeval.segmentation import folded_words, paragraphs, words


def bare(text: str) -> str:
    """Fold the text and take the accents off its letters: é → e, Å → a."""
    apart = unicodedata.normalize("NFD", folded(text))
    return "".join(char for char in apart if not unicodedata.combining(char))


def _initials(text: str) -> list[str]:
    return [bare(word)[:1] for word in words(text)]


def _letter(letter: str) -> str:
    wanted = bare(letter).strip()
    require(len(wanted) == 1 and wanted.isalpha(), f"{letter!r} is not one letter")
    return wanted


@instruction("words:max_repeats")
def max_repeats(text: str, *, number: Positive) -> bool:
    """No word occurs more than `number` times."""
    counted = Counter(folded_words(text))
    return bool(counted) and max(counted.values()) <= number


@instruction("words:max_length")
def max_length(text: str, *, number: Positive) -> bool:
    """Every word has at most `number` letters."""
    return bool(words(text)) and all(len(word) <= number for word in words(text))


@instruction("words:min_length")
def min_length(text: str, *, number: Positive) -> bool:
    """Every word has at least `number` letters."""
    return bool(words(text)) and all(len(word) >= number for word in words(text))


@instruction("words:same_initial")
def same_initial(text: str, *, letter: Letter) -> bool:
    """Every word begins with the letter."""
    return set(_initials(text)) == {_letter(letter)}


@instruction("words:initials_spell")
def initials_spell(text: str, *, word: Phrase) -> bool:
    """The first letters of all words, in order, spell the word."""
    wanted = [char for char in bare(word) if char.isalpha()]
    require(bool(wanted), f"{word!r} has no letters")
    return _initials(text) == wanted


@instruction("words:alphabetical_chain")
def alphabetical_chain(text: str, *, first_letter: Letter) -> bool:
    """Each word begins with the letter after the one before it, from `first_letter`, z before a."""
    start = _letter(first_letter)
    require(start in string.ascii_lowercase, f"{first_letter!r} is not in a to z")
    place = string.ascii_lowercase.index(start)
    initials = _initials(text)
    return len(initials) > 1 and all(
        initial == string.ascii_lowercase[(place + n) % 26] for n, initial in enumerate(initials)
    )


@instruction("words:no_adjacent_initials")
def no_adjacent_initials(text: str) -> bool:
    """No two neighbouring words begin with the same letter."""
    initials = _initials(text)
    return len(initials) > 1 and all(one != other for one, other in pairwise(initials))


@instruction("words:palindromes")
def palindromes(
    text: str, *, number: Positive, relation: Relation, min_letters: Positive = 3
) -> bool:
    """That many different words of `min_letters` letters or more read the same backwards."""
    candidates = {bare(word) for word in words(text)}
    found = [w for w in candidates if len(w) >= min_letters and w.isalpha() and w == w[::-1]]
    return compare(len(found), relation, number)


@instruction("words:nth_word")
def nth_word(text: str, *, position: Positive, word: Phrase) -> bool:
    """The word at the position, counted from 1, is the given one."""
    found = folded_words(text)
    return len(found) >= position and folded(found[position - 1]) == folded(word).strip()


@instruction("words:first_is_last")
def first_is_last(text: str) -> bool:
    """The first word is also the last, with others between them."""
    found = folded_words(text)
    return len(found) > 2 and found[0] == found[-1] and set(found) != {found[0]}


@instruction("words:keyword_order")
def keyword_order(text: str, *, keywords: Phrases) -> bool:
    """All keywords occur, and first occur in the given order."""
    require(len(keywords) > 1, "an order needs at least two keywords")
    places = [place_of(text, keyword) for keyword in keywords]
    return places[0] >= 0 and all(one < other for one, other in pairwise(places))


@instruction("words:one_of_each")
def one_of_each(text: str, *, groups: Phrases) -> bool:
    """Exactly one word occurs of each group, whose words are separated by `|`."""
    parted = [[word for word in group.split("|") if word.strip()] for group in groups]
    require(all(len(group) > 1 for group in parted), "a group has at least two words: 'tea|coffee'")
    return all(sum(occurs(text, word) for word in group) == 1 for group in parted)


@instruction("letters:without")
def letters_without(text: str, *, letters: Phrase) -> bool:
    """None of the letters occurs, accents aside; at least two words are written."""
    banned = {char for char in bare(letters) if not char.isspace()}
    require(all(map(str.isalpha, banned)), f"{letters!r} has something that is not a letter")
    return len(words(text)) > 1 and not banned & set(bare(text))


@instruction("letters:every_word_has")
def every_word_has(text: str, *, letter: Letter) -> bool:
    """Every word has the letter in it."""
    wanted = _letter(letter)
    return bool(words(text)) and all(wanted in bare(word) for word in words(text))


@instruction("letters:pangram")
def pangram(text: str) -> bool:
    """Every letter from a to z occurs in the words; a row of single letters is none."""
    long_words = "".join(bare(word) for word in words(text) if len(word) > 2)
    spelled_out = string.ascii_lowercase in long_words
    return not spelled_out and set(string.ascii_lowercase) <= set(bare(text)) and bool(long_words)


@instruction("case:title")
def title_case(text: str) -> bool:
    """Every word that has case begins with a capital letter."""
    cased = [word for word in words(text) if word.upper() != word.lower()]
    return bool(cased) and all(word[0].isupper() or not word[0].isalpha() for word in cased)


@instruction("case:alternating_words")
def alternating_words(text: str) -> bool:
    """Words are in CAPITAL and small letters by turns; the first may be either."""
    cased = [word for word in words(text) if word.upper() != word.lower()]
    uniform = all(word.isupper() or word.islower() for word in cased)
    turns = all(one.isupper() != other.isupper() for one, other in pairwise(cased))
    return len(cased) > 1 and uniform and turns


@instruction("startend:begin_phrase")
def begin_phrase(text: str, *, begin_phrase: Phrase) -> bool:
    """The response begins with the phrase and goes on after it."""
    wanted = folded(begin_phrase).strip()
    return folded(text).strip().startswith(wanted) and len(words(text)) > len(words(wanted))


@instruction("paragraph:initial_words")
def initial_words(text: str, *, first_words: Phrases) -> bool:
    """There are as many paragraphs as words given, each beginning with the word at its place."""
    parts = paragraphs(text)
    return len(parts) == len(first_words) and all(
        starts_with(part, word) for part, word in zip(parts, first_words, strict=True)
    )


@instruction("paragraph:framed")
def framed(text: str) -> bool:
    """Every paragraph ends with the word that it began with, and has others between."""
    framing = [folded_words(part) for part in paragraphs(text)]
    return bool(framing) and all(len(w) > 2 and w[0] == w[-1] for w in framing)


@instruction("paragraph:keywords")
def paragraph_keywords(text: str, *, keywords: Phrases) -> bool:
    """Each keyword occurs only in the paragraph at its place, and there are as many paragraphs."""
    parts = paragraphs(text)
    return len(parts) == len(keywords) and all(
        occurs(part, keyword) == (n == m)
        for n, part in enumerate(parts)
        for m, keyword in enumerate(keywords)
    )
