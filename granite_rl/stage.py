"""One RL stage: ``python -m granite_rl.stage multi_domain [key=value ...]``.

Works on its own (it starts a private Ray instance) and as a Ray job (it joins the cluster that the
job runs on). Everything that can be refused is refused before the first actor starts.
"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from granite_rl.config import StageConfig
from granite_rl.entry import compose, parse_arguments, run_main, to_yaml, validate
from granite_rl.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from ray.actor import ActorHandle
    from transformers import PreTrainedTokenizerBase

    from granite_rl.actors.generator_pool import GeneratorPool
    from granite_rl.actors.scoring import ScorerPool
    from granite_rl.actors.trainer import Training
    from granite_rl.actors.trainer_group import TrainerGroup
    from granite_rl.data.prompts import Prompts
    from granite_rl.data.stream import PromptStream
    from granite_rl.rollouts import RolloutEngine
    from granite_rl.runs.console import Progress
    from granite_rl.runs.directory import RunDirectory
    from granite_rl.runs.metrics import MetricLogger
    from granite_rl.runs.preemption import StopSignal
    from granite_rl.training.checkpoint import Checkpoint

PROGRAM = "python -m granite_rl.stage"
STAGES = ("multi_domain", "rlhf", "identity", "math")
EXAMPLES = f"""examples:
  {PROGRAM} multi_domain recipe=demo model.path=runs/sft/hf data.train=prompts.jsonl
  {PROGRAM} math model.path=DIR 'data.train=[a.jsonl,b.parquet]' optim.lr=1e-6 run.dir=runs/math
  {PROGRAM} math ... run.resume=auto          continue after a crash, or start
  {PROGRAM} math ... --dry-run                validate everything, start nothing

