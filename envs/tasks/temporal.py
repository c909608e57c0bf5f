"""Draw temporal tasks: dates, durations, weekdays, zones and leap years, in six languages.

The prompt always states the format of the answer and of every ambiguous date in it.
"""

from __future__ import annotations

import calendar
import random
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from envs.tasks.base import Task, TaskDomain
from envs.tasks.temporal_texts import (
    AFTER,
    BEFORE,
    COUNTED,
    IN_FORMAT,
    LABEL,
    LANGUAGES,
    REPLY,
    SPECIAL_FORMATS,
    TEXTS,
    WEEKDAYS,
)

DATE_FORMATS = {
    "YYYY-MM-DD": "{y:04d}-{m:02d}-{d:02d}",
    "DD/MM/YYYY": "{d:02d}/{m:02d}/{y:04d}",
    "MM/DD/YYYY": "{m:02d}/{d:02d}/{y:04d}",
    "DD.MM.YYYY": "{d:02d}.{m:02d}.{y:04d}",
    "YYYY/MM/DD": "{y:04d}/{m:02d}/{d:02d}",
    "YYYY年M月D日": "{y}年{m}月{d}日",
}
# City -> zone. Several with odd offsets, no summer time, or summer time in January.
ZONES = {
    "Tokyo": "Asia/Tokyo",
    "London": "Europe/London",
    "Berlin": "Europe/Berlin",
    "New York": "America/New_York",
    "Los Angeles": "America/Los_Angeles",
    "Kolkata": "Asia/Kolkata",
    "Kathmandu": "Asia/Kathmandu",
    "Sydney": "Australia/Sydney",
    "Adelaide": "Australia/Adelaide",
    "Auckland": "Pacific/Auckland",
    "São Paulo": "America/Sao_Paulo",
    "Nairobi": "Africa/Nairobi",
    "Lagos": "Africa/Lagos",
    "Dubai": "Asia/Dubai",
    "Shanghai": "Asia/Shanghai",
    "Honolulu": "Pacific/Honolulu",
    "Reykjavík": "Atlantic/Reykjavik",
}

# (values of the template, gold in ISO form, format of the answer, gold as it is written)
Drawn = tuple[Mapping[str, object], str, str, str]


def write_date(day: date, format_name: str) -> str:
    """Write a date in one of `DATE_FORMATS`."""
    return DATE_FORMATS[format_name].format(y=day.year, m=day.month, d=day.day)


def write_time(moment: time, twelve_hours: bool) -> str:
    """Write `HH:MM`, or `h:mm AM/PM`: 00:05 is 12:05 AM and 12:05 is 12:05 PM."""
    if not twelve_hours:
        return f"{moment:%H:%M}"
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment.hour % 12 or 12}:{moment.minute:02d} {half}"


def _day(rng: random.Random, difficulty: int) -> date:
    first, last = ((2000, 2030), (1950, 2060), (1600, 2400))[difficulty - 1]
    if difficulty > 1 and rng.random() < 0.3:  # where the leap rules show
        year = rng.choice([y for y in (1700, 1900, 2000, 2024, 2100, 2400) if first <= y <= last])
        return date(year, 2, rng.randint(20, 28))
    return date(first, 1, 1) + timedelta(days=rng.randrange((last - first) * 365))


def _answer_format(rng: random.Random, difficulty: int) -> str:
    return "YYYY-MM-DD" if difficulty == 1 else rng.choice(tuple(DATE_FORMATS))


def _add_days(rng: random.Random, difficulty: int, language: str) -> Drawn:
    start, days = _day(rng, difficulty), rng.randint(2, (40, 400, 20_000)[difficulty - 1])
    back = rng.random() < 0.5
    end = start - timedelta(days=days) if back else start + timedelta(days=days)
    name = _answer_format(rng, difficulty)
    word = (BEFORE if back else AFTER)[language]
    values = {"n": days, "w": word, "d": start.isoformat()}
    return values, end.isoformat(), name, write_date(end, name)


def _between(rng: random.Random, difficulty: int, language: str) -> Drawn:
    start, days = _day(rng, difficulty), rng.randint(3, (60, 500, 30_000)[difficulty - 1])
    counted = rng.choice(tuple(COUNTED))
    answer = str(days + {"both": 1, "last": 0, "neither": -1}[counted])
    end = start + timedelta(days=days)
    values = {"a": start.isoformat(), "b": end.isoformat(), "c": COUNTED[counted][language]}
    return values, answer, "integer", answer


def _weekday(rng: random.Random, difficulty: int, language: str) -> Drawn:
    day = _day(rng, difficulty)
    gold = WEEKDAYS["en"][day.weekday()]
    return {"d": day.isoformat()}, gold, "weekday", WEEKDAYS[language][day.weekday()]


def _weekday_offset(rng: random.Random, difficulty: int, language: str) -> Drawn:
    start, days = rng.randrange(7), rng.randint(2, (30, 500, 100_000)[difficulty - 1])
    back = rng.random() < 0.5
    end = (start - days if back else start + days) % 7
    word = (BEFORE if back else AFTER)[language]
    values = {"s": WEEKDAYS[language][start], "n": days, "w": word}
    return values, WEEKDAYS["en"][end], "weekday", WEEKDAYS[language][end]


