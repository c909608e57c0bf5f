"""Keeps the end of the log of every actor that failed.

Ray writes what an actor prints to files of its session, on the actor's node, and a private
session's files are removed when it ends. So the last lines go to the run directory as soon as a
failure is noticed.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path

import ray
import ray._private.state
import ray._private.worker
from ray.exceptions import GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from granite_rl.actors.node import node_id
from granite_rl.runs.files import DIRECTORY_MODE, write_atomic
from granite_rl.runs.redaction import redact

TAIL_LINES = 200
"""Lines that are kept."""

MOST_LOGS = 20
"""Logs that are kept of a role; a further one takes the last one's place."""

READ_TIMEOUT_S = 20.0
"""Longest wait for another node to read a log."""


class ActorLogs:
    """Writes the logs of failed actors to one directory; this process has one run at a time."""

    def __init__(self) -> None:
        self.roles: dict[str, str] = {}
        """Roles of this session's actors by Ray's id."""
        self.write_to(None)

    def write_to(self, directory: Path | None) -> None:
        """Set where logs go from now on; None: nothing is kept."""
        self._directory = directory
        self._written: dict[str, Path] = {}

    def keep(self, name: str, actor_id: str) -> Path | None:
        """Write the last lines of an actor's log to ``<role>.log``; returns where, if anywhere.

        Args:
            name: the role, perhaps with a remark in parentheses: ``trainer rank 0 (...)``.
            actor_id: Ray's.
        """
        if self._directory is None or not ray.is_initialized():
            return None
        try:
            return self._write(self._directory, name, actor_id)
        except (OSError, RayError):  # what the log was to explain matters more
            return None

    def _write(self, directory: Path, name: str, actor_id: str) -> Path | None:
        lines = actor_log(actor_id)
        if not lines:
            return None
        path = self._written.get(actor_id)
        if path is None:
            directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
            role = name.split(" (")[0].replace(" ", "-")
            path, number = directory / f"{role}.log", 1
            while path.exists() and number < MOST_LOGS:  # of an earlier failure
                number += 1
                path = directory / f"{role}.{number}.log"
            self._written[actor_id] = path
        write_atomic(path, redact("".join(f"{line}\n" for line in lines)))
        return path


ACTOR_LOGS = ActorLogs()


def actor_log(actor_id: str) -> list[str]:
    """Return the last lines that an actor printed, also when it is dead; none if it never ran."""
    actor = ray._private.state.actors(actor_id)
    process = int(actor.get("Pid") or 0)
    node = actor.get("Address", {}).get("NodeID")
    if not process or not node:
        return []
    if node == node_id():
        return read_tail(process)
    there = NodeAffinitySchedulingStrategy(node, soft=False)
    reader = ray.remote(read_tail).options(num_cpus=0, scheduling_strategy=there)
    try:
        lines: list[str] = ray.get(reader.remote(process), timeout=READ_TIMEOUT_S)
    except (RayError, GetTimeoutError) as error:
        return [f"node {node} can't be asked for the log of process {process}: {error}"]
    return lines


def read_tail(process: int) -> list[str]:
    """Return the last lines of the log files of one of this node's Ray processes."""
    node = ray._private.worker._global_node
    assert node is not None
    lines: deque[str] = deque(maxlen=TAIL_LINES)
    # stdout first: what explains a failure is at the end of stderr.
    for suffix in ("out", "err"):
        for path in Path(node.get_logs_dir_path()).glob(f"worker-*-{process}.{suffix}"):
            with path.open(encoding="utf-8", errors="replace") as file:
                lines.extend(line.rstrip("\n") for line in file if not line.startswith(":"))
    return list(lines)
