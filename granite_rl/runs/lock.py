"""Lock a run directory, so that only one process writes to it.

The lock is a small JSON file, not a kernel lock: it works on network file systems, says who the
owner is, and is not inherited by forked workers. Whether an owner lives is decided by the best
evidence at hand: on the same host (and in the same PID namespace) the process table, which is exact
even when the process is stopped or its heartbeat thread is starved; from another host the
heartbeat, which counts as stopped after 60 s. Ages are measured between two time stamps of the
*same file system*, so the hosts' clocks may disagree. The price: a run whose node died can be taken
over from another node only after a minute.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from granite_rl.errors import PreflightError
from granite_rl.runs.files import read_json, write_json

HEARTBEAT_S = 5.0
DEAD_AFTER_S = 60.0


@dataclass(frozen=True)
class Owner:
    """Identifies the process that holds a run directory."""

    token: str
    host: str
    boot: str
    namespace: str
    pid: int
    process_start: int
    """Start of the process in clock ticks since boot: tells a reused PID from the owner's."""
    taken_at: str

    def describe(self) -> str:
        """Describe the owner in messages: process, host and time."""
        return f"process {self.pid} on {self.host} since {self.taken_at}"


def _process_start(pid: int) -> int | None:
    """Return a process's start in clock ticks since boot; None when it is gone or a zombie.

    Not `psutil`'s creation time, which is a time of day and moves when the clock is set.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def _read_text(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def this_process() -> Owner:
    """Return the calling process as an owner, with a fresh token."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return Owner(
        token=uuid.uuid4().hex,
        host=socket.gethostname(),
        boot=_read_text("/proc/sys/kernel/random/boot_id"),
        namespace=namespace,
        pid=os.getpid(),
        process_start=_process_start(os.getpid()) or 0,
        taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


class DirectoryLock:
    """Gives a process exclusive ownership of a directory, with a heartbeat while it is held."""

    def __init__(self, directory: Path, heartbeat_s: float = HEARTBEAT_S) -> None:
        self.path = directory / ".lock"
        self._directory = directory
        self._heartbeat_s = heartbeat_s
        self._owner = this_process()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.lost_to: Owner | None = None
        """Set when another process took the directory over while this one was thought dead."""

    def acquire(self) -> Owner | None:
        """Take the lock.

        Returns:
            The dead owner it was taken from, or None.

        Raises:
            PreflightError: a living process holds it; the message names it.
        """
        with self._exclusive():
            previous = self._read()
            if previous is not None and self._alive(previous):
                raise PreflightError(
                    f"run directory {self._directory} is in use by {previous.describe()}",
                    "wait for it, stop it, or choose another directory with run.dir=DIR",
                )
            write_json(self.path, asdict(self._owner))
        self._thread = threading.Thread(target=self._beat, name="run-lock-heartbeat", daemon=True)
        self._thread.start()
        return previous

    def release(self) -> None:
        """Release the lock if this process still holds it; further calls do nothing."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=self._heartbeat_s)
            self._thread = None
        with self._exclusive():
            current = self._read()
            if current is not None and current.token == self._owner.token:
                self.path.unlink(missing_ok=True)

    def _read(self) -> Owner | None:
        document = read_json(self.path)
        if document is None:
            return None
        try:
            return Owner(**document)
        except TypeError:  # written by another version: its heartbeat still tells whether it lives
            return Owner("", "an unknown host", "", "", 0, 0, "an unknown time")

    def _alive(self, owner: Owner) -> bool:
        mine = self._owner
        if owner.host == mine.host and owner.boot and owner.boot != mine.boot:
            return False
        if (owner.host, owner.boot, owner.namespace) == (mine.host, mine.boot, mine.namespace):
            return _process_start(owner.pid) == owner.process_start
        return self._heartbeat_age_s() < DEAD_AFTER_S

    def _heartbeat_age_s(self) -> float:
        """Return the seconds since the last heartbeat, by the clock of the file system."""
        probe = self._directory / f".clock.{os.getpid()}.tmp"
        try:
            probe.touch()
            return probe.stat().st_mtime - self.path.stat().st_mtime
        finally:
            probe.unlink(missing_ok=True)

    def _beat(self) -> None:
        while not self._stop.wait(self._heartbeat_s):
            current = self._read()
            if current is not None and current.token != self._owner.token:
                self.lost_to = current
                return
            # A full or briefly unreachable disk must not kill the heartbeat; the next one may pass.
            with contextlib.suppress(OSError):
                if current is None:
                    write_json(self.path, asdict(self._owner))
                else:
                    os.utime(self.path)

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Prevent two processes from judging and replacing the same lock file at the same time."""
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            # Some network file systems can't lock a directory: the window is then microseconds.
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
