"""Prepare one item of the pool: a row that is scored by a named reward, or by several.

An item is JSON: ``{"reward", "completion", "ground_truth", "prompt", "messages", "extra_info"}``.
Its reward is a name, or several with weights (`rewards.composition`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rewards.composition import compose
from rewards.registry import UnknownReward
from rewards.result import Reply, RewardResult


@dataclass(frozen=True)
class Prepared:
    """Is an item ready to be scored: what is ours is loaded, the model's text not yet looked at."""

    run: Callable[[], Reply]
    timeout_s: float
    deterministic: bool
    """Whether the same item always gets the same verdict."""
    imports: tuple[str, ...] = ()
    """What has to be loaded first (`rewards.registry.load`)."""
    isolated: bool = True
    """False: it needs network, files or the environment."""


def prepare(item: Mapping[str, Any]) -> Prepared:
    """Find the reward of an item."""
    try:
        reward = compose(item["reward"])
    except (UnknownReward, ValueError) as problem:
        return failed(str(problem))
    return Prepared(
        run=lambda: reward.score(
            item["completion"],
            ground_truth=item.get("ground_truth"),
            prompt=item.get("prompt"),
            messages=item.get("messages"),
            extra_info=item.get("extra_info"),
        ),
        timeout_s=reward.timeout_s,
        deterministic=reward.deterministic,
        imports=reward.imports,
        isolated=reward.isolated,
    )


def failed(message: str) -> Prepared:
    """Prepare an item that can't be scored."""
    return Prepared(lambda: RewardResult.error(message), timeout_s=1.0, deterministic=False)
