"""Watch what a reward does beside scoring: what it prints, and what it imports in its own time.

Both are told to the pool at once, since a worker that runs into its time limit tells nothing more.
"""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MAX_PRINTED_CHARS = 2_000
"""Of one item; what it prints beyond is dropped."""

Tell = Callable[[str, str], None]
"""Sends a kind of message and its text."""


def first_import(name: str) -> str:
    """Say what to do about a package that a reward first imports while its time runs, if any."""
    if not name:
        return ""
    return (
        f"; meanwhile it imported {name!r}: @reward(..., imports=({name!r},)) does that before the"
        " time starts"
    )


class Watch(MetaPathFinder):
    """Finds no module, but notices that one of the top level is looked for while an item runs."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._running = False
        self._imported: list[str] = []

    def begin(self) -> None:
        """Say that an item's time begins."""
        self._running = True
        self._imported.clear()

    def end(self) -> None:
        """Say that an item's time is over."""
        self._running = False

    def failed_import(self) -> str:
        """Say what to do where one of the item's imports failed for another reason than absence."""
        if not self._imported or self._imported[0] in sys.modules:
            return ""
        present = importlib.util.find_spec(self._imported[0]) is not None
        return first_import(self._imported[0]) if present else ""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Note a first import, and leave it to others."""
        if self._running and path is None and fullname not in sys.stdlib_module_names:
            if not self._imported:
                self._tell("importing", fullname)
            self._imported.append(fullname)
        return None


class Printed(io.TextIOBase):
    """Takes the place of stdout: tells lines as they are printed while an item runs.

    What was printed before, when its reward was loaded, is told when it begins.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._running = False
        self._kept = ""
        self._left = MAX_PRINTED_CHARS

    def writable(self) -> bool:
        """Say that text may be written."""
        return True

    def write(self, text: str) -> int:
        """Keep as much as there is room for; tell the lines that are complete."""
        kept = text[: self._left]
        self._left -= len(kept)
        self._kept += kept
        if self._running and "\n" in self._kept:
            lines, _, self._kept = self._kept.rpartition("\n")
            self._tell("printed", lines)
        return len(text)

    def begin(self) -> None:
        """Say that an item's time begins."""
        self._running = True
        self.write("")

    def end(self) -> None:
        """Say that an item's time is over: what is left of its output is told."""
        if self._kept:
            self._tell("printed", self._kept)
        self._running, self._kept, self._left = False, "", MAX_PRINTED_CHARS
