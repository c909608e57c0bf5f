"""The pipeline's decisions, with real child processes that do next to nothing."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from granite_rl.pipeline.children import StopForwarder, run_child
from granite_rl.pipeline.config import PipelineConfig
from granite_rl.pipeline.plan import (
    Plan,
)
from granite_rl.pipeline.record import PipelineRecord
from granite_rl.pipeline.runner import Pipeline
from tests.granite_rl.pipeline.steps import go, plan_of, runs, step


def test_runs_everything_once_then_skips(
    root: Path, config: PipelineConfig, plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second start does nothing, says so, and leaves the same report."""
    assert go(config, plan) == 0
    out = capsys.readouterr().out
    assert "  multi_domain | multi_domain says hello fresh" in out
    assert "[2/3] sft" in out
    assert "  multi_domain (from sft): mean over nine +20.0" in out
    assert out.count("accuracy in %") == 1  # the table once, at the end
    assert f"$ {plan.steps[1].command[0]}"[-6:] in out
    report = json.loads((root / "run" / "report.json").read_text())
    assert list(report["matrix"]) == ["sft", "multi_domain"]
    assert report["gains"][0]["mean_over_nine"]["significant"]
    assert (root / "run" / "logs" / "sft.log").read_text() == "sft says hello fresh\n"
    status = json.loads((root / "run" / "status.json").read_text())
    assert (status["state"], status["step"]) == ("succeeded", 3)

    assert go(config, plan) == 0
    out = capsys.readouterr().out
    assert out.count("done, inputs unchanged") == 3
    assert [runs(root, s.name) for s in plan.steps] == [1, 1, 1]
    again = json.loads((root / "run" / "report.json").read_text())
    assert again == report


