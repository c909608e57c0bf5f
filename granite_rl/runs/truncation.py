"""Remove logged steps that are done again, and add to a step that was logged.

A run killed between a step's metrics and its checkpoint would log that step twice. Rewinding by the
step number, rather than trusting the order of lines, makes every step appear exactly once whatever
the instant of death. Files are streamed: a long run's metrics don't have to fit into memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from granite_rl.runs.files import FILE_MODE, json_line
from granite_rl.runs.rollout_files import rollout_files
from rewards.files import replacing


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
    numbers = count()
    _rewrite(path, lambda line: line if next(numbers) in keep else b"")
    return total - len(keep)


def merge_line(path: Path, step: int, record: dict[str, Any]) -> None:
    """Add keys to the line of a step that has been logged; the file is replaced atomically.

    Costs a copy of the file, which is meant for once in a while: a step's evaluation, say.
    """

    def merged(line: bytes) -> bytes:
        return json_line({**json.loads(line), **record}) if _step_of(line) == step else line

    _rewrite(path, merged)


def drop_rollouts_after(directory: Path, step: int) -> int:
    """Remove the rollout files of later steps; returns how many."""
    later = [path for number, path in rollout_files(directory).items() if number > step]
    for path in later:
        path.unlink()
    return len(later)


def _rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Replace a file by its lines, each as ``change`` returns it, in one atomic step."""
    with path.open("rb") as old, replacing(path, mode=FILE_MODE) as new:
        for line in old:
            new.write(change(line))


def _step_of(line: bytes) -> int | None:
    """Return the step of a complete metrics line; None for a torn or foreign one."""
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    step = record.get("step") if isinstance(record, dict) else None
    return step if isinstance(step, int) else None
