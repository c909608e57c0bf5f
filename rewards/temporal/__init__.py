"""The reward `temporal` wants one date, time, duration, weekday or number in the stated format.

`ground_truth` is the answer in ISO 8601 (dates `2024-02-29`, 24-hour times, moments with or
without an offset, durations `P1DT2H`), a weekday, a whole number, yes or no; then the response
must be in the same form. For any other format the row states it:

    {"value": "2024-02-29", "format": "DD/MM/YYYY"}       29/02/2024, and nothing else
    {"value": "14:30", "format": "h:mm AM/PM"}            2:30 PM
    {"value": "PT26H30M", "format": "duration in words"}  1 day, 2 hours and 30 minutes
    {"value": "2024-05-01T10:00+02:00", "compare": "instant"}   the same instant in any zone

Durations in words are read in the twelve languages. The names of formats are those of
`rewards.temporal.formats`. `value` stays in ISO form, so no locale decides what a row's 03/04
means; a value that is not is an error of the row. The right day written in another way is
`wrong_format`, since the prompt stated the format. Leading zeros are typography, except in ISO
8601. Moments are compared as written unless the row compares instants: whether a change of zone is
wanted is the prompt's matter.

The answer is the whole response, or what follows a last "Answer:", or stands in `<answer>` tags
or a box, or what the last sentence says it is ("So the answer is yes.").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rewards.reading.stated import stated_answer
from rewards.reading.text import after_reasoning
from rewards.reading.typography import plain
from rewards.registry import reward
from rewards.result import RewardResult
from rewards.temporal.formats import FORMATS, WEEKDAYS, Canonical, canonical
from rewards.temporal.statements import last_statement

__all__ = ["WEEKDAYS", "canonical", "stated", "temporal"]


def stated(completion: str) -> str:
    """Return the part of the response that is its answer."""
    answer = stated_answer(completion)
    if answer is not None:
        return answer
    text = after_reasoning(completion).strip()
    said = last_statement(text)
    return text if said is None else said


def _instant(value: Canonical) -> Canonical:
    moment = datetime.fromisoformat(value[1])
    try:
        return value[0], moment.astimezone(UTC).isoformat()
    except OverflowError:  # year 1 or 9999, moved over the edge of the calendar
        return value


def gold(ground_truth: Any, extra_info: Mapping[str, Any]) -> str | None:
    """Write the gold answer alone, where no other format than its own is asked for."""
    if not isinstance(ground_truth, Mapping):
        return str(ground_truth)
    return None if ground_truth.get("format") else str(ground_truth["value"])


@reward("temporal", range=(0.0, 1.0), timeout_s=1.0, gold=gold)
def temporal(completion: str, ground_truth: Any) -> RewardResult:
    """Score 1 if the stated answer is the same date, time, … as `ground_truth`, in its format."""
    row = ground_truth if isinstance(ground_truth, Mapping) else {"value": ground_truth}
    format_name, compare = row.get("format"), row.get("compare")
    gold = canonical(str(row.get("value")))
    if gold is None:
        return RewardResult.error(
            f"temporal: ground_truth {row.get('value')!r} is no ISO 8601 date, time or duration, "
            "weekday, whole number, yes or no"[:300]
        )
    if format_name is not None and format_name not in FORMATS:
        return RewardResult.error(
            f"temporal: unknown format {format_name!r}; one of {', '.join(FORMATS)}"
        )
    if format_name is not None and FORMATS[format_name].kind != gold[0]:
        return RewardResult.error(f"temporal: {format_name!r} does not write a {gold[0]}")
    if compare not in (None, "instant") or (compare and gold[0] != "moment with offset"):
        return RewardResult.error(f"temporal: 'compare' {compare!r} does not fit a {gold[0]}")
    answer = stated(completion)
    given = canonical(plain(answer), format_name)
    if given is None or given[0] != gold[0]:
        return RewardResult.wrong_format(
            f"not a {gold[0]} as {format_name or 'ISO 8601 or plainly'}", extracted=answer[:80]
        )
    if compare:
        given, gold = _instant(given), _instant(gold)
    return RewardResult(float(given == gold), extracted=answer[:80])
