"""Run one child process: stream its output with a prefix, keep a log, and pass signals on.

The child gets a session of its own, so Ctrl-C in a terminal reaches it once (through us) rather
than twice, and so that after its grace its whole process group can be killed, and nothing else.
Should this process itself be killed, Linux sends the child SIGTERM, so that it saves instead of
training on unseen.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

TAIL_LINES = 20
_PR_SET_PDEATHSIG = 1
_POLL_S = 0.2


@dataclass(frozen=True)
class ChildResult:
    """How a child ended."""

    exit_code: int
    """As a shell reports it: 128 + signal number when a signal ended it."""
    tail: tuple[str, ...]
    """Its last lines, for an error message."""
    seconds: float


class StopForwarder:
    """SIGTERM and SIGINT handlers that pass SIGTERM on to running children; a context manager.

    A second signal is passed on as well (a stage then gives up saving and exits at once).
    """

    def __init__(self) -> None:
        self.requested_at: float | None = None
        self.children: list[subprocess.Popen[bytes]] = []
        self._old: dict[int, Any] = {}

    @property
    def requested(self) -> bool:
        """Whether a stop was asked for."""
        return self.requested_at is not None

    def __enter__(self) -> StopForwarder:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._old[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self.requested_at is None:
            self.requested_at = time.monotonic()
        for child in list(self.children):
            if child.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    child.send_signal(signal.SIGTERM)


def _die_with_parent() -> None:
    """In the child, before exec: SIGTERM when the parent dies. Linux only; elsewhere nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def run_child(
    command: Sequence[str],
    *,
    prefix: str,
    log: Path,
    stop: StopForwarder,
    grace_s: float,
    environment: Mapping[str, str] | None = None,
    out: TextIO | None = None,
) -> ChildResult:
    """Run a command to its end.

    Args:
        command: program and arguments.
        prefix: put before each of its lines on our own stdout.
        log: its output is appended here, unprefixed.
        stop: passes signals on.
        grace_s: seconds from the first signal until the child's process group is killed.
        environment: variables on top of ours.
        out: where its lines go; our stdout by default.
    """
    target = sys.stdout if out is None else out
    log.parent.mkdir(parents=True, exist_ok=True)
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    began = time.monotonic()
    # preexec_fn is safe beside our few threads, none of which holds a lock for long: it is one
    # system call.
    child = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
        start_new_session=True,
        preexec_fn=_die_with_parent,
    )
    stop.children.append(child)
    if stop.requested:  # the signal came while the child was being made
        child.send_signal(signal.SIGTERM)
    try:
        with log.open("a", encoding="utf-8") as file:
            for line in _lines(child, stop, grace_s):
                file.write(line + "\n")
                file.flush()
                tail.append(line)
                target.write(f"{prefix}{line}\n")
                target.flush()
        code = child.wait()
    except BaseException:
        _kill_group(child)
        raise
    finally:
        stop.children.remove(child)
    return ChildResult(code if code >= 0 else 128 - code, tuple(tail), time.monotonic() - began)


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _lines(child: subprocess.Popen[bytes], stop: StopForwarder, grace_s: float) -> Any:
    """Lines of the child's output until it has ended; a grandchild that keeps the pipe open isn't
    waited for."""
    assert child.stdout is not None
    descriptor = child.stdout.fileno()
    os.set_blocking(descriptor, False)
    pending = b""
    with selectors.DefaultSelector() as selector, child.stdout:
        selector.register(descriptor, selectors.EVENT_READ)
        open_pipe = True
        while True:
            ended = child.poll() is not None
            readable = open_pipe and bool(selector.select(0 if ended else _POLL_S))
            if not open_pipe and not ended:
                time.sleep(_POLL_S)
            if readable:
                try:
                    chunk = os.read(descriptor, 1 << 16)
                except BlockingIOError:
                    continue
                open_pipe = chunk != b""
                *complete, pending = (pending + chunk).split(b"\n")
                for raw in complete:
                    yield _text(raw)
            elif ended:
                break
            if stop.requested_at is not None and time.monotonic() - stop.requested_at > grace_s:
                _kill_group(child)
    if pending:
        yield _text(pending)


def _text(raw: bytes) -> str:
    """A line as text; of a progress bar redrawn with carriage returns only the last state."""
    return raw.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2]
