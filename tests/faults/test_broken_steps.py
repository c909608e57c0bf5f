"""Steps that can't be taken or saved: the run goes on where it may, and says where it can't."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from tests.granite_rl.stage_runs import ROOT, finish, metrics_of, stage_arguments, start

pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.timeout(600)]

NAN_ONCE = '''
"""A policy loss that is not a number in its second micro-batch."""
from granite_rl.algorithm.skyrl import ppo_utils

calls = 0


@ppo_utils().register_policy_loss("nan_once")
def nan_once(log_probs, old_log_probs, advantages, config, loss_mask=None, rollout_logprobs=None):
    global calls
    calls += 1
    loss = -(log_probs * advantages * loss_mask).sum()
    return (loss * float("nan") if calls == 2 else loss), {"clip_ratio": 0.0}
'''


@pytest.mark.long
def test_a_step_that_is_not_a_number_is_skipped_and_kept(
    tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    module, run, log = tmp_path / "nan_once.py", tmp_path / "run", tmp_path / "log"
    module.write_text(NAN_ONCE)
    more = (f"algorithm.modules=[{module}]", "algorithm.policy_loss=nan_once")
    finish(start(stage_arguments(tiny_checkpoint, any_rows, run, 3, *more), log), log)
    lines = metrics_of(run)
    assert [line["policy/step_skipped"] for line in lines] == [0.0, 1.0, 0.0]
    dump = run / "faults" / "step_000002.jsonl"
    assert len(dump.read_text().splitlines()) == 16
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    (skipped,) = [event for event in events if event["kind"] == "step_skipped"]
    assert str(dump) in skipped["message"]
    weights = load_file(run / "hf" / "model.safetensors")
    assert all(bool(tensor.isfinite().all()) for tensor in weights.values())


@pytest.mark.long
def test_gradients_that_stay_broken_end_the_run(
    tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    module, run, log = tmp_path / "nan_ever.py", tmp_path / "run", tmp_path / "log"
    module.write_text(NAN_ONCE.replace("if calls == 2", "if calls >= 2"))
    more = (f"algorithm.modules=[{module}]", "algorithm.policy_loss=nan_once")
    process = start(stage_arguments(tiny_checkpoint, any_rows, run, 9, *more), log)
    finish(process, log, code=6)
    status = json.loads((run / "status.json").read_text())
    assert (status["state"], status["exit_code"]) == ("failed", 6)
    assert "in 3 steps in a row, up to step 4" in status["error"]
    assert len(list((run / "faults").iterdir())) == 3


@pytest.mark.long
def test_a_full_disk_ends_the_run_and_leaves_the_last_checkpoint(
    tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    """20 MiB hold one checkpoint of 12 MiB, and not a second one beside it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    run, log = disk / "run", tmp_path / "log"
    arguments = stage_arguments(
        tiny_checkpoint, any_rows, run, 4, "checkpoint.keep=1", "run.resume=auto"
    )
    command = [sys.executable, "-m", "granite_rl.stage", *arguments]
    # A file system of our own, in a mount namespace that ends with the process. What is asked for
    # is printed there, because nobody else can look into it.
    look = f"; code=$?; cat {run}/status.json; ls {run}/checkpoints; exit $code"
    script = f"mount -t tmpfs -o size=20m none {disk} && " + '"$@"' + look
    probe = subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", str(disk)],
        capture_output=True,
        check=False,
    )
    if probe.returncode:
        pytest.skip(f"no mount namespace here: {probe.stderr.decode().strip()}")
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "stage", *command],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    log.write_text(done.stdout + done.stderr)
    assert done.returncode == 5, log.read_text()
    assert "the checkpoint of step 2 can't be written" in done.stderr
    assert "No space left on device" in done.stderr
    assert "continues from step 1" in done.stderr
    status, _, rest = done.stdout.rpartition("}\n")
    assert "step_1" in rest.split()
    assert '"state": "failed"' in status
