"""The pipeline's decisions, with real child processes that do next to nothing."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from envs.names import NINE_DOMAINS
from granite_rl.command_line.overrides import quote
from granite_rl.entry import configure, run_main
from granite_rl.errors import ConfigError, DataError
from granite_rl.evaluation.matrix import ALL_STAGES
from granite_rl.pipeline.children import StopForwarder, run_child
from granite_rl.pipeline.config import STEPS, PipelineConfig
from granite_rl.pipeline.plan import (
    Plan,
    Step,
    build_plan,
    check_external_inputs,
    content_hash,
    waves,
)
from granite_rl.pipeline.record import PipelineRecord
from granite_rl.pipeline.runner import Pipeline, main, run_pipeline

# A step that behaves like ours: reads its input, keeps a status.json, writes a model and eval.json,
# counts how often it ran, and can be told to fail or to wait for a signal.
CHILD = """
import json, pathlib, signal, sys, time
name, directory, accuracy, control, domains = sys.argv[1:6]
directory, control = pathlib.Path(directory), pathlib.Path(control)
directory.mkdir(parents=True, exist_ok=True)
with (control / f"{name}.runs").open("a") as f: f.write("x")
def status(state, code, error=None):
    text = json.dumps({"state": state, "step": 3, "exit_code": code, "error": error})
    (directory / "status.json").write_text(text)
resumed = (directory / "checkpoint").exists()
print(f"{name} says hello", "resumed" if resumed else "fresh", flush=True)
(directory / "checkpoint").write_text("1")
if (control / f"{name}.fail").exists():
    status("failed", 5, "the node went away")
    print("last words of", name); sys.exit(5)
if (control / f"{name}.wait").exists():
    def stop(*_):
        status("preempted", 75); print("saved", flush=True); sys.exit(75)
    signal.signal(signal.SIGTERM, stop)
    status("running", None)
    print("waiting", flush=True)
    time.sleep(60)
(directory / "hf").mkdir(exist_ok=True)
(directory / "hf" / "config.json").write_text("{}")
(directory / "hf" / "model.safetensors").write_text(f"{name} {accuracy}")
cells = {d: {"accuracy": float(accuracy), "n": 100} for d in domains.split(",")}
(directory / "eval.json").write_text(json.dumps({"model": name, "domains": cells}))
status("succeeded", 0)
"""


def step(root: Path, name: str, parent: str | None, accuracy: float = 0.5) -> Step:
    """One such child as a step of a plan."""
    directory = root / "run" / name
    arguments = (name, str(directory), str(accuracy), str(root), ",".join(NINE_DOMAINS))
    inputs = {} if parent is None else {"model.path": root / "run" / parent / "hf"}
    return Step(
        name=name,
        command=(sys.executable, str(root / "child.py"), *arguments),
        directory=directory,
        inputs=inputs,
        outputs=(directory / "hf",),
        evaluations={} if name == "pretrain" else {name: directory / "eval.json"},
    )


def plan_of(*steps: Step) -> Plan:
    """A plan of these steps."""
    evaluations = {stage: path for s in steps for stage, path in s.evaluations.items()}
    runs = {s.name: s.directory for s in steps}
    return Plan(steps, {}, evaluations, runs)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with the child's script."""
    (tmp_path / "child.py").write_text(CHILD)
    return tmp_path


@pytest.fixture(scope="module")
def demo_config() -> PipelineConfig:
    """The demo's configuration, composed once: it takes as long as everything else here."""
    return configure("pipeline", PipelineConfig, ["recipe=demo", "stop_grace_s=5"])


@pytest.fixture
def config(root: Path, demo_config: PipelineConfig) -> PipelineConfig:
    """The demo's configuration, writing below ``root``."""
    run = demo_config.run.model_copy(update={"dir": root / "run"})
    return demo_config.model_copy(update={"run": run})


@pytest.fixture
def plan(root: Path) -> Plan:
    """Three steps in a chain."""
    return plan_of(
        step(root, "pretrain", None),
        step(root, "sft", "pretrain", 0.4),
        step(root, "multi_domain", "sft", 0.6),
    )


