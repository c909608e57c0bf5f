"""Rollouts come back as they were written, whatever the model said."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from granite_rl.errors import DataError
from granite_rl.runs.rollout_files import read_rollouts, rollout_files, write_rollouts

from .conftest import OpenRun


def record(**changes: Any) -> dict[str, Any]:
    return {
        "domain": "math",
        "prompt": "2+2?",
        "completion": "4",
        "reward": 1.0,
        "status": "ok",
        "components": {"format": 1.0},
        "advantage": 0.5,
        "tokens": 2,
        "truncated": False,
        "weight_version": 3,
        "origin": "train.jsonl:7",
    } | changes


@pytest.mark.parametrize(
    "text", ["日本語\u2028 second\r\n\x00", "lone \udc80 surrogate", '"quotes" \\ and \x1b[31m', ""]
)
def test_round_trip(open_run: OpenRun, text: str) -> None:
    with open_run() as run:
        records = [record(completion=text), record(domain="logic", ground_truth="x")]
        path = write_rollouts(run, 12, records)
        assert path == run.rollouts / "step_000012.jsonl"
        assert path.stat().st_mode & 0o777 == 0o640
        assert read_rollouts(path) == [{"step": 12, **item} for item in records]
        run.finish("succeeded", 0)


def test_what_is_not_a_number_becomes_null(open_run: OpenRun) -> None:
    with open_run() as run:
        path = write_rollouts(run, 1, [record(reward=math.nan, components={"a": math.inf})])
        (back,) = read_rollouts(path)
        assert back["reward"] is None
        assert back["components"] == {"a": None}
        run.finish("succeeded", 0)


def test_a_record_must_be_complete(open_run: OpenRun) -> None:
    with open_run() as run:
        incomplete = record()
        del incomplete["origin"]
        with pytest.raises(ValueError, match="step 1 lacks origin"):
            write_rollouts(run, 1, [record(), incomplete])
        assert rollout_files(run.rollouts) == {}
        run.finish("succeeded", 0)


@pytest.mark.parametrize("line", ["{broken", "[1]"])
def test_a_malformed_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "step_000001.jsonl"
    path.write_text("{}\n" + line + "\n")
    with pytest.raises(DataError, match=rf"{path}:2: not (a JSON object|JSON)"):
        read_rollouts(path)
    with pytest.raises(DataError, match="no such file"):
        read_rollouts(tmp_path / "nothing")


def test_files_are_found_by_step(tmp_path: Path) -> None:
    for name in ("step_000010.jsonl", "step_000002.jsonl", ".step_3.tmp", "notes.txt"):
        (tmp_path / name).write_text("")
    assert list(rollout_files(tmp_path)) == [2, 10]
    assert rollout_files(tmp_path / "missing") == {}
