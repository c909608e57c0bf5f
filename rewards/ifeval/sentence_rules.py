"""Harder constraints are rules that sentences keep, one by one and from one to the next."""

from __future__ import annotations

from itertools import pairwise

from rewards.ifeval.counts import EMOJI
from rewards.ifeval.instruction import (
    Count,
    Counts,
    Phrase,
    Positive,
    SentenceKinds,
    instruction,
    require,
)
from rewards.ifeval.matching import folded, occurs, starts_with
from rewards.ifeval.segmentation import (
    folded_words,
    kind_of,
    paragraphs,
    sentences,
    words,
)
from rewards.ifeval.wording import bare


@instruction("sentence:word_range")
def word_range(text: str, *, low: Count, high: Count) -> bool:
    """Every sentence has between `low` and `high` words, both included."""
    require(low <= high, f"low {low} is more than high {high}")
    lengths = [len(words(sentence)) for sentence in sentences(text)]
    return bool(lengths) and all(low <= length <= high for length in lengths)


@instruction("sentence:increasing")
def increasing(text: str, *, step: Positive) -> bool:
    """Each sentence has exactly `step` words more than the one before; there are at least two."""
    lengths = [len(words(sentence)) for sentence in sentences(text)]
    return len(lengths) > 1 and all(b - a == step for a, b in pairwise(lengths))


@instruction("sentence:nth_keyword")
def nth_keyword(text: str, *, position: Positive, keyword: Phrase) -> bool:
    """The sentence at the position, counted from 1, has the keyword, and no other has."""
    found = [n for n, sentence in enumerate(sentences(text), 1) if occurs(sentence, keyword)]
    return found == [position]


@instruction("sentence:acrostic")
def acrostic(text: str, *, word: Phrase) -> bool:
    """The first letters of the sentences, in order, spell the word."""
    wanted = [char for char in bare(word) if char.isalpha()]
    require(bool(wanted), f"{word!r} has no letters")
    firsts = [bare(words(sentence)[0])[:1] for sentence in sentences(text)]
    return firsts == wanted and all(len(words(sentence)) > 1 for sentence in sentences(text))


@instruction("sentence:chain")
def chain(text: str) -> bool:
    """Each of at least two sentences begins with the last word of the one before."""
    found = [folded_words(sentence) for sentence in sentences(text)]
    long_enough = len(found) > 1 and all(len(sentence) > 1 for sentence in found)
    return long_enough and all(one[-1] == other[0] for one, other in pairwise(found))


@instruction("sentence:same_start")
def same_start(text: str, *, word: Phrase, number: Positive) -> bool:
    """There are at least `number` sentences, all different, and every one begins with the word."""
    found = sentences(text)
    distinct = {" ".join(folded_words(sentence)) for sentence in found}
    enough = len(found) >= number and len(distinct) == len(found)
    return enough and all(starts_with(sentence, word) for sentence in found)


@instruction("sentence:same_end")
def same_end(text: str, *, word: Phrase, number: Positive) -> bool:
    """There are at least `number` sentences, all different, and every one ends with the word."""
    found = [folded_words(sentence) for sentence in sentences(text)]
    wanted = folded_words(word)
    require(bool(wanted), f"{word!r} has no word in it")
    enough = len(found) >= number and len({tuple(one) for one in found}) == len(found)
    return enough and all(one[-len(wanted) :] == wanted and len(one) > len(wanted) for one in found)


@instruction("sentence:kinds")
def kinds(text: str, *, kinds: SentenceKinds) -> bool:
    """There are as many sentences as kinds, in this order: statement, question or exclamation."""
    return [kind_of(sentence) for sentence in sentences(text)] == list(kinds)


@instruction("sentence:all_different_words")
def all_different_words(text: str, *, number: Positive) -> bool:
    """There are exactly `number` sentences, and no two of them share a word."""
    found = [set(folded_words(sentence)) for sentence in sentences(text)]
    return len(found) == number and sum(map(len, found)) == len(set().union(*found))


@instruction("sentence:emoji_end")
def emoji_end(text: str) -> bool:
    """An emoji follows every sentence: ends of sentences and emoji take turns up to the end."""
    # Cut at the emoji: before each there must be one sentence, and after the last nothing.
    pieces = EMOJI.split(text)
    return (
        len(pieces) > 1
        and not pieces[-1].strip()
        and all(len(sentences(piece)) == 1 for piece in pieces[:-1])
    )


@instruction("paragraph:sentence_counts")
def sentence_counts(text: str, *, counts: Counts) -> bool:
    """There are as many paragraphs as numbers, each with that many sentences."""
    return [len(sentences(part)) for part in paragraphs(text)] == list(counts)


@instruction("repeat:sentence")
def repeat_sentence(text: str, *, sentence: Phrase, times: Positive) -> bool:
    """The given sentence occurs exactly `times` times, word for word, among other sentences."""
    wanted = " ".join(folded(sentence).split())
    found = [" ".join(folded(one).split()) for one in sentences(text)]
    return found.count(wanted) == times and len(found) > times
