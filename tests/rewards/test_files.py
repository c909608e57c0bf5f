"""The one reader and the one writer: what is read, what is refused, and what a failure leaves."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewards.files import (
    BadFile,
    decode,
    read_lines,
    read_rows,
    replacing,
    unpacked,
    write_jsonl,
    write_whole,
)
from rewards.padding import Padded, without_padding

GOOD = b'{"a": 1}\n'

HOSTILE: dict[str, tuple[bytes, str]] = {
    "latin-1": (GOOD + '{"a": "é"}'.encode("latin-1"), ":2: not UTF-8: byte 0xe9 at position 8"),
    "UTF-16": ('{"a": 1}\n'.encode("utf-16"), ":1: this is UTF-16"),
    "UTF-16 without a mark": (GOOD + '{"a": 1}'.encode("utf-16-le"), ":2: not JSON: it holds NUL"),
    "UTF-32": ('{"a": 1}\n'.encode("utf-32"), ":1: this is UTF-16 or UTF-32"),
    "gzip": (b"\x1f\x8b\x08\x00", ":1: this is compressed by gzip"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\n", ":1: this is a pointer of Git"),
    "not JSON": (GOOD + b"{a: 1}", ":2: not JSON"),
    "cut in half": (GOOD + b'{"a": [1, ', ":2: not JSON"),
    "no object": (GOOD + b"[1, 2]", ":2: not a JSON object, but [1, 2]"),
    "NaN": (GOOD + b'{"a": {"b": [NaN]}}', ":2: NaN is no JSON value"),
    "-Infinity": (GOOD + b'{"a": -Infinity}', ":2: -Infinity is no JSON value"),
    "a number too large": (GOOD + b'{"a": 1e999}', ":2: 1e999 is out of the range"),
    "a number of many digits": (
        GOOD + b'{"a": ' + b"9" * 5000 + b"}",
        ":2: a number of 5000 digits",
    ),
    "a key twice": (GOOD + b'{"b": {"a": 1, "a": 2}}', ":2: the key 'a' is there twice"),
    "a lone surrogate": (GOOD + b'{"a": "x\\ud800y"}', ":2: a lone surrogate, \\ud800"),
    "one in a key": (GOOD + b'{"\\udfff": 1}', ":2: a lone surrogate"),
    "nested": (GOOD + b'{"a": ' + b"[" * 101 + b"]" * 101 + b"}", ":2: not JSON that can be read"),
    "nested beyond any stack": (GOOD + b"[" * 200_000, ":2: not JSON"),
    "objects nested": (GOOD + b'{"a":' * 150_000, ":2: not JSON"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_wrong_is_named_by_file_and_line(kind: str, tmp_path: Path) -> None:
    content, says = HOSTILE[kind]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(BadFile) as caught:
        list(read_rows(path))
    assert f"{path}{says}" in caught.value.message
    assert caught.value.fix


def test_good_rows_around_a_bad_one_are_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(GOOD + b"\n{broken\n" + GOOD)
    lines = list(read_lines(path))
    assert [bool(line.problem) for line in lines] == [False, True, False]
    assert [line.where for line in lines] == [f"{path}:{number}" for number in (1, 3, 4)]
    assert lines[-1].end == path.stat().st_size


def test_marks_line_ends_and_deep_but_sane_rows_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    deep = b'{"a": ' + b"[" * 90 + b"]" * 90 + b"}"
    path.write_bytes(
        b'\xef\xbb\xbf{"a": "\xe2\x80\xa8"}\r\n\r\n' + deep + b'\n{"a": "\\ud83d\\ude00"}'
    )
    rows = [row for _, row in read_rows(path)]
    assert rows[0] == {"a": "\u2028"}
    assert rows[2] == {"a": "😀"}
    assert decode('{"brackets": "' + "[" * 1000 + '"}') == {"brackets": "[" * 1000}


def test_a_rollout_may_hold_half_a_character(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    assert write_jsonl(path, [{"completion": "\udc80"}]) == 1
    assert [line.row for line in read_lines(path, surrogates=True)] == [{"completion": "\udc80"}]
    with pytest.raises(BadFile):
        list(read_rows(path))


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    for name, says in (("none.jsonl", "no such file"), ("none.parquet", "no such file")):
        with pytest.raises(BadFile, match=says):
            list(read_lines(tmp_path / name))
    with pytest.raises(BadFile, match="Is a directory"):
        list(read_lines(tmp_path))
    (tmp_path / "rows.csv").write_text("a,b")
    with pytest.raises(BadFile, match=r"unknown type '\.csv'"):
        list(read_lines(tmp_path / "rows.csv"))


def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", f"printf '{{\"a\": 1}}\\n' > {pipe}"]):
        assert [row for _, row in read_rows(pipe)] == [{"a": 1}]


# -- parquet -------------------------------------------------------------------------------------


def parquet(path: Path, rows: list[dict[str, Any]], schema: pa.Schema | None = None) -> Path:
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "flipped", "no footer"])
def test_a_damaged_parquet_file_is_named(damage: str, tmp_path: Path) -> None:
    path = parquet(tmp_path / "rows.parquet", [{"a": f"text {n}"} for n in range(1000)])
    whole = path.read_bytes()
    path.write_bytes(
        {
            "empty": b"",
            "text": GOOD,
            "cut": whole[: len(whole) // 2],
            "flipped": whole[:40] + bytes(255 - byte for byte in whole[40:400]) + whole[400:],
            "no footer": whole[:-8],
        }[damage]
    )
    with pytest.raises(BadFile, match=rf"{path}:\d+: not a parquet file that can be read"):
        list(read_rows(path))


def test_parquet_is_known_by_its_content_too(tmp_path: Path) -> None:
    path = parquet(tmp_path / "rows.jsonl", [{"a": 1}])
    assert list(read_rows(path)) == [(f"{path}:1", {"a": 1})]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (float("nan"), "a.b is nan"),
        (float("inf"), "a.b is inf"),
        (date(2026, 1, 1), "a.b is a date"),
        (b"bytes", "a.b is a bytes"),
    ],
)
def test_what_json_has_not_is_refused_by_row_and_place(
    value: object, says: str, tmp_path: Path
) -> None:
    path = parquet(tmp_path / "a.parquet", [{"a": {"b": None}}, {"a": {"b": value}}])
    with pytest.raises(BadFile, match=rf"{path}:2: {says}"):
        list(read_rows(path))


def test_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(BadFile, match="two columns of one name"):
        list(read_rows(tmp_path / "a.parquet"))


def test_maps_and_json_columns_are_decoded_and_keep_their_nulls(tmp_path: Path) -> None:
    schema = pa.schema([("m", pa.map_(pa.string(), pa.int64())), ("j", pa.json_())])
    path = parquet(tmp_path / "a.parquet", [{"m": [("x", None)], "j": '{"y": null}'}], schema)
    assert [row for _, row in read_rows(path)] == [{"m": {"x": None}, "j": {"y": None}}]


names = st.sampled_from(["a", "b", "c", "d"])
scalars = {
    "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    "whole": st.integers(-(2**53), 2**53),
    "real": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "truth": st.booleans(),
}


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows of one type, each with some of its keys, at any depth; nulls are nowhere."""

    def kind(depth: int) -> Any:
        if depth and draw(st.booleans()):
            members = {name: kind(depth - 1) for name in draw(st.sets(names, min_size=1))}
            return members if draw(st.booleans()) else [members]
        return draw(st.sampled_from(sorted(scalars)))

    def value(of: Any) -> Any:
        if isinstance(of, list):
            return [value(of[0]) for _ in range(draw(st.integers(0, 2)))]
        if isinstance(of, dict):
            # At least one: parquet has no struct without members.
            some = draw(st.sets(st.sampled_from(sorted(of)), min_size=1))
            return {name: value(item) for name, item in of.items() if name in some}
        return draw(scalars[of])

    row = {"id": "whole", "reward_spec": {"ground_truth": kind(3)}, "extra_info": kind(2)}
    return [
        {"id": index, **{key: value(row[key]) for key in ("reward_spec", "extra_info")}}
        for index in range(draw(st.integers(1, 4)))
    ]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tables())
