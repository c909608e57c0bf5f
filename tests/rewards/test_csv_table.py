"""CSV tables are read as strict records and compared as bags or lists, text or typed cells."""

from __future__ import annotations

import contextlib
import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import get_reward
from rewards.csv_table import NotCsv, parse_csv

TABLE: dict[str, Any] = {
    "header": ["name", "age"],
    "rows": [["Tom", "7"], ["Ann, Dr.", "5"], ["Tom", "7"]],
}
TYPED: dict[str, Any] = {
    "header": ["name", "age", "weight", "old"],
    "types": ["string", "integer", "number", "boolean"],
    "rows": [["Tom", 7, 4.5, True], ["Ann", None, 10, False]],
    "tolerance": {"weight": 0.01},
}


def score(completion: str, gold: dict[str, Any]) -> tuple[float, str]:
    result = get_reward("csv_table").score(completion, ground_truth=gold)
    return result.score, result.status


PLAIN = 'name,age\nTom,7\n"Ann, Dr.",5\nTom,7'
CASES: dict[str, tuple[str, dict[str, Any], float, str]] = {
    "as it is": (PLAIN, {}, 1.0, "ok"),
    "a final line end": (PLAIN + "\n", {}, 1.0, "ok"),
    "Windows line ends": (PLAIN.replace("\n", "\r\n"), {}, 1.0, "ok"),
    "a fence": (f"```csv\n{PLAIN}\n```", {}, 1.0, "ok"),
    "after reasoning": (f"<think>\n</think>\n{PLAIN}", {}, 1.0, "ok"),
    "needless quotes": ('"name","age"\n"Tom","7"\n"Ann, Dr.","5"\n"Tom","7"', {}, 1.0, "ok"),
    "rows are a bag": ('name,age\nTom,7\nTom,7\n"Ann, Dr.",5', {}, 1.0, "ok"),
    "unless ordered": ('name,age\nTom,7\nTom,7\n"Ann, Dr.",5', {"ordered": True}, 0.0, "ok"),
    "ordered": (PLAIN, {"ordered": True}, 1.0, "ok"),
    "duplicates count": ('name,age\nTom,7\n"Ann, Dr.",5', {}, 0.0, "ok"),
    "as many of each": ('name,age\nTom,7\n"Ann, Dr.",5\n"Ann, Dr.",5', {}, 0.0, "ok"),
    "an extra row": (PLAIN + "\nEve,1", {}, 0.0, "ok"),
    "no rows": ("name,age", {}, 0.0, "ok"),
    "another header": (PLAIN.replace("age", "Age", 1), {}, 0.0, "ok"),
    "no header": (PLAIN.partition("\n")[2], {}, 0.0, "ok"),
    "columns the other way round": ('age,name\n7,Tom\n5,"Ann, Dr."\n7,Tom', {}, 0.0, "ok"),
    "blanks are part of a field": (PLAIN.replace("Tom,7", "Tom, 7"), {}, 0.0, "ok"),
    "text is compared as text": (PLAIN.replace("7", "7.0"), {}, 0.0, "ok"),
    "another delimiter": ("name;age\nTom;7", {}, 0.0, "ok"),
    "text before": (f"Here you are:\n{PLAIN}", {}, 0.0, "wrong_format"),
    "text after": (f"{PLAIN}\nHope it helps!", {}, 0.0, "wrong_format"),
    "a Markdown table": ("| name | age |\n|---|---|\n| Tom | 7 |", {}, 0.0, "ok"),
    "an unquoted comma": (PLAIN.replace('"', ""), {}, 0.0, "wrong_format"),
    "a short record": (PLAIN + "\nEve", {}, 0.0, "wrong_format"),
    "a quote inside": (PLAIN.replace("Tom", 'T"o"m'), {}, 0.0, "wrong_format"),
    "a quote at the end": (PLAIN.replace("Tom", 'Tom"'), {}, 0.0, "wrong_format"),
    "a blank before a quote": (PLAIN.replace('"Ann', ' "Ann'), {}, 0.0, "wrong_format"),
    "an unclosed quote": (PLAIN + '\n"Eve,1', {}, 0.0, "wrong_format"),
    "text after a quote": (PLAIN + '\n"Eve"x,1', {}, 0.0, "wrong_format"),
    "a null character": (PLAIN + "\nEve\0,1", {}, 0.0, "wrong_format"),
    "two fences": (f"```\n{PLAIN}\n```\n```\n{PLAIN}\n```", {}, 0.0, "wrong_format"),
    "empty": ("", {}, 0.0, "wrong_format"),
    "blank lines": ("\n\n", {}, 0.0, "wrong_format"),
    "many cells": ("name,age\n" + ",\n" * 40_000, {}, 0.0, "wrong_format"),
    "one long field": ("name,age\n" + "a" * 200_000, {}, 0.0, "wrong_format"),
}


