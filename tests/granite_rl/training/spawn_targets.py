"""Defines what ranks do in test_distributed: importable by spawned processes, and quick to
import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from granite_rl.errors import DataError
from granite_rl.training.launch import RankContext


def write_pid(rank: int, directory: Path) -> None:
    """Write this rank's process id into a file."""
    (directory / str(rank)).write_text(str(os.getpid()))


def wait_for_stop(rank: int, context: RankContext, word: str) -> None:
    """Report a word, go on until asked to stop, and report that."""
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
