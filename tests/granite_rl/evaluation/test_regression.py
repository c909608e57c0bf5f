"""A stage that unlearns a domain says so, and one that can't be compared says nothing false."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from granite_rl.errors import DataError
from granite_rl.evaluation.regression import regression_alarms
from granite_rl.runs.lineage import Lineage


def make_run(path: Path, accuracies: dict[str, float] | None, parent: Path | None) -> Path:
    (path / "hf").mkdir(parents=True)
    link = Lineage.of(path, path.name, "demo", parent, None, {})
    (path / "lineage.json").write_text(json.dumps(link.to_dict()))
    if accuracies is not None:
        domains = {name: {"accuracy": value, "n": 200} for name, value in accuracies.items()}
        (path / "eval.json").write_text(json.dumps({"model": "m", "domains": domains}))
    return path


def test_only_a_fall_beyond_the_interval_is_a_regression(tmp_path: Path) -> None:
    before = {"math": 0.60, "logic": 0.60, "science": 0.60, "gone": 0.9}
    parent = make_run(tmp_path / "rlhf", before, None)
    after = {"math": 0.45, "logic": 0.58, "science": 0.80, "new": 0.0}
    run = make_run(tmp_path / "math", after, parent / "hf")
    (alarm,) = regression_alarms(run, 30)
    assert (alarm.name, alarm.step) == ("eval_regression", 30)
    assert alarm.message.startswith("math: accuracy 45.0%, but 60.0% in rlhf")


def test_without_a_parents_evaluation_there_is_nothing_to_say(tmp_path: Path) -> None:
    released = tmp_path / "granite"
    released.mkdir()
    assert regression_alarms(make_run(tmp_path / "a", {"math": 0.1}, released), 1) == []
    parent = make_run(tmp_path / "sft", None, None)
    assert regression_alarms(make_run(tmp_path / "b", {"math": 0.1}, parent / "hf"), 1) == []


def test_a_parents_broken_file_is_an_alarm_and_no_error(tmp_path: Path) -> None:
    parent = make_run(tmp_path / "sft", None, None)
    (parent / "eval.json").write_text("{torn")
    run = make_run(tmp_path / "math", {"math": 0.1}, parent / "hf")
    (alarm,) = regression_alarms(run, 1)
    assert "not compared" in alarm.message
    (run / "eval.json").write_text("{torn")
    with pytest.raises(DataError, match=r"math/eval\.json"):
        regression_alarms(run, 1)
