"""Solve the questions about letters, words and texts."""

from __future__ import annotations

import json
import re
from collections import Counter
from math import log

from tests.rewards.reasoning_solvers.base import Solution, Unclear, found, solves, words

# Shares of letters in English text, in per mille.
_SHARES = (
    "e127 t91 a82 o75 i70 n67 s63 h61 r60 d43 l40 c28 u28 m24 w24 f22 g20 y20 p19 b15 v10 k8 j2 x2 "
    "q1 z1"
)
ENGLISH = {share[0]: int(share[1:]) for share in _SHARES.split()}
COMMON = words(
    "the of and to in a is that was he for it with as his on be at by i this had not are but from "
    "or have an they which one you were all her she there would their we him been has when who "
    "will no more if out so what up about into than them can only other time new some could these "
    "two may first then do any like my now over such our man me even most made after also did many "
    "off before must well back through years much where your way down should because long each "
    "just state those people too mr how little good world make very year still see own work men "
    "day get here between both under never know same last us old might come came yes said"
)


@solves("letter_counting")
def letter_counting(question: str) -> Solution:
    """Count a letter in a text; a capital is the same letter."""
    letter, text = found(r'the letter "(.)" appear in the text: "(.*)"\?', question).groups()
    return Solution((str(sum(c.casefold() == letter.casefold() for c in text)),))


@solves("spell_backward")
def spell_backward(question: str) -> Solution:
    """Write a word from its last letter to its first."""
    word = found(r"nus\): (\S+)", question)[1]
    answer = ""
    for letter in word:
        answer = letter + answer
    return Solution((answer,), wrong=(word,) if word.lower() != answer.lower() else ())


@solves("word_sequence_reversal")
def word_sequence_reversal(question: str) -> Solution:
    """Write a list of words from its last to its first."""
    left = found(r"list of words: (.+)", question)[1].strip().split(", ")
    answer: list[str] = []
    while left:
        answer.append(left.pop())
    swapped = [*answer[1:], answer[0]]
    return Solution((", ".join(answer),), wrong=(", ".join(swapped),) if swapped != answer else ())


def _likely(text: str) -> float:
    """Return how English a text looks: mean log share of its letters, and its common words."""
    letters = [c for c in text.lower() if c.isalpha()]
    shares = sum(log(ENGLISH[c]) for c in letters) / len(letters)
    common = sum(len(word) for word in text.lower().split() if word in COMMON)
    return shares + 3 * common / len(letters)


@solves("caesar_cipher")
def caesar_cipher(question: str) -> Solution:
    """Try all 25 shifts and take the one that looks most like English."""
    cipher = found(r"cipher text: (.+?)\. Provide only", question)[1]
    shifted = []
    for shift in range(1, 26):
        shifted.append(
            "".join(chr((ord(c) - 65 - shift) % 26 + 65) if c.isalpha() else c for c in cipher)
        )
    shifted.sort(key=_likely, reverse=True)
    return Solution((shifted[0],), wrong=(*shifted[1:3], cipher))


@solves("emoji_mystery")
def emoji_mystery(question: str) -> Solution:
    """Read the bytes that variation selectors hide behind an emoji."""
    hidden = found(r"from the emoji: (.+?)\n", question)[1]
    values = []
    for place in map(ord, hidden):
        if 0xFE00 <= place <= 0xFE0F:
            values.append(place - 0xFE00)
        elif 0xE0100 <= place <= 0xE01EF:
            values.append(place - 0xE0100 + 16)
    return Solution((bytes(values).decode(),))


@solves("group_anagrams")
def group_anagrams(question: str) -> Solution:
    """Group words that have the same letters, in any order of groups and words."""
    listed = json.loads(found(r"into anagrams:\s*(\[.*\])", question)[1])
    groups: dict[tuple[tuple[str, int], ...], list[str]] = {}
    for word in listed:
        groups.setdefault(tuple(sorted(Counter(word).items())), []).append(word)
    answer = [sorted(group) for group in groups.values()]
    turned = json.dumps([group[::-1] for group in answer[::-1]])
    split = json.dumps([[word] for word in listed])
    wanted = sorted(answer)

    def accepts(text: str) -> bool:
        return sorted(sorted(group) for group in json.loads(text)) == wanted

    # Only the first group, and every word for itself.
    wrong = [text for text in (json.dumps(answer[:1]), split) if not accepts(text)]
    return Solution((json.dumps(answer), turned), wrong=tuple(wrong), accepts=accepts)


@solves("palindrome_generation")
def palindrome_generation(question: str) -> Solution:
    """Make a palindrome of given letters, in two ways where there are two."""
    letters = re.findall(r"\b[a-z]\b", found(r"[Ll]etters: (.+)", question)[1])
    half = sorted(letter for letter, n in Counter(letters).items() for _ in range(n // 2))
    middle = "".join(letter for letter, n in Counter(letters).items() if n % 2)
    if len(middle) > 1:
        raise Unclear("no palindrome has these letters")
    text = "".join(half)
    answers = {text + middle + text[::-1], text[::-1] + middle + text}
    scrambled = "".join(sorted(letters))

    def accepts(answer: str) -> bool:
        return answer == answer[::-1] and sorted(answer) == sorted(letters)

    wrong = (scrambled, "a" * len(letters), text + middle)
    return Solution(
        tuple(sorted(answers)), wrong=tuple(w for w in wrong if not accepts(w)), accepts=accepts
    )


@solves("palindrome_partitioning")
def palindrome_partitioning(question: str) -> Solution:
    """List all ways to cut a string into palindromes, by trying every set of cuts."""
    string = found(r"into palindromes: (\S+)", question)[1]
    ways = []
    for cuts in range(1 << (len(string) - 1)):
        parts, start = [], 0
        for place in range(1, len(string) + 1):
            if place == len(string) or cuts >> (place - 1) & 1:
                part = string[start:place]
                if part != part[::-1]:
                    break
                parts.append(part)
                start = place
        else:
            ways.append(parts)
    wanted = sorted(ways)
    wrong = (json.dumps(ways[1:]), json.dumps([*ways, [string + "x"]]))
    return Solution(
        (json.dumps(ways), json.dumps(ways[::-1])),
        wrong=wrong,
        accepts=lambda text: sorted(json.loads(text)) == wanted,
    )


@solves("needle_haystack")
def needle_haystack(question: str) -> Solution:
    """Find who does what is asked about; it must be one person."""
    story, asked = question.strip().rsplit("\n", 1)
    what = found(r"^Who (.+)\? Reply", asked)[1]
    said = [part.strip() for part in story.split(". ") if part.strip()]
    who = {
        part.removesuffix(what).strip() for part in said if part.rstrip(".").endswith(f" {what}")
    }
    if len(who) != 1:
        raise Unclear(f"{len(who)} people {what}")
    name = who.pop()
    others = {part.split()[0] for part in said} - {name}
    return Solution((name,), wrong=tuple(sorted(others)[:3]))


@solves("binary_alternation")
def binary_alternation(question: str) -> Solution:
    """Count the swaps that make a string alternate: half of the misplaced, if that is possible."""
    string = found(r"alternating: ([01]+)", question)[1]
    swaps = []
    for first in "01":
        second = "10"[int(first)]
        target = "".join(first if place % 2 == 0 else second for place in range(len(string)))
        if Counter(target) == Counter(string):
            swaps.append(sum(a != b for a, b in zip(string, target, strict=True)) // 2)
    best = min(swaps, default=-1)
    wrong = {str(best + 1), "-1", *(str(other) for other in swaps)} - {str(best)}
    return Solution((str(best),), wrong=tuple(sorted(wrong)))
