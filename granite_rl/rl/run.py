"""Run one RL stage in its run directory, from its checked inputs to the finished model."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from granite_rl.actors.placement import ray_session
from granite_rl.config import RL_STAGES, StageConfig
from granite_rl.errors import ExitCode
from granite_rl.overrides import argument
from granite_rl.rl.controller import Controller, total_steps
from granite_rl.rl.inputs import Inputs
from granite_rl.rl.roles import Roles, start_roles, wait_for_roles
from granite_rl.rl.rollouts import RolloutEngine
from granite_rl.runs.alarms import Alarm
from granite_rl.runs.console import Progress
from granite_rl.runs.directory import RunDirectory
from granite_rl.runs.metrics import MetricLogger
from granite_rl.runs.preemption import StopSignal
from granite_rl.training.checkpoint import Checkpoint, CheckpointStore

PROGRAM = "python -m granite_rl.stage"
Evaluate = Callable[
    [Inputs, RolloutEngine, RunDirectory, int], tuple[dict[str, float], list[Alarm]]
]
"""Scores the finished model on the held-out prompts: the step's metrics, and what got worse."""


def describe_plan(inputs: Inputs) -> str:
    """Say in two lines what a stage would do."""

    config = inputs.config
    steps = total_steps(config, len(inputs.train.rows))
    samples = config.rollout.prompts_per_step * config.rollout.samples_per_prompt
    domains = sorted({row.domain for row in inputs.train.rows})
    return (
        f"# plan: {steps} steps x {samples} samples from {len(inputs.train.rows)} prompts "
        f"({inputs.train.too_long} too long), domains: {', '.join(domains)}\n"
        f"# roles: {config.generator.replicas} generator(s), {config.rewards.workers} reward "
        f"worker(s), {config.trainer.ranks} trainer rank(s), ZeRO {config.trainer.zero_stage}"
    )


def run_stage(inputs: Inputs, run: RunDirectory, evaluate: Evaluate) -> int:
    """Train a stage to its end and write the model; returns the exit code.

    Args:
        inputs: what the stage reads, checked.
        run: its open run directory.
        evaluate: called with the finished model if there are held-out prompts.
    """
    config = inputs.config
    steps = total_steps(config, len(inputs.train.rows))
    checkpoint = _checkpoint(config, run)
    start = 0 if checkpoint is None else checkpoint.step
    run.drop_metrics_after(start)
    run.write_lineage(
        config.stage,
        config.recipe,
        config.model.path,
        inputs.parent_hash,
        reference=None if inputs.reference is None else str(inputs.reference),
        reward_model=None if config.rewards.model_path is None else str(config.rewards.model_path),
    )
    progress = Progress(steps, "step", config.stage)
    if inputs.train.too_long:
        left_out = (
            f"{inputs.train.too_long} prompts exceed rollout.max_prompt_tokens and are left out"
        )
        progress.note(left_out)
        run.event("prompts_filtered", left_out, prompts=inputs.train.too_long)
    settings = config.model_dump(mode="json")
    # The stop signal is installed after ray.init, which brings a SIGTERM handler of its own.
    with closing(progress), ray_session(config.cluster), StopSignal() as stop:
        progress.note("starting vLLM generators and DeepSpeed trainers ...")
        # The roles need 20 s to import what they run: everything else that takes a while (W&B, this
        # process's own imports) happens meanwhile.
        roles = start_roles(inputs, run)
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
            _train(inputs, run, progress, stop, checkpoint, logger, roles, evaluate)
    following = next_command(config, run.hf)
    run.finish("succeeded", ExitCode.OK, next_command=following)
    print(
        f"{config.stage}: done, model in {run.hf}" + (f"\nnext: {following}" if following else ""),
        flush=True,
    )
    return ExitCode.OK


def _checkpoint(config: StageConfig, run: RunDirectory) -> Checkpoint | None:
    store = CheckpointStore(run.checkpoints, keep=config.checkpoint.keep)
    if config.run.resume == "never":
        return None
    return store.newest() if config.run.resume == "auto" else store.exact(config.run.resume)


def _train(
    inputs: Inputs,
    run: RunDirectory,
    progress: Progress,
    stop: StopSignal,
    checkpoint: Checkpoint | None,
    logger: MetricLogger,
    roles: Roles,
    evaluate: Evaluate,
) -> None:
    config = inputs.config
    rollouts = wait_for_roles(inputs, run, None if checkpoint is None else checkpoint.path, roles)
    start = 0 if checkpoint is None else checkpoint.step
    controller = Controller(
        config,
        stream=inputs.stream,
        prompt_ids=inputs.train.token_ids,
        pad_id=int(inputs.tokenizer.pad_token_id),
        rollouts=rollouts,
        trainers=roles.trainers,
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
        metrics, alarms = evaluate(inputs, rollouts, run, controller.total_steps)
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
