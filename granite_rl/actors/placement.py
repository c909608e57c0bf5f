"""Connect to Ray, check the cluster's size, and start the roles as actors.

A job that asks for more than the cluster has would wait for ever without a word; so the need is
summed up and compared first, and the shortfall is printed.

In a process that runs several stages (``STANDBY``) the Ray session and its actors outlive a stage
that ended well, and the next stage's ``start_*`` take over those that fit.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import ray
import ray._private.ray_constants
import ray._private.services
import ray._private.utils

from granite_rl.actors.generator import Generator, generator_environment, model_directory
from granite_rl.actors.hosting import hosted
from granite_rl.actors.logs import ACTOR_LOGS
from granite_rl.actors.reward_worker import RewardWorker
from granite_rl.actors.standby import STANDBY, ActorSpec
from granite_rl.config import (
    ClusterSection,
    GeneratorSection,
    PolicyTrainerSection,
    RewardWorkersSection,
)
from granite_rl.errors import InfrastructureError, PreflightError
from granite_rl.runs.ray_cluster import (
    actor_environment,
    cluster_address,
    join_cluster,
    session_options,
)
from granite_rl.runs.surroundings import RAY_SOCKET_NAME, socket_directory

if TYPE_CHECKING:
    from ray.actor import ActorHandle

START_ATTEMPTS = 3
"""Ray allows its daemon 30 s to start, which is too little beside other work on few cores."""


@contextmanager
def ray_session(
    cluster: ClusterSection,
    actor_logs: Path | None = None,
    check: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Join the cluster named by ``RAY_ADDRESS`` (a submitted job has it set), or run a private one.

    The private instance has its own temporary directory and ports, so that several runs and tests
    can share a machine; its processes die with this one, and its files are removed at the end. With
    ``STANDBY`` that end is this process's, unless an error comes before.

    Signals stay this process's own: whoever wants to act on SIGTERM installs a handler before.

    Args:
        cluster: what roles ask for.
        actor_logs: directory that gets the last lines of every actor that fails.
        check: called before each attempt to start Ray; what it raises ends the start.
    """
    ACTOR_LOGS.write_to(actor_logs)
    if _SESSION.cpus not in (None, cluster.local_cpus):
        _SESSION.end()
    if _SESSION.cpus is None:
        _SESSION.begin(cluster, check)
    try:
        yield
    except BaseException:
        _SESSION.end()
        raise
    if STANDBY.keeps:
        STANDBY.rest()
    else:
        _SESSION.end()


class _RaySession:
    """Holds this process's connection to Ray."""

    def __init__(self) -> None:
        self.cpus: int | None = None
        """``cluster.local_cpus`` of the open session; None when there is none."""
        self._directory: str | None = None

    def begin(self, cluster: ClusterSection, check: Callable[[], None]) -> None:
        """Connect to a cluster, or start a private one."""
        common = session_options()
        address = cluster_address()
        if address is not None:
            with _signals_stay_ours():
                join_cluster(address, common)
        else:
            self._start_private(cluster, common, check)
        self.cpus = cluster.local_cpus
        if STANDBY.keeps:
            atexit.register(self.end)

    def _start_private(
        self, cluster: ClusterSection, common: dict[str, Any], check: Callable[[], None]
    ) -> None:
        check()
        for attempt in range(1, START_ATTEMPTS + 1):
            # Ray's sockets lie below it, and their paths may not be long.
            directory = socket_directory(RAY_SOCKET_NAME)
            self._directory = tempfile.mkdtemp(prefix="granite-rl-ray-", dir=directory)
            try:
                with _signals_stay_ours():
                    ray.init(
                        address="local",
                        num_cpus=cluster.local_cpus,
                        include_dashboard=False,
                        _temp_dir=self._directory,
                        # Idle workers started in advance have no role's environment: they'd never
                        # be used.
                        _system_config={"prestart_worker_first_driver": False},
                        **common,
                    )
                return
            except BaseException as error:  # Ray has no narrower class for it
                ray.shutdown()
                _end_daemons(self._directory)
                _remove(self._directory)
                self._directory = None
                if "timed out during startup" not in str(error):
                    raise
                check()
                if attempt == START_ATTEMPTS:
                    raise InfrastructureError(
                        f"Ray's daemon did not start within 30 s, {attempt} times in a row",
                        "the machine is overloaded: end what else runs on it, then try again",
                    ) from error

    def end(self) -> None:
        """Disconnect, and remove a private instance's files; harmless when there is nothing."""
        if self.cpus is None:
            return
        self.cpus = None
        STANDBY.forget()
        ray.shutdown()
        if self._directory is not None:
            _remove(self._directory)
            self._directory = None