def runs(root: Path, name: str) -> int:
    """How often a step's process was started."""
    path = root / f"{name}.runs"
    return len(path.read_text()) if path.exists() else 0


def go(config: PipelineConfig, plan: Plan) -> int:
    """Run a plan."""
    return run_pipeline(config, plan, ["python", "-m", "granite_rl.pipeline"], [])


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


def overrides_of(step: Step) -> dict[str, str]:
    """``key=value`` arguments of a command."""
    pairs = (argument.partition("=") for argument in step.command if "=" in argument)
    return {key: value for key, _, value in pairs}


def test_plan_chains_every_checkpoint() -> None:
    """All nine steps, each starting from the model before it, with one seed."""
    config = configure("pipeline", PipelineConfig, ["recipe=demo", "run.dir=runs/x", "run.seed=7"])
    plan = build_plan(config)
    assert tuple(s.name for s in plan.steps) == STEPS
    parents = {s.name: overrides_of(s).get("model.path") for s in plan.steps}
    assert parents["sft"] == "runs/x/pretrain/hf"
    assert parents["reward_model"] == parents["multi_domain"] == "runs/x/sft/hf"
    assert parents["rlhf"] == "runs/x/multi_domain/hf"
    assert parents["identity"] == "runs/x/rlhf/hf"
    assert parents["math"] == "runs/x/identity/hf"
    for s in plan.steps[1:]:
        assert overrides_of(s).get("run.seed", "7") == "7"
        assert ("run.seed" in overrides_of(s)) == (s.name != "evaluation"), "greedy needs no seed"
        assert overrides_of(s)["recipe"] == "demo"
    assert tuple(plan.evaluations) == ALL_STAGES
    assert "rewards.shuffle" not in {k for s in plan.steps for k in overrides_of(s)}
    check_external_inputs(plan)  # the demo makes all its inputs


def test_control_shuffles_and_reuses() -> None:
    """The control's RL stage starts from the treated run's own SFT model."""
    config = configure(
        "pipeline",
        PipelineConfig,
        ["recipe=demo", "control=true", "run.dir=runs/c", "reuse_from=runs/x", "run.seed=1"],
    )
    plan = build_plan(config)
    assert [s.name for s in plan.steps] == ["multi_domain"]
    arguments = overrides_of(plan.steps[0])
    assert arguments["rewards.shuffle"] == "true"
    assert arguments["model.path"] == "runs/x/sft/hf"
    assert "runs/x/data/train/math.jsonl" in arguments["data.train"]
    assert arguments["run.dir"] == "runs/c/multi_domain"
    assert list(plan.evaluations) == ["base", "sft", "multi_domain"]
    alone = build_plan(
        configure("pipeline", PipelineConfig, ["recipe=demo", "control=true", "run.dir=runs/c"])
    )
    assert [s.name for s in alone.steps] == list(STEPS[:6])


def test_stages_can_be_left_out() -> None:
    """Math straight from SFT, and further overrides for one step only."""
    config = configure(
        "pipeline",
        PipelineConfig,
        [
            "recipe=demo",
            "run.dir=runs/x",
            "stages=[base,sft,math]",
            "overrides.math=['data.max_steps=5']",
        ],
    )
    plan = build_plan(config)
    assert plan.steps[-1].name == "math"
    assert overrides_of(plan.steps[-1])["model.path"] == "runs/x/sft/hf"
    assert overrides_of(plan.steps[-1])["data.max_steps"] == "5"
    assert all("data.max_steps=5" not in s.command for s in plan.steps[:-1])
    base_only = build_plan(configure("pipeline", PipelineConfig, ["recipe=demo", "stages=[base]"]))
    assert [s.name for s in base_only.steps] == ["data", "pretrain", "evaluation"]


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        (["recipe=dem"], r"recipe: there is no option 'dem'"),
        (["recipe=demo", "run.sed=1"], "run.sed"),
        (["recipe=demo", "run.seed=-1"], "run.seed"),
        (["recipe=demo", "run.resume=never"], "run.resume"),
        (["recipe=demo", "stages=[sft,base]"], "stages"),
        (["recipe=demo", "stages=[base,math]"], "stages"),
        (["recipe=demo", "stages=[base,sft,maths]"], "stages"),
        (["recipe=demo", "prompts.math=[]"], r"prompts\.math"),
        (["recipe=demo", "+overrides.maths=[x]"], "maths"),
        (["recipe=granite41"], r"data\.dir"),
    ],
)
def test_bad_configuration_is_refused(overrides: list[str], named: str) -> None:
    """Key path, value and what is allowed; exit code 2."""
    with pytest.raises(ConfigError, match=named):
        configure("pipeline", PipelineConfig, overrides)