def test_rows_survive_every_writer(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    write_jsonl(tmp_path / "a.jsonl", rows)
    assert [row for _, row in read_rows(tmp_path / "a.jsonl")] == rows
    back = [row for _, row in read_rows(parquet(tmp_path / "a.parquet", rows))]
    assert back == rows


def test_the_nulls_of_datasets_are_dropped_and_mixed_types_decoded(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"truth": {"list": [{"x": 1}, {"y": "1"}]}, "mixed": "text"},
        {"truth": {"other": True}, "mixed": [1]},
    ]
    Dataset.from_list(rows, on_mixed_types="use_json").to_parquet(tmp_path / "a.parquet")
    assert [row for _, row in read_rows(tmp_path / "a.parquet")] == rows


# -- nulls of tables -----------------------------------------------------------------------------


def padded(value: Any) -> Any:
    if isinstance(value, dict):
        return Padded({key: padded(item) for key, item in value.items()})
    return [padded(item) for item in value] if isinstance(value, list) else value


def test_a_null_that_is_the_answer_stays() -> None:
    row = padded({"reward_spec": {"method": "m", "ground_truth": {"answer": None}}, "x": None})
    assert without_padding(row) == {
        "reward_spec": {"method": "m", "ground_truth": {"answer": None}}
    }
    nothing = padded({"reward_spec": {"ground_truth": None}, "ground_truth": None})
    assert without_padding(nothing) == {"reward_spec": {"ground_truth": None}, "ground_truth": None}


