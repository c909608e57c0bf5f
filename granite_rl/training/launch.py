"""Start the ranks of pre-training, SFT and the reward model, in one of three ways.

- As processes of this machine (`granite_rl.training.processes`), where nothing else is said.
- As Ray actors (`granite_rl.training.ray_ranks`), where ``RAY_ADDRESS`` names a cluster, as it does
  within ``ray job submit``.
- Not at all, where ``torchrun`` or ``srun`` has started this process as one rank of several: its
  environment says which (`external_rank`).

This module is light (no torch), so that a launcher can warm up before anything else.
"""

from __future__ import annotations

import os
import pickle
import socket
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from granite_rl.errors import (
    ConfigError,
    InfrastructureError,
    Preempted,
    UserError,
    disk_errors,
)
from granite_rl.runs.preemption import StopSignal
from granite_rl.runs.ray_cluster import cluster_address

COPIES_S = 5.0
"""Seconds after a signal in which an external launcher may send copies of it."""

ECHO_S = 2.0
"""Seconds to wait after a failure for the other ranks' failures, in order to report the cause."""

NOT_BEGUN = "before the first step of this session; there is nothing new to save"


class RankError(RuntimeError):
    """Says that a rank failed by a bug; the message names the rank and carries its traceback."""


class LostPeerError(InfrastructureError):
    """Says that a rank lost its connection to another one, whose own failure is the cause."""


class Meeting(NamedTuple):
    """Holds the address and port at which the ranks of a run connect."""

    address: str
    """Host of rank 0."""
    port: int
    """A free port there."""
    ranks: int
    """Number of ranks."""


@dataclass(frozen=True)
class RankContext:
    """Holds what a rank gets beside its arguments: its group, its reports, and the stop request.

    Attributes:
        meeting: where the ranks connect.
        report: takes rank 0's reports (metrics of a step, a remark); anything picklable.
        stop_requested: whether the run was asked to stop; poll it between steps.
        begin: says that the first step comes now, so that from here on a stop has to save.
        flush: waits until the launcher has written everything that was reported.
        local_rank: number of the rank on its own machine; None: it does not choose the GPU.
    """

    meeting: Meeting
    report: Callable[[Any], None]
    stop_requested: Callable[[], bool]
    begin: Callable[[], None]
    flush: Callable[[], None]
    local_rank: int | None = None


class ExternalRank(NamedTuple):
    """Identifies this process as one rank that an external launcher has started."""

    rank: int
    local_rank: int
    meeting: Meeting


def external_rank(environment: Mapping[str, str] = os.environ) -> ExternalRank | None:
    """Read from the environment which rank of ``torchrun`` or ``srun`` this process is, if any.

    The result is None where the environment names no rank. ``torchrun`` sets RANK, WORLD_SIZE,
    LOCAL_RANK, MASTER_ADDR and MASTER_PORT. ``srun`` sets SLURM_PROCID, SLURM_NTASKS and
    SLURM_LOCALID, and counts only where the job's script has set MASTER_ADDR and MASTER_PORT.

    Raises:
        ConfigError: one of these variables is no number.
    """
    if "MASTER_ADDR" not in environment or "MASTER_PORT" not in environment:
        return None
    for names in (
        ("RANK", "WORLD_SIZE", "LOCAL_RANK"),
        ("SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"),
    ):
        values = [environment.get(name) for name in (*names, "MASTER_PORT")]
        if values[0] is None or values[1] is None:
            continue
        try:
            rank, ranks, local, port = (int(value or 0) for value in values)
        except ValueError:
            shown = ", ".join(
                f"{name}={value}"
                for name, value in zip((*names, "MASTER_PORT"), values, strict=True)
            )
            raise ConfigError(f"the environment's {shown} are no numbers of ranks") from None
        return ExternalRank(rank, local, Meeting(environment["MASTER_ADDR"], port, ranks))
    return None


def check_ranks(external: ExternalRank, ranks: int) -> None:
    """Refuse a number of ranks that differs from the external launcher's.

    Raises:
        ConfigError: the numbers differ; the message names both.
    """
    if external.meeting.ranks != ranks:
        raise ConfigError(
            f"trainer.ranks: {ranks}, but torchrun or srun has started {external.meeting.ranks} "
            "ranks (WORLD_SIZE, or SLURM_NTASKS)",
            f"set trainer.ranks={external.meeting.ranks}, or start {ranks} ranks",
        )


