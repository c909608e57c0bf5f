r"""The reward `mcq` wants one letter, stated as the answer, in any of the twelve Granite languages.

A letter counts if it is the whole response (`B`, `(B)`, `B.`), boxed, or follows "the answer is"
or its like in another language (`rewards/reading/stated.py`). The last box or statement is
taken. Three rules keep guesses from being paid:

- What follows the letter must end the statement or give a reason, so that neither the article in
  "The answer is A metal" nor "E. coli" is a choice. Where the row has the options' texts, "B.
  mitochondria" is one if option B says so, and refused if it says something else.
- A statement with another letter behind "or", "and" or a sign that joins is hedging and refused.
- Options are never searched for by their text: "iron" is part of "environment", and an empty
  string is part of everything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rewards.reading.stated import last_stated
from rewards.reading.text import after_reasoning, fold, last_boxed
from rewards.registry import reward
from rewards.result import RewardResult

MAX_BOX_CHARS = 64

_LONE = re.compile(r"[\s*(\[{$]*([A-Z])[)\]}*.\s$]*")
_MARKS = r"[\s*(\[{$\"'`«„“「]*"
_LEAD = re.compile(
    # Articles and "option" are lower case or a capitalised word, never a lone capital letter.
    rf"{_MARKS}(?:(?:the|la|le|el|a|o|die|de|het|[Oo]ption|[Cc]hoice|[Ll]etter|opción|letra|"
    rf"alternativa|opção|opzione|lettera|lettre|optie|možnost|선택지|选项)\s+)*{_MARKS}"
    r"([A-Z])(?!['’-]?[A-Za-z0-9\u00c0-\u024f]|[\^_=+<>\u2190-\u22ff])"
)
_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf|mbox)\s*|\\[()]")
_JOIN = (
    r"or|and|oder|und|o|y|ou|et|e|u|nebo|a|oppure|of|en|"
    r"または|か|と|或者|或|和|또는|이나|와|과|أو|و"
)
_MORE = re.compile(
    rf"(?:[/,&+|;、]|(?<![^\W_])(?:{_JOIN}))\s*[(\[*]*([A-Z])(?![A-Za-z0-9'’\u00c0-\u024f]|\s*[=<>])"
)
# Nothing but further letters to the end of the line: "A B C", "$C$ $F$".
_LETTERS = re.compile(r"[)\]}*$`.]*(?:\s+[(\[{*$`]*[A-Z][)\]}*$`.]*)+\s*")
# After the letter: nothing, a closing sign, the end of a sentence, or a script without capitals.
_CLOSING = re.compile(r"[\s)\]}*$\"'`»“”」.]*")
_REASON = re.compile(
    r"\s*(?:because|since|as|for|and\s+not|not|weil|da|denn|porque|pues|car|parce|puisque|perché|"
    r"poiché|pois|protože|neboť|omdat|want|ist|is|es|est|è|é|je)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\s*[a-z\u00df-\u024f]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|[。！？\n]|\bbecause\b|\bsince\b")


def _follows(rest: str, option: str | None) -> bool:
    """Tell whether the text after a letter lets the letter be a choice."""
    closing = _CLOSING.match(rest)
    tail = rest[closing.end() :] if closing else rest
    marks = closing[0] if closing else ""
    if not tail or tail[0] in ",;:-!?":
        tail = tail.lstrip(",;:-!? ")
        marks += ":"
    if option:
        words = fold(option).casefold().rstrip(". ")
        said = tail.casefold()
        if words and said.startswith(words) and not said[len(words) : len(words) + 1].isalnum():
            return True
        if any(mark in marks for mark in ").:]") and tail[:1].isalpha() and not _REASON.match(tail):
            return _starts_sentence(marks, tail)
    if not tail or _REASON.match(tail):
        return True
    if "." in marks and ")" not in marks and "]" not in marks:
        return not _WORD.match(tail)  # "E. coli"
    if marks.strip():
        return True  # "(B) mitochondria", "**B** says so", "B: because"
    return not _WORD.match(tail)  # "A metal"; a word of another script follows freely


def _starts_sentence(marks: str, tail: str) -> bool:
    """Tell whether a new sentence begins ("B. The others …"), which isn't the option's text."""
    return "." in marks and tail[:1].isupper() and len(tail.split()) > 3


def stated_letter(completion: str, options: Mapping[str, str] | None = None) -> str | None:
    """Return the letter that the text states as its answer, '' for several, None for none.

    Args:
        completion: the model's text.
        options: letters and their texts, where the row has them.
    """
    text = after_reasoning(completion)
    boxed = last_boxed(text)
    # A statement behind the last box is the later one; the box may hold a value on the way.
    text = text[text.rfind("\\boxed{") + len("\\boxed{" + boxed) :] if boxed is not None else text
    # Line by line: what stands on the next line isn't part of the statement.
    text = "\n".join(fold(line) for line in text.strip().splitlines())
    if boxed is None and (lone := _LONE.fullmatch(text)):
        return lone[1]
    found = _letter_of(last_stated(text), options)
    if found is None and boxed is not None and len(boxed) <= MAX_BOX_CHARS:
        return _letter_of(fold(boxed), options)
    return found


def _letter_of(stated: str | None, options: Mapping[str, str] | None) -> str | None:
    """Return the letter at the start of a statement, '' for several, None for none."""
    stated = _TEXT.sub("", stated or "")
    lone = _LONE.fullmatch(stated)
    if lone is not None:
        return lone[1]
    head = _LEAD.match(stated)
    if head is None:
        return None
    rest = stated[head.end() :].split("\n", 1)[0]
    letter = head[1]
    first = _SENTENCE.split(rest, maxsplit=1)[0]
    if _LETTERS.fullmatch(rest) or any(match[1] != letter for match in _MORE.finditer(first)):
        return ""
    return letter if _follows(rest, (options or {}).get(letter)) else None


def _options(choices: Sequence[str] | Mapping[str, Any] | None) -> dict[str, str] | None:
    if choices is None:
        return None
    if isinstance(choices, Mapping):
        return {str(letter).strip().upper(): str(text) for letter, text in choices.items()}
    return {chr(ord("A") + place): str(text) for place, text in enumerate(choices)}


def gold(ground_truth: str, extra_info: Mapping[str, Any]) -> str:
    """Write the right letter."""
    return str(ground_truth).strip().upper()


@reward("mcq", range=(0.0, 1.0), timeout_s=1.0, gold=gold)
def mcq(
    completion: str, ground_truth: str, choices: Sequence[str] | Mapping[str, Any] | None = None
) -> RewardResult:
    """Score 1 if the stated letter is `ground_truth`, out of `choices` (a list or letter map)."""
    gold = str(ground_truth).strip().upper()
    options = _options(choices)
    allowed = list(options) if options else [chr(c) for c in range(ord("A"), ord("Z") + 1)]
    if len(gold) != 1 or gold not in allowed:
        return RewardResult.error(f"mcq: ground_truth {ground_truth!r} is not one of {allowed}")
    letter = stated_letter(completion, options)
    if letter is None:
        return RewardResult.wrong_format("no letter stated as the answer")
    if letter == "":
        return RewardResult.wrong_format("several letters stated as the answer")
    if letter not in allowed:
        return RewardResult.wrong_format(f"{letter} is not among the choices", extracted=letter)
    return RewardResult(float(letter == gold), extracted=letter)
