"""Running small RL stages in tests: a few prompts and tokens, but the real roles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from granite_rl.pipeline.children import ServingChild, StopForwarder
from granite_rl.runs.rollout_files import read_rollouts

ROOT = Path(__file__).resolve().parents[2]

SMALL = (
    "recipe=demo",
    "rollout.prompts_per_step=4",
    "rollout.samples_per_prompt=4",
    "rollout.max_response_tokens=8",
    "rollout.save_every=1",
    "algorithm.overlong_buffer=0",
    "checkpoint.every_steps=1",
    "checkpoint.keep=2",
    "trainer.ranks=1",
    "optim.lr=1e-3",
    "tracking.wandb_mode=disabled",
    "tracking.tensorboard=false",
)


def stage_arguments(model: Path, rows: Path, run: Path, steps: int, *more: str) -> list[str]:
    """Arguments of ``python -m granite_rl.stage`` for a small math stage."""
    return [
        "math",
        *SMALL,
        f"model.path={model}",
        f"data.train={rows}",
        f"data.max_steps={steps}",
        f"run.dir={run}",
        *more,
    ]


def write_rows(
    directory: Path, environment: str, cases: Sequence[str], name: str = "rows.jsonl"
) -> Path:
    """A file of prompt rows, one for each case, which is its ground truth.

    Args:
        directory: where the rows and their environment are written.
        environment: source of a module with a class ``Env``.
        cases: ground truths.
        name: of the file.
    """
    source = directory / "environment.py"
    source.write_text(environment)
    rows = [
        {
            "data_source": "test",
            "prompt": [{"role": "user", "content": f"How many eggs are {number} eggs?"}],
            "env_class": f"{source}:Env",
            "reward_spec": {"method": "rule", "ground_truth": case},
        }
        for number, case in enumerate(cases)
    ]
    path = directory / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def start(arguments: list[str], log: Path, group: bool = False) -> subprocess.Popen[bytes]:
    """Start a stage in a process of its own, its output going to a file.

    Args:
        arguments: of the stage.
        log: the file.
        group: make the process the leader of a process group.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    environment.pop("RAY_ADDRESS", None)
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "granite_rl.stage", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=group,
        )


def finish(
    process: subprocess.Popen[bytes], log: Path, code: int = 0, timeout_s: float = 240
) -> None:
    """Wait for a stage and check how it ended; on a surprise, show what it printed."""
    try:
        returned = process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"still running after {timeout_s} s:\n{log.read_text()}") from None
    assert returned == code, f"exit code {returned}:\n{log.read_text()}"


Stage = Callable[[Sequence[str]], None]
"""Runs a stage with the given arguments to its end."""


@contextmanager
def one_process(log: Path) -> Iterator[Stage]:
    """A function that runs stages to their end, one after another in one process.

    Each takes over the actors that the one before leaves, which saves the 20 s that they need to
    start. A stage that fails ends the process; the next one then has a new process.
    """
    server: ServingChild | None = None

    def run(arguments: Sequence[str]) -> None:
        nonlocal server
        server = server or ServingChild()
        command = (sys.executable, "-m", "granite_rl.stage", *arguments)
        result = server.run(command, prefix="", log=log, stop=StopForwarder(), grace_s=10)
        if result.exit_code:
            server.close()
            server = None
        assert result.exit_code == 0, log.read_text()

    try:
        yield run
    finally:
        if server is not None:
            server.close()


def wait_until(
    condition: Callable[[], bool], what: str, log: Path | None = None, timeout_s: float = 280
) -> None:
    """Wait for something to be true of a stage; if it does not come true, show its log."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "\n".join(
            [f"{what}: not within {timeout_s:g} s", log.read_text() if log else ""]
        )
        time.sleep(0.02)


def metrics_of(run: Path) -> list[dict[str, Any]]:
    """Lines of metrics.jsonl."""
    path = run / "metrics.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]


def weights_of(run: Path) -> bytes:
    """The finished model's weights, byte for byte."""
    return (run / "hf" / "model.safetensors").read_bytes()


def events_of(run: Path) -> list[dict[str, Any]]:
    """Lines of events.jsonl."""
    path = run / "events.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]


def records_of(run: Path, step: int) -> list[dict[str, Any]]:
    """What was sampled in a step, and how it was scored."""
    return read_rollouts(run / "rollouts" / f"step_{step:06d}.jsonl")


def completions_of(run: Path, step: int) -> list[str]:
    """What was sampled in a step."""
    return [record["completion"] for record in records_of(run, step)]


def prompts_of(run: Path, step: int) -> list[str]:
    """Where the prompts of a step came from, in order."""
    return [
        str(origin) for origin, _ in groupby(record["origin"] for record in records_of(run, step))
    ]


VOLATILE = ("time", "perf/", "eval/", "engine/", "run/memory", "run/disk")
"""Prefixes of metrics that are not a function of what was learnt."""


def learnt_of(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of metrics.jsonl without what differs from run to run."""
    return {key: value for key, value in line.items() if not key.startswith(VOLATILE)}


def assert_same_run(ours: Path, theirs: Path, steps: int) -> None:
    """Bit for bit: what was sampled, every metric that is no time, and the model."""
    lines = metrics_of(ours)
    assert [line["step"] for line in lines] == list(range(1, steps + 1)), "every step exactly once"
    for step in range(1, steps + 1):
        assert completions_of(ours, step) == completions_of(theirs, step), step
    for mine, yours in zip(lines, metrics_of(theirs), strict=True):
        assert learnt_of(mine) == learnt_of(yours)
    assert weights_of(ours) == weights_of(theirs)