def free_port() -> int:
    """Return a TCP port of this host that is free now.

    The port is not reserved, so use it at once.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def warm_up(ranks: int) -> None:
    """Start importing, in the background, what ``ranks`` processes of `launch` will need.

    Call it as early as a launch is likely; without it, `launch` does the same and waits.
    """
    from granite_rl.training.processes import start_server

    if ranks > 1 and external_rank() is None and cluster_address() is None:
        start_server()


@contextmanager
def launching(ranks: int, *, dry_run: bool) -> Iterator[StopSignal]:
    """Handle signals and warm up the ranks' imports; every entry point begins with this.

    Within the block a signal stops the run at once, until `granite_rl.training.run` says otherwise.

    Args:
        ranks: how many the run will have.
        dry_run: whether no rank will be started.

    Raises:
        Preempted: stopped before anything was written.
    """
    external = external_rank()
    copies_s = COPIES_S if external is not None else 0.0
    with StopSignal(copies_s) as stop, stop.interrupting("before anything was written"):
        if not dry_run:
            warm_up(ranks)
        yield stop


def launch(
    target: Callable[..., object],
    ranks: int,
    args: tuple[Any, ...],
    on_report: Callable[[Any], None],
    stop: StopSignal,
    *,
    threads: int = 1,
    sees: str | None = None,
) -> None:
    """Run ``target(rank, context, *args)`` for every rank and wait for all of them.

    A single rank on this machine runs in the calling process, which saves the 5-10 s that importing
    torch and DeepSpeed a second time costs. Until a rank has called ``context.begin()``, a stop
    request ends all ranks at once; afterwards it is handed on to them. The first failure ends the
    others.

    Args:
        target: module-level function; it and its arguments must be picklable.
        ranks: how many.
        args: the same for all.
        on_report: called here with everything that ranks report, in order per rank.
        stop: the run's stop signal.
        threads: CPUs of one rank, where a cluster shares them out.
        sees: a file that ranks on other nodes must see under the same path.

    Raises:
        UserError: as a rank raised it; the first rank to fail decides.
        InfrastructureError: a rank was killed.
        RankError: any other failure of a rank, with its traceback.
    """
    with stop.interrupting(NOT_BEGUN):
        if cluster_address() is not None:
            from granite_rl.training.ray_ranks import launch_on_ray

            launch_on_ray(target, ranks, args, on_report, stop, threads=threads, sees=sees)
        elif ranks == 1:
            target(0, context_here(loopback(1), on_report, stop), *args)
        else:
            from granite_rl.training.processes import launch_processes

            launch_processes(target, loopback(ranks), args, on_report, stop)


def loopback(ranks: int) -> Meeting:
    """Return a meeting point on 127.0.0.1 for ranks of one machine; other hosts cannot reach it."""
    return Meeting("127.0.0.1", free_port(), ranks)


def context_here(
    meeting: Meeting,
    on_report: Callable[[Any], None],
    stop: StopSignal,
    local_rank: int | None = None,
) -> RankContext:
    """Build the context of a rank in the process that holds its stop signal."""
    return RankContext(
        meeting=meeting,
        report=on_report,
        stop_requested=lambda: stop.requested,
        begin=stop.work_begins,
        flush=lambda: None,
        local_rank=local_rank,
    )


# -- how ranks end -------------------------------------------------------------------------------


class Failure(NamedTuple):
    """Holds how a rank failed, for its launcher; picklable whatever the error was."""

    payload: bytes
    """The pickled `UserError`; empty when the failure is a bug."""
    text: str
    """The traceback as text."""

    def error(self, rank: int) -> Exception:
        """Return the error to raise for the failure."""
        if self.payload:
            error = pickle.loads(self.payload)
            assert isinstance(error, UserError)
            return error
        return RankError(f"rank {rank} failed:\n{self.text}")


def run_target(
    target: Callable[..., object], rank: int, context: RankContext, args: tuple[Any, ...]
) -> Failure | None:
    """Run a rank; return how it failed, or None."""
    try:
        with disk_errors(f"what rank {rank} writes"):
            target(rank, context, *args)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the launcher has to be told
        payload = pickle.dumps(error) if isinstance(error, UserError) else b""
        return Failure(payload, traceback.format_exc())
    return None


@dataclass
class Failures:
    """Collects the failures of a run's ranks, to raise the one that caused the others."""

    errors: list[Exception] = field(default_factory=list)
    """Failures in the order in which they arrived."""
    _deadline: float | None = None

    def add(self, error: Exception) -> None:
        """Record one rank's failure."""
        self.errors.append(error)
        # Ranks that were asked to stop all save and end by themselves.
        if not isinstance(error, Preempted) and self._deadline is None:
            self._deadline = time.monotonic() + ECHO_S

    def raise_cause(self, *, at_last: bool) -> None:
        """Raise the cause, once the other ranks had time to fail too.

        Args:
            at_last: whether all ranks have ended, so that there is nothing to wait for.
        """
        waited = self._deadline is not None and time.monotonic() > self._deadline
        if self.errors and (at_last or waited):
            raise min(self.errors, key=_remoteness)


def _remoteness(error: Exception) -> int:
    """Return how far an error is from the cause; of equals the first one counts."""
    if isinstance(error, LostPeerError):
        return 3
    if isinstance(error, Preempted):
        return 2
    return 0 if isinstance(error, UserError) else 1
