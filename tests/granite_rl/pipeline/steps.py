"""Steps for tests of the pipeline: child processes that do next to nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from envs.names import NINE_DOMAINS
from granite_rl.pipeline.config import PipelineConfig
from granite_rl.pipeline.plan import Plan, Step
from granite_rl.pipeline.runner import run_pipeline

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


def runs(root: Path, name: str) -> int:
    """How often a step's process was started."""
    path = root / f"{name}.runs"
    return len(path.read_text()) if path.exists() else 0


def go(config: PipelineConfig, plan: Plan) -> int:
    """Run a plan."""
    return run_pipeline(config, plan, ["python", "-m", "granite_rl.pipeline"], [])
