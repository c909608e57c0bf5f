"""Solve the questions about calendars, by counting days one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.rewards.reasoning_solvers.base import (
    Solution,
    Unclear,
    Unread,
    found,
    one_of,
    solves,
)

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
Day = tuple[int, int, int]

# A Monday to count from.
EPOCH: Day = (1900, 1, 1)

_NAMED = rf"({'|'.join(WEEKDAYS)}), ({'|'.join(MONTHS)}) (\d+)(?:, (\d+))?"
_DATE = rf"({'|'.join(MONTHS)}) (\d+), (\d+)"


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _length(year: int, month: int) -> int:
    if month == 2:
        return 29 if _leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _number(day: Day) -> int:
    """Return the days from `EPOCH` to a day."""
    year, month, date = day
    if not (1 <= month <= 12 and 1 <= date <= _length(year, month)):
        raise Unclear(f"there is no day {day}")
    years = range(min(year, EPOCH[0]), max(year, EPOCH[0]))
    days = sum(366 if _leap(y) else 365 for y in years) * (1 if year >= EPOCH[0] else -1)
    return days + sum(_length(year, m) for m in range(1, month)) + date - 1


def _weekday(day: Day) -> str:
    return WEEKDAYS[_number(day) % 7]


def _day(month: str, date: str, year: str) -> Day:
    return int(year), MONTHS.index(month) + 1, int(date)


def _range(question: str) -> Iterator[str]:
    """Return the weekdays from the first date of the question to the second, both included.

    Raises:
        Unclear: the second comes before the first, or a date is not on the weekday it is said
            to be on.
    """
    named = re.findall(_NAMED, question)
    if len(named) != 2:
        raise Unread("two dates with their weekdays were expected")
    last_year = named[1][3]
    days = [_day(month, date, year or last_year) for _, month, date, year in named]
    for (weekday, *_), day in zip(named, days, strict=True):
        if _weekday(day) != weekday:
            raise Unclear(f"{day} is not a {weekday}")
    start, end = map(_number, days)
    if end < start:
        raise Unclear("ends before it starts")
    return (WEEKDAYS[number % 7] for number in range(start, end + 1))


def _count(count: int) -> Solution:
    return Solution((str(count),), wrong=(str(count + 1), str(count - 1)))


def _counted(question: str) -> Solution | None:
    """Solve the questions that ask for a number of days."""
    if "usiness days" in question or "excluding weekends" in question:
        return _count(sum(day not in WEEKDAYS[5:] for day in _range(question)))
    plural = re.search(rf"How many ({'|'.join(WEEKDAYS)})s are there", question)
    single = re.search(
        rf"(?:occurrences of|how many times does) ({'|'.join(WEEKDAYS)})\b", question
    )
    wanted = plural or single
    return _count(sum(day == wanted[1] for day in _range(question))) if wanted else None


def _nth_weekday(question: str) -> Solution | None:
    ordinals = ("first", "second", "third", "fourth", "fifth", "last")
    wanted = re.search(rf"the ({'|'.join(ordinals)}) ({'|'.join(WEEKDAYS)})\b", question)
    where = re.search(rf"({'|'.join(MONTHS)}) (\d{{4}})", question)
    if not wanted or not where:
        return None
    year, month = int(where[2]), MONTHS.index(where[1]) + 1
    dates = [
        date
        for date in range(1, _length(year, month) + 1)
        if _weekday((year, month, date)) == wanted[2]
    ]
    place = -1 if wanted[1] == "last" else ordinals.index(wanted[1])
    if place >= len(dates):
        return Solution(("-1",), wrong=("1", "0"))
    right = dates[place]
    return Solution((str(right),), wrong=tuple(str(date) for date in dates if date != right))


def _from_new_year(question: str) -> Solution | None:
    """Solve the questions on a year of which only the first weekday is known."""
    given = re.search(
        rf"(?:first day of the year was a|January 1 fell on a) ({'|'.join(WEEKDAYS)})|"
        rf"({'|'.join(WEEKDAYS)}) is January 1st",
        question,
    )
    if not given:
        return None
    first = WEEKDAYS.index(given[1] or given[2])
    month, date = re.findall(rf"({'|'.join(MONTHS)}) (\d+)\b(?!st)", question)[-1]
    answers = set()
    for year in (2023, 2024):  # one without, one with a leap day
        passed = _number(_day(month, date, str(year))) - _number((year, 1, 1))
        answers.add(WEEKDAYS[(first + passed) % 7])
    if len(answers) > 1:
        raise Unclear("a day later in a leap year")
    return one_of(answers.pop(), WEEKDAYS)


def _weekday_of(question: str) -> Solution | None:
    """Solve the questions on the weekday of a date, or of one so many days from it."""
    if slashed := re.search(r"for (\d\d)/(\d\d)/(\d{4})\.", question):
        month, date, year = map(int, slashed.groups())
        return one_of(_weekday((year, month, date)), WEEKDAYS)
    dated = re.search(_DATE, question)
    if not dated:
        return None
    day = _day(*dated.groups())
    named = re.search(_NAMED, question)
    if named and _weekday(day) != named[1]:
        raise Unclear(f"{day} is not a {named[1]}")
    shift = 0
    if jump := re.search(r"(\d+)(?: days?|-day)\b", question):
        back = re.search(r"\bago\b|\bbefore\b|backward", question)
        shift = int(jump[1]) * (-1 if back else 1)
    return one_of(WEEKDAYS[(_number(day) + shift) % 7], WEEKDAYS)


@solves("calendar_arithmetic")
def calendar(question: str) -> Solution:
    """Solve a question about weekdays, numbers of days, or leap years."""
    if "leap year" in question:
        year = int(found(r"\b(\d{4})\b", question)[1])
        return one_of("Yes" if _leap(year) else "No", ("Yes", "No"))
    for kind in (_counted, _nth_weekday, _from_new_year, _weekday_of):
        if solution := kind(question):
            return solution
    raise Unread(question[:200])
