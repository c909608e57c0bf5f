"""Runs a step loop over roles that a benchmark brings itself: real ones, fakes, or recorded
rollouts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from granite_rl.config import StageConfig
from granite_rl.entry import compose, to_yaml, validate
from granite_rl.rl.controller import Controller
from granite_rl.rl.inputs import Inputs
from granite_rl.rl.roles import Roles
from granite_rl.runs.console import Progress
from granite_rl.runs.directory import RunDirectory
from granite_rl.runs.metrics import MetricLogger
from granite_rl.runs.preemption import StopSignal

QUIET = (
    "checkpoint.every_steps=0",
    "tracking.wandb_mode=disabled",
    "tracking.tensorboard=false",
    "algorithm.overlong_buffer=0",
    "optim.warmup_steps=0",
    "optim.lr=1e-9",
    "trainer.ranks=1",
)
"""Settings of every benchmark: no trackers, weights that hardly change, and one trainer, which has
a core to itself."""


def stage_config(model: Path, rows: Path, directory: Path, *more: str) -> StageConfig:
    """Build the demo's configuration of a math stage, with a benchmark's changes."""
    overrides = ["stage=math", "recipe=demo", *QUIET, f"model.path={model}", f"data.train={rows}"]
    return validate(StageConfig, compose("rl", [*overrides, f"run.dir={directory}", *more]))


@contextmanager
def step_loop(
    inputs: Inputs,
    run: RunDirectory,
    roles: Roles,
    kind: type[Controller] = Controller,
) -> Iterator[Controller]:
    """Provide a `Controller` over the given roles; metrics go to the run directory alone."""
    config = inputs.config
    assert config.data.max_steps is not None
    progress = Progress(config.data.max_steps, "step", config.stage)
    logger = MetricLogger(run, config.tracking, config.run.name, {}, config.data.max_steps)
    with closing(progress), closing(logger), StopSignal() as stop:
        yield kind(
            config,
            stream=inputs.stream,
            pad_id=int(inputs.tokenizer.pad_token_id),
            roles=roles,
            run=run,
            logger=logger,
            progress=progress,
            stop=stop,
        )


@contextmanager
def run_directory(config: StageConfig) -> Iterator[RunDirectory]:
    """Open the run directory of a benchmark, and mark the run as succeeded at the end."""
    with RunDirectory.open(
        config.run,
        kind=config.stage,
        config_yaml=to_yaml(config),
        overrides=[],
        command=["python", "-m", "tests.bench"],
    ) as run:
        yield run
        run.finish("succeeded", 0)


def metric_lines(directory: Path) -> list[dict[str, Any]]:
    """Read the lines of a run's metrics.jsonl."""
    return [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]