def test_failure_says_what_where_and_how_to_continue(
    root: Path, config: PipelineConfig, plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    """The step's exit code and words come through; nothing behind it starts; then it resumes."""
    (root / "sft.fail").touch()
    assert go(config, plan) == 5
    error = capsys.readouterr().err
    assert "step sft failed with exit code 5: the node went away" in error
    assert str(root / "run" / "sft") in error
    assert "last words of sft" in error
    assert "python -m granite_rl.pipeline" in error
    assert "Traceback" not in error
    assert runs(root, "multi_domain") == 0
    status = json.loads((root / "run" / "status.json").read_text())
    assert (status["state"], status["exit_code"]) == ("failed", 5)

    (root / "sft.fail").unlink()
    assert go(config, plan) == 0
    out = capsys.readouterr().out
    assert "sft says hello resumed" in out
    assert [runs(root, s.name) for s in plan.steps] == [1, 2, 1]


def test_changed_inputs_run_again_in_a_fresh_directory(
    root: Path, config: PipelineConfig, plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    """A changed command reruns that step and those whose inputs thereby change; old runs stay."""
    assert go(config, plan) == 0
    capsys.readouterr()
    changed = plan_of(plan.steps[0], step(root, "sft", "pretrain", 0.3), plan.steps[2])
    assert go(config, changed) == 0
    out = capsys.readouterr().out
    assert "its command changed (now 0.3, was 0.4)" in out
    assert "what it reads changed: model.path" in out
    assert "sft says hello fresh" in out
    assert [runs(root, s.name) for s in plan.steps] == [1, 2, 2]
    kept = root / "run" / ".superseded" / "sft-1" / "hf" / "model.safetensors"
    assert kept.read_text() == "sft 0.4"


def test_a_rerun_with_the_same_result_spares_what_follows(
    root: Path, config: PipelineConfig, plan: Plan
) -> None:
    """What counts is content: a model made again bit for bit changes nothing behind it."""
    assert go(config, plan) == 0
    first = plan.steps[0]
    renamed = replace(first, command=(*first.command, "unused"))
    assert go(config, plan_of(renamed, *plan.steps[1:])) == 0
    assert [runs(root, s.name) for s in plan.steps] == [2, 1, 1]


def test_old_evaluations_stay_out_of_the_report_until_confirmed(
    root: Path, config: PipelineConfig, plan: Plan
) -> None:
    """A stage whose parent was just replaced isn't shown beside its new parent."""
    assert go(config, plan) == 0
    (root / "multi_domain.fail").touch()
    changed = plan_of(plan.steps[0], step(root, "sft", "pretrain", 0.3), plan.steps[2])
    assert go(config, changed) == 5
    report = json.loads((root / "run" / "report.json").read_text())
    assert list(report["matrix"]) == ["sft"]


def test_missing_output_runs_again_and_lost_output_is_an_error(
    root: Path, config: PipelineConfig, plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    """A deleted model is made again; a step that claims success without one is not believed."""
    assert go(config, plan) == 0
    for file in (root / "run" / "multi_domain" / "hf").iterdir():
        file.unlink()
    (root / "run" / "multi_domain" / "hf").rmdir()
    assert go(config, plan) == 0
    assert runs(root, "multi_domain") == 2
    broken = replace(
        plan.steps[2], outputs=(root / "never",), command=(*plan.steps[2].command, "2")
    )
    assert go(config, plan_of(*plan.steps[:2], broken)) == 1
    assert "never was not written" in capsys.readouterr().err


def test_interrupted_without_a_verdict_is_continued(
    root: Path, config: PipelineConfig, plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    """SIGKILL of everything leaves state running behind; the next start resumes that step."""
    assert go(config, plan) == 0
    record = PipelineRecord.load(root / "run")
    record.steps["multi_domain"].state = "running"
    record.save()
    status = root / "run" / "multi_domain" / "status.json"
    status.write_text(status.read_text().replace("succeeded", "running"))
    capsys.readouterr()
    assert go(config, plan) == 0
    out = capsys.readouterr().out
    assert "it had been interrupted" in out
    assert "multi_domain says hello resumed" in out


def start_driver(root: Path) -> subprocess.Popen[str]:
    """A pipeline over one waiting step, in a process of its own."""
    (root / "sft.wait").touch()
    script = f"""
import sys
from pathlib import Path
from granite_rl.entry import configure
from granite_rl.pipeline.runner import run_pipeline
from granite_rl.pipeline.config import PipelineConfig
from granite_rl.pipeline.plan import Plan, Step
root = Path({str(root)!r})
overrides = ["recipe=demo", f"run.dir={{root / 'run'}}", "stop_grace_s=" + sys.argv[1]]
config = configure("pipeline", PipelineConfig, overrides)
directory = root / "run" / "sft"
command = (sys.executable, str(root / "child.py"), "sft", str(directory), "0.5", str(root), "math")
step = Step("sft", command, directory, {{}}, (directory / "hf",), True,
            {{"sft": directory / "eval.json"}})
plan = Plan((step,), {{}}, {{"sft": directory / "eval.json"}}, {{"sft": directory}})
sys.exit(run_pipeline(config, plan, ["python", "-m", "granite_rl.pipeline"], []))
"""
    return subprocess.Popen(
        [sys.executable, "-c", script, "20"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def wait_until_waiting(process: subprocess.Popen[str]) -> None:
    """Read the pipeline's output until the child says that it waits."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.endswith("| waiting\n"):
            return
    raise AssertionError("the child never waited")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_is_passed_on_and_the_pipeline_exits_75(root: Path, number: signal.Signals) -> None:
    """The child saves and exits 75, and so does the pipeline, with the command to continue."""
    process = start_driver(root)
    wait_until_waiting(process)
    process.send_signal(number)
    out, error = process.communicate(timeout=30)
    assert process.returncode == 75
    assert "sft | saved" in out
    assert "continue with: python -m granite_rl.pipeline" in error
    assert json.loads((root / "run" / "status.json").read_text())["state"] == "preempted"
    record = PipelineRecord.load(root / "run")
    assert record.steps["sft"].state == "preempted"


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_child_saves_when_the_pipeline_is_killed(root: Path) -> None:
    """Even SIGKILL of the pipeline leaves no child training on unseen."""
    process = start_driver(root)
    wait_until_waiting(process)
    process.kill()
    process.communicate(timeout=30)
    status = root / "run" / "sft" / "status.json"
    deadline = time.monotonic() + 20
    while json.loads(status.read_text() or "{}").get("state") != "preempted":
        assert time.monotonic() < deadline, "the child wasn't told that its parent died"
        time.sleep(0.05)


def test_a_child_that_ignores_the_signal_is_killed_after_its_grace(tmp_path: Path) -> None:
    """Nothing waits for ever."""
    code = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); "
        "print('x', flush=True); time.sleep(60)"
    )
    stop = StopForwarder()

    class Out(io.StringIO):
        def write(self, text: str) -> int:
            os.kill(os.getpid(), signal.SIGTERM)  # as soon as the child ignores signals
            return super().write(text)

    began = time.monotonic()
    with stop:
        result = run_child(
            [sys.executable, "-c", code],
            prefix="",
            log=tmp_path / "log",
            stop=stop,
            grace_s=0.3,
            out=Out(),
        )
    assert result.exit_code == 128 + signal.SIGKILL
    assert time.monotonic() - began < 20


def test_a_grandchild_holding_the_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Ray's daemons inherit stdout; the step ends when its own process ends."""
    code = (
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(30)'])\n"
        "print(p.pid, end='')"
    )
    out = io.StringIO()
    began = time.monotonic()
    result = run_child(
        [sys.executable, "-c", code],
        prefix="> ",
        log=tmp_path / "log",
        stop=StopForwarder(),
        grace_s=1,
        out=out,
    )
    os.kill(int(result.tail[-1]), signal.SIGKILL)
    assert time.monotonic() - began < 20
    assert result.exit_code == 0
    assert out.getvalue() == f"> {result.tail[-1]}\n"


def test_remaining_time_is_scaled_by_what_was_measured(
    root: Path, config: PipelineConfig, plan: Plan
) -> None:
    """A slower machine raises the estimate, a short step by little; an unknown step leaves none."""
    pipeline = Pipeline.__new__(Pipeline)
    pipeline.config = config.model_copy(
        update={"expected_seconds": {"pretrain": 10.0, "sft": 20.0, "multi_domain": 30.0}}
    )
    pipeline.plan, pipeline.record, pipeline._measured = plan, PipelineRecord(root), {}
    assert pipeline.remaining_seconds(0) == 60.0
    pipeline._measured = {"pretrain": 20.0}
    assert pipeline.remaining_seconds(1) == pytest.approx(50.0 * 80 / 70)
    pipeline._measured = {"pretrain": 10_000.0}
    assert pipeline.remaining_seconds(1) == pytest.approx(50.0 * 10_060 / 70)
    pipeline.config = config.model_copy(update={"expected_seconds": {"sft": 20.0}})
    assert pipeline.remaining_seconds(1) is None


# -- the real plan ---------------------------------------------------------------------------------


def test_a_failure_lets_its_neighbour_finish(
    root: Path, config: PipelineConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    config = config.model_copy(update={"parallel_steps": 2})
    (root / "b.fail").touch()
    plan = plan_of(step(root, "a", None), step(root, "b", None), step(root, "c", "a"))
    code = go(config, plan)
    assert code != 0
    assert runs(root, "a") == 1
    assert runs(root, "c") == 0
    assert "step b failed" in capsys.readouterr().err


def test_on_a_cluster_steps_run_one_after_another(
    root: Path, config: PipelineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Side by side one would take the CPUs that the other asks for, and waits for in vain."""
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    config = config.model_copy(update={"parallel_steps": 2})
    (root / "a.fail").touch()
    assert go(config, plan_of(step(root, "a", None), step(root, "b", None))) == 5
    assert runs(root, "b") == 0
