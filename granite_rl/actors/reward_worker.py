"""The reward-worker role: runs environments and their verifiers, and may be killed at any time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rewards.result import RewardResult


@dataclass(frozen=True)
class ScoringItem:
    """One completion to score, with the row it answers."""

    env_class: str
    row: dict[str, Any]
    completion: str


class RewardWorker:
    """Stateless: environments are looked up by name in this process.

    What ours need is imported before the first call, so that a fresh worker's start does not count
    against a sample's deadline.
    """

    def __init__(self) -> None:
        from envs.registry import BUILTIN_ENVS, load_env_class
        from rewards import get_reward, known_rewards

        for environment in BUILTIN_ENVS:
            load_env_class(environment)
        for name in known_rewards():
            get_reward(name)

    def pid(self) -> int:
        """Process id."""
        return os.getpid()

    def score(self, items: Sequence[ScoringItem]) -> list[RewardResult]:
        """Verdicts in the order of ``items``; a verifier that raises yields status ``error``."""
        return [_score(item) for item in items]


def _score(item: ScoringItem) -> RewardResult:
    from envs.registry import make_env

    try:
        environment = make_env(item.env_class, item.row)
        environment.init([dict(message) for message in item.row["prompt"]])
        output = environment.step(item.completion)
        environment.close()
    except Exception as error:  # noqa: BLE001  (a user's environment may raise anything; never a wrong answer)
        return RewardResult.error(f"{item.env_class}: {type(error).__name__}: {error}")
    if not output["done"]:
        return RewardResult.error(
            f"{item.env_class}: asks for another turn; rollouts are single-turn so far"
        )
    result = output["metadata"].get("result")
    return result if isinstance(result, RewardResult) else RewardResult(float(output["reward"]))