_SESSION = _RaySession()


@contextmanager
def _signals_stay_ours() -> Iterator[None]:
    """Keep ``ray.init`` from taking over SIGTERM, and its daemons out of this process group.

    Ray's handler would end this process before it has saved. And a signal to the whole group, which
    is what Ctrl-C and many schedulers send, would end the daemons under the roles' feet; they end
    with this process anyway, which the kernel sees to.
    """
    utils, services = ray._private.utils, ray._private.services
    constants = ray._private.ray_constants
    handle, start = utils.set_sigterm_handler, services.ConsolePopen
    disabled = constants.RAY_DISABLE_FAILURE_SIGNAL_HANDLER
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        utils.set_sigterm_handler = lambda handler: None
        # That of its C++ core, which prints a stack trace and dies of SIGTERM too.
        constants.RAY_DISABLE_FAILURE_SIGNAL_HANDLER = True
    services.ConsolePopen = partial(start, process_group=0)
    try:
        yield
    finally:
        utils.set_sigterm_handler, services.ConsolePopen = handle, start
        constants.RAY_DISABLE_FAILURE_SIGNAL_HANDLER = disabled


def _end_daemons(directory: str) -> None:
    """End the daemons that a failed start has left behind.

    ``ray.shutdown`` does not know them yet, and they end with this process only: until then they
    would take the cores that the next attempt needs.
    """
    left = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if any(directory in argument for argument in process.cmdline()):
                process.kill()
                left.append(process)
    psutil.wait_procs(left, timeout=10)


def _remove(directory: str, patience_s: float = 10.0) -> None:
    """Remove Ray's files; its last processes may still be writing logs while they end."""
    deadline = time.monotonic() + patience_s
    while os.path.isdir(directory) and time.monotonic() < deadline:
        shutil.rmtree(directory, ignore_errors=True)
        time.sleep(0.1)


def make_room(
    specs: Sequence[ActorSpec], timeout_s: float, check: Callable[[], None] = lambda: None
) -> None:
    """End the actors on standby that the next stage has no use for, and refuse a stage that the
    cluster can't run before anything waits for it.

    Args:
        specs: one for every actor that the stage will start or take over.
        timeout_s: longest wait for resources that others are just giving back (30 s at most).
        check: called about twice a second; what it raises ends the wait.

    Raises:
        PreflightError: with a table of what is needed and what there is.
    """
    STANDBY.end_idle_except(specs)
    standing = STANDBY.idle_resources()
    wanted = {
        "CPU": sum(spec.cpus for spec in specs),
        "GPU": sum(spec.gpus for spec in specs),
    }
    deadline = time.monotonic() + min(timeout_s, 30.0)
    while True:
        free = ray.available_resources()
        there = {name: free.get(name, 0.0) + standing[name] for name in wanted}
        short = {name: amount for name, amount in wanted.items() if amount > there[name] + 1e-6}
        if not short:
            return
        if time.monotonic() > deadline:
            break
        check()
        time.sleep(0.5)
    kinds = Counter((spec.role, spec.cpus, spec.gpus) for spec in specs)
    table = "\n".join(
        f"    {count} x {role}: {cpus:g} CPU, {gpus:g} GPU each"
        for (role, cpus, gpus), count in kinds.items()
    )
    missing = ", ".join(
        f"{amount:g} {name} (free: {there[name]:g})" for name, amount in short.items()
    )
    raise PreflightError(
        f"the cluster can't run this stage: it needs {missing}\n{table}",
        "lower trainer.ranks, trainer.reference_replicas, generator.replicas, rewards.workers or "
        "cluster.*_cpus; or add nodes",
    )


def _actor(
    spec: ActorSpec, role: partial[Any], environment: dict[str, str], **options: Any
) -> ActorHandle:
    """Return an actor of a description: one on standby, or a new one with its resources.

    Args:
        spec: which.
        role: the actor's class with the arguments of its constructor.
        environment: its process's variables.
        options: further ones of Ray's.
    """

    def start() -> ActorHandle:
        remote = ray.remote(hosted(role.func)).options(
            num_cpus=spec.cpus,
            num_gpus=spec.gpus,
            runtime_env={"env_vars": environment},
            **options,
        )
        actor = remote.remote(*role.args, **role.keywords)
        ACTOR_LOGS.roles[actor._actor_id.hex()] = spec.role
        return actor

    return STANDBY.take(spec, start)


