"""What ranks do in test_distributed: importable by spawned processes, and quick to import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def write_pid(rank: int, directory: Path) -> None:
    """Leave this rank's process id behind."""
    (directory / str(rank)).write_text(str(os.getpid()))


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
