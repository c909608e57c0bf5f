"""Where the roles run: connecting to Ray, checking the cluster's size, starting actors.

A job that asks for more than the cluster has would wait for ever without a word; so the need is
summed up and compared first, and the shortfall is printed.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError

from granite_rl.actors.generator import Generator, generator_environment, model_directory
from granite_rl.actors.reward_worker import RewardWorker
from granite_rl.config import (
    AlgorithmSection,
    ClusterSection,
    GeneratorSection,
    OptimSection,
    PolicyTrainerSection,
)
from granite_rl.errors import InfrastructureError, PreflightError

if TYPE_CHECKING:
    from ray.actor import ActorHandle

PYTHON_ROOT = str(Path(__file__).resolve().parents[2])


@dataclass(frozen=True)
class Need:
    """What one kind of actor asks of the cluster."""

    role: str
    count: int
    cpus: float
    gpus: float


@contextmanager
def ray_session(cluster: ClusterSection) -> Iterator[None]:
    """Join the cluster named by ``RAY_ADDRESS`` (a submitted job has it set), or run a private one.

    The private instance has its own temporary directory and ports, so that several runs and tests
    can share a machine; its processes die with this one, and its files are removed at the end.
    """
    # Otherwise Ray hides the accelerators of actors that ask for none, and warns of it.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    common: dict[str, Any] = {
        "logging_level": logging.ERROR,
        "log_to_driver": False,
        "runtime_env": {"env_vars": role_environment()},
    }
    directory = None
    if os.environ.get("RAY_ADDRESS"):
        ray.init(address=os.environ["RAY_ADDRESS"], **common)
    else:
        directory = tempfile.mkdtemp(prefix="granite-rl-ray-")
        ray.init(
            address="local",
            num_cpus=cluster.local_cpus,
            include_dashboard=False,
            _temp_dir=directory,
            # Idle workers started in advance have no role's environment and would never be used.
            _system_config={"prestart_worker_first_driver": False},
            **common,
        )
    try:
        yield
    finally:
        ray.shutdown()
        if directory is not None:
            _remove(directory)


def _remove(directory: str, patience_s: float = 10.0) -> None:
    """Remove Ray's files; its last processes may still be writing logs while they end."""
    deadline = time.monotonic() + patience_s
    while os.path.isdir(directory) and time.monotonic() < deadline:
        shutil.rmtree(directory, ignore_errors=True)
        time.sleep(0.1)


def role_environment(threads: int | None = None) -> dict[str, str]:
    """Environment of every actor; see ``granite_rl.entry.run_main`` for the wait policy."""
    environment = {
        "PYTHONPATH": _python_path(),
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
    }
    return environment if threads is None else environment | {"OMP_NUM_THREADS": str(threads)}


def _python_path() -> str:
    """The packages' own root first, so that actors import what the driver runs."""
    inherited = os.environ.get("PYTHONPATH", "")
    return os.pathsep.join(filter(None, [PYTHON_ROOT, inherited]))


def check_capacity(needs: Sequence[Need], timeout_s: float) -> None:
    """Refuse what the cluster can't run, before anything waits for it.

    Raises:
        PreflightError: with a table of what is needed and what there is.
    """
    wanted = {
        "CPU": sum(need.count * need.cpus for need in needs),
        "GPU": sum(need.count * need.gpus for need in needs),
    }
    deadline = time.monotonic() + min(timeout_s, 30.0)
    while True:
        there = ray.available_resources()
        short = {
            name: amount for name, amount in wanted.items() if amount > there.get(name, 0.0) + 1e-6
        }
        if not short:
            return
        if time.monotonic() > deadline:
            break
        time.sleep(0.5)
    table = "\n".join(
        f"    {need.count} x {need.role}: {need.cpus:g} CPU, {need.gpus:g} GPU each"
        for need in needs
        if need.count
    )
    missing = ", ".join(
        f"{amount:g} {name} (free: {there.get(name, 0.0):g})" for name, amount in short.items()
    )
    raise PreflightError(
        f"the cluster can't run this stage: it needs {missing}\n{table}",
        "lower trainer.ranks, generator.replicas, rewards.workers or cluster.*_cpus; or add nodes",
    )


def wait_for(refs: Mapping[str, Any], timeout_s: float, doing: str) -> dict[str, Any]:
    """``ray.get`` with a deadline that names what it waits for.

    Args:
        refs: object references by the name of who works on them.
        timeout_s: seconds for all of them together.
        doing: what they do, for the message.

    Raises:
        InfrastructureError: an actor died, or the deadline passed; names who.
    """
    try:
        values = ray.get(list(refs.values()), timeout=timeout_s)
    except GetTimeoutError:
        ready, _ = ray.wait(list(refs.values()), num_returns=len(refs), timeout=0)
        waiting = [name for name, ref in refs.items() if ref not in ready]
        raise InfrastructureError(
            f"{doing}: no answer from {', '.join(waiting)} within {timeout_s:g} s"
        ) from None
    except RayActorError as error:
        raise InfrastructureError(f"{doing}: an actor died: {_first_line(error)}") from error
    return dict(zip(refs, values, strict=True))


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def start_generators(
    model_path: Path, config: GeneratorSection, cluster: ClusterSection, max_context: int
) -> list[ActorHandle]:
    """Generator actors, not yet awaited."""
    gpu = cluster.generator_gpus > 0
    actor = ray.remote(Generator)
    return [
        actor.options(
            num_cpus=cluster.generator_cpus,
            num_gpus=cluster.generator_gpus,
            # poll waits in one thread while submit and weight updates use others.
            max_concurrency=4,
            runtime_env={"env_vars": role_environment() | generator_environment(config, gpu=gpu)},
        ).remote(model_directory(model_path), config, max_context, gpu=gpu)
        for _ in range(config.replicas)
    ]


def start_trainers(
    *,
    config: PolicyTrainerSection,
    cluster: ClusterSection,
    optim: OptimSection,
    algorithm: AlgorithmSection,
    temperature: float,
    model_path: Path,
    reference_path: Path | None,
    seed: int,
) -> list[ActorHandle]:
    """Trainer actors, not yet set up. They never restart alone: a lost rank ends the group."""
    from granite_rl.actors.trainer import Trainer

    actor = ray.remote(Trainer)
    environment = role_environment(config.threads)
    return [
        actor.options(
            num_cpus=cluster.trainer_cpus,
            num_gpus=cluster.trainer_gpus,
            max_restarts=0,
            runtime_env={"env_vars": environment},
        ).remote(
            rank,
            config=config,
            optim=optim,
            algorithm=algorithm,
            temperature=temperature,
            model_path=str(model_path.resolve()),
            reference_path=None if reference_path is None else str(reference_path.resolve()),
            seed=seed,
        )
        for rank in range(config.ranks)
    ]


def start_reward_worker(cluster: ClusterSection) -> ActorHandle:
    """One reward worker; it can be killed and replaced at any time."""
    return (
        ray.remote(RewardWorker)
        .options(
            num_cpus=cluster.reward_worker_cpus,
            runtime_env={"env_vars": role_environment(threads=1)},
        )
        .remote()
    )


def start_reward_model(model_path: Path, cluster: ClusterSection, dtype: str) -> ActorHandle:
    """The scalar reward model's actor."""
    from granite_rl.actors.reward_model import RewardModelWorker

    return (
        ray.remote(RewardModelWorker)
        .options(
            num_cpus=cluster.reward_worker_cpus,
            num_gpus=cluster.reward_model_gpus,
            runtime_env={"env_vars": role_environment(threads=1)},
        )
        .remote(str(model_path.resolve()), 1, dtype)
    )
