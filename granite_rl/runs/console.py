"""Print one progress line per step, on a terminal or into a log file.

On a terminal the line is redrawn in place, and left standing every few seconds so that the
scroll-back shows the course of the run. Anywhere else it is one plain line per step without
control characters. Remaining time comes from a moving average over this session's steps only:
steps done before a resume, and how long they took, don't enter.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from typing import TextIO

SMOOTHING = 0.2
"""Weight of the newest step in the moving average of seconds per unit."""

KEEP_EVERY_S = 15.0
"""Seconds after which a line is left standing on a terminal."""

_COLOURS = {"title": "1", "position": "36", "value": "32", "dim": "2"}


def format_duration(seconds: float) -> str:
    """Format a duration as ``0:43``, ``12:05``, ``1:02:03`` or ``2d 03:04``."""
    total = max(0, round(seconds))
    days, rest = divmod(total, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    if days:
        return f"{days}d {hours:02d}:{minutes:02d}"
    if hours:
        return f"{hours}:{minutes:02d}:{rest:02d}"
    return f"{minutes}:{rest:02d}"


def format_count(value: float) -> str:
    """Format a count in at most five characters: ``812``, ``8.1k``, ``120k``, ``3.4M``."""
    for limit, suffix in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        scaled = value / limit
        if abs(scaled) >= 0.9995:
            return f"{scaled:.0f}{suffix}" if abs(scaled) >= 99.95 else f"{scaled:.1f}{suffix}"
    return f"{value:.0f}"


def format_value(value: str | float) -> str:
    """Format a value in few characters: ``0.412``, ``0.0031``, ``11.2``, ``8.1k``, ``3e-07``."""
    if isinstance(value, str):
        return printable(value)
    size = abs(value)
    if value != value or size == float("inf"):
        return str(value)
    if size >= 999.5:
        return format_count(value)
    if size >= 10:
        return f"{value:.1f}"
    if size >= 0.1:
        return f"{value:.3f}"
    return f"{value:.2g}" if size > 0 else "0"


def printable(text: str) -> str:
    """Escape every control and other unprintable character of a text.

    What a model says is untrusted: an escape sequence in it must not reach a terminal.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class Progress:
    """Shows the progress of one run on a stream."""

    def __init__(
        self,
        total: int | None,
        unit: str,
        title: str,
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare the progress line without printing anything.

        Args:
            total: units to do in all, or None when unknown.
            unit: what is counted: ``step``, ``tokens``, ...
            title: name at the start of each line.
            stream: where to print; stdout by default.
            clock: seconds, for tests.
        """
        self._total = total
        self._unit = unit
        self._title = title
        self._stream = sys.stdout if stream is None else stream
        self._clock = clock
        self._terminal = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._colour = self._terminal and not os.environ.get("NO_COLOR")
        self._last_time = clock()
        self._last_step: int | None = None
        self._average_s: float | None = None
        self._kept_at = self._last_time
        self._drawn = ""

    def begin(self, step: int) -> None:
        """Start timing the unit after ``step``.

        Without this call the first unit that is reported has no duration, because it is unknown how
        much of it was start-up.
        """
        self._last_step, self._last_time = step, self._clock()

    def update(self, step: int, fields: Mapping[str, str | float]) -> None:
        """Report a finished step.

        Args:
            step: units done in all, those of earlier sessions included.
            fields: what to show, in order; keys are the labels.
        """
        self._measure(step)
        line = self._line(step, fields)
        if not self._terminal:
            print(line, file=self._stream, flush=True)
            return
        now = self._clock()
        finished = self._total is not None and step >= self._total
        keep = finished or now - self._kept_at >= KEEP_EVERY_S
        self._draw(line, end="\n" if keep else "")
        if keep:
            self._kept_at = now

    def note(self, text: str) -> None:
        """Print a remark above the progress line; control characters in it are escaped."""
        safe = "\n".join(printable(line) for line in text.splitlines())
        if not self._terminal:
            print(safe, file=self._stream, flush=True)
            return
        drawn = self._drawn
        self._stream.write(f"\r\x1b[2K{safe}\n{drawn}")
        self._stream.flush()

    def close(self) -> None:
        """End the line that is being redrawn, so that it stays visible."""
        if self._drawn:
            self._stream.write("\n")
            self._stream.flush()
            self._drawn = ""

    def _measure(self, step: int) -> None:
        now = self._clock()
        before = self._last_step
        if before is not None and step > before:
            latest = (now - self._last_time) / (step - before)
            if self._average_s is None:
                self._average_s = latest
            else:
                self._average_s += SMOOTHING * (latest - self._average_s)
        self._last_step, self._last_time = step, now

    def _line(self, step: int, fields: Mapping[str, str | float]) -> str:
        position = format_position(step, self._total)
        parts = [self._paint("title", self._title), self._paint("position", position)]
        for label, value in fields.items():
            shown = self._paint("value", format_value(value))
            parts.append(f"{self._paint('dim', printable(label))} {shown}")
        if self._average_s is not None:
            parts.append(self._paint("dim", self._speed(self._average_s)))
            if self._total is not None:
                left = max(0, self._total - step) * self._average_s
                parts.append(f"{self._paint('dim', 'eta')} {format_duration(left)}")
        return "  ".join(parts)

    def _speed(self, seconds_per_unit: float) -> str:
        if seconds_per_unit >= 0.1:
            return f"{seconds_per_unit:.1f} s/{self._unit}"
        per_second = 1 / seconds_per_unit if seconds_per_unit > 0 else float("inf")
        return f"{format_value(per_second)} {self._unit}/s"

    def _paint(self, role: str, text: str) -> str:
        return f"\x1b[{_COLOURS[role]}m{text}\x1b[0m" if self._colour else text

    def _draw(self, line: str, end: str) -> None:
        columns = shutil.get_terminal_size().columns
        fitted = line if visible_length(line) < columns else clip(line, columns - 1)
        self._stream.write(f"\r\x1b[2K{fitted}{end}")
        self._stream.flush()
        self._drawn = "" if end else fitted


def format_position(step: int, total: int | None) -> str:
    """Format a position as ``12/30``, padded to align lines; counts above 9,999 are shortened."""
    if total is None:
        return format_count(step) if step >= 10_000 else str(step)
    if total >= 10_000:
        return f"{format_count(step)}/{format_count(total)}"
    return f"{step:>{len(str(total))}}/{total}"


def visible_length(text: str) -> int:
    """Return the length of a text without its colour sequences."""
    return sum(1 for _ in _visible(text))


def clip(text: str, width: int) -> str:
    """Return the first ``width`` visible characters, with colours switched off at the end."""
    kept = list(_visible(text))[:width]
    return "".join(kept) + ("\x1b[0m" if "\x1b" in text else "")


def _visible(text: str) -> list[str]:
    """Split a text into visible characters, each with the colour sequences that precede it."""
    result: list[str] = []
    prefix = ""
    index = 0
    while index < len(text):
        if text[index] == "\x1b":
            end = text.index("m", index) + 1
            prefix += text[index:end]
            index = end
            continue
        result.append(prefix + text[index])
        prefix = ""
        index += 1
    return result
