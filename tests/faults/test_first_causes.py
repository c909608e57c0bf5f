"""What keeps a stage from starting, or from training anything, is said in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.granite_rl.stage_runs import events_of, finish, stage_arguments, start, write_rows

pytestmark = [
    pytest.mark.slow,
    pytest.mark.ray,
    pytest.mark.long,
    pytest.mark.timeout(300),
]


def verdict(run: Path, log: Path, code: int) -> Any:
    """The error of a failed run: in status.json, in events.jsonl and, without colours and
    tracebacks, on the console."""
    status = json.loads((run / "status.json").read_text())
    assert (status["state"], status["exit_code"]) == ("failed", code)
    text = log.read_text()
    assert "Traceback" not in text
    assert "\x1b[36m" not in text
    assert f"error: {status['error'].splitlines()[0]}" in text
    assert events_of(run)[-1]["message"] == status["error"]
    return status["error"]


def test_a_generator_that_cannot_start(
    tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    more = ("generator.kv_cache_gib=0.0001",)
    finish(start(stage_arguments(tiny_checkpoint, any_rows, run, 2, *more), log), log, code=5)
    error = verdict(run, log, 5)
    assert error.startswith("starting: generator 0 can't start: ")
    assert "KV cache" in error.splitlines()[0]
    kept = run / "actors" / "generator-0.log"
    assert str(kept) in error
    lines = kept.read_text().splitlines()
    assert len(lines) <= 200
    assert any("Traceback" in line for line in lines)
    assert "KV cache" in "".join(lines)


FAILING = """
from envs.base import SingleTurnEnv
from rewards import reward


@reward("failing", range=(0.0, 1.0))
def failing(completion: str) -> float:
    raise LookupError("the answers are not there")


class Env(SingleTurnEnv):
    domain = "failing"
    reward = __file__ + ":failing"
"""


@pytest.mark.parametrize("steps", [1, 9])
def test_steps_of_which_no_sample_is_scored(
    tiny_checkpoint: Path, tmp_path: Path, steps: int
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    rows = write_rows(tmp_path, FAILING, [""] * 8)
    finish(start(stage_arguments(tiny_checkpoint, rows, run, steps), log), log, code=4)
    error = verdict(run, log, 4)
    assert "the answers are not there" in error
    failed = [event for event in events_of(run) if event["kind"] == "step_failed"]
    assert [event["step"] for event in failed] == list(range(1, min(steps, 3) + 1))
    assert "trained nothing: 16 samples failed" in failed[0]["message"]
    if steps == 1:
        assert error.startswith("none of the 1 steps trained anything")
    else:
        assert error.startswith("3 steps in a row, up to step 3, trained nothing")
    assert not (run / "hf").exists(), "no model that was never trained"
