"""Where the roles run: connecting to Ray, checking the cluster's size, starting actors.

A job that asks for more than the cluster has would wait for ever without a word; so the need is
summed up and compared first, and the shortfall is printed.

In a process that runs several stages (``STANDBY``) the Ray session and its actors outlive a stage
that ended well, and the next stage's ``start_*`` take over those that fit.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import shutil
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import GetTimeoutError, OutOfMemoryError, RayActorError

from granite_rl.actors.generator import Generator, generator_environment, model_directory
from granite_rl.actors.reward_worker import RewardWorker
from granite_rl.actors.standby import STANDBY, Seat
from granite_rl.config import (
    ClusterSection,
    GeneratorSection,
    PolicyTrainerSection,
    RewardsSection,
)
from granite_rl.errors import InfrastructureError, PreflightError
from granite_rl.runs.surroundings import RAY_SOCKET_NAME, socket_directory

if TYPE_CHECKING:
    from ray.actor import ActorHandle

LOST = (RayActorError, OutOfMemoryError)
"""What Ray raises for an actor that is gone; one that it killed because the node ran out of memory
has an exception of its own."""

CONNECT_S = 10
"""Longest wait for the cluster that ``RAY_ADDRESS`` names to answer."""

START_ATTEMPTS = 3
"""Ray allows its daemon 30 s to start, which is too little beside other work on few cores."""

PYTHON_ROOT = str(Path(__file__).resolve().parents[2])


@contextmanager
def ray_session(cluster: ClusterSection) -> Iterator[None]:
    """Join the cluster named by ``RAY_ADDRESS`` (a submitted job has it set), or run a private one.

    The private instance has its own temporary directory and ports, so that several runs and tests
    can share a machine; its processes die with this one, and its files are removed at the end. With
    ``STANDBY`` that end is this process's, unless an error comes before.
    """
    if _SESSION.cpus not in (None, cluster.local_cpus):
        _SESSION.end()
    if _SESSION.cpus is None:
        _SESSION.begin(cluster)
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
    """This process's connection to Ray."""

    def __init__(self) -> None:
        self.cpus: int | None = None
        """``cluster.local_cpus`` of the open session; None when there is none."""
        self._directory: str | None = None

    def begin(self, cluster: ClusterSection) -> None:
        """Connect, or start."""
        # Otherwise Ray hides the accelerators of actors that ask for none, and warns of it.
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        common: dict[str, Any] = {
            "logging_level": logging.ERROR,
            "log_to_driver": False,
            "runtime_env": {"env_vars": role_environment()},
        }
        address = os.environ.get("RAY_ADDRESS")
        if address:
            _join(address, common)
        else:
            self._start_private(cluster, common)
        self.cpus = cluster.local_cpus
        if STANDBY.keeps:
            atexit.register(self.end)

    def _start_private(self, cluster: ClusterSection, common: dict[str, Any]) -> None:
        for attempt in range(1, START_ATTEMPTS + 1):
            # Ray's sockets lie below it, and their paths may not be long.
            directory = socket_directory(RAY_SOCKET_NAME)
            self._directory = tempfile.mkdtemp(prefix="granite-rl-ray-", dir=directory)
            try:
                ray.init(
                    address="local",
                    num_cpus=cluster.local_cpus,
                    include_dashboard=False,
                    _temp_dir=self._directory,
                    # Idle workers started in advance have no role's environment: they'd never be
                    # used.
                    _system_config={"prestart_worker_first_driver": False},
                    **common,
                )
                return
            except Exception as error:  # Ray has no narrower class for it
                ray.shutdown()
                _remove(self._directory)
                self._directory = None
                if "timed out during startup" not in str(error):
                    raise
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


def _join(address: str, options: Mapping[str, Any]) -> None:
    """Connect to a cluster that runs already.

    Raises:
        PreflightError: nothing, or not Ray, answers at the address; Ray would try for minutes.
    """
    try:
        _check_answer(address)
        ray.init(address=address, **options)
    except (OSError, RuntimeError, ValueError) as error:
        ray.shutdown()
        raise PreflightError(
            f"RAY_ADDRESS={address}: {first_line(error)}",
            "start the cluster, correct RAY_ADDRESS, or unset it to run on this machine alone",
        ) from error


def _check_answer(address: str) -> None:
    """Find out within seconds whether a cluster answers at an address.

    Raises:
        OSError | RuntimeError | ValueError: it doesn't.
    """
    through_client = address.startswith("ray://")
    place = address.removeprefix("ray://")
    if not through_client:
        place = ray._private.services.canonicalize_bootstrap_address(address) or address
    host, _, port = place.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_S):
        pass
    if through_client:
        return
    # What listens there may not be Ray, or hang. A thread, because the call can't be interrupted.
    answers: list[object] = []

    def ask() -> None:
        with contextlib.suppress(Exception):  # whatever Ray raises means that it does not answer
            answers.append(ray._raylet.GcsClient(address=place))

    asking = threading.Thread(target=ask, name="ray-address-check", daemon=True)
    asking.start()
    asking.join(3 * CONNECT_S)
    if not answers:
        raise ConnectionError(f"no Ray cluster answers at {place}")


_SESSION = _RaySession()


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


