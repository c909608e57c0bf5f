"""Process groups for trainers: how a rank joins its group, and how a job starts its ranks.

RL trainers are Ray actors and call `init_distributed` themselves. Pre-training and SFT have no Ray:
`spawn` gives them one fresh process per rank, or runs a single rank in the calling process, which
saves the 5-10 s that importing torch and DeepSpeed a second time costs.

DeepSpeed compiles a shared-memory all-reduce at start-up on CPU. Only its inference engine uses it,
and the compiler's lock file makes every later start hang when a process was killed while building
it, so it is switched off here.
"""

from __future__ import annotations

import logging
import math
import multiprocessing
import os
import pickle
import socket
import time
import traceback
import warnings
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

import torch

from granite_rl.errors import UserError
from granite_rl.runs.preemption import StopSignal

JOIN_TIMEOUT = timedelta(minutes=10)
"""Longest wait for the other ranks, at start and in any collective, before a rank gives up."""

TERMINATE_GRACE_S = 10.0
"""Time a rank has to end once it has said that it is done."""

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


def device() -> torch.device:
    """Where this rank's tensors live: its own GPU if there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("cpu")


def init_distributed(
    rank: int, world_size: int, master_address: str, master_port: int, threads: int
) -> None:
    """Join the process group of a trainer: gloo on CPU, nccl on GPUs, one rank or many.

    Args:
        rank: 0 .. world_size - 1. With more GPUs visible than one, rank modulo their number is
            the local rank; a Ray actor sees only its own.
        world_size: number of ranks.
        master_address: host of rank 0.
        master_port: free port on that host (`free_port` called there).
        threads: CPU threads of this rank.

    Raises:
        torch.distributed.DistError: not all ranks came within `JOIN_TIMEOUT`.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    os.environ.update(
        RANK=str(rank),
        WORLD_SIZE=str(world_size),
        LOCAL_RANK=str(rank % gpus if gpus else rank),
        MASTER_ADDR=master_address,
        MASTER_PORT=str(master_port),
    )
    torch.set_num_threads(threads)
    if not gpus:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")  # otherwise it guesses, and says so
    logging.getLogger("DeepSpeed").setLevel(logging.WARNING)
    # DeepSpeed still calls collectives that torch has renamed; it says so on every one of them.
    warnings.filterwarnings(
        "ignore", category=FutureWarning, module=r"torch\.distributed\.c10d_logger"
    )
    import deepspeed
    import deepspeed.ops

    logging.getLogger("DeepSpeed").setLevel(logging.WARNING)
    if gpus:
        torch.cuda.set_device(device())
    else:
        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    if torch.distributed.is_initialized():
        return
    deepspeed.init_distributed(
        "nccl" if gpus else "gloo",
        auto_mpi_discovery=False,
        verbose=False,
        timeout=JOIN_TIMEOUT,
        rank=rank,
        world_size=world_size,
    )


def shutdown_distributed() -> None:
    """Leave the process group, if any, so that the process can end without a warning."""
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def all_reduce_sums(*values: float) -> list[float]:
    """Sums of numbers over all ranks, in float64; the identity without a process group."""
    if not torch.distributed.is_initialized() or torch.distributed.get_world_size() == 1:
        return [float(value) for value in values]
    sums = torch.tensor(values, dtype=torch.float64, device=device())
    torch.distributed.all_reduce(sums)
    return [float(value) for value in sums.tolist()]


def all_reduce_max(value: float) -> float:
    """The largest of a number over all ranks, in float64."""
    if not torch.distributed.is_initialized() or torch.distributed.get_world_size() == 1:
        return float(value)
    largest = torch.tensor([value], dtype=torch.float64, device=device())
    torch.distributed.all_reduce(largest, op=torch.distributed.ReduceOp.MAX)
    return float(largest.item())


class RankContext:
    """What a rank of `launch` has beside its arguments: a line to the launcher, and its stop sign.

    Args:
        report: takes what rank 0 says (metrics of a step, a remark); anything picklable.
        stop_requested: whether the run was asked to stop (SIGTERM); poll it between steps.
    """

    def __init__(self, report: Callable[[Any], None], stop_requested: Callable[[], bool]) -> None:
        self.report = report
        self.stop_requested = stop_requested


def launch(
    target: Callable[..., object],
    ranks: int,
    args: tuple[Any, ...],
    on_report: Callable[[Any], None],
    stop_requested: Callable[[], bool],
) -> None:
    """Run ``target(rank, context, *args)`` for every rank and wait for all of them.

    One rank runs in the calling process. Several run in fresh processes (start method "spawn", so
    target and args must be picklable), while this one hands on what they report and passes a stop
    request to them as SIGTERM. The first failure ends the others, by their own pids.

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
    context = multiprocessing.get_context("spawn")
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
                elif message is not None:
                    on_report(message.content)
                    continue
                del pipes[ready]
            if failures and time.monotonic() > deadline:
                # The cause, not its echo: a rank whose peer is gone fails too, but later.
                raise min(failures, key=lambda failure: failure[0])[1]
            if not failures:
                deadline = time.monotonic() + _ECHO_S
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
