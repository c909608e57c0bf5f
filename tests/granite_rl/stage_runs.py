"""Running small RL stages in tests: a few prompts and tokens, but the real roles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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


def start(arguments: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a stage in a process of its own, its output going to a file."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    environment.pop("RAY_ADDRESS", None)
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "granite_rl.stage", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
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


def metrics_of(run: Path) -> list[dict[str, Any]]:
    """Lines of metrics.jsonl."""
    path = run / "metrics.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]


def weights_of(run: Path) -> bytes:
    """The finished model's weights, byte for byte."""
    return (run / "hf" / "model.safetensors").read_bytes()


def completions_of(run: Path, step: int) -> list[str]:
    """What was sampled in a step."""
    path = run / "rollouts" / f"step_{step:06d}.jsonl"
    return [json.loads(line)["completion"] for line in path.read_text().splitlines()]