def _leap(rng: random.Random, difficulty: int, language: str) -> Drawn:
    year = rng.randint(1600, 3000)
    if difficulty > 1 and rng.random() < 0.7:
        year = year // 100 * 100
    elif rng.random() < 0.5:
        year = year // 4 * 4
    leap = calendar.isleap(year)
    words = {
        "en": ("no", "yes"),
        "de": ("nein", "ja"),
        "fr": ("non", "oui"),
        "es": ("no", "sí"),
        "ja": ("いいえ", "はい"),
        "zh": ("否", "是"),
    }[language]
    return {"y": year}, "yes" if leap else "no", "yes/no", words[leap]


def _leap_count(rng: random.Random, difficulty: int, language: str) -> Drawn:
    first = rng.randint(1601, 2300)
    last = first + rng.randint(10, (40, 150, 700)[difficulty - 1])
    answer = str(calendar.leapdays(first, last + 1))
    return {"a": first, "b": last}, answer, "integer", answer


def _clock(rng: random.Random, difficulty: int, language: str) -> Drawn:
    start = datetime(2024, 1, 1, rng.randrange(24), rng.randrange(60))
    hours, minutes = rng.randint(1, (9, 23, 90)[difficulty - 1]), rng.randrange(1, 60)
    end = (start + timedelta(hours=hours, minutes=minutes)).time()
    # Question and answer in different clocks, where it gets harder.
    asked, answered = (rng.random() < 0.5 for _ in range(2))
    if difficulty == 1:
        answered = asked
    name = "h:mm AM/PM" if answered else "HH:MM"
    values = {"t": write_time(start.time(), asked), "h": hours, "m": minutes}
    return values, f"{end:%H:%M}", name, write_time(end, answered)


def _duration(rng: random.Random, difficulty: int, language: str) -> Drawn:
    start = timedelta(hours=rng.randrange(24), minutes=rng.randrange(60))
    end = timedelta(hours=rng.randrange(24), minutes=rng.randrange(60))
    days = rng.randint(2, (2, 5, 30)[difficulty - 1])
    minutes = int((timedelta(days=days) + end - start).total_seconds()) // 60
    iso = f"PT{minutes // 60}H{minutes % 60}M"
    name = "H:MM" if difficulty == 1 else rng.choice(("H:MM", "ISO 8601 duration"))
    clocks = [write_time((datetime.min + part).time(), False) for part in (start, end)]
    values = {"a": clocks[0], "b": clocks[1], "k": days}
    return values, iso, name, iso if name != "H:MM" else f"{minutes // 60}:{minutes % 60:02d}"


def _zone(rng: random.Random, difficulty: int, language: str) -> Drawn:
    cities = tuple(ZONES)[: (6, 12, len(ZONES))[difficulty - 1]]
    here, there = rng.sample(cities, 2)
    while True:
        # Rules of past years are settled; those of coming ones are not.
        naive = datetime(rng.randint(2012, 2023), 1, 1) + timedelta(
            days=rng.randrange(365), minutes=rng.randrange(0, 1440, 5)
        )
        local = naive.replace(tzinfo=ZoneInfo(ZONES[here]))
        # Not in the hour that a change of clocks skips or repeats.
        again = local.astimezone(UTC).astimezone(local.tzinfo)
        if again.replace(tzinfo=None) == naive and local.utcoffset() == (
            local.replace(fold=1).utcoffset()
        ):
            break
    result = f"{local.astimezone(ZoneInfo(ZONES[there])):%Y-%m-%d %H:%M}"
    values = {
        "t": f"{naive:%Y-%m-%d %H:%M}",
        "a": here,
        "b": there,
        "p": ZONES[here],
        "q": ZONES[there],
    }
    return values, result, "YYYY-MM-DD HH:MM", result


def _reformat(rng: random.Random, difficulty: int, language: str) -> Drawn:
    day = _day(rng, difficulty)
    given, wanted = rng.sample(tuple(DATE_FORMATS), 2)
    values = {"d": write_date(day, given), "f": given}
    return values, day.isoformat(), wanted, write_date(day, wanted)


KINDS: dict[str, Callable[[random.Random, int, str], Drawn]] = {
    "add_days": _add_days,
    "between": _between,
    "weekday": _weekday,
    "weekday_offset": _weekday_offset,
    "leap": _leap,
    "leap_count": _leap_count,
    "clock": _clock,
    "duration": _duration,
    "zone": _zone,
    "reformat": _reformat,
}


def draw(rng: random.Random, difficulty: int, language: str) -> Task:
    """Draw a question of a random kind, with the format of its answer."""
    kind = rng.choice(tuple(KINDS))
    values, gold, name, written = KINDS[kind](rng, difficulty, language)
    special = SPECIAL_FORMATS.get(name)
    wanted = special[language] if special else IN_FORMAT[language].format(n=name)
    gap = "" if language in ("ja", "zh") else " "
    text = TEXTS[kind][language].format(**values)
    return Task(
        kind=kind,
        prompt=f"{text}{gap}{REPLY[language].format(f=wanted)}",
        ground_truth={"value": gold, "format": name},
        gold_completion=f"{LABEL[language]} {written}",
    )


DOMAIN = TaskDomain("temporal", "temporal", draw, LANGUAGES)
