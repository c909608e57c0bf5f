"""A disk that fills up in the middle of a run: a sentence, code 5, and nothing half-written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.granite_rl.stage_runs import ROOT, stage_arguments

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(600)]

CHECKPOINT_MIB = 12
"""Size of the tiny model's checkpoint: weights and two moments."""


def on_a_small_disk(
    command: Sequence[str], disk: Path, mib: int, look: str
) -> subprocess.CompletedProcess[str]:
    """Run a command whose ``disk`` is a file system of its own, of ``mib`` MiB.

    It lies in a mount namespace that ends with the command, so that what is to be known of it
    (``look``, a shell command) is printed before.
    """
    disk.mkdir()
    mount = f"mount -t tmpfs -o size={mib}m none {disk}"
    probe = subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip(f"no mount namespace here: {probe.stderr.decode().strip()}")
    script = f'{mount} && "$@"; code=$?; {look}; exit $code'
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "run", *command],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.parametrize("ranks", [1, 2])
def test_fine_tuning_ends_at_the_checkpoint_that_does_not_fit(
    ranks: int, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    messages = [{"role": "user", "content": "one?"}, {"role": "assistant", "content": "One."}]
    rows.write_text((json.dumps({"messages": messages}) + "\n") * 200)
    run = tmp_path / "disk" / "run"
    command = [
        *(sys.executable, "-m", "sft", "recipe=demo", f"model.path={tiny_checkpoint}"),
        *(f"data.train={rows}", f"run.dir={run}", "run.resume=auto", f"trainer.ranks={ranks}"),
        *("data.batch_rows=2", "data.max_steps=4", "trainer.row_tokens=64", "trainer.threads=1"),
        *("checkpoint.every_steps=1", "checkpoint.keep=1"),
        *("tracking.wandb_mode=disabled", "tracking.tensorboard=false"),
    ]
    look = f"cat {run}/status.json; ls -A {run}/checkpoints"
    done = on_a_small_disk(command, tmp_path / "disk", CHECKPOINT_MIB + 8, look)
    assert done.returncode == 5, done.stdout + done.stderr
    assert "error: the checkpoint of step 2 can't be written" in done.stderr
    assert "No space left on device" in done.stderr
    assert "run.resume=auto" in done.stderr
    assert "Traceback" not in done.stderr
    status, _, left = done.stdout.rpartition("}\n")
    assert '"exit_code": 5' in status
    assert left.split() == ["latest.json", "step_1"], "nothing half-written"


@pytest.mark.ray
def test_a_stage_ends_at_the_rollout_file_that_does_not_fit(
    tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    """Its rows carry 1 MB each, so the first file of 16 samples is larger than the disk."""
    run = tmp_path / "disk" / "run"
    (tmp_path / "rows.jsonl").write_text(
        "".join(
            json.dumps(json.loads(line) | {"extra_info": {"note": "x" * 1_000_000}}) + "\n"
            for line in any_rows.read_text().splitlines()
        )
    )
    arguments = stage_arguments(
        tiny_checkpoint, tmp_path / "rows.jsonl", run, 4, "checkpoint.every_steps=0"
    )
    look = f"cat {run}/status.json; ls -A {run}/rollouts"
    command = [sys.executable, "-m", "granite_rl.stage", *arguments]
    done = on_a_small_disk(command, tmp_path / "disk", 1, look)
    assert done.returncode == 5, done.stdout + done.stderr
    assert f"error: run.dir: {run} takes no more: [Errno 28] No space left" in done.stderr
    assert "Traceback" not in done.stderr
    assert ".tmp" not in done.stdout
