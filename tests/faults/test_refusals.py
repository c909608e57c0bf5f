"""What can't run is refused by name, within a minute, and without harm to what runs already."""

from __future__ import annotations

import json
import signal
from datetime import datetime
from pathlib import Path

import pytest

from tests.granite_rl.stage_runs import (
    events_of,
    finish,
    metrics_of,
    stage_arguments,
    start,
    wait_until,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.ray,
    pytest.mark.long,
    pytest.mark.timeout(300),
]


def test_a_second_job_on_a_run_directory_is_refused_and_the_first_goes_on(
    tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    run, log, second_log = tmp_path / "run", tmp_path / "log", tmp_path / "second.log"
    arguments = stage_arguments(tiny_checkpoint, any_rows, run, 1000, "run.resume=auto")
    first = start(arguments, log)
    wait_until(lambda: first.poll() is not None or bool(metrics_of(run)), "step 1", log)
    finish(start(arguments, second_log), second_log, code=3, timeout_s=120)
    assert f"run directory {run} is in use by process {first.pid} " in second_log.read_text()
    assert first.poll() is None, log.read_text()
    reached = len(metrics_of(run))
    wait_until(lambda: len(metrics_of(run)) > reached, "another step", log, timeout_s=30)

    first.send_signal(signal.SIGTERM)
    finish(first, log, code=75, timeout_s=60)
    steps = [line["step"] for line in metrics_of(run)]
    assert steps == list(range(1, len(steps) + 1)), "every step exactly once"
    kinds = [event["kind"] for event in events_of(run)]
    assert kinds.count("started") == 1
    assert "resumed" not in kinds


def test_a_cluster_that_is_too_small_is_refused_with_the_shortfall(
    tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    arguments = stage_arguments(tiny_checkpoint, any_rows, run, 1, "cluster.trainer_cpus=64")
    finish(start(arguments, log), log, code=3, timeout_s=120)
    events = events_of(run)
    took = datetime.fromisoformat(events[-1]["time"]) - datetime.fromisoformat(events[0]["time"])
    assert took.total_seconds() < 60
    said = log.read_text()
    assert "the cluster can't run this stage: it needs 64.6 CPU (free: 2)" in said
    assert "1 x trainer: 64 CPU, 0 GPU each" in said
    assert "Traceback" not in said
    status = json.loads((run / "status.json").read_text())
    assert (status["state"], status["exit_code"]) == ("failed", 3)
