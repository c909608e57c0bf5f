"""How a launcher starts the ranks of a job that has no Ray: pre-training, SFT, the reward model.

A single rank runs in the calling process, which saves the 5-10 s that importing torch and DeepSpeed
a second time costs. On CPUs several ranks pay that once: they are forked from a server that has
imported everything and done nothing else, and that `warm_up` starts while the launcher still reads
its data. With GPUs every rank is a fresh process, because CUDA does not survive a fork.

This module is light (no torch), so that a launcher can warm up before anything else.
"""

from __future__ import annotations

import math
import multiprocessing
import pickle
import socket
import time
import traceback
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple

from granite_rl.errors import UserError
from granite_rl.runs.preemption import StopSignal

TERMINATE_GRACE_S = 10.0
"""Time a rank has to end once it has said that it is done."""

_GPUS = Path("/dev/nvidiactl").exists()
"""Whether this host has NVIDIA's driver; asking torch would initialise it."""

_POLL_S = 0.5
_ECHO_S = 2.0
"""After a failure, how long the other ranks' own failures are waited for, to report the first."""


class RankError(RuntimeError):
    """A rank failed; the message names the rank and carries its traceback."""


def free_port() -> int:
    """A TCP port of this host that is free now. Nothing reserves it: use it at once."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


class RankContext:
    """What a rank of `launch` has beside its arguments: a line to the launcher, and its stop sign.

    Args:
        report: takes what rank 0 says (metrics of a step, a remark); anything picklable.
        stop_requested: whether the run was asked to stop (SIGTERM); poll it between steps.
    """

    def __init__(self, report: Callable[[Any], None], stop_requested: Callable[[], bool]) -> None:
        self.report = report
        self.stop_requested = stop_requested


def warm_up(ranks: int) -> None:
    """Start importing, in the background, what ``ranks`` processes of `launch` will need.

    Call it as early as a launch is likely; without it, `launch` does the same and waits.
    """
    if ranks > 1 and not _GPUS:
        multiprocessing.set_forkserver_preload(["granite_rl.training.preload"])
        forkserver.ensure_running()


def launch(
    target: Callable[..., object],
    ranks: int,
    args: tuple[Any, ...],
    on_report: Callable[[Any], None],
    stop_requested: Callable[[], bool],
) -> None:
    """Run ``target(rank, context, *args)`` for every rank and wait for all of them.

    One rank runs in the calling process. Several run in processes of their own (target and args
    must be picklable), while this one hands on what they report and passes a stop request to them
    as SIGTERM. The first failure ends the others, by their own pids.

    Args:
        target: module-level function.
        ranks: how many.
        args: the same for all.
        on_report: called here with everything that ranks report, in order per rank.
        stop_requested: polled twice a second.

    Raises:
        UserError: as a rank raised it; the first rank to fail decides.
        RankError: any other failure of a rank, with its traceback, or a rank that was killed.
    """
    if ranks == 1:
        target(0, RankContext(on_report, stop_requested), *args)
        return
    warm_up(ranks)
    context = (
        multiprocessing.get_context("spawn") if _GPUS else multiprocessing.get_context("forkserver")
    )
    processes: list[multiprocessing.process.BaseProcess] = []
    pipes: dict[Connection, int] = {}
    finished = stopping = False
    deadline = math.inf
    try:
        for rank in range(ranks):
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(
                target=_child, args=(target, rank, args, theirs), name=f"rank-{rank}"
            )
            process.start()
            theirs.close()
            processes.append(process)
            pipes[ours] = rank
        failures: list[tuple[float, Exception]] = []
        while pipes:
            for ready in wait(list(pipes), timeout=_POLL_S):
                assert isinstance(ready, Connection)
                message = _receive(ready, pipes[ready], processes)
                if isinstance(message, _Failure):
                    failures.append((message.at, message.error))
                    deadline = min(deadline, time.monotonic() + _ECHO_S)
                elif message is not None:
                    on_report(message.content)
                    continue
                del pipes[ready]
            if failures and time.monotonic() > deadline:
                # The cause, not its echo: a rank whose peer is gone fails too, but later.
                raise min(failures, key=lambda failure: failure[0])[1]
            if stop_requested() and not stopping:
                stopping = True
                for running in processes:
                    running.terminate()
        if failures:
            raise min(failures, key=lambda failure: failure[0])[1]
        finished = True
    finally:
        _end(processes, stop=not finished)


def spawn(target: Callable[..., object], ranks: int, args: tuple[Any, ...] = ()) -> None:
    """Run ``target(rank, *args)`` for every rank: `launch` for ranks that have nothing to say."""
    if ranks == 1:
        target(0, *args)
    else:
        launch(_without_context, ranks, (target, *args), on_report=_ignore, stop_requested=bool)


def _without_context(
    rank: int, _context: RankContext, target: Callable[..., object], *args: Any
) -> None:
    target(rank, *args)


def _ignore(_report: Any) -> None:
    """Nobody listens to the ranks of `spawn`."""


def _child(
    target: Callable[..., object], rank: int, args: tuple[Any, ...], pipe: Connection
) -> None:
    """Main of a rank's process: run, then say how it ended; a report is ("report", value)."""
    with StopSignal() as stop:
        context = RankContext(lambda report: pipe.send(("report", report)), lambda: stop.requested)
        try:
            target(rank, context, *args)
        except BaseException as error:
            at, text = time.monotonic(), traceback.format_exc()
            payload = pickle.dumps(error) if isinstance(error, UserError) else b""
            pipe.send(("failed", (at, payload, text)))
            raise SystemExit(1) from error
        pipe.send(("done", None))


class _Report(NamedTuple):
    content: Any


class _Failure(NamedTuple):
    at: float
    """System-wide monotonic clock; minus infinity for a rank that was killed."""
    error: Exception


def _receive(
    pipe: Connection, rank: int, processes: list[multiprocessing.process.BaseProcess]
) -> _Report | _Failure | None:
    """Take one message of a rank; None when it is done."""
    try:
        kind, content = pipe.recv()
    except EOFError:
        processes[rank].join(TERMINATE_GRACE_S)
        message = (
            f"rank {rank} ended without a word (exit code {processes[rank].exitcode}); "
            "a negative code is the signal that killed it, -9 often means out of memory"
        )
        return _Failure(-math.inf, RankError(message))
    if kind == "report":
        return _Report(content)
    if kind == "done":
        return None
    at, payload, text = content
    error = pickle.loads(payload) if payload else RankError(f"rank {rank} failed:\n{text}")
    return _Failure(at, error)


def _end(processes: list[multiprocessing.process.BaseProcess], *, stop: bool) -> None:
    """Wait for the ranks to end; with ``stop``, end them."""
    for process in processes:
        if stop and process.is_alive():
            process.kill()  # SIGTERM would only ask them to stop after a step they can't finish
    for process in processes:
        process.join(TERMINATE_GRACE_S)
        if process.is_alive():
            process.kill()
            process.join()
