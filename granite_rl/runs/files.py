"""Write files that may be read at any moment: replaced as a whole, or appended line by line.

A viewer tails a run while it writes, and a run may be killed between any two instructions. So a
document is replaced by ``os.replace`` (a reader sees the old or the new one, never half of one),
and a log line is one ``write`` on an ``O_APPEND`` descriptor (two processes never interleave
inside a line; only the last line can be torn). Neither waits for the disk: a power cut may lose
the last seconds, which the checkpoints, written with ``fsync`` elsewhere, do not depend on.
"""

from __future__ import annotations

import errno
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rewards.files import write_whole

FILE_MODE = 0o640
"""Run files hold prompts and completions: readable by owner and group only."""

DIRECTORY_MODE = 0o750


def finite_or_none(value: Any) -> Any:
    """Replace non-finite floats by None, in nested lists and dicts: JSON has no NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): finite_or_none(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite_or_none(item) for item in value]
    return value


def json_line(record: dict[str, Any]) -> bytes:
    """Encode one record as a JSON line: UTF-8, lone surrogates escaped, NaN as null.

    Objects that JSON doesn't know (paths, numpy scalars) are written as their string.
    """
    text = json.dumps(finite_or_none(record), ensure_ascii=False, default=str)
    return (text + "\n").encode("utf-8", "backslashreplace")


def append_line(path: Path, line: bytes) -> None:
    """Append one line with a single write; creates the file (mode 0640) when it is missing."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
    try:
        if os.write(descriptor, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    finally:
        os.close(descriptor)


def end_last_line(path: Path) -> None:
    """Complete a torn last line, so that what is appended next starts on a line of its own."""
    try:
        with path.open("rb+") as file:
            if file.seek(0, os.SEEK_END) > 0:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
    except FileNotFoundError:
        return


def write_atomic(path: Path, content: str | bytes) -> None:
    """Replace a file as a whole (mode 0640); on failure the old one stays and nothing is left."""
    write_whole(path, content, mode=FILE_MODE)


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Replace a JSON document as a whole."""
    text = json.dumps(finite_or_none(document), indent=2, ensure_ascii=False, default=str)
    write_atomic(path, text + "\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None where there is no file or no valid object in it."""
    try:
        document = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def read_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file; unreadable lines, torn ones too, are skipped.

    Use it for what a viewer shows. Where a bad line must be an error, read it line by line.
    """
    try:
        file = path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return
    with file:
        for line in file:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                yield record