@pytest.mark.parametrize(("text", "more", "wanted", "status"), CASES.values(), ids=CASES.keys())
def test_tables(text: str, more: dict[str, Any], wanted: float, status: str) -> None:
    assert score(text, TABLE | more) == (wanted, status)


TYPED_CASES = {
    "canonical": ("Tom,7,4.5,true\nAnn,,10,false", 1.0),
    "other spellings": ("Ann,,1e1,FALSE\nTom,+7, 4.50 ,True", 1.0),
    "within the tolerance": ("Tom,7,4.509,true\nAnn,,10,false", 1.0),
    "past the tolerance": ("Tom,7,4.52,true\nAnn,,10,false", 0.0),
    "an integer is no float": ("Tom,7.0,4.5,true\nAnn,,10,false", 0.0),
    "null is not 0": ("Tom,7,4.5,true\nAnn,0,10,false", 0.0),
    "1 is not true": ("Tom,7,4.5,1\nAnn,,10,false", 0.0),
    "a unit": ("Tom,7,4.5 kg,true\nAnn,,10,false", 0.0),
    "not a number": ("Tom,7,nan,true\nAnn,,10,false", 0.0),
    "infinity": ("Tom,7,1e999,true\nAnn,,10,false", 0.0),
    "a huge integer": (f"Tom,{'7' * 5000},4.5,true\nAnn,,10,false", 0.0),
    "other digits": ("Tom,٧,4.5,true\nAnn,,10,false", 0.0),
}


@pytest.mark.parametrize(("rows", "wanted"), TYPED_CASES.values(), ids=TYPED_CASES.keys())
def test_typed_cells(rows: str, wanted: float) -> None:
    assert score(f"name,age,weight,old\n{rows}", TYPED) == (wanted, "ok")


def test_tabs_at_the_end_are_fields() -> None:
    gold = {"header": ["a", "b"], "rows": [["1", ""]], "delimiter": "\t"}
    assert score("a\tb\n1\t", gold) == (1.0, "ok")


@pytest.mark.parametrize(
    "row",
    [
        {"header": []},
        {"header": ["a", "a"]},
        {"rows": [["Tom"]]},
        {"rows": [["Tom", 7]]},
        {"rows": "Tom,7"},
        {"types": ["string"]},
        {"types": ["string", "date"]},
        {"delimiter": "::"},
        {"ordered": "yes"},
        {"tolerance": {"weight": 1}},
        {"tolerance": {"age": -1}},
    ],
)
def test_broken_rows_are_errors(row: dict[str, Any]) -> None:
    assert score(PLAIN, TABLE | row)[1] == "error"


fields = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(
    st.integers(2, 4).flatmap(
        lambda n: st.lists(st.lists(fields, min_size=n, max_size=n), min_size=1)
    )
)
def test_what_is_written_is_read(records: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(records)
    assert parse_csv(out.getvalue()) == records


@given(st.text(alphabet='a,"\n\r;\t \0', max_size=60))
def test_any_text_is_a_table_or_is_refused(text: str) -> None:
    with contextlib.suppress(NotCsv):
        parse_csv(text)
