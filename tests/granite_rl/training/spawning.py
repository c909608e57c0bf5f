"""Runs ranks that report nothing, for tests; importable by their processes, and quick to import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from granite_rl.runs.preemption import StopSignal
from granite_rl.training.launch import RankContext, loopback
from granite_rl.training.processes import launch_processes


def spawn(target: Callable[..., object], ranks: int, args: tuple[Any, ...] = ()) -> None:
    """Run ``target(rank, *args)`` in processes of this machine; a single rank runs here."""
    if ranks == 1:
        target(0, *args)
    else:
        launch_processes(_without_context, loopback(ranks), (target, *args), _ignore, StopSignal())


def _without_context(
    rank: int, _context: RankContext, target: Callable[..., object], *args: Any
) -> None:
    target(rank, *args)


def _ignore(_report: Any) -> None:
    """Discard a report; there are none."""
