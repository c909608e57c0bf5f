"""SIGTERM and Ctrl-C in every phase of a stage, to the process and to its whole group.

What there is gets saved, the verdict says how far the run came, and nothing is left behind: no
process, no temporary file.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.granite_rl.stage_runs import (
    finish,
    metrics_of,
    stage_arguments,
    start,
    wait_until,
    write_rows,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.ray,
    pytest.mark.long,
    pytest.mark.timeout(300),
]

SLOW_TO_EVALUATE = """
import time

from envs.base import SingleTurnEnv
from rewards import reward


@reward("slow", range=(0.0, 1.0), timeout_s=60.0)
def slow(completion: str, ground_truth: str) -> float:
    if ground_truth == "slow":
        time.sleep(0.5)
    return min(1.0, len(set(completion)) / 30)


class Env(SingleTurnEnv):
    domain = "slow"
    reward = __file__ + ":slow"
"""


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The run's directory for temporary files; its path is short, since Ray's sockets lie in it."""
    directory = Path(tempfile.mkdtemp(prefix="g-", dir="/tmp"))
    monkeypatch.setenv("TMPDIR", str(directory))
    yield directory
    shutil.rmtree(directory)


def living(directory: Path) -> list[str]:
    """Command lines of the processes that a run with this TMPDIR has left."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if f"TMPDIR={directory}".encode() in environment and int(process.name) != os.getpid():
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found


def send(process: subprocess.Popen[bytes], number: signal.Signals, group: bool) -> None:
    """Send a signal to a run, or to every process of its group as a terminal does it."""
    (os.killpg if group else os.kill)(process.pid, number)


def verdict(run: Path, temporary: Path, process: subprocess.Popen[bytes], log: Path) -> Any:
    """The status of a run that was asked to stop: preempted, and nothing is left behind."""
    began = time.monotonic()
    finish(process, log, code=75)
    print(f"ended {time.monotonic() - began:.1f} s after the signal")
    status = json.loads((run / "status.json").read_text())
    assert (status["state"], status["exit_code"]) == ("preempted", 75)
    assert "run.resume=auto" in status["next_command"]
    assert "Traceback" not in log.read_text()
    assert not list(temporary.glob("granite-rl-ray-*"))
    wait_until(lambda: not living(temporary), "the end of every process", timeout_s=15)
    return status


def test_while_ray_starts(
    temporary: Path, tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    process = start(stage_arguments(tiny_checkpoint, any_rows, run, 9), log, group=True)
    wait_until(lambda: bool(list(temporary.glob("granite-rl-ray-*"))), "Ray's directory", log)
    send(process, signal.SIGTERM, group=True)
    status = verdict(run, temporary, process, log)
    assert status["error"] == "stopped by SIGTERM before step 1 of 9; nothing was trained"


def test_while_roles_start(
    temporary: Path, tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    process = start(stage_arguments(tiny_checkpoint, any_rows, run, 9), log, group=True)
    wait_until(lambda: "starting vLLM" in log.read_text(), "the start of roles", log)
    time.sleep(3)
    send(process, signal.SIGINT, group=True)
    status = verdict(run, temporary, process, log)
    assert status["error"] == "stopped by SIGINT before step 1 of 9; nothing was trained"


def test_to_the_whole_group_while_it_trains(
    temporary: Path, tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    process = start(stage_arguments(tiny_checkpoint, any_rows, run, 1000), log, group=True)
    wait_until(lambda: process.poll() is not None or bool(metrics_of(run)), "step 1", log)
    send(process, signal.SIGTERM, group=True)
    status = verdict(run, temporary, process, log)
    step = status["step"]
    assert status["error"] == f"stopped by SIGTERM after step {step} of 1000; saved"
    assert (run / "checkpoints" / f"step_{step}" / "MANIFEST.json").is_file()
    assert step == len(metrics_of(run))


def test_in_the_last_evaluation_and_again_after_that(
    temporary: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    rows = write_rows(tmp_path, SLOW_TO_EVALUATE, ["fast"] * 8)
    held_out = write_rows(tmp_path, SLOW_TO_EVALUATE, ["slow"] * 100, name="held_out.jsonl")
    run, log = tmp_path / "run", tmp_path / "log"
    more = (f"eval.files={held_out}", "run.resume=auto")
    arguments = stage_arguments(tiny_checkpoint, rows, run, 2, *more)
    process = start(arguments, log, group=True)
    wait_until(lambda: "evaluating" in log.read_text(), "the evaluation", log)
    send(process, signal.SIGTERM, group=True)
    status = verdict(run, temporary, process, log)
    assert "stopped by SIGTERM in the held-out evaluation" in status["error"]
    assert (run / "hf" / "model.safetensors").is_file()
    assert not (run / "eval.json").exists()

    shorter = write_rows(tmp_path, SLOW_TO_EVALUATE, ["slow"] * 4, name="held_out.jsonl")
    assert shorter == held_out
    finish(start(arguments, log), log)
    assert json.loads((run / "eval.json").read_text())["domains"]["slow"]["n"] == 4
    assert [line["step"] for line in metrics_of(run)][:2] == [1, 2], "nothing is trained twice"


def test_a_second_one_leaves_at_once(
    temporary: Path, tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    process = start(stage_arguments(tiny_checkpoint, any_rows, run, 1000), log, group=True)
    wait_until(lambda: "starting vLLM" in log.read_text(), "the start of roles", log)
    time.sleep(3)
    send(process, signal.SIGTERM, group=False)
    send(process, signal.SIGTERM, group=False)
    process.wait(30)
    assert process.returncode in (75, 128 + signal.SIGTERM)
    assert json.loads((run / "status.json").read_text())["state"] != "running"
    assert not list(temporary.glob("granite-rl-ray-*"))
    wait_until(lambda: not living(temporary), "the end of every process", timeout_s=15)
