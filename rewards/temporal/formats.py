"""Read dates, times, durations and weekdays in exactly the format that a prompt states.

`FORMATS` names the formats. A reader gives one canonical spelling (ISO 8601 where it has one) or
None: impossible days, a 13th hour with PM, months in durations (how long is one?) are no values.
What 03/04 means is decided by the format's name alone, never by the text or a locale.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from rewards.reading.text import fold
from rewards.temporal.durations import read_duration

MAX_ANSWER_CHARS = 96

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# Full names only, Monday first; a slash separates spellings. Abbreviations are another format.
_WEEKDAY_NAMES = (
    "monday tuesday wednesday thursday friday saturday sunday",
    "montag dienstag mittwoch donnerstag freitag samstag/sonnabend sonntag",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "lunes martes miércoles/miercoles jueves viernes sábado/sabado domingo",
    "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    "lunedì/lunedi martedì/martedi mercoledì/mercoledi giovedì/giovedi venerdì/venerdi sabato"
    " domenica",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "pondělí úterý středa čtvrtek pátek sobota neděle",
    "月曜日/月曜 火曜日/火曜 水曜日/水曜 木曜日/木曜 金曜日/金曜 土曜日/土曜 日曜日/日曜",
    "星期一/周一/礼拜一 星期二/周二/礼拜二 星期三/周三/礼拜三 星期四/周四/礼拜四"
    " 星期五/周五/礼拜五 星期六/周六/礼拜六 星期日/星期天/周日/礼拜天",
    "월요일 화요일 수요일 목요일 금요일 토요일 일요일",
    "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
)
_MONTH_NAMES = (
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
)
_YES = frozenset(
    ["yes", "ja", "oui", "sí", "si", "sim", "sì", "はい", "是", "예", "네", "نعم", "ano"]
)
_NO = frozenset(
    ["no", "nein", "non", "não", "nee", "いいえ", "否", "不是", "아니요", "아니오", "لا", "ne"]
)


def _numbered(rows: tuple[str, ...], first: int) -> dict[str, int]:
    return {
        fold(name).casefold(): place
        for row in rows
        for place, names in enumerate(row.split(), start=first)
        for name in names.split("/")
    }


_WEEKDAY = _numbered(_WEEKDAY_NAMES, 0)
_MONTH = _numbered(_MONTH_NAMES, 1)

# Folding would make 11/2 of 1½.
_MIXED = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
_COUNT = re.compile(r"[+-]?(?:\d{1,9}|\d{1,3}(?:,\d{3}){1,2})")
_AM_PM = re.compile(r"(\d{1,2}):(\d{2}) ?([ap])\.? ?m\.?", re.IGNORECASE)
_ISO_TIME = re.compile(r"\d{2}:\d{2}(?::\d{2})?")
_ISO_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?")
_ISO_OFFSET = re.compile(_ISO_MOMENT.pattern + r"(?:Z|[+-]\d{2}:\d{2})")
_ISO_DURATION = re.compile(
    r"P(?:(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?)"
)
_HOURS = re.compile(r"(\d{1,5}):([0-5]\d)")

Reader = Callable[[str], str | None]


def _ymd(year: str, month: int | str | None, day: str) -> str | None:
    if month is None:
        return None
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _digits(pattern: str) -> Reader:
    """Read a date in digits: `pattern` has the groups y, m and d."""
    compiled = re.compile(pattern)

    def read(text: str) -> str | None:
        match = compiled.fullmatch(text)
        return _ymd(match["y"], match["m"], match["d"]) if match else None

    return read


def _named(pattern: str) -> Reader:
    """Read a date with the month in words, in any of seven languages."""
    compiled = re.compile(pattern, re.IGNORECASE)

    def read(text: str) -> str | None:
        match = compiled.fullmatch(text)
        return _ymd(match["y"], _MONTH.get(match["m"].casefold()), match["d"]) if match else None

    return read


def _iso(pattern: re.Pattern[str], kind: type[time] | type[datetime]) -> Reader:
    def read(text: str) -> str | None:
        try:
            return kind.fromisoformat(text).isoformat() if pattern.fullmatch(text) else None
        except ValueError:
            return None

    return read


def _am_pm(text: str) -> str | None:
    match = _AM_PM.fullmatch(text)
    if not match or not (1 <= int(match[1]) <= 12 and int(match[2]) < 60):
        return None
    # 12 AM is midnight and 12 PM noon.
    return time(int(match[1]) % 12 + 12 * (match[3] in "pP"), int(match[2])).isoformat()


def _weekday(text: str) -> str | None:
    place = _WEEKDAY.get(text.casefold())
    return None if place is None else WEEKDAYS[place]


def _count(text: str) -> str | None:
    return str(int(text.replace(",", ""))) if _COUNT.fullmatch(text) else None


def _yes_no(text: str) -> str | None:
    word = text.casefold()
    return "yes" if word in _YES else "no" if word in _NO else None


def _iso_duration(text: str) -> str | None:
    match = _ISO_DURATION.fullmatch(text)
    if not match or not any(match.groups()):
        return None
    weeks, days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
    total = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return str(int(total.total_seconds()))


def _hours_minutes(text: str) -> str | None:
    match = _HOURS.fullmatch(text)
    return str(int(match[1]) * 3600 + int(match[2]) * 60) if match else None


@dataclass(frozen=True)
class Format:
    """Says what kind of thing is written, and how it is read."""

    kind: str
    read: Reader


_DAY, _MON, _YEAR = r"(?P<d>\d{1,2})", r"(?P<m>\d{1,2})", r"(?P<y>\d{4})"
_NAME = r"(?P<m>[^\W\d_]+)"

# Names are what a prompt may say word by word. YYYY-MM-DD insists on its zeros, as ISO 8601 does.
FORMATS: dict[str, Format] = {
    "YYYY-MM-DD": Format("date", _digits(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})")),
    "YYYY/MM/DD": Format("date", _digits(f"{_YEAR}/{_MON}/{_DAY}")),
    "DD/MM/YYYY": Format("date", _digits(f"{_DAY}/{_MON}/{_YEAR}")),
    "MM/DD/YYYY": Format("date", _digits(f"{_MON}/{_DAY}/{_YEAR}")),
    "DD.MM.YYYY": Format("date", _digits(rf"{_DAY}\. ?{_MON}\. ?{_YEAR}")),
    "YYYY年M月D日": Format("date", _digits(f"{_YEAR} ?年 ?{_MON} ?月 ?{_DAY} ?日")),
    "D Month YYYY": Format(
        "date", _named(rf"{_DAY}(?:\.|st|nd|rd|th|er)? (?:de )?{_NAME} (?:de |del )?{_YEAR}")
    ),
    "Month D, YYYY": Format("date", _named(f"{_NAME} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}")),
    "HH:MM": Format("time", _iso(_ISO_TIME, time)),
    "h:mm AM/PM": Format("time", _am_pm),
    "YYYY-MM-DD HH:MM": Format("moment", _iso(_ISO_MOMENT, datetime)),
    "YYYY-MM-DDTHH:MM±HH:MM": Format("moment with offset", _iso(_ISO_OFFSET, datetime)),
    "weekday": Format("weekday", _weekday),
    "integer": Format("count", _count),
    "yes/no": Format("yes/no", _yes_no),
    "ISO 8601 duration": Format("duration", _iso_duration),
    "H:MM": Format("duration", _hours_minutes),
    "duration in words": Format("duration", read_duration),
}
# Tried in turn where the row states no format. No other date format can be among them: day and
# month would be anyone's guess.
UNSTATED = (
    "YYYY-MM-DD",
    "HH:MM",
    "YYYY-MM-DD HH:MM",
    "YYYY-MM-DDTHH:MM±HH:MM",
    "weekday",
    "integer",
    "yes/no",
    "ISO 8601 duration",
)

Canonical = tuple[str, str]


def canonical(text: str, format_name: str | None = None) -> Canonical | None:
    """Return (kind, canonical spelling) of a text in the format or in one of `UNSTATED`.

    Raises:
        KeyError: there is no format of that name.
    """
    if len(text) > 4 * MAX_ANSWER_CHARS:
        return None
    text = fold(_MIXED.sub(" ", text))
    # "3." is a number at the end of a sentence; "p.m." keeps its dot either way.
    text = text.rstrip(".").strip() if not text.casefold().endswith(".m.") else text
    if len(text) > MAX_ANSWER_CHARS:
        return None
    for name in (format_name,) if format_name is not None else UNSTATED:
        value = FORMATS[name].read(text)
        if value is not None:
            return FORMATS[name].kind, value
    return None
