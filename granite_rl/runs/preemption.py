"""Stopping when asked: SIGTERM from a scheduler, Ctrl-C from a person.

The first signal sets a flag that the step loop reads between steps: it finishes the step, saves
and exits 75, so that the run can be resumed. The second one, of either kind, leaves at once.
Install it *after* ``ray.init``, which puts its own SIGTERM handler in place.
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Any, Self

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopSignal:
    """A request to stop, delivered by signal; a context manager that restores the old handlers."""

    def __init__(self) -> None:
        self._previous: dict[int, Any] = {}
        self._received: signal.Signals | None = None

    @property
    def requested(self) -> bool:
        """Whether a stop has been asked for."""
        return self._received is not None

    @property
    def name(self) -> str | None:
        """``SIGTERM`` or ``SIGINT`` once a stop has been asked for."""
        return None if self._received is None else self._received.name

    def install(self) -> None:
        """Take over SIGTERM and SIGINT.

        Raises:
            ValueError: called outside the main thread, where Python allows no handlers.
        """
        for number in _SIGNALS:
            self._previous[number] = signal.signal(number, self._handle)

    def restore(self) -> None:
        """Put the previous handlers back. Harmless when called twice."""
        for number, handler in self._previous.items():
            # None: the handler was not installed from Python and can't be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._previous.clear()

    def __enter__(self) -> Self:
        self.install()
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._received is not None:
            # Restored first, so that a third signal ends even a clean-up that hangs.
            self.restore()
            raise SystemExit(128 + number)
        self._received = signal.Signals(number)
        text = f"\n{self._received.name}: finishing the step and saving; once more exits at once\n"
        # os.write, because print may be interrupted inside its own lock.
        os.write(2, text.encode())