def make_room(seats: Sequence[Seat], timeout_s: float) -> None:
    """Before a stage seats its actors: end those on standby that it has no use for, and refuse what
    the cluster can't run before anything waits for it.

    Args:
        seats: one for every actor that the stage will start or take over.
        timeout_s: longest wait for resources that others are just giving back (30 s at most).

    Raises:
        PreflightError: with a table of what is needed and what there is.
    """
    STANDBY.end_idle_except(seats)
    standing = STANDBY.idle_resources()
    wanted = {
        "CPU": sum(seat.cpus for seat in seats),
        "GPU": sum(seat.gpus for seat in seats),
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
        time.sleep(0.5)
    kinds = Counter((seat.role, seat.cpus, seat.gpus) for seat in seats)
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
    except LOST as error:
        raise InfrastructureError(f"{doing}: an actor died: {first_line(error)}") from error
    return dict(zip(refs, values, strict=True))


def first_line(error: BaseException) -> str:
    """An error's first line, or its type where it says nothing."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _seated(
    seat: Seat, role: partial[Any], environment: dict[str, str], **options: Any
) -> ActorHandle:
    """An actor on a seat: one on standby, or a new one with the seat's share of the machine.

    Args:
        seat: where.
        role: the actor's class with the arguments of its constructor.
        environment: its process's variables.
        options: further ones of Ray's.
    """

    def start() -> ActorHandle:
        remote = ray.remote(role.func).options(
            num_cpus=seat.cpus,
            num_gpus=seat.gpus,
            runtime_env={"env_vars": environment},
            **options,
        )
        return remote.remote(*role.args, **role.keywords)

    return STANDBY.seat(seat, start)


def generator_seat(
    model_path: Path, config: GeneratorSection, cluster: ClusterSection, max_context: int
) -> Seat:
    """What distinguishes one generator from another: its architecture, tokenizer and settings.

    Not its weights, which it is sent before its first rollout.
    """
    engine = config.model_dump(exclude={"replicas", "timeout_s"})
    identity = tuple((model_path / name).read_bytes() for name in ("config.json", "tokenizer.json"))
    loads = (identity, max_context, tuple(sorted(engine.items())))
    return Seat("generator", loads, cluster.generator_cpus, cluster.generator_gpus)


def start_generator(
    model_path: Path, config: GeneratorSection, cluster: ClusterSection, max_context: int
) -> ActorHandle:
    """A generator actor, not yet awaited."""
    gpu = cluster.generator_gpus > 0
    return _seated(
        generator_seat(model_path, config, cluster, max_context),
        partial(Generator, model_directory(model_path), config, max_context, gpu=gpu),
        role_environment() | generator_environment(config, gpu=gpu),
        # poll waits in one thread while submit and weight updates use others.
        max_concurrency=4,
    )


def trainer_seats(config: PolicyTrainerSection, cluster: ClusterSection) -> list[Seat]:
    """A seat for every rank: its process group, which it joins once."""
    return [
        Seat(
            "trainer",
            (rank, config.ranks, config.threads),
            cluster.trainer_cpus,
            cluster.trainer_gpus,
        )
        for rank in range(config.ranks)
    ]


def start_trainers(config: PolicyTrainerSection, cluster: ClusterSection) -> list[ActorHandle]:
    """Trainer actors, not yet set up. They never restart alone: a lost rank ends the group."""
    from granite_rl.actors.trainer import Trainer

    return [
        _seated(seat, partial(Trainer, rank), role_environment(config.threads), max_restarts=0)
        for rank, seat in enumerate(trainer_seats(config, cluster))
    ]


def reference_seat(model_path: Path, config: PolicyTrainerSection, cluster: ClusterSection) -> Seat:
    """A replica of the reference stands in for none but those of the same checkpoint."""
    loads = (_identity(model_path), config.dtype, config.threads)
    return Seat("reference", loads, cluster.reference_cpus, cluster.reference_gpus)


def start_references(
    model_path: Path, config: PolicyTrainerSection, cluster: ClusterSection
) -> list[ActorHandle]:
    """The reference's own actors, not yet awaited; none where it is colocated with the trainers."""
    from granite_rl.actors.reference import RESTARTS, Reference

    seat = reference_seat(model_path, config, cluster)
    role = partial(Reference, str(model_path.resolve()), config.dtype, config.threads)
    return [
        _seated(
            seat,
            role,
            role_environment(config.threads),
            max_restarts=RESTARTS,
            max_task_retries=RESTARTS,
        )
        for _ in range(config.reference_replicas)
    ]


def reward_worker_seat(config: RewardsSection, cluster: ClusterSection) -> Seat:
    """Reward workers of equal limits are all alike."""
    return Seat("reward worker", config.worker_memory_mib, cluster.reward_worker_cpus, 0.0)


def start_reward_worker(config: RewardsSection, cluster: ClusterSection) -> ActorHandle:
    """One reward worker; it can be killed and replaced at any time."""
    role = partial(RewardWorker, config.worker_memory_mib)
    return _seated(reward_worker_seat(config, cluster), role, role_environment(threads=1))


def reward_model_seat(model_path: Path, cluster: ClusterSection) -> Seat:
    """A reward model stands in for none but itself: files that changed make another one."""
    return Seat(
        "reward model",
        _identity(model_path),
        cluster.reward_worker_cpus,
        cluster.reward_model_gpus,
    )


def _identity(model_path: Path) -> tuple[tuple[str, int, int], ...]:
    """Tells one state of a model's directory from another, without reading the weights."""
    files = sorted(path for path in model_path.resolve().iterdir() if path.is_file())
    return tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files)


def start_reward_model(model_path: Path, cluster: ClusterSection, dtype: str) -> ActorHandle:
    """The scalar reward model's actor."""
    from granite_rl.actors.reward_model import RewardModelWorker

    role = partial(RewardModelWorker, str(model_path.resolve()), 1, dtype)
    return _seated(reward_model_seat(model_path, cluster), role, role_environment(threads=1))
