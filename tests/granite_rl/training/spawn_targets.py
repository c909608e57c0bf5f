"""Defines what ranks do in test_distributed: importable by spawned processes, and quick to
import."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing import forkserver
from pathlib import Path

from granite_rl.errors import DataError
from granite_rl.training.launch import LostPeerError, RankContext
from tests.granite_rl.training.spawning import spawn


def write_pid(rank: int, directory: Path) -> None:
    """Write this rank's process id into a file."""
    (directory / str(rank)).write_text(str(os.getpid()))


def wait_for_stop(rank: int, context: RankContext, word: str) -> None:
    """Report a word, go on until asked to stop, and report that."""
    context.begin()
    context.report((rank, word))
    deadline = time.monotonic() + 60
    while not context.stop_requested():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    context.report((rank, "stopped"))


def fail_on_rank_one(rank: int, how: str) -> None:
    """Fail on rank 1 in the way asked for; rank 0 would go on for a minute."""
    if rank == 0:
        time.sleep(60)
    elif how == "data":
        raise DataError("rows.jsonl:3: no prompt", "mend it")
    elif how == "bug":
        _ = 1 / 0
    else:
        os.kill(os.getpid(), signal.SIGKILL)


def fail_after_its_echo(rank: int) -> None:
    """Rank 1 notices at once that rank 0 is gone; rank 0's own reason comes later."""
    if rank == 1:
        raise LostPeerError("rank 1 lost the connection to another rank")
    time.sleep(0.5)
    raise ValueError("the cause")


def never_begin(rank: int, context: RankContext, directory: Path) -> None:
    """Start slowly: nothing is lost when this ends."""
    (directory / str(rank)).write_text(str(os.getpid()))
    time.sleep(300)


def flush(rank: int, context: RankContext) -> None:
    """Report, and say when the launcher has taken it."""
    context.begin()
    if rank == 0:
        for number in range(5):
            context.report(number)
        context.flush()
        context.report("flushed")


def share_the_server() -> None:
    """In a process forked from the server: have its own children forked from the same one, instead
    of starting another that would import everything again."""

    def ensure_running() -> None:
        """It runs: this process came from it."""

    forkserver.ensure_running = forkserver._forkserver.ensure_running = ensure_running  # type: ignore[method-assign]


def launch_sleepers(directory: Path) -> None:
    """Be a launcher whose ranks would go on for minutes."""
    share_the_server()
    spawn(sleep_long, 2, (directory,))


def sleep_long(rank: int, directory: Path) -> None:
    """Leave a process id, and sleep."""
    (directory / str(rank)).write_text(str(os.getpid()))
    time.sleep(300)
