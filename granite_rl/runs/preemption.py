"""Stop a run when it is asked to: SIGTERM from a scheduler, Ctrl-C from a person.

The first signal sets a flag that the step loop reads between steps: it finishes the step, saves
and exits 75, so that the run can be resumed. Where nothing is under way that would have to be
finished (reading data, starting ranks), the run ends at once with `Preempted`. The second one, of
either kind, leaves at once. ``ray.init`` would put its own SIGTERM handler in place of this one;
`granite_rl.actors.placement.ray_session` keeps it from that.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

from granite_rl.errors import Preempted

SIGNALS = (signal.SIGTERM, signal.SIGINT)

_CONTINUE = "the same command with run.resume=auto continues, or starts"


class _StopNow(BaseException):
    """Raised by the handler where a signal stops the run at once.

    It is no `Exception`, because much code around data catches every one of those.
    """


class StopSignal:
    """Records a request to stop that came by signal; a context manager that restores old handlers.

    Args:
        copies_s: seconds after the first signal in which further ones count as copies of it:
            torchrun and srun forward to a rank a signal that its process group has got as well.
    """

    def __init__(self, copies_s: float = 0.0) -> None:
        self._previous: dict[int, Any] = {}
        self._copies_s = copies_s
        self._received: signal.Signals | None = None
        self._received_at = 0.0
        self._interrupting: str | None = None

    @property
    def requested(self) -> bool:
        """Return whether a stop has been asked for."""
        return self._received is not None

    @property
    def name(self) -> str | None:
        """Return ``SIGTERM`` or ``SIGINT`` once a stop has been asked for, else None."""
        return None if self._received is None else self._received.name

    def install(self) -> None:
        """Install the handlers of SIGTERM and SIGINT, also in place of handlers set since.

        Raises:
            ValueError: called outside the main thread, where Python allows no handlers.
        """
        for number in SIGNALS:
            self._previous.setdefault(number, signal.getsignal(number))
            signal.signal(number, self._handle)

    def restore(self) -> None:
        """Put the previous handlers back; further calls do nothing."""
        for number, handler in self._previous.items():
            # None: the handler was not installed from Python and can't be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._previous.clear()

    def __enter__(self) -> Self:
        self.install()
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()

    @contextmanager
    def interrupting(self, what: str, then: str = _CONTINUE) -> Iterator[None]:
        """Raise at once on a first signal within the block, where no work has to be finished.

        Args:
            what: what was stopped and what of it is kept, for the message.
            then: what the user does to go on, for the message.

        Raises:
            Preempted: a stop was asked for, before the block or within it.
        """
        self._interrupting = what
        try:
            self._raise_if_requested(what, then)
            yield
        except (Exception, _StopNow):
            # Of another error it is not known whether the signal has made it.
            if self._interrupting is not None:
                self._raise_if_requested(what, then)
            raise
        else:
            # A bare `except` may have swallowed what the handler raised.
            if self._interrupting is not None:
                self._raise_if_requested(what, then)
        finally:
            self._interrupting = None

    def work_begins(self) -> None:
        """End an `interrupting` block early: from now on a signal waits for the step loop."""
        self._interrupting = None

    def _raise_if_requested(self, what: str, then: str) -> None:
        if self.requested:
            raise Preempted(f"stopped by {self.name} {what}", then)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._received is not None:
            if time.monotonic() - self._received_at < self._copies_s:
                return
            # Restored first, so that a third signal ends even a clean-up that hangs.
            self.restore()
            raise SystemExit(128 + number)
        self._received, self._received_at = signal.Signals(number), time.monotonic()
        if self._interrupting is not None:
            raise _StopNow
        text = f"\n{self._received.name}: finishing the step and saving; once more exits at once\n"
        # os.write, because print may be interrupted inside its own lock.
        os.write(2, text.encode())


@contextmanager
def signals_held_back() -> Iterator[None]:
    """Block SIGTERM and SIGINT within the block; processes started there never get them.

    A process inherits the mask of blocked signals. A rank of ours is told to stop by its launcher,
    so it must not end when the whole process group is sent a signal.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
