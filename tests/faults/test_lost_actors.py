"""Actors that die, hang or are killed in the middle of a run: it goes on, to the same bits.

One run is disturbed at every other step: a generator, a reward worker and the trainer are killed, a
generator is stopped. Nothing of it may show in what was learnt: rollouts, metrics and weights are
those of a run that nobody disturbed.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.granite_rl.stage_runs import (
    completions_of,
    finish,
    metrics_of,
    stage_arguments,
    start,
    weights_of,
)

pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.timeout(600)]

STEPS = 9
PATIENT = ("generator.timeout_s=15", "cluster.max_restarts=3", "run.resume=auto")
VOLATILE = ("time", "perf/", "engine/", "run/")


@pytest.fixture(scope="module")
def undisturbed(
    tiny_checkpoint: Path, any_rows: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The run that the disturbed one is compared with."""
    root = tmp_path_factory.mktemp("undisturbed")
    arguments = stage_arguments(tiny_checkpoint, any_rows, root / "run", STEPS, *PATIENT)
    finish(start(arguments, root / "log"), root / "log")
    return root / "run"


def restarts_of(run: Path) -> list[str]:
    """Kinds of the events of roles that were started again, in order."""
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    return [str(event["kind"]) for event in events if event["kind"].endswith("_restarted")]


def newest_pid(name: str) -> int:
    """The youngest process of an actor class of this test's Ray session."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if command.startswith(f"ray::{name}".encode()) and TAG.encode() in environment:
            found.append(int(process.name))
    assert found, f"no process of a {name}"
    return max(found)


TAG = f"GRANITE_RL_TEST={os.getpid()}"


def wait_until(condition: Callable[[], bool], what: str, log: Path, timeout_s: float = 200) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s:g} s\n{log.read_text()}"
        time.sleep(0.05)


@pytest.mark.long
def test_a_run_that_loses_every_role_ends_with_the_same_bits(
    undisturbed: Path,
    tiny_checkpoint: Path,
    any_rows: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    name, value = TAG.split("=")
    monkeypatch.setenv(name, value)
    process = start(stage_arguments(tiny_checkpoint, any_rows, run, STEPS, *PATIENT), log)
    faults = [
        (1, "Generator", signal.SIGKILL, "generator_restarted"),
        (3, "RewardWorker", signal.SIGKILL, None),
        (5, "Trainer", signal.SIGKILL, "trainers_restarted"),
        (7, "Generator", signal.SIGSTOP, "generator_restarted"),
    ]
    expected = []
    for step, role, number, event in faults:

        def reached(step: int = step) -> bool:
            return process.poll() is not None or len(metrics_of(run)) >= step

        wait_until(reached, f"step {step}", log)
        os.kill(newest_pid(role), number)
        if event is not None:
            expected.append(event)

            def noticed(count: int = len(expected)) -> bool:
                return len(restarts_of(run)) >= count

            wait_until(noticed, event, log)
    finish(process, log)

    assert restarts_of(run) == expected
    lines, straight = metrics_of(run), metrics_of(undisturbed)
    assert [line["step"] for line in lines] == list(range(1, STEPS + 1)), "every step exactly once"
    assert all(line["rollout/failed"] == 0 for line in lines)
    for step in range(1, STEPS + 1):
        assert completions_of(run, step) == completions_of(undisturbed, step), step
    for ours, theirs in zip(lines, straight, strict=True):
        same = {key for key in theirs if not key.startswith(VOLATILE)}
        assert {key: ours[key] for key in same} == {key: theirs[key] for key in same}
    assert weights_of(run) == weights_of(undisturbed)


@pytest.mark.long
def test_more_losses_than_the_budget_end_the_run_by_name(
    tiny_checkpoint: Path, any_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    name, value = TAG.split("=")
    monkeypatch.setenv(name, value)
    arguments = stage_arguments(
        tiny_checkpoint, any_rows, run, 1000, *PATIENT, "cluster.max_restarts=0"
    )
    process = start(arguments, log)
    wait_until(lambda: process.poll() is not None or bool(metrics_of(run)), "step 1", log)
    os.kill(newest_pid("Generator"), signal.SIGKILL)
    finish(process, log, code=5, timeout_s=60)
    status = json.loads((run / "status.json").read_text())
    assert status["state"] == "failed"
    assert "generator 0" in status["error"]
    assert "died" in status["error"]
    assert "run.resume=auto" in status["next_command"]