def test_the_schema_beside_a_value_says_which_nulls_are_meant() -> None:
    schema = {
        "properties": {
            "must": {"type": ["string", "null"]},
            "may": {"anyOf": [{"type": "null"}, {"type": "string"}]},
            "never": {"type": "string"},
            "list": {"items": {"properties": {"in": {"enum": [1, None]}}, "required": ["in"]}},
        },
        "required": ["must"],
    }
    value = {"must": None, "may": None, "never": None, "else": None, "list": [{"in": None}]}
    row = padded({"reward_spec": {"ground_truth": {"schema": schema, "value": value}}})
    truth = without_padding(row)["reward_spec"]["ground_truth"]
    assert truth["value"] == {"must": None, "may": None, "list": [{"in": None}]}
    assert truth["compare"] == {"optional": ["/may"]}
    assert truth["schema"] == schema


def test_text_that_is_json_is_decoded_where_it_is_named() -> None:
    assert unpacked({"a": '{"b": null}', "c": "[1]", "d": [2]}, ("a", "d", "e")) == {
        "a": {"b": None},
        "c": "[1]",
        "d": [2],
    }
    with pytest.raises(ValueError, match="'a' is text that is not JSON"):
        unpacked({"a": "text"}, ("a",))


# -- writing -------------------------------------------------------------------------------------


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "old", mode=0o640)
    assert path.stat().st_mode & 0o777 == 0o640

    def rows() -> Any:
        yield {"a": 1}
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        write_jsonl(path, rows())
    with contextlib.suppress(RuntimeError), replacing(path, sync=True) as stream:
        stream.write(b"half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]
    write_whole(path, "new \ud800", sync=True)
    assert path.read_bytes() == b"new \\ud800"


def test_what_stands_for_another_file_keeps_its_place(tmp_path: Path) -> None:
    """A link goes on to lead to its file, and a pipe takes the rows."""
    target, link, pipe = (tmp_path / name for name in ("target", "link", "pipe"))
    target.write_text("old")
    link.symlink_to(target)
    write_jsonl(link, [{"a": 1}])
    assert link.is_symlink()
    assert target.read_text() == '{"a": 1}\n'
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
    write_jsonl(pipe, [{"a": 2}])
    assert reader.communicate(timeout=60)[0] == b'{"a": 2}\n'
    assert pipe.is_fifo()
    with pytest.raises(IsADirectoryError):
        write_jsonl(tmp_path, [])


def test_a_disk_that_takes_no_more_leaves_the_old_file(tmp_path: Path) -> None:
    """In a process of its own, whose files may not grow beyond a size."""
    path = tmp_path / "file"
    path.write_text("old")
    code = (
        "import signal, resource, sys; from pathlib import Path\n"
        f"signal.signal({int(signal.SIGXFSZ)}, signal.SIG_IGN)\n"
        f"resource.setrlimit({resource.RLIMIT_FSIZE}, (4096, 4096))\n"
        "from rewards.files import write_whole\n"
        "try:\n    write_whole(Path(sys.argv[1]), b'x' * 10_000, sync=True)\n"
        "except OSError as error:\n    print(error.strerror)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "File too large\n"
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]