stages: {", ".join(STAGES)}. Every key is explained in granite_rl/config.py; numbers are in conf/.
exit codes: 0 done, 2 configuration, 3 preflight, 4 data, 5 infrastructure, 6 diverged,
75 preempted (resumable)"""


class Inputs(NamedTuple):
    """What a stage reads, checked."""

    config: StageConfig
    train: Prompts
    stream: PromptStream
    heldout: Prompts | None
    tokenizer: PreTrainedTokenizerBase
    parent_hash: str
    reference: Path | None


def main(argv: Sequence[str]) -> int:
    """Run one stage; returns the exit code."""
    parsed = parse_arguments(
        PROGRAM,
        "Run one RL stage on Ray: vLLM generators, DeepSpeed trainers.",
        argv,
        positional="stage",
        epilog=EXAMPLES,
    )
    config = validate(StageConfig, compose("stage", parsed.overrides))
    inputs = load_inputs(config)
    if parsed.dry_run:
        print(to_yaml(config))
        print(_plan(inputs))
        return ExitCode.OK

    from granite_rl.runs.directory import RunDirectory

    command = ["python", "-m", "granite_rl.stage", *argv]
    with RunDirectory.open(
        config.run,
        kind=config.stage,
        config_yaml=to_yaml(config),
        overrides=parsed.overrides,
        command=command,
    ) as run:
        if run.already_complete:
            print(f"{config.stage}: {run.path} is already complete; nothing to do")
            return ExitCode.OK
        return _run(inputs, run)


def load_inputs(config: StageConfig) -> Inputs:
    """Read and check model, data, environments, rewards and names, without starting anything.

    Raises:
        ConfigError | PreflightError | DataError: naming the key path, or file and line.
    """
    from granite_rl.algorithm.losses import policy_objective
    from granite_rl.algorithm.registry import advantage_estimator
    from granite_rl.data.prompts import prepare_prompts, uses_reward_model
    from granite_rl.data.rows import read_rows
    from granite_rl.data.stream import PromptStream
    from granite_rl.evaluation.heldout import limit_rows
    from granite_rl.models.checkpoint_directory import check_checkpoint, checkpoint_hash
    from granite_rl.models.tokenizer import load_tokenizer

    policy_objective(config.algorithm)  # first: it imports the user's modules
    advantage_estimator(config.algorithm.advantage)
    rows = read_rows(config.data.train)
    heldout_rows = read_rows(config.eval.files) if config.eval.files else []
    check_checkpoint(config.model.path)
    tokenizer = load_tokenizer(config.model.path)
    train = prepare_prompts(rows, tokenizer, config.rollout.max_prompt_tokens)
    stream = PromptStream(train.rows, seed=config.run.seed, mixture=config.data.mixture)
    domains = set(stream.domains)
    betas = config.algorithm.kl_beta_per_domain or {}
    unknown = set(betas) - domains
    if unknown:
        raise ConfigError(
            f"algorithm.kl_beta_per_domain: no rows of {sorted(unknown)}",
            f"domains of the data: {sorted(domains)}",
        )
    heldout = None
    if heldout_rows:
        chosen = limit_rows(heldout_rows, config.eval.limit_per_domain)
        heldout = prepare_prompts(chosen, tokenizer, config.rollout.max_prompt_tokens)
    asking = sorted({row.env_class for row in train.rows if uses_reward_model(row.env_class)})
    if asking and config.rewards.model_path is None:
        raise ConfigError(
            f"rewards.model_path: none given, but the rows use {', '.join(asking)}",
            "rewards.model_path=DIR of a reward model; `python -m sft.preference` trains one",
        )
    if asking and config.rewards.model_path is not None:
        check_checkpoint(config.rewards.model_path)
    needs_reference = config.algorithm.kl_beta > 0 or any(betas.values())
    reference = None
    if needs_reference:
        reference = (
            config.model.path
            if config.model.reference == "parent"
            else Path(config.model.reference)
        )
        check_checkpoint(reference)
    parent_hash = checkpoint_hash(config.model.path)
    return Inputs(config, train, stream, heldout, tokenizer, parent_hash, reference)


def _plan(inputs: Inputs) -> str:
    from granite_rl.controller import total_steps

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


def _run(inputs: Inputs, run: RunDirectory) -> int:
    from granite_rl.actors.placement import ray_session
    from granite_rl.controller import total_steps
    from granite_rl.runs.console import Progress
    from granite_rl.runs.metrics import MetricLogger
    from granite_rl.runs.preemption import StopSignal

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
            _train(inputs, run, progress, stop, checkpoint, logger, roles)
    following = _next_command(config, run)
    run.finish("succeeded", ExitCode.OK, next_command=following)
    print(
        f"{config.stage}: done, model in {run.hf}" + (f"\nnext: {following}" if following else ""),
        flush=True,
    )
    return ExitCode.OK


def _checkpoint(config: StageConfig, run: RunDirectory) -> Checkpoint | None:
    from granite_rl.training.checkpoint import CheckpointStore

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
) -> None:
    from granite_rl.controller import Controller
    from granite_rl.evaluation.regression import regression_alarms

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
        logger.log(controller.total_steps, _evaluate(inputs, inputs.heldout, rollouts, run))
        for alarm in regression_alarms(run.path, controller.total_steps):
            run.event("alarm", alarm.message, step=alarm.step, alarm=alarm.name)
            progress.note(f"warning: {alarm.message}")


class Roles(NamedTuple):
    """The actors of a stage, on their way up until `wait_for_roles` returns."""

    generators: GeneratorPool
    trainers: TrainerGroup


def start_roles(inputs: Inputs, run: RunDirectory) -> Roles:
    """Start generators and trainers without waiting for them.

    Args:
        inputs: of the stage.
        run: its directory, which gets an event of each generator that is replaced.

    Raises:
        PreflightError: the cluster is too small for all roles.
        ConfigError: they can't exchange weights as configured.
    """
    from granite_rl.actors import placement
    from granite_rl.actors.generator_pool import GeneratorPool
    from granite_rl.actors.trainer_group import TrainerGroup
    from granite_rl.weight_sync.transports import check_resources

    config, cluster = inputs.config, inputs.config.cluster
    check_resources(
        config.generator.weight_sync,
        trainer_gpus=cluster.trainer_gpus,
        generator_gpus=cluster.generator_gpus,
        tensor_parallel=config.generator.tensor_parallel,
    )
    context, reward_model = config.rollout.max_context, _reward_model_path(inputs)
    generator = placement.generator_seat(config.model.path, config.generator, cluster, context)
    seats = [generator] * config.generator.replicas
    seats += placement.trainer_seats(config.trainer, cluster)
    if inputs.reference is not None:
        replica = placement.reference_seat(inputs.reference, config.trainer, cluster)
        seats += [replica] * config.trainer.reference_replicas
    seats += [placement.reward_worker_seat(config.rewards, cluster)] * config.rewards.workers
    if reward_model is not None:
        seats.append(placement.reward_model_seat(reward_model, cluster))
    placement.make_room(seats, cluster.start_timeout_s)
    generators = GeneratorPool(
        lambda: placement.start_generator(config.model.path, config.generator, cluster, context),
        config.generator.replicas,
        workers=config.generator.tensor_parallel,
        timeout_s=config.generator.timeout_s,
        start_timeout_s=cluster.start_timeout_s,
        max_restarts=cluster.max_restarts,
        on_event=run.event,
    )
    references: list[ActorHandle] = []
    if inputs.reference is not None:
        references = placement.start_references(inputs.reference, config.trainer, cluster)
    trainers = TrainerGroup(
        lambda: placement.start_trainers(config.trainer, cluster),
        training_of(inputs),
        references,
        transport=config.generator.weight_sync,
        start_timeout_s=cluster.start_timeout_s,
        step_timeout_s=cluster.step_timeout_s,
        max_restarts=cluster.max_restarts,
    )
    return Roles(generators, trainers)


def training_of(inputs: Inputs) -> Training:
    """What the stage asks of its trainers."""
    from granite_rl.actors.trainer import Training

    config = inputs.config
    colocated = None if config.trainer.reference_replicas else inputs.reference
    return Training(
        config=config.trainer,
        optim=config.optim,
        algorithm=config.algorithm.model_copy(
            update={"modules": tuple(path.resolve() for path in config.algorithm.modules)}
        ),
        temperature=config.rollout.temperature,
        model_path=config.model.path.resolve(),
        reference_path=None if colocated is None else colocated.resolve(),
        seed=config.run.seed,
    )


def _reward_model_path(inputs: Inputs) -> Path | None:
    """The reward model, if a row of the training data is scored by it."""
    from granite_rl.data.prompts import uses_reward_model

    names = {row.env_class for row in inputs.train.rows}
    asked = any(uses_reward_model(name) for name in names)
    return inputs.config.rewards.model_path if asked else None


def _start_scorers(inputs: Inputs) -> ScorerPool:
    """Start reward workers and, where it is needed, the reward model, without waiting for them."""
    from granite_rl.actors import placement
    from granite_rl.actors.scoring import ScorerPool
    from granite_rl.data.prompts import uses_reward_model

    config = inputs.config
    path = _reward_model_path(inputs)
    return ScorerPool(
        lambda: placement.start_reward_worker(config.rewards, config.cluster),
        config.rewards.workers,
        config.rewards.batch_timeout_s,
        None
        if path is None
        else lambda: placement.start_reward_model(path, config.cluster, "float32"),
        uses_reward_model,
    )


def wait_for_roles(
    inputs: Inputs, run: RunDirectory, checkpoint: Path | None, roles: Roles
) -> RolloutEngine:
    """Set the trainers up, start the scorers, wait until all are ready, and note what really runs.

    Reward workers and reward model start when the trainers are up: vLLM takes longest, and on few
    cores whatever starts beside it makes everybody wait.

    Args:
        inputs: of the stage.
        run: its directory, which gets a ``role_started`` event of each role.
        checkpoint: what the trainers restore, if anything.
        roles: as started.

    Raises:
        PreflightError: trainer and generators are on different hosts.
        InfrastructureError: a role did not come up.
    """
    from granite_rl.actors import placement
    from granite_rl.models.tokenizer import encode_continuation
    from granite_rl.rollouts import RolloutEngine
    from granite_rl.weight_sync.transports import check_hosts

    limit = inputs.config.cluster.start_timeout_s
    generators, trainers = roles
    started = trainers.setup(checkpoint)
    scorers = _start_scorers(inputs)
    started |= placement.wait_for(generators.describe(), limit, "starting")
    check_hosts(
        inputs.config.generator.weight_sync, {str(item["node"]) for item in started.values()}
    )
    others = scorers.ready() | trainers.describe_references()
    started |= placement.wait_for(others, limit, "starting")
    for name, facts in started.items():
        run.event("role_started", f"{name}: {facts['engine']}", role=name, **facts)
    return RolloutEngine(
        generators,
        scorers,
        partial(encode_continuation, inputs.tokenizer),
        inputs.config.generator.timeout_s,
    )


def _evaluate(
    inputs: Inputs, heldout: Prompts, rollouts: RolloutEngine, run: RunDirectory
) -> dict[str, float]:
    from granite_rl.evaluation.heldout import evaluate, write_evaluation
    from granite_rl.models.checkpoint_directory import checkpoint_hash

    begin = time.monotonic()
    result = evaluate(
        rollouts,
        heldout.rows,
        heldout.token_ids,
        max_response_tokens=inputs.config.rollout.max_response_tokens,
        max_context=inputs.config.rollout.max_context,
        max_turns=inputs.config.rollout.max_turns,
        model=run.hf,
        model_hash=checkpoint_hash(run.hf),
    )
    write_evaluation(run.path / "eval.json", result)
    metrics = {"time/eval_s": time.monotonic() - begin}
    for domain, numbers in result["domains"].items():
        metrics[f"eval/{domain}/accuracy"] = float(numbers["accuracy"])
        metrics[f"eval/{domain}/n"] = float(numbers["n"])
    accuracies = [float(numbers["accuracy"]) for numbers in result["domains"].values()]
    metrics["eval/mean"] = fmean(accuracies)
    return metrics


def _next_command(config: StageConfig, run: RunDirectory) -> str | None:
    position = STAGES.index(config.stage)
    if position + 1 == len(STAGES):
        return None
    model = shlex.quote(f"model.path={run.hf}")
    return f"{PROGRAM} {STAGES[position + 1]} recipe={config.recipe} {model} data.train=FILE"


if __name__ == "__main__":
    sys.exit(run_main(main))