def test_missing_data_is_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A recipe on the user's own data: the missing file is named, exit code 4."""
    arguments = ["recipe=granite41", f"data.dir={tmp_path}", f"run.dir={tmp_path / 'run'}"]
    assert run_main(main, arguments) == 4
    error = capsys.readouterr().err
    assert str(tmp_path / "pretrain") in error
    assert not (tmp_path / "run").exists()


def test_reuse_is_checked(root: Path, config: PipelineConfig, plan: Plan) -> None:
    """Another seed, an unfinished run and a directory without a pipeline are refused."""
    arguments = ["recipe=demo", "control=true", f"run.dir={root / 'c'}"]
    with pytest.raises(ConfigError, match=r"pipeline\.json"):
        main([*arguments, f"reuse_from={root / 'run'}"])
    assert go(config, plan) == 0
    with pytest.raises(ConfigError, match="seed 0, this run 5"):
        main([*arguments, f"reuse_from={root / 'run'}", "run.seed=5"])
    with pytest.raises(ConfigError, match="step data has not succeeded"):
        main([*arguments, f"reuse_from={root / 'run'}"])


def test_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All commands are shown, copyable, and no directory appears."""
    target = tmp_path / "run"
    assert main(["recipe=demo", f"run.dir={target}", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert len(re.findall(r"^  \$ ", out, flags=re.MULTILINE)) == len(STEPS)
    assert "[9/9] math" in out
    assert not target.exists()


def test_quoting_survives_hydra() -> None:
    """Paths with blanks, commas, equal signs and quotes come through unchanged."""
    parser = OverridesParser.create()
    awkward = [
        "/a b/c",
        "/a,b",
        "/x=y",
        "/it's",
        "C:\\dir",
        "/b\\'q",
        "/end\\",
        "/plain-1.2_3",
        "/[z]",
        "/{q}:r",
    ]
    for path in awkward:
        assert parser.parse_override(f"key={quote(path)}").value() == path
        both = parser.parse_override(f"key=[{quote(path)},{quote(path)}]").value()
        assert both == [path, path]
        models = parser.parse_override(f"key={{base:{quote(path)}}}").value()
        assert models == {"base": path}


def test_content_hash_sees_names_and_bytes(tmp_path: Path) -> None:
    """Renaming, editing and adding change it; a checkpoint ignores what isn't its identity."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "a").write_text("1")
    first = content_hash(data)
    (data / "a").rename(data / "b")
    second = content_hash(data)
    (data / "b").write_text("2")
    assert len({first, second, content_hash(data)}) == 3
    model = tmp_path / "hf"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_text("w")
    before = content_hash(model)
    (model / "README.md").write_text("words")
    assert content_hash(model) == before
    (model / "model.safetensors").write_text("v")
    assert content_hash(model) != before
    with pytest.raises(DataError):
        content_hash(tmp_path / "absent")


def test_only_steps_that_need_nothing_of_each_other_run_side_by_side() -> None:
    config = configure("pipeline", PipelineConfig, ["recipe=demo", "run.dir=runs/x"])
    names = [[step.name for step in group] for group in waves(build_plan(config).steps, 2)]
    assert names == [
        ["data"],
        ["pretrain"],
        ["sft"],
        ["reward_model", "evaluation"],
        ["multi_domain"],
        ["rlhf"],
        ["identity"],
        ["math"],
    ]
    assert all(len(group) == 1 for group in waves(build_plan(config).steps, 1))


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
