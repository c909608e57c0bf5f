"""Actors that die, hang or are killed in the middle of a run: it goes on, to the same bits.

One run is disturbed at every other step: a generator, a reward worker and the trainer are killed, a
generator is stopped, and one is killed while it has nothing to do. Nothing of it may show in what
was learnt: rollouts, metrics and weights are those of a run that nobody disturbed.

Of two trainer ranks one is killed, later one is stopped: the other one fails or waits with it, and
both start again from the newest checkpoint.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.granite_rl.stage_runs import (
    assert_same_run,
    events_of,
    finish,
    metrics_of,
    stage_arguments,
    start,
    wait_until,
)

pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.timeout(600)]

STEPS = 11
PATIENT = ("generator.timeout_s=15", "cluster.max_restarts=4", "run.resume=auto")


@pytest.fixture(scope="module")
def undisturbed(
    tiny_checkpoint: Path, any_rows: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The run that the disturbed one is compared with."""
    root = tmp_path_factory.mktemp("undisturbed")
    arguments = stage_arguments(tiny_checkpoint, any_rows, root / "run", STEPS, *PATIENT)
    finish(start(arguments, root / "log"), root / "log")
    return root / "run"


@pytest.fixture(autouse=True)
def tagged(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test starts is told from what others run on this machine by its environment."""
    name, value = TAG.split("=")
    monkeypatch.setenv(name, value)


TAG = f"GRANITE_RL_TEST={os.getpid()}"


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


def restarts_of(run: Path) -> list[str]:
    """Kinds of the events of roles that were started again, in order."""
    kinds = [str(event["kind"]) for event in events_of(run)]
    return [kind for kind in kinds if kind.endswith("_restarted")]


def wait_for_step(run: Path, step: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until a run has reported a step, or is over."""
    wait_until(
        lambda: process.poll() is not None or len(metrics_of(run)) >= step, f"step {step}", log
    )


def wait_for_restarts(run: Path, count: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until so many restarts have been noticed, or the run is over."""
    wait_until(
        lambda: process.poll() is not None or len(restarts_of(run)) >= count,
        f"{count} restarts",
        log,
    )


def wait_until_idle(pid: int, log: Path) -> None:
    """Until a process has used next to no processor time for half a second."""

    def ticks() -> int:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def idle() -> bool:
        before = ticks()
        time.sleep(0.5)
        return ticks() - before < 3

    wait_until(idle, f"process {pid} idle", log, timeout_s=30)


@pytest.mark.long
def test_a_run_that_loses_every_role_ends_with_the_same_bits(
    undisturbed: Path,
    tiny_checkpoint: Path,
    any_rows: Path,
    tmp_path: Path,
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    process = start(stage_arguments(tiny_checkpoint, any_rows, run, STEPS, *PATIENT), log)
    faults = [
        (1, "Generator", signal.SIGKILL, "generator_restarted"),
        (3, "RewardWorker", signal.SIGKILL, None),
        (5, "Trainer", signal.SIGKILL, "trainers_restarted"),
        (7, "Generator", signal.SIGSTOP, "generator_restarted"),
    ]
    expected = []
    for step, role, number, event in faults:
        wait_for_step(run, step, process, log)
        os.kill(newest_pid(role), number)
        if event is not None:
            expected.append(event)
            wait_for_restarts(run, len(expected), process, log)
    wait_for_step(run, 9, process, log)
    # While the trainer stands still the generator does what there is to do, and then nothing.
    trainer, generator = newest_pid("Trainer"), newest_pid("Generator")
    os.kill(trainer, signal.SIGSTOP)
    wait_until_idle(generator, log)
    os.kill(generator, signal.SIGKILL)
    os.kill(trainer, signal.SIGCONT)
    expected.append("generator_restarted")
    finish(process, log)

    assert restarts_of(run) == expected
    assert all(line["rollout/failed"] == 0 for line in metrics_of(run))
    assert_same_run(run, undisturbed, STEPS)


@pytest.mark.long
def test_ranks_that_die_or_hang_are_restored_together(
    tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    patience = 15
    more = (
        "trainer.ranks=2",
        # Both ranks take part in the backward pass of either.
        "trainer.zero_stage=2",
        f"cluster.step_timeout_s={patience}",
        "cluster.max_restarts=2",
    )
    process = start(stage_arguments(tiny_checkpoint, any_rows, run, 6, *more), log)
    for count, step in ((1, 2), (2, 4)):
        # The victim is looked up a step before: on a busy machine that takes as long as a step.
        before = run / "checkpoints" / f"step_{step - 1}"
        wait_until(before.exists, f"checkpoint of step {step - 1}", log)
        victim = newest_pid("Trainer")
        if count == 1:
            roles = [event for event in events_of(run) if event["kind"] == "role_started"]
            (victim,) = [event["pid"] for event in roles if event["role"] == "trainer rank 1"]
        # The next thing that trainers are asked for is the backward pass of the next step.
        wait_until((run / "checkpoints" / f"step_{step}").exists, f"checkpoint of step {step}", log)
        began = time.monotonic()
        os.kill(victim, signal.SIGSTOP)
        if count == 1:
            time.sleep(3)  # by now the other rank waits for it, and its operation breaks
            os.kill(victim, signal.SIGKILL)
        wait_for_restarts(run, count, process, log)
        assert time.monotonic() - began < patience + 10
    finish(process, log)

    events = [event for event in events_of(run) if event["kind"] == "trainers_restarted"]
    killed, stopped = (str(event["message"]) for event in events)
    assert "training step 3" in killed
    assert "died" in killed
    assert "training step 5: no answer from trainer rank" in stopped
    assert f"within {patience} s" in stopped
    lines = metrics_of(run)
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6], "every step exactly once"
    assert all(line["policy/step_skipped"] == 0 for line in lines)
    assert all(line["mismatch/logprob_abs_diff_mean"] < 1e-4 for line in lines)


@pytest.mark.long
def test_more_losses_than_the_budget_end_the_run_by_name(
    tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    arguments = stage_arguments(
        tiny_checkpoint, any_rows, run, 1000, *PATIENT, "cluster.max_restarts=0"
    )
    process = start(arguments, log)
    wait_for_step(run, 1, process, log)
    os.kill(newest_pid("Generator"), signal.SIGKILL)
    finish(process, log, code=5, timeout_s=60)
    status = json.loads((run / "status.json").read_text())
    assert status["state"] == "failed"
    assert "generator 0" in status["error"]
    assert "died" in status["error"]
    assert "run.resume=auto" in status["next_command"]
