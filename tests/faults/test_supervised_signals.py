"""Supervised runs that get SIGTERM or Ctrl-C, alone or as a process group, in every phase."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.granite_rl.training import supervised_runs as runs
from tests.granite_rl.training.supervised_runs import assert_same

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(900)]


def _reading(process: subprocess.Popen[bytes], _run: Path, data: Path) -> bool:
    try:
        opened = [os.readlink(path) for path in Path(f"/proc/{process.pid}/fd").iterdir()]
    except FileNotFoundError:
        return False
    return str(data) in opened


def _starting(_process: subprocess.Popen[bytes], run: Path, _data: Path) -> bool:
    return (run / "lineage.json").is_file() and not runs.metrics(run)


def _training(_process: subprocess.Popen[bytes], run: Path, _data: Path) -> bool:
    return bool(runs.metrics(run))


def _saving(_process: subprocess.Popen[bytes], run: Path, _data: Path) -> bool:
    return any((run / "checkpoints").glob(".tmp-step_*"))


def _evaluating(_process: subprocess.Popen[bytes], run: Path, _data: Path) -> bool:
    return (run / "hf").is_dir()


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("phase", [_reading, _starting, _training, _saving, _evaluating])
def test_sft_stopped_as_a_group_in_any_phase_says_what_is_saved_and_goes_on(
    phase: Callable[[subprocess.Popen[bytes], Path, Path], bool],
    ranks: int,
    inputs: Path,
    tmp_path: Path,
) -> None:
    run, log, data = tmp_path / "run", tmp_path / "log", tmp_path / "many.jsonl"
    few = (inputs / "rows.jsonl").read_text()
    data.write_text(few * (800 if phase is _reading else 4))
    # Evaluation is long where it is to be stopped.
    heldout = data if phase is _evaluating else inputs / "rows.jsonl"
    argv = runs.arguments(
        "sft",
        inputs,
        run,
        f"data.train={data}",
        f"data.heldout={heldout}",
        f"trainer.ranks={ranks}",
        "checkpoint.every_steps=1",
        "trainer.rows_per_microbatch=1",
        "run.resume=auto",
    )
    process = runs.started("sft", argv, log)
    runs.wait_until(lambda: phase(process, run, data) or process.poll() is not None, log)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(120) == 75, log.read_text()
    text = log.read_text()
    assert "Traceback" not in text
    if phase is _reading:
        assert "before anything was written" in text
        assert not run.exists()
        return
    stopped = runs.status(run)
    assert stopped["state"] == "preempted"
    saved = sorted(int(path.name[5:]) for path in (run / "checkpoints").glob("step_*"))
    if saved:
        assert f"after step {saved[-1]}; its checkpoint is saved" in stopped["error"]
    else:
        assert "nothing" in stopped["error"]
    assert len(runs.metrics(run)) == (saved[-1] if saved else 0)
    assert runs.run("sft", argv, log) == 0, log.read_text()
    assert len(runs.losses(run)) == runs.STEPS["sft"]


@pytest.mark.parametrize("kind", ["reward_model", "pretrain"])
def test_the_others_stopped_as_a_group_save_and_go_on_to_the_same_bits(
    kind: str, inputs: Path, straight: Callable[[str], Path], tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    argv = runs.arguments(kind, inputs, run, "run.resume=auto")
    process = runs.started(kind, argv, log)
    runs.wait_until(lambda: bool(runs.metrics(run)) or process.poll() is not None, log)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(120) == 75, log.read_text()
    assert "its checkpoint is saved" in runs.status(run)["error"]
    assert runs.run(kind, argv, log) == 0, log.read_text()
    assert_same(run, straight(kind), kind)


def test_a_second_signal_leaves_at_once_with_all_ranks(inputs: Path, tmp_path: Path) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    argv = runs.arguments("sft", inputs, run, "data.max_steps=1000")
    process = runs.started("sft", argv, log)
    runs.wait_until(lambda: bool(runs.metrics(run)) or process.poll() is not None, log)
    os.kill(process.pid, signal.SIGTERM)
    os.kill(process.pid, signal.SIGTERM)
    # Two of a kind may be merged by the kernel before the first is handled.
    runs.wait_until(lambda: "once more exits at once" in log.read_text(), log)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGTERM)
    assert process.wait(60) in (75, 143), log.read_text()
    assert process.returncode == 143 or runs.status(run)["state"] == "preempted"
    runs.wait_until(lambda: not _group_of(process.pid), log)


def _group_of(group: int) -> list[int]:
    """Living processes of a process group."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            state = (directory / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and os.getpgid(int(directory.name)) == group:
                found.append(int(directory.name))
        except (ProcessLookupError, FileNotFoundError):
            continue
    return found
