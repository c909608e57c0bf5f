"""Run one RL stage in its run directory, from its checked inputs to the finished model."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from granite_rl.actors.placement import ray_session
from granite_rl.command_line.overrides import argument
from granite_rl.config import RL_STAGES, StageConfig
from granite_rl.data.prompts import describe_too_long
from granite_rl.errors import ExitCode, Preempted
from granite_rl.models.checkpoint_directory import holds_model
from granite_rl.rl.controller import Controller, total_steps
from granite_rl.rl.inputs import Inputs
from granite_rl.rl.roles import StartedRoles, start_roles, wait_for_roles
from granite_rl.rl.rollouts import RolloutEngine
from granite_rl.runs.alarms import Alarm
from granite_rl.runs.console import Progress
from granite_rl.runs.data_files import data_files, recorded
from granite_rl.runs.directory import RunDirectory
from granite_rl.runs.metrics import MetricLogger
from granite_rl.runs.preemption import StopSignal
from granite_rl.training.checkpoint import Checkpoint, CheckpointStore, resume_from

PROGRAM = "python -m granite_rl.stage"
Evaluate = Callable[
    [Inputs, RolloutEngine, RunDirectory, int, StopSignal], tuple[dict[str, float], list[Alarm]]
]
"""Scores the finished model on the held-out prompts: the step's metrics, and what got worse. Raises
Preempted when it was asked to stop."""


def describe_plan(inputs: Inputs) -> str:
    """Say in two lines what a stage would do."""

    config = inputs.config
    steps = total_steps(config, len(inputs.train.rows))
    samples = config.rollout.prompts_per_step * config.rollout.samples_per_prompt
    domains = sorted({row.domain for row in inputs.train.rows})
    heldout = ""
    if inputs.heldout is not None:
        kept, too_long = len(inputs.heldout.rows), inputs.heldout.too_long
        heldout = f"# held out: {kept} prompts ({too_long} too long)\n"
    return (
        f"# plan: {steps} steps x {samples} samples from {len(inputs.train.rows)} prompts "
        f"({inputs.train.too_long} too long), domains: {', '.join(domains)}\n{heldout}"
        f"# roles: {config.generator.replicas} generator(s), {config.rewards.workers} reward "
        f"worker(s), {config.trainer.ranks} trainer rank(s), ZeRO {config.trainer.zero_stage}"
    )


def run_stage(inputs: Inputs, run: RunDirectory, evaluate: Evaluate, stop: StopSignal) -> int:
    """Train a stage to its end and write the model; returns the exit code.

    Args:
        inputs: what the stage reads, checked.
        run: its open run directory.
        evaluate: called with the finished model if there are held-out prompts.
        stop: installed signal handlers.

    Raises:
        Preempted: SIGTERM or Ctrl-C came; what there was to save is saved.
    """
    config = inputs.config
    steps = total_steps(config, len(inputs.train.rows))
    store = CheckpointStore(run.checkpoints, keep=config.checkpoint.keep)
    data = data_files("data.train", config.data.train)
    checkpoint = resume_from(run, store, config.run.resume, data)
    start = 0 if checkpoint is None else checkpoint.step
    run.write_lineage(
        config.stage,
        config.recipe,
        config.model.path,
        inputs.parent_hash,
        data=recorded(data),
        reference=None if inputs.reference is None else str(inputs.reference),
        reward_model=None if config.rewards.model_path is None else str(config.rewards.model_path),
    )
    progress = Progress(steps, "step", config.stage)
    for kind, prompts in (("training", inputs.train), ("held-out", inputs.heldout)):
        if prompts is not None and prompts.too_long:
            left_out = describe_too_long(kind, prompts)
            progress.note(left_out)
            run.event("prompts_filtered", left_out, prompts=prompts.too_long, kind_of_rows=kind)
    settings = config.model_dump(mode="json")

    def check() -> None:
        """End the start of a stage that was asked to stop."""
        if stop.requested:
            if start >= steps:
                raise Preempted(f"stopped by {stop.name} at the start; all {steps} steps are saved")
            done = f"nothing was trained after step {start}" if start else "nothing was trained"
            raise Preempted(f"stopped by {stop.name} before step {start + 1} of {steps}; {done}")

    with closing(progress), ray_session(config.cluster, run.path / "actors", check):
        check()
        progress.note("starting vLLM generators and DeepSpeed trainers ...")
        # The roles need 20 s to import what they run: everything else that takes a while (W&B, this
        # process's own imports) happens meanwhile.
        started = start_roles(inputs, run, check)
        with closing(
            MetricLogger(
                run,
                config.tracking,
                config.run.name,
                settings,
                steps,
                prometheus=config.tracking.prometheus,
            )
        ) as logger:
            _train(inputs, run, progress, stop, check, checkpoint, logger, started, evaluate)
    following = next_command(config, run.hf)
    run.finish("succeeded", ExitCode.OK, next_command=following)
    print(
        f"{config.stage}: done, model in {run.hf}" + (f"\nnext: {following}" if following else ""),
        flush=True,
    )
    return ExitCode.OK


def is_finished(inputs: Inputs, run: Path) -> bool:
    """Whether a run directory holds what a finished stage leaves: its model, and its evaluation."""
    evaluated = inputs.heldout is None or (run / "eval.json").is_file()
    return holds_model(run / "hf") and evaluated


def _train(
    inputs: Inputs,
    run: RunDirectory,
    progress: Progress,
    stop: StopSignal,
    check: Callable[[], None],
    checkpoint: Checkpoint | None,
    logger: MetricLogger,
    started: StartedRoles,
    evaluate: Evaluate,
) -> None:
    config = inputs.config
    saved = None if checkpoint is None else checkpoint.path
    roles = wait_for_roles(inputs, run, saved, started, check)
    start = 0 if checkpoint is None else checkpoint.step
    controller = Controller(
        config,
        stream=inputs.stream,
        pad_id=int(inputs.tokenizer.pad_token_id),
        roles=roles,
        run=run,
        logger=logger,
        progress=progress,
        stop=stop,
    )
    if checkpoint is not None:
        controller.restore(checkpoint.metadata)
        progress.note(f"resuming after step {start} from {checkpoint.path}")
    controller.run(start)
    controller.save_hf(run.hf)
    if inputs.heldout is not None:
        progress.note(f"evaluating {len(inputs.heldout.rows)} held-out prompts greedily ...")
        metrics, alarms = evaluate(inputs, roles.rollouts, run, controller.total_steps, stop)
        logger.log(controller.total_steps, metrics)
        for alarm in alarms:
            run.event("alarm", alarm.message, step=alarm.step, alarm=alarm.name)
            progress.note(f"warning: {alarm.message}")


def next_command(config: StageConfig, model: Path) -> str | None:
    """The shell command that starts the recipe's next stage from this one's model."""
    position = RL_STAGES.index(config.stage) + 1
    if position == len(RL_STAGES):
        return None
    arguments = [argument("recipe", config.recipe), argument("model.path", model)]
    return f"{PROGRAM} {RL_STAGES[position]} {shlex.join(arguments)} data.train=FILE"
