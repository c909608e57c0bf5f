"""``granite-rl view`` shows a run, narrow and harmless."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from granite_rl.config import TrackingSection
from granite_rl.errors import ConfigError
from granite_rl.runs.files import json_line
from granite_rl.runs.metrics import MetricLogger
from granite_rl.runs.rollout_files import write_rollouts
from granite_rl.runs.view import main

from .conftest import OpenRun
from .test_rollout_files import record

OFF = TrackingSection(wandb_mode="disabled", wandb_project="x", tensorboard=False)


@pytest.fixture
def run_path(open_run: OpenRun, tmp_path: Path) -> Path:
    hostile = "\x1b]0;owned\x07\x1b[2J" + "word " * 200
    samples: list[dict[str, Any]] = [record(completion=hostile, prompt="start " * 80 + "the end?")]
    samples += [record(domain="math", completion=f"math {n}") for n in range(5)]
    samples += [record(domain="logic", reward=None, advantage=None, status="timeout")]
    with open_run() as run:
        logger = MetricLogger(run, OFF, "r", {}, None)
        for step in (1, 2):
            logger.log(step, {"time/step_s": 2.5, "reward/mean": 0.25 * step, "reward/x/y/z": 1.0})
            write_rollouts(run, step, samples)
            run.set_step(step)
        run.write_lineage("math", "demo", tmp_path / "parent", None)
        run.finish("failed", 1, "it broke\nfix: mend it", "python -m x run.resume=auto")
    return run.path


def test_everything_is_shown_within_100_columns(
    run_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(run_path), "--samples", "3"]) == 0
    out = capsys.readouterr().out
    body = [line for line in out.splitlines() if str(run_path.parent) not in line]
    assert max(map(len, body)) <= 100
    assert out.replace("\n", "").isprintable()
    assert "sft failed, step 2" in out
    assert "it broke" in out
    assert "python -m x run.resume=auto" in out
    assert "rollouts of step 2 (3 of 7)" in out
    assert out.index("reward/mean") < out.index("time/step_s")
    assert "0.500 reward" in out
    assert "\\x1b]0;owned\\x07" in out
    assert "the end?" in out
    assert "logic  reward -  score -  advantage -  timeout" in out
    assert "format 1.000" in out


def test_a_step_and_a_domain_can_be_chosen(
    run_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(run_path), "--step", "1", "--domain", "logic"]) == 0
    out = capsys.readouterr().out
    assert "metrics of step 1" in out
    assert "rollouts of step 1 (1 of 1)" in out


def test_the_best_and_the_worst_come_first_when_asked_for(
    open_run: OpenRun, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_run() as run:
        samples = [record(completion=f"says {n}", reward=n / 4, score=n / 2) for n in range(5)]
        samples += [record(completion="unscored", reward=None, status="error", message="it broke")]
        write_rollouts(run, 1, samples)
        run.finish("succeeded", 0)
    for order, expected in (("--best", ["says 4", "says 3"]), ("--worst", ["says 0", "says 1"])):
        assert main([str(run.path), order, "-n", "2"]) == 0
        out = capsys.readouterr().out
        assert [line.split(maxsplit=1)[1] for line in out.splitlines() if " says " in line] == (
            expected
        )
        assert f"(2 of 6, {order[2:]} first)" in out
    assert main([str(run.path), "--worst", "-n", "6"]) == 0
    out = capsys.readouterr().out
    assert "reward 0.250  score 0.500" in out
    assert out.index("unscored") > out.index("says 4")
    assert "it broke" in out


@given(st.text(), st.text(), st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_no_escape_sequence_reaches_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], said: str, name: str, status: str
) -> None:
    """Whatever stands in the files: prompts, completions, messages, names of parts and metrics."""
    run = tmp_path / "run"
    (run / "rollouts").mkdir(parents=True, exist_ok=True)
    hostile = "\x1b]8;;http://e.vil\x07\x9b2J\u202e" + said
    sample = record(
        prompt=hostile,
        completion=hostile,
        status=status,
        components={name + "\x1b[31m": 1.0},
        domain=name,
        message=hostile,
        ground_truth=hostile,
        origin=hostile,
    )
    (run / "rollouts" / "step_000001.jsonl").write_bytes(json_line(sample))
    (run / "metrics.jsonl").write_bytes(json_line({"step": 1, f"a/\x1b{name}": 1.0}))
    (run / "events.jsonl").write_bytes(json_line({"kind": status, "message": hostile}))
    (run / "status.json").write_text(json.dumps({"state": status, "error": said, "step": 1}))
    assert main([str(run)]) == 0
    assert all(line.isprintable() for line in capsys.readouterr().out.split("\n"))


def test_a_directory_of_runs_is_listed(run_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(run_path.parent)]) == 0
    assert capsys.readouterr().out == "run  failed     step 2\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["/nonexistent"], "no run here"),
        (["RUN", "--step", "9"], "no step 9"),
        (["RUN", "--domain", "poetry"], "--domain poetry"),
    ],
)
def test_what_is_not_there_is_a_users_error(
    run_path: Path, arguments: list[str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        main([str(run_path) if part == "RUN" else part for part in arguments])
