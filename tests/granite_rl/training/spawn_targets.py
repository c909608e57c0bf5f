"""What ranks do in test_distributed: importable by spawned processes, and quick to import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from granite_rl.training.launch import RankContext


def write_pid(rank: int, directory: Path) -> None:
    """Leave this rank's process id behind."""
    (directory / str(rank)).write_text(str(os.getpid()))


def wait_for_stop(rank: int, context: RankContext, word: str) -> None:
    """Say something, go on until asked to stop, and say that."""
    context.report((rank, word))
    deadline = time.monotonic() + 60
    while not context.stop_requested():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    context.report((rank, "stopped"))


def fail_on_rank_one(rank: int, how: str) -> None:
    """Rank 1 fails in the way asked for; rank 0 would go on for a minute."""
    if rank == 0:
        time.sleep(60)
    elif how == "data":
        from granite_rl.errors import DataError

        raise DataError("rows.jsonl:3: no prompt", "mend it")
    elif how == "bug":
        _ = 1 / 0
    else:
        os.kill(os.getpid(), signal.SIGKILL)
