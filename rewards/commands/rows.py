"""Help the commands with rows once they are read: batches, progress, what a row asks for."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from rewards.composition import Method, compose
from rewards.files import Line, NotARow, read_lines, unpacked

T = TypeVar("T")

BATCH = 512
"""Rows that are scored at a time: enough to keep workers busy, little enough to stream."""

_REPORT_EVERY_S = 2.0

MAX_PRINTED = 100
"""Lines that rewards print and a command shows."""


class BadInput(Exception):
    """Says that a command can't work with its input, where that is, and what would be right."""


def at_least_one(text: str) -> int:
    """Read a number of at least 1 from a command line."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


def batches(things: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """Yield lists of up to ``size`` things."""
    iterator = iter(things)
    while batch := list(islice(iterator, size)):
        yield batch


def show(value: object, limit: int = 200) -> str:
    """Write a value on one line of a terminal: control characters escaped, long ones shortened."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


class Meter:
    """Reports how far a file is, on stderr every two seconds: rows, rows a second, time left."""

    def __init__(self, title: str, total_bytes: int) -> None:
        self._title = title
        self._total = total_bytes
        self._begin = self._last = time.monotonic()

    def __call__(self, rows: int, bytes_done: int) -> None:
        """Print the report, if it is due."""
        now = time.monotonic()
        if now - self._last < _REPORT_EVERY_S:
            return
        self._last = now
        elapsed = now - self._begin
        left = elapsed * (self._total - bytes_done) / max(bytes_done, 1)
        percent = 100 * bytes_done / max(self._total, 1)
        print(
            f"{self._title}: {rows:,} rows, {percent:.0f} %, {rows / elapsed:,.0f} rows/s, "
            f"about {left:.0f} s left",
            file=sys.stderr,
            flush=True,
        )


def read_prompt_lines(path: Path) -> Iterator[Line]:
    """Read every row, with its objects decoded where they are JSON text; bad ones included.

    Raises:
        BadFile: the file can't be read at all.
    """
    for line in read_lines(path, surrogates=True):
        try:
            yield line._replace(row=_unpacked(line.row))
        except NotARow as problem:
            yield line._replace(problem=str(problem))


def _unpacked(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = unpacked(row, ("reward_spec", "extra_info", "messages", "tools"))
    prompt = plain.get("prompt")
    # A rollout's prompt is plain text; only a list of messages begins like this.
    if isinstance(prompt, str) and prompt.lstrip().startswith('[{"'):
        plain = unpacked(plain, ("prompt",))
    return plain


def method_of(row: Mapping[str, Any], given: str | None) -> Method:
    """Return the reward of a row, or its rewards: those given on the command line, else its own.

    Raises:
        ValueError: it names none.
    """
    if given is not None:
        return given
    spec = row.get("reward_spec")
    method = spec.get("method") if isinstance(spec, Mapping) else row.get("method")
    if method is None or method == "rule":
        raise ValueError(
            'the row names no reward ("reward_spec": {"method": ...}): give --reward; what its'
            " environment makes of it, python -m envs validate says"
        )
    if not isinstance(method, str | Mapping | list):
        raise ValueError(f"reward_spec.method is {show(method, 80)}, no name and no names")
    return method


def ground_truth_of(row: Mapping[str, Any], method: Method) -> Any:
    """Return the `ground_truth` of a row, at the top or in its `reward_spec`.

    Raises:
        ValueError: there is none, and the reward can't do without.
        UnknownReward: there is no such reward.
    """
    spec = row.get("reward_spec")
    place = spec if isinstance(spec, Mapping) and "ground_truth" in spec else row
    if "ground_truth" not in place and compose(method).needs_ground_truth:
        raise ValueError("no ground_truth, neither at the top nor in reward_spec")
    return place.get("ground_truth")


def to_item(row: Mapping[str, Any], method: Method, completion: Any) -> dict[str, Any]:
    """Turn a row into an item of the pool.

    Raises:
        ValueError | UnknownReward: as in `ground_truth_of`.
    """
    messages = row.get("messages")
    prompt = row.get("prompt")
    # Rollouts hold the prompt's messages under `messages`, and as text under `prompt`.
    if not isinstance(prompt, list):
        prompt, messages = messages, None
    return {
        "reward": method,
        "completion": completion,
        "ground_truth": ground_truth_of(row, method),
        "prompt": prompt,
        "messages": messages,
        "extra_info": row.get("extra_info"),
    }


def cpu_count() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0))


class Prints:
    """Shows on stderr what rewards print: some lines, each with the reward's name."""

    def __init__(self) -> None:
        self._left = MAX_PRINTED

    def __call__(self, item: Mapping[str, Any], text: str) -> None:
        """Show some lines that were printed while an item was scored."""
        for line in text.splitlines():
            self._left -= 1
            if self._left > 0:
                print(f"{show(item['reward'], 60)} prints: {show(line)}", file=sys.stderr)
            elif self._left == 0:
                print("… and more that is not shown", file=sys.stderr)
