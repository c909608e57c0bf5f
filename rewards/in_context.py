"""The reward `in_context` wants the exact items that the context determines, no more and no fewer.

`ground_truth` is a text or a list of texts, the set of items to be named in any order; or

    {"items": ["3", "1", "3"], "ordered": true}     a sequence: order and repeats count

The response states its items after "Answer:" (or boxed, or tagged), separated by commas, on lines
or as a JSON array. Extra items count against it: recall of substrings would pay for copying the
whole context. Repeats are no items of a set, so naming one twice scores 0 too. Case, quotes and
closing full stops are typography.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rewards.reading.stated import stated_answer
from rewards.reading.text import fold
from rewards.reading.typography import readings
from rewards.registry import reward
from rewards.result import RewardResult

MAX_ANSWER_CHARS = 20_000

# Folding has made the full-width comma and semicolon ASCII. No spaces in the pattern: stripping
# them afterwards keeps it linear.
_SEPARATOR = re.compile(r"[,;、،]|(?<!\w)and(?!\w)")
_BULLET = re.compile(r"\A(?:[*+•] |- |\d{1,3}[.)] )")
_TRIMMED = " .\"'“”‘’`*"


def items_of(answer: str) -> list[str]:
    """Return the items of an answer, folded, in order, without empty ones."""
    whole = answer.strip()
    if whole.startswith("["):
        try:
            value = json.loads(whole)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, list) and all(isinstance(x, str | int | float) for x in value):
            return [item for item in (_item(str(x)) for x in value) if item]
    items = []
    for line in whole.splitlines():
        body = _BULLET.sub("", fold(line).casefold()).strip("{}[] ").rstrip(".")
        items += [_item(part) for part in _SEPARATOR.split(body)]
    return [item for item in items if item]


def _item(text: str) -> str:
    return fold(text).casefold().strip(_TRIMMED)


def gold(ground_truth: Any, extra_info: Mapping[str, Any]) -> str:
    """Write the items in the stated format; each once, unless their order counts."""
    row = ground_truth if isinstance(ground_truth, Mapping) else {"items": ground_truth}
    wanted = row["items"] if isinstance(row["items"], list) else [row["items"]]
    items = [item for text in wanted for item in items_of(str(text))]
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
    gold = [item for text in wanted for item in items_of(str(text))]
    if not gold:
        return RewardResult.error("in_context: ground_truth is empty")
    answer = stated_answer(completion)
    if answer is None:
        return RewardResult.wrong_format("nothing stated after 'Answer:'")
    if len(answer) > MAX_ANSWER_CHARS:
        return RewardResult.wrong_format(f"answer is longer than {MAX_ANSWER_CHARS} characters")
    read = [items_of(reading) for reading in readings(answer)]
    items = next((items for items in read if set(items) == set(gold)), read[0])
    given, named = set(items), set(gold)
    hits = len(given & named)
    right = items == gold if ordered else given == named and len(items) == len(given)
    return RewardResult(
        float(right),
        components={
            "precision": hits / len(given) if given else 0.0,
            "recall": hits / len(named),
        },
        extracted=answer[:200],
    )
