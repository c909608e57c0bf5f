"""Holds the reward-worker role: it runs verifiers in processes that can be killed.

The actor itself runs no verifier: it hands batches to a `RewardPool`, where each sample has its
reward's own time limit. So the deadline that the `ScorerPool` holds against a whole batch is the
second line: it fires when this actor is lost, not when a verifier hangs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from granite_rl.actors.node import node_id
from rewards.result import Reply
from rewards.sandbox.pool import RewardPool


@dataclass(frozen=True)
class ScoringItem:
    """Holds an episode so far, with the row that it is about."""

    env_class: str
    row: dict[str, Any]
    actions: tuple[str, ...]
    """All turns of the model, in order: the environment is played through them anew."""
    max_turns: int | None = None
    """Turns after which the caller ends the episode, where the environment allows more."""


class RewardWorker:
    """Scores episodes, without state: environments are looked up by name in the pool's process.

    Args:
        memory_mib: address space that scoring may take.
    """

    def __init__(self, memory_mib: int) -> None:
        self._pool = RewardPool(1, target="envs.scoring:prepare", memory_mib=memory_mib)

    def describe(self) -> dict[str, Any]:
        """Say what really runs here, once a verifier could: isolation level, process id."""
        return {
            "engine": f"{type(self._pool).__module__}.{type(self._pool).__qualname__}",
            "isolation": self._pool.isolation.describe(),
            "pid": os.getpid(),
            "node": node_id(),
        }

    def score(self, items: Sequence[ScoringItem]) -> list[Reply]:
        """Return replies in the order of ``items``: a verdict, or the environment's next message.

        A verifier that raises, hangs or crashes yields status ``error`` or ``timeout`` for its own
        item.
        """
        return self._pool.step([vars(item) for item in items])
