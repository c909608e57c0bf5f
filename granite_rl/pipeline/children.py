"""Run commands in child processes: stream their output with a prefix, keep a log, pass signals on.

``run_child`` gives a command a process of its own. A ``ServingChild`` runs one command after
another, so that imports, Ray and its actors are paid once; ``granite_rl.pipeline.worker`` is its
other end.

A child gets a session of its own, so Ctrl-C in a terminal reaches it once (through us) rather
than twice, and so that after its grace its whole process group can be killed, and nothing else.
Should this process itself be killed, Linux sends the child SIGTERM, so that it saves instead of
training on unseen.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import secrets
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

TAIL_LINES = 20
_PR_SET_PDEATHSIG = 1
_POLL_S = 0.2


@dataclass(frozen=True)
class ChildResult:
    """Says how a command ended."""

    exit_code: int
    """Exit code as a shell reports it: 128 + signal number when a signal ended the command."""
    tail: tuple[str, ...]
    """Last lines of its output, for an error message."""
    seconds: float


class StopForwarder:
    """Passes SIGTERM on to running children when SIGTERM or SIGINT comes; a context manager.

    A second signal is passed on as well (a stage then gives up saving and exits at once).
    """

    def __init__(self) -> None:
        self.requested_at: float | None = None
        self.children: list[subprocess.Popen[bytes]] = []
        self._old: dict[int, Any] = {}

    @property
    def requested(self) -> bool:
        """Return whether a stop was asked for."""
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
    """Run a command in a process of its own, to its end.

    Args:
        command: program and arguments.
        prefix: put before each of its lines on our own stdout.
        log: its output is appended here, unprefixed.
        stop: passes signals on.
        grace_s: seconds from the first signal until the child's process group is killed.
        environment: variables added to this process's own.
        out: where its lines go; our stdout by default.
    """
    began = time.monotonic()
    child = _start(command, environment, subprocess.DEVNULL)
    with _forwarding_signals(child, stop), contextlib.closing(_Output(child)) as output:
        tail = _relay(output.lines(stop, grace_s), prefix, log, out)
        code = child.wait()
    return ChildResult(_shell_code(code), tail, time.monotonic() - began)


class ServingChild:
    """Runs Python modules one after another in one process, `granite_rl.pipeline.worker`.

    A command that fails, or is stopped, takes the process with it. Make it in the main thread: the
    signal that it gets when its parent dies is in truth sent when the *thread* that made it ends.
    """

    def __init__(self) -> None:
        command = (sys.executable, "-m", "granite_rl.pipeline.worker")
        self._child = _start(command, None, subprocess.PIPE)
        self._output = _Output(self._child)

    @property
    def alive(self) -> bool:
        """Return whether it can take another command."""
        return self._child.poll() is None

    def run(
        self,
        command: Sequence[str],
        *,
        prefix: str,
        log: Path,
        stop: StopForwarder,
        grace_s: float,
        out: TextIO | None = None,
    ) -> ChildResult:
        """Run ``PYTHON -m MODULE ARGUMENT ...`` to its end; arguments as those of `run_child`."""
        _, dash_m, module, *arguments = command
        assert dash_m == "-m", command
        began = time.monotonic()
        # Random, so that nothing a command prints can be taken for its end.
        end = secrets.token_hex(16)
        request = {"module": module, "arguments": arguments, "end": end}
        assert self._child.stdin is not None
        with _forwarding_signals(self._child, stop):
            with contextlib.suppress(BrokenPipeError):  # it died: its exit code tells
                self._child.stdin.write(json.dumps(request).encode() + b"\n")
                self._child.stdin.flush()
            tail = _relay(self._output.lines(stop, grace_s, end), prefix, log, out)
            code = 0 if self._output.ended_by_word else _shell_code(self._child.wait())
        return ChildResult(code, tail, time.monotonic() - began)

    def close(self, grace_s: float = 20.0) -> None:
        """Let the process end; kill its group if it has not ended within ``grace_s`` seconds."""
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.close()
        try:
            self._child.wait(grace_s)
        except subprocess.TimeoutExpired:
            _kill_group(self._child)
            self._child.wait()
        finally:
            self._output.close()


def _start(
    command: Sequence[str], environment: Mapping[str, str] | None, stdin: int
) -> subprocess.Popen[bytes]:
    # preexec_fn is safe beside our few threads, none of which holds a lock for long: it is one
    # system call.
    return subprocess.Popen(
        list(command),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
        start_new_session=True,
        preexec_fn=_die_with_parent,
    )


def _die_with_parent() -> None:
    """Ask Linux, in the child before exec, to send it SIGTERM when the parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


@contextlib.contextmanager
def _forwarding_signals(child: subprocess.Popen[bytes], stop: StopForwarder) -> Iterator[None]:
    """Pass our signals on to a child while its command runs, and kill it if we fail."""
    stop.children.append(child)
    if stop.requested:  # the signal came while the child was being made
        child.send_signal(signal.SIGTERM)
    try:
        yield
    except BaseException:
        _kill_group(child)
        raise
    finally:
        stop.children.remove(child)


def _relay(lines: Iterator[str], prefix: str, log: Path, out: TextIO | None) -> tuple[str, ...]:
    """Copy lines to a log and, prefixed, to ``out``; return the last ones."""
    target = sys.stdout if out is None else out
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        for line in lines:
            file.write(line + "\n")
            file.flush()
            tail.append(line)
            target.write(f"{prefix}{line}\n")
            target.flush()
    return tuple(tail)


def _shell_code(code: int) -> int:
    return code if code >= 0 else 128 - code


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


class _Output:
    """Reads the lines that a child writes."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None
        self._child = child
        self._pipe = child.stdout
        os.set_blocking(self._pipe.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pipe, selectors.EVENT_READ)
        self.ended_by_word = False
        """Whether the last `lines` ended with the child's end line and not with its death."""

    def close(self) -> None:
        """Stop listening."""
        self._selector.close()
        self._pipe.close()

    def lines(self, stop: StopForwarder, grace_s: float, end: str | None = None) -> Iterator[str]:
        """Yield lines until the child has ended, or has written ``end``.

        A grandchild that keeps the pipe open isn't waited for.
        """
        self.ended_by_word = False
        pending = b""
        open_pipe = True
        while True:
            gone = self._child.poll() is not None
            readable = open_pipe and bool(self._selector.select(0 if gone else _POLL_S))
            if not open_pipe and not gone:
                time.sleep(_POLL_S)
            if readable:
                try:
                    chunk = os.read(self._pipe.fileno(), 1 << 16)
                except BlockingIOError:
                    continue
                open_pipe = chunk != b""
                *complete, pending = (pending + chunk).split(b"\n")
                for line in map(_text, complete):
                    if end is not None and line.endswith(end):
                        self.ended_by_word = True
                        if line != end:  # the command's last line had no end of its own
                            yield line.removesuffix(end)
                        return
                    yield line
            elif gone:
                break
            if stop.requested_at is not None and time.monotonic() - stop.requested_at > grace_s:
                _kill_group(self._child)
        if pending:
            yield _text(pending)


def _text(raw: bytes) -> str:
    """Decode a line; of a progress bar redrawn with carriage returns only the last state."""
    return raw.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2]
