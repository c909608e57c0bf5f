"""Run ranks as processes of this machine.

On CPUs they are forked from a server that has imported everything and done nothing else, so that
the imports are paid once. With GPUs every rank is a fresh process, because CUDA does not survive a
fork.

A rank has one pipe to its launcher: reports go up, a stop request and acknowledgements come down.
It never gets SIGTERM or SIGINT itself: its launcher does, and a signal to the whole process group
would otherwise reach both. When the pipe closes, its launcher is gone and the rank ends.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from granite_rl.errors import InfrastructureError
from granite_rl.runs.preemption import StopSignal, signals_held_back
from granite_rl.training.launch import (
    Failure,
    Failures,
    Meeting,
    RankContext,
    run_target,
)

TERMINATE_GRACE_S = 10.0
"""Seconds in which a rank must end once it has said that it is done."""

_GPUS = Path("/dev/nvidiactl").exists()
"""Whether this host has NVIDIA's driver; asking torch would initialise it."""

_POLL_S = 0.5

# Messages: (kind, content).
_REPORT, _BEGUN, _DONE, _FAILED = "report", "begun", "done", "failed"
_STOP, _HANDLED = "stop", "handled"


def start_server() -> None:
    """Start the server that ranks are forked from, on machines where they are forked."""
    if not _GPUS:
        multiprocessing.set_forkserver_preload(["granite_rl.training.preload"])
        resource_tracker.ensure_running()  # it unblocks signals, so not inside the block
        with signals_held_back():
            forkserver.ensure_running()


def launch_processes(
    target: Callable[..., object],
    meeting: Meeting,
    args: tuple[Any, ...],
    on_report: Callable[[Any], None],
    stop: StopSignal,
) -> None:
    """Run ``target(rank, context, *args)`` in one process per rank; see `launch.launch`."""
    start_server()
    group = _Processes(on_report, stop)
    try:
        group.start(target, meeting, args)
        group.follow()
    except BaseException:
        group.end(kill=True)
        raise
    group.end(kill=False)


class _Processes:
    """Holds the ranks' processes and the pipes to them."""

    def __init__(self, on_report: Callable[[Any], None], stop: StopSignal) -> None:
        self._on_report = on_report
        self._stop = stop
        self._processes: list[BaseProcess] = []
        self._pipes: dict[Connection, int] = {}

    def start(self, target: Callable[..., object], meeting: Meeting, args: tuple[Any, ...]) -> None:
        """Start all ranks."""
        context = (
            multiprocessing.get_context("spawn")
            if _GPUS
            else multiprocessing.get_context("forkserver")
        )
        for rank in range(meeting.ranks):
            ours, theirs = context.Pipe(duplex=True)
            process = context.Process(
                target=_child, args=(target, rank, meeting, args, theirs), name=f"rank-{rank}"
            )
            with signals_held_back():
                process.start()
            theirs.close()
            self._processes.append(process)
            self._pipes[ours] = rank

    def follow(self) -> None:
        """Pass on reports and a stop request until all ranks have ended.

        Raises:
            UserError | RankError: the cause, if any rank failed.
        """
        failures = Failures()
        running = dict(self._pipes)
        stopping = False
        while running:
            for ready in wait(list(running), timeout=_POLL_S):
                assert isinstance(ready, Connection)
                if self._hear(ready, running[ready], failures):
                    del running[ready]
            failures.raise_cause(at_last=not running)
            if self._stop.requested and not stopping:
                stopping = True
                for pipe in running:
                    _send(pipe, (_STOP, None))

    def _hear(self, pipe: Connection, rank: int, failures: Failures) -> bool:
        """Read one message of a rank; return whether the rank has ended."""
        try:
            kind, content = pipe.recv()
        except (EOFError, ConnectionResetError):
            failures.add(self._killed(rank))
            return True
        if kind == _REPORT:
            self._on_report(content)
            _send(pipe, (_HANDLED, None))
        elif kind == _BEGUN:
            self._stop.work_begins()
        elif kind == _FAILED:
            failure = Failure(*content)
            failures.add(failure.error(rank))
        return kind in (_DONE, _FAILED)

    def _killed(self, rank: int) -> Exception:
        process = self._processes[rank]
        process.join(TERMINATE_GRACE_S)
        code = process.exitcode
        if code is not None and code < 0:
            how = f"was killed by signal {-code}" + " (often: out of memory)" * (code == -9)
        else:
            how = f"ended without a word (exit code {code})"
        return InfrastructureError(
            f"rank {rank} {how}", "the same command with run.resume=auto continues"
        )

    def end(self, *, kill: bool) -> None:
        """Wait for the ranks to end; with ``kill``, end them."""
        for process in self._processes:
            if kill and process.is_alive():
                process.kill()
        for process in self._processes:
            process.join(TERMINATE_GRACE_S)
            if process.is_alive():
                process.kill()
                process.join()
        for pipe in self._pipes:
            pipe.close()


def _send(pipe: Connection, message: tuple[str, Any]) -> None:
    """Send a message to a rank; a rank that has just died is noticed when it is read from."""
    with suppress(BrokenPipeError, ConnectionResetError):
        pipe.send(message)


class _Line:
    """Connects a rank to its launcher by a pipe, on which a thread of its own listens."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._stop = threading.Event()
        self._unhandled = 0
        self._changed = threading.Condition()
        threading.Thread(target=self._listen, name="launcher", daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                kind, _ = self._pipe.recv()
            except (EOFError, OSError):
                os._exit(1)  # the launcher is gone: stop writing into its run
            if kind == _STOP:
                self._stop.set()
            else:
                with self._changed:
                    self._unhandled -= 1
                    self._changed.notify_all()

    def say(self, kind: str, content: Any = None) -> None:
        """Send one message to the launcher."""
        if kind == _REPORT:
            with self._changed:
                self._unhandled += 1
        self._pipe.send((kind, content))

    def context(self, meeting: Meeting, rank: int) -> RankContext:
        """Return the context that the rank gets."""
        return RankContext(
            meeting=meeting,
            report=lambda content: self.say(_REPORT, content),
            stop_requested=self._stop.is_set,
            begin=lambda: self.say(_BEGUN),
            flush=self._flush,
            local_rank=rank,
        )

    def _flush(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._unhandled == 0)


def _child(
    target: Callable[..., object],
    rank: int,
    meeting: Meeting,
    args: tuple[Any, ...],
    pipe: Connection,
) -> None:
    """Run a rank in its process, then report how it ended."""
    line = _Line(pipe)
    failure = run_target(target, rank, line.context(meeting, rank), args)
    if failure is None:
        line.say(_DONE)
    else:
        line.say(_FAILED, tuple(failure))
        raise SystemExit(1)
