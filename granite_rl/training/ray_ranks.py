"""Run ranks as Ray actors, one on each bundle of a placement group.

Ranks are placed on as few nodes as hold them. They see the launcher's paths, or the run is refused:
a supervised run reads and writes a shared file system. Reports are fetched from rank 0; a stop
request goes to all ranks. The actors are the driver's: they end when it does.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from granite_rl.errors import InfrastructureError, PreflightError, first_line
from granite_rl.runs.preemption import StopSignal, signals_held_back
from granite_rl.runs.ray_cluster import cluster_address, join_cluster, session_options
from granite_rl.training.launch import (
    Failure,
    Failures,
    Meeting,
    RankContext,
    free_port,
    run_target,
)

if TYPE_CHECKING:
    from ray.actor import ActorHandle

PLACEMENT_S = 45.0
"""Seconds to wait for room on the cluster."""

START_S = 300.0
"""Seconds in which an actor must start; its node may have to fetch a working directory."""


_POLL_S = 1.0

_REPORT, _BEGUN = "report", "begun"


class RankActor:
    """Runs one rank on its node: `run` takes one thread, the short methods take others."""

    def __init__(self, directory: str) -> None:
        """Change to the launcher's directory if this node has it; paths may be relative."""
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._reports: list[tuple[str, Any]] = []
        self._made = self._handled = 0
        if os.path.isdir(directory):
            os.chdir(directory)

    def place(self) -> tuple[str, int]:
        """Return the address of this node and a free port there."""
        import ray

        return ray.util.get_node_ip_address(), free_port()

    def sees(self, path: str) -> bool:
        """Return whether a file exists on this node."""
        return os.path.isfile(path)

    def run(
        self, target: Callable[..., object], rank: int, meeting: Meeting, args: tuple[Any, ...]
    ) -> Failure | None:
        """Run the rank to its end; return how it failed, or None."""
        context = RankContext(
            meeting=meeting,
            report=lambda content: self._say(_REPORT, content),
            stop_requested=self._stop.is_set,
            begin=lambda: self._say(_BEGUN, None),
            flush=self._flush,
        )
        return run_target(target, rank, context, args)

    def reports(self, handled: int, wait_s: float) -> list[tuple[str, Any]]:
        """Return what was reported since the last call, as soon as there is something.

        Args:
            handled: number of reports that have been written.
            wait_s: longest wait for more.
        """
        with self._changed:
            self._handled = handled
            self._changed.notify_all()
            self._changed.wait_for(lambda: bool(self._reports), wait_s)
            said, self._reports = self._reports, []
        return said

    def stop(self) -> None:
        """Ask the rank to stop."""
        self._stop.set()

    def _say(self, kind: str, content: Any) -> None:
        with self._changed:
            self._reports.append((kind, content))
            self._made += 1
            self._changed.notify_all()

    def _flush(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._handled == self._made)


def launch_on_ray(
    target: Callable[..., object],
    ranks: int,
    args: tuple[Any, ...],
    on_report: Callable[[Any], None],
    stop: StopSignal,
    *,
    threads: int,
    sees: str | None,
) -> None:
    """Run ``target(rank, context, *args)`` in one actor per rank; see `launch.launch`.

    Raises:
        PreflightError: the cluster does not answer, has no room, or does not see the run directory.
    """
    import ray

    address = cluster_address()
    assert address is not None
    _connect(address, threads, stop)
    group = None
    actors: list[ActorHandle] = []
    try:
        group = _reserve(ranks, threads)
        actors = [_start(group, rank, threads) for rank in range(ranks)]
        host, port = _ask(actors[:1], "place")[0]
        _check_paths(actors, sees)
        runs = {
            actor.run.remote(target, rank, Meeting(host, port, ranks), args): rank
            for rank, actor in enumerate(actors)
        }
        _follow(actors, runs, on_report, stop)
    finally:
        for actor in actors:
            ray.kill(actor)
        if group is not None:
            ray.util.remove_placement_group(group)
        ray.shutdown()
        stop.install()


def _connect(address: str, threads: int, stop: StopSignal) -> None:
    """Join the cluster, and keep our handler of SIGTERM instead of Ray's."""
    with signals_held_back():
        try:
            join_cluster(address, session_options(threads))
        finally:
            stop.install()


def _reserve(ranks: int, threads: int) -> Any:
    """Reserve a placement group with a bundle for every rank.

    Raises:
        PreflightError: the cluster lacks room; the message says what is needed and what there is.
    """
    import ray

    bundle = {"CPU": float(threads)} | ({"GPU": 1.0} if ray.cluster_resources().get("GPU") else {})
    group = ray.util.placement_group([bundle] * ranks, strategy="PACK")
    if group.wait(PLACEMENT_S):  # nodes may still be joining
        return group
    ray.util.remove_placement_group(group)
    total, free = ray.cluster_resources(), ray.available_resources()
    need = ", ".join(f"{amount * ranks:g} {name}" for name, amount in bundle.items())
    each = " and ".join(f"{amount:g} {name}" for name, amount in bundle.items())
    have = ", ".join(
        f"{total.get(name, 0.0):g} {name} ({free.get(name, 0.0):g} free)" for name in bundle
    )
    raise PreflightError(
        f"the cluster can't hold {ranks} ranks: they need {need}, {each} of one node each; "
        f"there are {have}",
        "lower trainer.ranks or trainer.threads, add nodes, or wait until others are done",
    )


