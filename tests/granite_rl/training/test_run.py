"""The life of a supervised run with two ranks: started in two ways, interrupted, resumed, mended.

The third way, on a cluster, and every kind of run are in tests/faults/test_supervised_runs.py.
"""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from granite_rl.models.checkpoint_directory import checkpoint_hash
from tests.granite_rl.training import supervised_runs as runs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runs.write_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def straight(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ranks as processes of this machine."""
    root = tmp_path_factory.mktemp("straight")
    argv = runs.arguments("sft", inputs, root / "run")
    assert runs.run("sft", argv, root / "log") == 0, (root / "log").read_text()
    return root / "run"


def test_ranks_that_srun_starts_train_the_same_bits(
    straight: Path, inputs: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    ranks = runs.as_ranks("sft", runs.arguments("sft", inputs, tmp_path / "run"), log)
    assert [runs.code_of(rank, log) for rank in ranks] == [0, 0], log.read_text()
    assert runs.losses(tmp_path / "run") == runs.losses(straight)
    assert checkpoint_hash(tmp_path / "run" / "hf") == checkpoint_hash(straight / "hf")
    # A bad row is read by rank 0 alone; both end with its code.
    (tmp_path / "bad.jsonl").write_text("{}\n")
    bad = runs.arguments("sft", inputs, tmp_path / "bad", f"data.train={tmp_path / 'bad.jsonl'}")
    ranks = runs.as_ranks("sft", bad, log)
    assert [runs.code_of(rank, log) for rank in ranks] == [4, 4], log.read_text()
    assert log.read_text().count("bad.jsonl:1") == 1


def test_interrupted_as_a_group_it_saves_and_resumes_to_the_same_bits(
    straight: Path, inputs: Path, tmp_path: Path
) -> None:
    """Ctrl-C reaches the launcher and its ranks; then the product and the checkpoints are lost."""
    run, log = tmp_path / "run", tmp_path / "log"
    argv = runs.arguments("sft", inputs, run, "run.resume=auto")
    process = runs.started("sft", argv, log)
    runs.wait_until(lambda: bool(runs.metrics(run)) or process.poll() is not None, log)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 75, log.read_text()
    stopped = runs.status(run)
    assert stopped["state"] == "preempted"
    saved = run / "checkpoints" / f"step_{stopped['step']}"
    assert f"after step {stopped['step']}; its checkpoint is saved" in stopped["error"]
    assert saved.is_dir()

    assert runs.run("sft", argv, log) == 0, log.read_text()
    assert runs.losses(run) == runs.losses(straight)
    wanted = checkpoint_hash(straight / "hf")
    assert checkpoint_hash(run / "hf") == wanted

    assert runs.run("sft", argv, log) == 0
    assert "already complete" in log.read_text()
    (run / "hf" / "model.safetensors").unlink()
    assert runs.run("sft", argv, log) == 0, log.read_text()
    assert checkpoint_hash(run / "hf") == wanted
    assert runs.losses(run) == runs.losses(straight)

    shutil.rmtree(run / "hf")
    shutil.rmtree(run / "checkpoints")
    logged = (run / "metrics.jsonl").read_bytes()
    assert runs.run("sft", argv, log) == 3, log.read_text()
    assert "no whole one is left" in log.read_text()
    assert (run / "metrics.jsonl").read_bytes() == logged
