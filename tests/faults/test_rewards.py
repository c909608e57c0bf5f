"""Rewards that break, and rewards that say nothing, in a real stage: no failure becomes a zero, and
the run goes on to its end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.granite_rl.stage_runs import (
    Stage,
    events_of,
    finish,
    metrics_of,
    records_of,
    stage_arguments,
    start,
    wait_until,
    weights_of,
    write_rows,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.ray,
    pytest.mark.long,
    pytest.mark.timeout(300),
]

BOMB = f"bomb{os.getpid()}"
"""Name of every process that the fork bomb makes."""

HOSTILE = f'''
import ctypes
import os
import time

from envs.base import SingleTurnEnv
from rewards import reward


@reward("hostile", range=(0.0, 1.0), timeout_s=1.0)
def hostile(completion: str, ground_truth: str) -> float:
    if ground_truth == "exit":
        os._exit(0)
    if ground_truth == "loop":
        while True:
            pass
    if ground_truth == "fork":
        ctypes.CDLL(None).prctl(15, b"{BOMB}")
        for _ in range(6):  # 64 processes, so that it shows what becomes of more
            os.fork()
        time.sleep(600)
    return min(1.0, 0.1 + len(set(completion)) / 30)


class Env(SingleTurnEnv):
    domain = "hostile"
    reward = __file__ + ":hostile"
'''


def test_rewards_that_exit_loop_or_fork_are_errors_of_their_own_samples(
    stage: Stage, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    rows, run = write_rows(tmp_path, HOSTILE, ["exit", "loop", "fork", "good"]), tmp_path / "run"
    stage(stage_arguments(tiny_checkpoint, rows, run, 2))
    lines = metrics_of(run)
    assert [line["step"] for line in lines] == [1, 2]
    for step, line in enumerate(lines, start=1):
        records = records_of(run, step)
        assert len(records) == 16
        for record in records:
            if record["ground_truth"] == "good":
                assert record["status"] == "ok"
                assert record["reward"] >= 0.1
            else:
                assert record["status"] in ("error", "timeout"), record
                assert record["reward"] is None
                assert record["advantage"] is None
        good = [record for record in records if record["status"] == "ok"]
        assert line["rollout/failed"] == 12 / 16
        assert line["rollout/groups_dropped"] == 3
        assert line["reward/mean"] == pytest.approx(sum(record["reward"] for record in good) / 4)
        assert line["policy/tokens"] == sum(record["tokens"] for record in good)
    assert "rollout_errors" in [e["alarm"] for e in events_of(run) if e["kind"] == "alarm"]
    # All were sent SIGKILL when their limit passed, and would sleep for ten minutes otherwise; on
    # busy cores it takes a moment until the last has given its memory back.
    wait_until(lambda: not living(BOMB), "the end of every fork", timeout_s=10)
    assert not living(BOMB), "a fork outlived its limit"


def living(name: str) -> list[str]:
    """Status lines of the processes of a name that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            line = path.read_text()
        except OSError:
            continue
        state = line.rpartition(")")[2].split()[0]
        if f"({name})" in line and state not in "ZX":
            found.append(line)
    return found


CONSTANT = """
from envs.base import SingleTurnEnv
from rewards import reward


@reward("constant", range=(0.0, 1.0))
def constant(completion: str) -> float:
    return 0.5


class Env(SingleTurnEnv):
    domain = "constant"
    reward = __file__ + ":constant"
"""


@pytest.mark.parametrize("zero_variance", ["keep", "drop"])
def test_equal_rewards_everywhere_teach_nothing_and_break_nothing(
    zero_variance: str, stage: Stage, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """What is kept trains the KL term, which is exactly zero where the policy still is the
    reference."""
    rows, run = write_rows(tmp_path, CONSTANT, ["", "", "", ""]), tmp_path / "run"
    more = (f"algorithm.zero_variance={zero_variance}",)
    if zero_variance == "keep":
        stage(stage_arguments(tiny_checkpoint, rows, run, 12, *more))
        assert weights_of(run) == (tiny_checkpoint / "model.safetensors").read_bytes()
    else:
        log = tmp_path / "log"
        finish(start(stage_arguments(tiny_checkpoint, rows, run, 12, *more), log), log, code=4)
        assert "none of the 12 steps trained anything" in log.read_text()
        assert not (run / "hf").exists(), "the model would be the one that it started from"
    lines = metrics_of(run)
    assert [line["step"] for line in lines] == list(range(1, 13))
    for line in lines:
        assert line["rollout/zero_variance_fraction"] == 1
        assert (line["reward/mean"], line["reward/std"]) == (0.5, 0)
        if zero_variance == "keep":
            assert line["policy/pg_loss"] == 0
            assert line["policy/step_skipped"] == 0
            assert line["policy/kl"] == line["policy/grad_norm"] == 0
        else:
            assert line["rollout/groups_dropped"] == 4
            assert not [name for name in line if name.startswith("policy/")], "nothing was trained"
    alarms = [event["alarm"] for event in events_of(run) if event["kind"] == "alarm"]
    assert [name for name in alarms if name != "truncated"] == ["zero_variance"]
