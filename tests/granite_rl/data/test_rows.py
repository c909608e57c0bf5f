"""Prompt rows: what is accepted, and that each kind of bad row is named by file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from granite_rl.data.rows import read_rows
from granite_rl.errors import DataError, ExitCode

GOOD: dict[str, Any] = {
    "data_source": "mine",
    "prompt": [{"role": "user", "content": "2+2?"}],
    "env_class": "math",
    "reward_spec": {"method": "rule", "ground_truth": "4"},
}


def write(path: Path, *rows: object) -> Path:
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    )
    return path


def test_jsonl_and_parquet_give_the_same_rows(tmp_path: Path) -> None:
    jsonl = write(tmp_path / "a.jsonl", GOOD, "", GOOD)
    pq.write_table(pa.Table.from_pylist([GOOD, GOOD]), tmp_path / "a.parquet")
    from_jsonl, from_parquet = read_rows([jsonl]), read_rows([tmp_path / "a.parquet"])
    assert [(r.prompt, r.domain, r.reward_spec) for r in from_jsonl] == [
        (r.prompt, r.domain, r.reward_spec) for r in from_parquet
    ]
    assert [row.origin for row in from_jsonl] == [f"{jsonl}:1", f"{jsonl}:3"]


def test_declared_tools_come_as_a_list_or_as_json(tmp_path: Path) -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    path = write(
        tmp_path / "a.jsonl",
        GOOD,
        GOOD | {"tools": None},
        GOOD | {"tools": tools},
        GOOD | {"tools": json.dumps(tools)},
    )
    assert [list(row.tools) for row in read_rows([path])] == [[], [], tools, tools]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({key: value for key, value in GOOD.items() if key != "prompt"}, "no 'prompt'"),
        (GOOD | {"prompt": "2+2?"}, "'prompt' is text that is not JSON"),
        (GOOD | {"prompt": []}, "'prompt' is empty"),
        (GOOD | {"prompt": [{"role": "user"}]}, "not a chat message"),
        (GOOD | {"prompt": [{"role": "robot", "content": "x"}]}, "'robot'"),
        (GOOD | {"reward_spec": None}, "no 'reward_spec'"),
        (GOOD | {"env_class": "maht"}, "math"),
        (GOOD | {"extra_info": 3}, "'extra_info' is int"),
        (GOOD | {"tools": {"name": "f"}}, "'tools' is no list of functions"),
        (GOOD | {"tools": ["f"]}, "'tools' is no list of functions"),
        (GOOD | {"tools": "[{"}, "'tools' is text that is not JSON"),
        ("{not json", "not JSON"),
        ("[" * 200_000, "nested deeper than"),
        ("17", "not a JSON object, but 17"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, bad: object, says: str) -> None:
    path = write(tmp_path / "rows.jsonl", GOOD, bad)
    with pytest.raises(DataError) as caught:
        read_rows([path])
    assert f"{path}:2" in str(caught.value)
    assert says in str(caught.value)
    assert caught.value.exit_code == ExitCode.DATA


def test_missing_empty_and_unknown_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_rows([tmp_path / "none.jsonl"])
    with pytest.raises(DataError, match="no rows"):
        read_rows([write(tmp_path / "empty.jsonl")])
    (tmp_path / "a.csv").write_text("x")
    with pytest.raises(DataError, match="unknown type"):
        read_rows([tmp_path / "a.csv"])