def generator_spec(
    model_path: Path, config: GeneratorSection, cluster: ClusterSection, max_context: int
) -> ActorSpec:
    """Describe a generator: its architecture, tokenizer and settings distinguish it.

    Not its weights, which it is sent before its first rollout.
    """
    engine = config.model_dump(exclude={"replicas", "timeout_s"})
    identity = tuple((model_path / name).read_bytes() for name in ("config.json", "tokenizer.json"))
    loads = (identity, max_context, tuple(sorted(engine.items())))
    return ActorSpec("generator", loads, cluster.generator_cpus, cluster.generator_gpus)


def start_generator(
    model_path: Path, config: GeneratorSection, cluster: ClusterSection, max_context: int
) -> ActorHandle:
    """Start a generator, without waiting for it."""
    gpu = cluster.generator_gpus > 0
    return _actor(
        generator_spec(model_path, config, cluster, max_context),
        partial(Generator, model_directory(model_path), config, max_context, gpu=gpu),
        actor_environment() | generator_environment(config, gpu=gpu),
        # poll waits in one thread while submit and weight updates use others.
        max_concurrency=4,
    )


def trainer_specs(config: PolicyTrainerSection, cluster: ClusterSection) -> list[ActorSpec]:
    """Describe every rank; what it can't change is its process group, which it joins once."""
    return [
        ActorSpec(
            "trainer",
            (rank, config.ranks, config.threads),
            cluster.trainer_cpus,
            cluster.trainer_gpus,
        )
        for rank in range(config.ranks)
    ]


def start_trainers(config: PolicyTrainerSection, cluster: ClusterSection) -> list[ActorHandle]:
    """Start trainers, not yet set up. They never restart alone: a lost rank ends the group."""
    from granite_rl.actors.trainer import Trainer

    return [
        _actor(spec, partial(Trainer, rank), actor_environment(config.threads), max_restarts=0)
        for rank, spec in enumerate(trainer_specs(config, cluster))
    ]


def reference_spec(
    model_path: Path, config: PolicyTrainerSection, cluster: ClusterSection
) -> ActorSpec:
    """Describe a replica of the reference; it can replace only those of the same checkpoint."""
    loads = (_identity(model_path), config.dtype, config.threads)
    return ActorSpec("reference", loads, cluster.reference_cpus, cluster.reference_gpus)


def start_references(
    model_path: Path, config: PolicyTrainerSection, cluster: ClusterSection
) -> list[ActorHandle]:
    """Start the reference's own actors, if any, without waiting for them."""
    from granite_rl.actors.reference import RESTARTS, Reference

    spec = reference_spec(model_path, config, cluster)
    role = partial(Reference, str(model_path.resolve()), config.dtype, config.threads)
    return [
        _actor(
            spec,
            role,
            actor_environment(config.threads),
            max_restarts=RESTARTS,
            max_task_retries=RESTARTS,
        )
        for _ in range(config.reference_replicas)
    ]


def reward_worker_spec(config: RewardWorkersSection, cluster: ClusterSection) -> ActorSpec:
    """Describe a reward worker; those of equal limits are all alike."""
    return ActorSpec("reward worker", config.worker_memory_mib, cluster.reward_worker_cpus, 0.0)


def start_reward_worker(config: RewardWorkersSection, cluster: ClusterSection) -> ActorHandle:
    """Start a reward worker; it can be killed and replaced at any time."""
    role = partial(RewardWorker, config.worker_memory_mib)
    return _actor(reward_worker_spec(config, cluster), role, actor_environment(threads=1))


def reward_model_spec(model_path: Path, cluster: ClusterSection) -> ActorSpec:
    """Describe a reward model; files that changed make another one."""
    return ActorSpec(
        "reward model",
        _identity(model_path),
        cluster.reward_worker_cpus,
        cluster.reward_model_gpus,
    )


def _identity(model_path: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what tells one state of a model's directory from another, without its weights."""
    files = sorted(path for path in model_path.resolve().iterdir() if path.is_file())
    return tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files)


def start_reward_model(model_path: Path, cluster: ClusterSection, dtype: str) -> ActorHandle:
    """Start the scalar reward model, without waiting for it."""
    from granite_rl.actors.reward_model import RewardModelWorker

    role = partial(RewardModelWorker, str(model_path.resolve()), 1, dtype)
    return _actor(reward_model_spec(model_path, cluster), role, actor_environment(threads=1))
