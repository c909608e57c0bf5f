"""Temporal answers are read in the stated format only and compared after canonicalisation."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import get_reward
from rewards.temporal.formats import FORMATS, UNSTATED, canonical


def score(completion: str, gold: Any) -> tuple[float, str]:
    result = get_reward("temporal").score(completion, ground_truth=gold)
    assert result.status != "error", result.message
    return result.score, result.status


def in_format(value: str, name: str) -> dict[str, str]:
    return {"value": value, "format": name}


LEAP_DAY = "2024-02-29"
RIGHT, WRONG, UNREADABLE = (1.0, "ok"), (0.0, "ok"), (0.0, "wrong_format")


@pytest.mark.parametrize(
    ("completion", "gold", "wanted"),
    [
        # Whose order? Only the row can say.
        ("03/04/2024", "2024-04-03", UNREADABLE),
        ("03/04/2024", in_format("2024-04-03", "DD/MM/YYYY"), RIGHT),
        ("03/04/2024", in_format("2024-03-04", "MM/DD/YYYY"), RIGHT),
        ("03/04/2024", in_format("2024-04-03", "MM/DD/YYYY"), WRONG),
        ("3/4/2024", in_format("2024-04-03", "DD/MM/YYYY"), RIGHT),
        ("13/04/2024", in_format("2024-04-13", "MM/DD/YYYY"), UNREADABLE),
        # The prompt stated the format, so another one is not followed.
        (LEAP_DAY, in_format(LEAP_DAY, "DD/MM/YYYY"), UNREADABLE),
        ("29/02/2024", in_format(LEAP_DAY, "DD.MM.YYYY"), UNREADABLE),
        ("29.02.2024", in_format(LEAP_DAY, "DD.MM.YYYY"), RIGHT),
        ("29.2.24", in_format(LEAP_DAY, "DD.MM.YYYY"), UNREADABLE),
        ("2024年2月29日", in_format(LEAP_DAY, "YYYY年M月D日"), RIGHT),
        ("２０２４年２月２９日", in_format(LEAP_DAY, "YYYY年M月D日"), RIGHT),
        ("29 February 2024", in_format(LEAP_DAY, "D Month YYYY"), RIGHT),
        ("29. Februar 2024", in_format(LEAP_DAY, "D Month YYYY"), RIGHT),
        ("29 février 2024", in_format(LEAP_DAY, "D Month YYYY"), RIGHT),
        ("29 de febrero de 2024", in_format(LEAP_DAY, "D Month YYYY"), RIGHT),
        ("February 29, 2024", in_format(LEAP_DAY, "Month D, YYYY"), RIGHT),
        ("29 Febuary 2024", in_format(LEAP_DAY, "D Month YYYY"), UNREADABLE),
        # Leap rules.
        ("2023-02-29", "2023-03-01", UNREADABLE),
        ("1900-02-29", "1900-03-01", UNREADABLE),
        ("2000-02-29", "2000-02-29", RIGHT),
        ("2024-2-29", LEAP_DAY, UNREADABLE),
        # Twelve hours.
        ("2:30 PM", in_format("14:30", "h:mm AM/PM"), RIGHT),
        ("2:30 p.m.", in_format("14:30", "h:mm AM/PM"), RIGHT),
        ("02:30pm", in_format("14:30", "h:mm AM/PM"), RIGHT),
        ("2:30 AM", in_format("14:30", "h:mm AM/PM"), WRONG),
        ("12:05 AM", in_format("00:05", "h:mm AM/PM"), RIGHT),
        ("12:05 PM", in_format("12:05", "h:mm AM/PM"), RIGHT),
        ("12:05 PM", in_format("00:05", "h:mm AM/PM"), WRONG),
        ("14:30 PM", in_format("14:30", "h:mm AM/PM"), UNREADABLE),
        ("0:05 AM", in_format("00:05", "h:mm AM/PM"), UNREADABLE),
        ("14:30", in_format("14:30", "h:mm AM/PM"), UNREADABLE),
        ("2:30 PM", "14:30", UNREADABLE),
        ("24:00", "00:00", UNREADABLE),
        ("23:59:60", "00:00", UNREADABLE),
        # Zones: as written, unless the row compares instants.
        ("2024-05-01T08:00Z", "2024-05-01T08:00+00:00", RIGHT),
        ("2024-05-01T10:00+02:00", "2024-05-01T08:00+00:00", WRONG),
        (
            "2024-05-01T10:00+02:00",
            {"value": "2024-05-01T08:00+00:00", "compare": "instant"},
            RIGHT,
        ),
        ("2024-05-01T10:00", {"value": "2024-05-01T10:00Z", "compare": "instant"}, UNREADABLE),
        ("0001-01-01T00:00+14:00", {"value": "2024-05-01T10:00Z", "compare": "instant"}, WRONG),
        # Durations: the same length, written in the stated way.
        ("P1DT2H", "PT26H", RIGHT),
        ("PT1560M", "PT26H", RIGHT),
        ("P1W", "P7D", RIGHT),
        ("P1M", "P30D", UNREADABLE),
        ("P", "P1D", UNREADABLE),
        ("P1DT", "P1D", UNREADABLE),
        ("26:30", in_format("PT26H30M", "H:MM"), RIGHT),
        ("26:75", in_format("PT27H15M", "H:MM"), UNREADABLE),
        ("1 day, 2 hours and 30 minutes", in_format("PT26H30M", "duration in words"), RIGHT),
        ("26 hours 30 minutes", in_format("PT26H30M", "duration in words"), RIGHT),
        ("2 Stunden und 5 Minuten", in_format("PT2H5M", "duration in words"), RIGHT),
        ("30 minutes 2 hours", in_format("PT2H30M", "duration in words"), UNREADABLE),
        ("2 hours or 3 hours", in_format("PT2H", "duration in words"), UNREADABLE),
        # Weekdays, yes and no, in any language; never two of them.
        ("Mittwoch", "Wednesday", RIGHT),
        ("水曜日", "Wednesday", RIGHT),
        ("星期天", "Sunday", RIGHT),
        ("Wed", "Wednesday", UNREADABLE),
        ("Monday or Tuesday", "Monday", UNREADABLE),
        ("not Monday", "Monday", UNREADABLE),
        ("Monday Tuesday Wednesday", "Monday", UNREADABLE),
        ("Oui.", "yes", RIGHT),
        ("いいえ", "no", RIGHT),
        ("yes and no", "yes", UNREADABLE),
        # Counts.
        ("1,234", "1234", RIGHT),
        ("12,34", "1234", UNREADABLE),
        ("1234.5", "1234", UNREADABLE),
        ("12 or 13", "12", UNREADABLE),
        ("٣٥", "35", RIGHT),
        # Where the answer stands.
        ("<think>Answer: 2020-01-01</think>Answer: 2024-02-29", LEAP_DAY, RIGHT),
        ("Réponse : 2024-02-29", LEAP_DAY, RIGHT),
        ("答え: 2024-02-29", LEAP_DAY, RIGHT),
        ("Answer: 2024-02-29\nAnswer: 2024-03-01", LEAP_DAY, WRONG),
        ("Answer: 2024-02-29 or 2024-03-01", LEAP_DAY, UNREADABLE),
        ("<answer></answer> \\boxed{2024-02-29}", LEAP_DAY, UNREADABLE),
        ("It is 2024-02-29, I think", LEAP_DAY, UNREADABLE),
        ("", LEAP_DAY, UNREADABLE),
    ],
)
def test_answers(completion: str, gold: Any, wanted: tuple[float, str]) -> None:
    assert score(completion, gold) == wanted


@pytest.mark.parametrize(
    "gold",
    [
        "03/04/2024",  # day or month first?
        "next week",
        "",
        None,
        ["2024-01-01"],
        in_format("03/04/2024", "DD/MM/YYYY"),  # values stay in ISO form
        in_format("2024-04-03", "DDMMYY"),
        in_format("14:30", "DD/MM/YYYY"),
        {"format": "DD/MM/YYYY"},
        {"value": "2024-04-03", "compare": "instant"},
        {"value": "2024-05-01T08:00+00:00", "compare": "roughly"},
    ],
)
def test_a_row_that_is_not_clear_is_an_error(gold: Any) -> None:
    assert get_reward("temporal").score("2024-04-03", ground_truth=gold).status == "error"


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_date_reads_back_in_every_date_format(day: date) -> None:
    written = {
        "YYYY-MM-DD": f"{day:%Y-%m-%d}",
        "YYYY/MM/DD": f"{day:%Y/%m/%d}",
        "DD/MM/YYYY": f"{day:%d/%m/%Y}",
        "MM/DD/YYYY": f"{day:%m/%d/%Y}",
        "DD.MM.YYYY": f"{day:%d.%m.%Y}",
        "YYYY年M月D日": f"{day.year}年{day.month}月{day.day}日",
        "D Month YYYY": f"{day.day} {day:%B} {day.year}",
        "Month D, YYYY": f"{day:%B} {day.day}, {day.year}",
    }
    assert set(written) == {name for name, form in FORMATS.items() if form.kind == "date"}
    for name, text in written.items():
        assert canonical(text, name) == ("date", day.isoformat())


@given(st.times())
def test_twelve_and_twenty_four_hours_agree(moment: time) -> None:
    moment = moment.replace(second=0, microsecond=0, tzinfo=None, fold=0)
    assert canonical(f"{moment:%I:%M %p}", "h:mm AM/PM") == canonical(f"{moment:%H:%M}", "HH:MM")


@given(st.integers(0, 99), st.integers(0, 23), st.integers(0, 59))
def test_durations_agree_with_timedelta(days: int, hours: int, minutes: int) -> None:
    seconds = int(timedelta(days=days, hours=hours, minutes=minutes).total_seconds())
    assert canonical(f"P{days}DT{hours}H{minutes}M") == ("duration", str(seconds))


@given(st.datetimes(min_value=datetime(1000, 1, 1)))
def test_moments_keep_their_minutes(moment: datetime) -> None:
    text = f"{moment:%Y-%m-%d %H:%M}"
    assert canonical(text) == ("moment", moment.replace(second=0, microsecond=0).isoformat())


@given(st.text(max_size=100), st.sampled_from([None, *FORMATS]))
def test_no_text_breaks_a_reader(text: str, name: str | None) -> None:
    canonical(text, name)


def test_only_formats_that_cannot_be_misread_go_without_a_name() -> None:
    dates = [name for name in UNSTATED if FORMATS[name].kind == "date"]
    assert dates == ["YYYY-MM-DD"]


@pytest.mark.parametrize("text", ["1" * 10**6, "Answer:" * 10**5, "<answer>" * 10**5, "*" * 10**6])
def test_long_text_is_read_in_no_time(text: str) -> None:
    assert score(text, LEAP_DAY)[0] == 0.0