def _start(group: Any, rank: int, threads: int) -> ActorHandle:
    import ray
    from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

    bundle = group.bundle_specs[rank]
    return (
        ray.remote(RankActor)
        .options(
            num_cpus=threads,
            num_gpus=bundle.get("GPU", 0.0),
            max_restarts=0,
            max_concurrency=4,
            scheduling_strategy=PlacementGroupSchedulingStrategy(
                group, placement_group_bundle_index=rank
            ),
        )
        .remote(os.getcwd())
    )


def _ask(actors: Sequence[ActorHandle], method: str, *args: Any) -> list[Any]:
    """Call the same method of several actors and return their answers.

    Raises:
        InfrastructureError: an actor died, or did not answer in time.
    """
    import ray
    from ray.exceptions import GetTimeoutError, RayActorError

    try:
        answers: list[Any] = ray.get(
            [getattr(actor, method).remote(*args) for actor in actors], timeout=START_S
        )
    except GetTimeoutError:
        raise InfrastructureError(f"a rank did not start within {START_S:g} s") from None
    except RayActorError as error:
        raise InfrastructureError(f"a rank did not start: {first_line(error)}") from error
    return answers


def _check_paths(actors: Sequence[ActorHandle], path: str | None) -> None:
    """Refuse nodes that do not see the run directory."""
    if path is None:
        return
    for rank, sees in enumerate(_ask(actors, "sees", path)):
        if not sees:
            host, _ = _ask(actors[rank : rank + 1], "place")[0]
            raise PreflightError(
                f"run.dir: rank {rank} on node {host} does not see {path}",
                "give run.dir, model and data as absolute paths on a file system that all nodes "
                "of the cluster share",
            )


def _follow(
    actors: Sequence[ActorHandle],
    runs: dict[Any, int],
    on_report: Callable[[Any], None],
    stop: StopSignal,
) -> None:
    """Pass on reports and a stop request until all ranks have ended.

    Raises:
        UserError | RankError: the cause, if any rank failed.
    """
    import ray
    from ray.exceptions import RayError

    failures = Failures()
    line = _Line(actors[0], on_report, stop)
    stopping = False
    while runs or line.open:
        for ready in ray.wait([*runs, *line.waiting], timeout=_POLL_S)[0]:
            if ready not in runs:
                line.take(at_last=0 not in runs.values())
                continue
            rank = runs.pop(ready)
            try:
                failure = ray.get(ready)
            except RayError as error:
                failures.add(_killed(rank, error))
                continue
            if failure is not None:
                failures.add(failure.error(rank))
        failures.raise_cause(at_last=not runs and not line.open)
        if stop.requested and not stopping:
            stopping = True
            for actor in actors:
                actor.stop.remote()


class _Line:
    """Fetches the reports of rank 0, one request after the other."""

    def __init__(
        self, actor: ActorHandle, on_report: Callable[[Any], None], stop: StopSignal
    ) -> None:
        self._actor = actor
        self._on_report = on_report
        self._stop = stop
        self._handled = 0
        self._last = False
        self.waiting: list[Any] = [actor.reports.remote(0, _POLL_S)]
        """The pending request, if any."""

    @property
    def open(self) -> bool:
        """Return whether more reports may come."""
        return bool(self.waiting)

    def take(self, *, at_last: bool) -> None:
        """Pass on the reports of a request, and make the next one.

        Args:
            at_last: whether the rank has ended, so that one more request brings the rest.
        """
        said = _said(self.waiting.pop())
        for kind, content in said:
            if kind == _BEGUN:
                self._stop.work_begins()
            else:
                self._on_report(content)
        self._handled += len(said)
        if not self._last:
            wait_s = 0.0 if at_last else _POLL_S
            self.waiting.append(self._actor.reports.remote(self._handled, wait_s))
        self._last = at_last


def _said(asked: Any) -> list[tuple[str, Any]]:
    """Return the reports of rank 0; none where its actor is gone, which `run` reports."""
    import ray
    from ray.exceptions import RayError

    try:
        said: list[tuple[str, Any]] = ray.get(asked)
    except RayError:
        time.sleep(_POLL_S)
        return []
    return said


def _killed(rank: int, error: Exception) -> InfrastructureError:
    return InfrastructureError(
        f"rank {rank} is gone: {first_line(error)}",
        "the same command with run.resume=auto continues",
    )
