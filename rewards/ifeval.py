"""Instruction following: verifiable constraints under IFEval's ids (Zhou et al., 2023).

Each id maps to a plain function of the response and its kwargs; nothing is downloaded, nothing
is random. All constraints must hold for score 1; the share that holds is a component, and so is
every constraint in the order of the row. Unknown ids and kwargs are errors of the row, never a
pass. Strict reading only: a loose one (dropping first lines, asterisks) pays for preambles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rewards.registry import reward
from rewards.result import RewardResult
from rewards.text import after_reasoning

_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_BULLET = re.compile(r"^\s*(?:\*[^*].*|-\s?\S.*)$", re.MULTILINE)


class BadConstraint(ValueError):
    """A constraint's id or kwargs are not understood."""


def _compare(count: int, relation: str, wanted: int) -> bool:
    if relation == "at least":
        return count >= wanted
    if relation == "less than":
        return count < wanted
    raise BadConstraint(f"relation {relation!r} is neither 'at least' nor 'less than'")


def count_words(text: str) -> int:
    """Words as runs of letters and digits, inner apostrophes and hyphens included."""
    return len(_WORD.findall(text))


def _occurrences(text: str, word: str) -> int:
    return len(re.findall(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE))


def _capital(text: str) -> bool:
    return text.isupper()


def _lowercase(text: str) -> bool:
    return text.islower()


def _no_comma(text: str) -> bool:
    return not any(comma in text for comma in ",，、،")


def _quotation(text: str) -> bool:
    text = text.strip()
    return len(text) > 1 and text[0] == '"' and text[-1] == '"'


def _end(text: str, end_phrase: str) -> bool:
    return text.strip().strip('"').casefold().endswith(end_phrase.strip().casefold())


def _existence(text: str, keywords: Sequence[str]) -> bool:
    return all(_occurrences(text, word) > 0 for word in keywords)


def _frequency(text: str, keyword: str, frequency: int, relation: str) -> bool:
    return _compare(_occurrences(text, keyword), relation, frequency)


def _forbidden(text: str, forbidden_words: Sequence[str]) -> bool:
    return not any(_occurrences(text, word) for word in forbidden_words)


def _number_words(text: str, num_words: int, relation: str) -> bool:
    return _compare(count_words(text), relation, num_words)


def _bullets(text: str, num_bullets: int) -> bool:
    return len(_BULLET.findall(text)) == num_bullets


def _title(text: str) -> bool:
    return any(t.strip("< >") for t in re.findall(r"<<[^\n]+>>", text))


def _repeat_prompt(text: str, prompt_to_repeat: str) -> bool:
    return text.strip().casefold().startswith(prompt_to_repeat.strip().casefold())


def _two_responses(text: str) -> bool:
    parts = [part.strip() for part in text.split("******")]
    return len(parts) == 2 and all(parts) and parts[0] != parts[1]


CHECKS: dict[str, Callable[..., bool]] = {
    "change_case:english_capital": _capital,
    "change_case:english_lowercase": _lowercase,
    "combination:repeat_prompt": _repeat_prompt,
    "combination:two_responses": _two_responses,
    "detectable_format:number_bullet_lists": _bullets,
    "detectable_format:title": _title,
    "keywords:existence": _existence,
    "keywords:forbidden_words": _forbidden,
    "keywords:frequency": _frequency,
    "length_constraints:number_words": _number_words,
    "punctuation:no_comma": _no_comma,
    "startend:end_checker": _end,
    "startend:quotation": _quotation,
}


def check(text: str, instruction_id: str, kwargs: Mapping[str, Any]) -> bool:
    """Whether one constraint holds. Empty text satisfies nothing.

    Raises:
        BadConstraint: the id is unknown or its kwargs do not fit.
    """
    function = CHECKS.get(instruction_id)
    if function is None:
        raise BadConstraint(f"unknown instruction id {instruction_id!r}")
    # Data sets store every kwarg of every id and set the unused ones to null.
    given = {key: value for key, value in kwargs.items() if value is not None}
    try:
        held = function(text, **given)
    except TypeError as problem:
        raise BadConstraint(f"{instruction_id}: {problem}") from None
    return bool(text.strip()) and held


@reward("ifeval", range=(0.0, 1.0), timeout_s=1.0)
def ifeval(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """1 if all constraints hold; `{"instruction_id_list": [...], "kwargs": [...]}`."""
    ids = ground_truth.get("instruction_id_list")
    kwargs = ground_truth.get("kwargs")
    if not isinstance(ids, list) or not isinstance(kwargs, list) or len(ids) != len(kwargs):
        return RewardResult.error(
            "ifeval: ground_truth wants 'instruction_id_list' and 'kwargs' of equal length"
        )
    if not ids:
        return RewardResult.error("ifeval: 'instruction_id_list' is empty")
    text = after_reasoning(completion)
    try:
        held = [check(text, one, given or {}) for one, given in zip(ids, kwargs, strict=True)]
    except BadConstraint as problem:
        return RewardResult.error(f"ifeval: {problem}")
    # Positional keys: a dict keyed by id alone would drop a constraint that occurs twice.
    pairs = enumerate(zip(ids, held, strict=True))
    components = {f"{place}:{one}": float(ok) for place, (one, ok) in pairs}
    failed = [one for one, ok in zip(ids, held, strict=True) if not ok]
    return RewardResult(
        float(not failed),
        components=components | {"share": sum(held) / len(held)},
        message=f"failed: {', '.join(failed)}" if failed else "",
    )
