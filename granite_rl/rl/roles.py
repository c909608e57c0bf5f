"""Start the actors of an RL stage and wait until they are ready."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ray.actor import ActorHandle

from granite_rl.actors import placement
from granite_rl.actors.answers import wait_for
from granite_rl.actors.generator_pool import GeneratorPool
from granite_rl.actors.reward_model_client import RewardModelClient
from granite_rl.actors.scoring import ScorerPool
from granite_rl.actors.trainer import Training
from granite_rl.actors.trainer_group import TrainerGroup
from granite_rl.data.prompts import uses_reward_model
from granite_rl.models.tokenizer import encode_continuation
from granite_rl.rl.inputs import Inputs
from granite_rl.rl.rollouts import RolloutEngine
from granite_rl.runs.directory import RunDirectory
from granite_rl.weight_sync.transports import check_hosts


class StartedRoles(NamedTuple):
    """Holds generators and trainers that are on their way up."""

    generators: GeneratorPool
    trainers: TrainerGroup


class Roles(NamedTuple):
    """Holds the roles of a stage, all of them ready."""

    generators: GeneratorPool
    scorers: ScorerPool
    trainers: TrainerGroup
    rollouts: RolloutEngine
    """Generators and scorers as a step uses them."""


def start_roles(
    inputs: Inputs, run: RunDirectory, check: Callable[[], None] = lambda: None
) -> StartedRoles:
    """Start generators and trainers without waiting for them.

    Args:
        inputs: of the stage.
        run: its directory, which gets an event of each generator that is replaced.
        check: called about twice a second; what it raises ends the wait for room.

    Raises:
        PreflightError: the cluster is too small for all roles.
        ConfigError: they can't exchange weights as configured.
    """

    config, cluster = inputs.config, inputs.config.cluster
    context, reward_model = config.rollout.max_context, _reward_model_path(inputs)
    generator = placement.generator_spec(config.model.path, config.generator, cluster, context)
    specs = [generator] * config.generator.replicas
    specs += placement.trainer_specs(config.trainer, cluster)
    if inputs.reference is not None:
        replica = placement.reference_spec(inputs.reference, config.trainer, cluster)
        specs += [replica] * config.trainer.reference_replicas
    specs += [placement.reward_worker_spec(config.rewards, cluster)] * config.rewards.workers
    if reward_model is not None:
        specs.append(placement.reward_model_spec(reward_model, cluster))
    placement.make_room(specs, cluster.start_timeout_s, check)
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
    return StartedRoles(generators, trainers)


def training_of(inputs: Inputs) -> Training:
    """Return what the stage asks of its trainers."""

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
    """Return the reward model's path, if a row of the training data is scored by it."""

    names = {row.env_class for row in inputs.train.rows}
    asked = any(uses_reward_model(name) for name in names)
    return inputs.config.rewards.model_path if asked else None


def _start_scorers(inputs: Inputs, run: RunDirectory) -> ScorerPool:
    """Start reward workers and, where it is needed, the reward model, without waiting for them."""

    config = inputs.config
    path = _reward_model_path(inputs)
    reward_model = None
    if path is not None:
        reward_model = RewardModelClient(
            lambda: placement.start_reward_model(path, config.cluster, "float32"),
            uses_reward_model,
            timeout_s=config.rewards.batch_timeout_s,
            start_timeout_s=config.cluster.start_timeout_s,
            max_restarts=config.cluster.max_restarts,
            on_event=run.event,
        )
    return ScorerPool(
        lambda: placement.start_reward_worker(config.rewards, config.cluster),
        config.rewards.workers,
        config.rewards.batch_timeout_s,
        reward_model,
    )


def wait_for_roles(
    inputs: Inputs,
    run: RunDirectory,
    checkpoint: Path | None,
    started: StartedRoles,
    check: Callable[[], None] = lambda: None,
) -> Roles:
    """Set the trainers up, start the scorers, wait until all are ready, and note what really runs.

    Reward workers and reward model start when the trainers are up: vLLM takes longest, and on few
    cores whatever starts beside it delays all of them.

    Args:
        inputs: of the stage.
        run: its directory, which gets a ``role_started`` event of each role.
        checkpoint: what the trainers restore, if anything.
        started: as `start_roles` returned them.
        check: called about twice a second; what it raises ends the wait.

    Raises:
        PreflightError: trainer and generators are on different hosts.
        InfrastructureError: a role did not come up.
        UserError: as a role raised it.
    """

    limit = inputs.config.cluster.start_timeout_s
    generators, trainers = started
    facts = trainers.setup(checkpoint, check)
    scorers = _start_scorers(inputs, run)
    facts |= wait_for(generators.describe(), limit, "starting", check)
    check_hosts(inputs.config.generator.weight_sync, {str(item["node"]) for item in facts.values()})
    others = scorers.ready() | trainers.describe_references()
    facts |= wait_for(others, limit, "starting", check)
    for name, described in facts.items():
        run.event("role_started", f"{name}: {described['engine']}", role=name, **described)
    rollouts = RolloutEngine(
        generators,
        scorers,
        partial(encode_continuation, inputs.tokenizer),
        inputs.config.generator.timeout_s,
    )
    return Roles(generators, scorers, trainers, rollouts)
