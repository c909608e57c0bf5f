"""End a command quietly when whoever reads its output has left, as `head` does."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable

READER_LEFT = 141
"""Exit code of a program that writes to a closed pipe, as shells count it: 128 + SIGPIPE."""


def until_reader_leaves(command: Callable[[], int]) -> int:
    """Run a command; return its exit code, or `READER_LEFT` where nobody reads its output any more.

    A broken pipe elsewhere, to a process of ours for example, is passed on.
    """
    try:
        code = command()
        sys.stdout.flush()
    except BrokenPipeError:
        if not _is_closed(sys.stdout.fileno()):
            raise
        # What is still buffered would fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_LEFT
    return code


def _is_closed(descriptor: int) -> bool:
    """Tell whether the other end of a pipe is closed."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
