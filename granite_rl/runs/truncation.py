"""Rewinding what a run has logged, before it continues from an earlier checkpoint.

A run killed between a step's metrics and its checkpoint would log that step twice. Rewinding by the
step number, rather than trusting the order of lines, makes every step appear exactly once whatever
the instant of death. Files are streamed: a long run's metrics don't have to fit into memory.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from granite_rl.runs.files import FILE_MODE
from granite_rl.runs.rollout_files import rollout_files


def drop_lines_after(path: Path, step: int) -> int:
    """Remove lines with a later ``step``, unreadable ones and repeated steps (the last one stays).

    Returns:
        Number of lines removed. The file is replaced atomically, and only when something changes.
    """
    last_line_of: dict[int, int] = {}
    total = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file):
                total += 1
                found = _step_of(line)
                if found is not None and found <= step:
                    last_line_of[found] = number
    except FileNotFoundError:
        return 0
    keep = set(last_line_of.values())
    if len(keep) == total:
        return 0
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with path.open("rb") as file, temporary.open("wb") as kept:
        for number, line in enumerate(file):
            if number in keep:
                kept.write(line)
    temporary.chmod(FILE_MODE)
    os.replace(temporary, path)
    return total - len(keep)


def drop_rollouts_after(directory: Path, step: int) -> int:
    """Remove the rollout files of later steps; returns how many."""
    later = [path for number, path in rollout_files(directory).items() if number > step]
    for path in later:
        path.unlink()
    return len(later)


def _step_of(line: bytes) -> int | None:
    """The step of a complete metrics line; None for a torn or foreign one."""
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    step = record.get("step") if isinstance(record, dict) else None
    return step if isinstance(step, int) else None
