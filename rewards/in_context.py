"""The reward `in_context` wants the exact items that the context determines, no more and no fewer.

`ground_truth` is a text or a list of texts, the set of items to be named in any order; or

    {"items": ["3", "1", "3"], "ordered": true}     a sequence: order and repeats count

The response states its items after "Answer:" (or boxed, or tagged), separated by commas, "and" in
the twelve languages, on lines or as a JSON array. An item is what the row says, whole: "salt and
pepper" and "Smith, John" are one each, and a text is one item, so that several need a list. Extra
items count against a response: recall of substrings would pay for copying the whole context.
Repeats are no items of a set, so naming one twice scores 0 too. Case, quotes and closing full stops
are typography, and so is how the digits of a number are grouped (10,000 is 10000). Zeros behind the
decimal point are part of a text ("3.50" may be a version) and none of a number (3.5).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewards.reading.stated import stated_answer
from rewards.reading.text import fold
from rewards.reading.typography import plain
from rewards.registry import reward
from rewards.result import RewardResult

MAX_ANSWER_CHARS = 20_000

# Folding has made the full-width comma and semicolon ASCII. No spaces in the pattern: stripping
# them afterwards keeps it linear.
_SEPARATOR = re.compile(r"[,;、،]|(?<!\w)and(?!\w)")
_BULLET = re.compile(r"\A(?:[*+•] |- |\d{1,3}[.)] )")
_QUOTES = " \"'“”‘’`*«»「」『』"
_PAIRS = {"[": "]", "{": "}", "(": ")"}
# What stands between two items: "and" where words have spaces around them, where they have none
# (Japanese, Chinese), behind a Korean word, and in front of an Arabic one.
_AND = r"(?:and|und|et|y|e|ed|en|a|&|그리고|및|و)"
_BETWEEN = re.compile(
    rf"(?: *[,;،、\n])+ *(?:{_AND} +)?| +{_AND} +| *(?:と|や|及び|および|和|与|與|及|以及) *"
    r"|(?:와|과) +| +و"
)
_MARKS = " '’"  # beside the comma
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")
_LARGE = re.compile(r"(?<![\d.,])(?:\d{1,3}(?:,\d{3})+|[1-9]\d{3,})(?!\d|,\d)")
# Items that begin alike can be tried in many ways; no honest row needs as many.
MAX_STEPS = 20_000
MAX_NUMBER_CHARS = 64


def items_of(answer: str) -> list[str]:
    """Return the items of an answer, folded, in order, without empty ones.

    Every comma and "and" separates here; what the row wants isn't known.
    """
    listed = _array(answer)
    if listed is not None:
        return listed
    body = _body(answer).strip("{}[] ").rstrip(".")
    items = [_item(part) for line in body.split("\n") for part in _SEPARATOR.split(line)]
    return [item for item in items if item]


def _array(answer: str) -> list[str] | None:
    """Return the items of a JSON array, or None if the answer is none."""
    if not answer.strip().startswith("["):
        return None
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, list) or not all(isinstance(x, str | int | float) for x in value):
        return None
    return [item for item in (_item(str(x)) for x in value) if item]


def _body(answer: str) -> str:
    """Return the folded lines of an answer without their bullets."""
    lines = (_BULLET.sub("", fold(line).casefold()) for line in answer.strip().splitlines())
    return "\n".join(line for line in lines if line)


def _item(text: str) -> str:
    return fold(text).casefold().lstrip(_QUOTES).rstrip(_QUOTES + ".")


def _grouped(found: re.Match[str]) -> str:
    """Return a pattern for a whole number of four digits or more, its digits grouped or not."""
    digits = found[0].replace(",", "")
    groups = f"{int(digits):,}".split(",")
    marks = "|".join(mark.join(groups) for mark in _MARKS)
    # A comma behind grouped digits goes on with them: "1,000,5" isn't 1000 and 5.
    return rf"(?:{digits}|{marks}|{','.join(groups)}(?!,\d))(?!\d)"


@dataclass(frozen=True)
class _Wanted:
    """Is an item of the row: its spelling, and what else is typography of it."""

    key: str
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, value: Any) -> _Wanted:
        """Take a text as it is and a number by its value; digits may be grouped in either."""
        key = _item(str(value))
        text, ending = key, ""
        if not isinstance(value, str) and _DECIMAL.fullmatch(key):
            text = key.rstrip("0").rstrip(".") if "." in key else key
            ending = "0*" if "." in text else r"(?:\.0+)?"
        if len(key) <= MAX_NUMBER_CHARS:
            pieces, start = "", 0
            for number in _LARGE.finditer(text):
                pieces += re.escape(text[start : number.start()]) + _grouped(number)
                start = number.end()
            pattern = pieces + re.escape(text[start:])
        else:
            pattern = re.escape(text)
        # A number ends where its digits do.
        last = r"(?!\d|\.\d)" if text[-1:].isdigit() else ""
        return cls(key, re.compile(pattern + ending + last))


def _placed(text: str, wanted: Sequence[_Wanted], ordered: bool) -> bool:
    """Tell whether a text is the wanted items, each once, with separators between them."""
    stack: list[tuple[int, tuple[int, ...]]] = [(0, tuple(range(len(wanted))))]
    for _ in range(MAX_STEPS):
        if not stack:
            return False
        place, left = stack.pop()
        while text[place : place + 1] and text[place] in _QUOTES:
            place += 1
        for n in reversed(left[:1] if ordered else left):
            match = wanted[n].pattern.match(text, place)
            if match is None:
                continue
            end = match.end()
            while text[end : end + 1] and text[end] in _QUOTES.strip() + ".":
                end += 1
            rest = tuple(other for other in left if other != n)
            between = _BETWEEN.match(text, end)
            if not rest and not text[end:].strip(" ,;،、.\n"):
                return True
            if rest and between is not None:
                stack.append((between.end(), rest))
    return False


def _right(answer: str, wanted: Sequence[_Wanted], ordered: bool) -> bool:
    listed = _array(answer)
    if listed is not None:
        whole = [[w.pattern.fullmatch(item) is not None for w in wanted] for item in listed]
        if ordered:
            return len(listed) == len(wanted) and all(row[n] for n, row in enumerate(whole))
        return len(listed) == len(wanted) and all(map(any, zip(*whole, strict=True)))
    body = _body(answer).strip()
    inside = body[1:-1] if _PAIRS.get(body[:1]) == body[-1:] != "" else ""
    return any(_placed(text.strip(), wanted, ordered) for text in (body, inside) if text)


def gold(ground_truth: Any, extra_info: Mapping[str, Any]) -> str:
    """Write the items in the stated format; each once, unless their order counts."""
    row = ground_truth if isinstance(ground_truth, Mapping) else {"items": ground_truth}
    wanted = row["items"] if isinstance(row["items"], list) else [row["items"]]
    items = [_item(str(item)) for item in wanted]
    return f"Answer: {', '.join(items if row.get('ordered') else dict.fromkeys(items))}"


@reward("in_context", range=(0.0, 1.0), timeout_s=1.0, gold=gold)
def in_context(completion: str, ground_truth: Any) -> RewardResult:
    """Score 1 if the stated items are exactly those of `ground_truth`; rows: see the module."""
    row = ground_truth if isinstance(ground_truth, Mapping) else {"items": ground_truth}
    wanted, ordered = row.get("items"), row.get("ordered", False)
    if isinstance(wanted, str | int | float):
        wanted = [wanted]
    if not isinstance(wanted, Sequence) or not isinstance(ordered, bool):
        return RewardResult.error("in_context: ground_truth is no text, list or {items, ordered}")
    items = [item for item in map(_Wanted.of, wanted) if item.key]
    if not ordered:
        items = list({item.key: item for item in items}.values())
    if not items:
        return RewardResult.error("in_context: ground_truth is empty")
    answer = stated_answer(completion)
    if answer is None:
        return RewardResult.wrong_format("nothing stated after 'Answer:'")
    if len(answer) > MAX_ANSWER_CHARS:
        return RewardResult.wrong_format(f"answer is longer than {MAX_ANSWER_CHARS} characters")
    # As it is written first: an item may be Markdown or LaTeX itself.
    undressed = (answer, plain(answer))
    read = next((text for text in undressed if _right(text, items, ordered)), None)
    right = read is not None
    given = set(items_of(undressed[-1] if read is None else read))
    hits = sum(any(item.pattern.fullmatch(found) for found in given) for item in items)
    return RewardResult(
        float(right),
        components={
            "precision": 1.0 if right else hits / max(len(given), hits, 1),
            "recall": 1.0 if right else hits / len(items),
        },
        extracted=answer[:200],
    )
