"""Look-ups in SkyRL's registries of advantage estimators and policy losses.

The registries' own ``get`` starts a named Ray actor per registry whenever Ray is initialised, to
carry functions between processes. Here every process resolves names for itself (a user's file is
imported where it is used), so the local table is read directly: two processes and about a second
less per role.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from granite_rl.errors import ConfigError
from granite_rl.skyrl_compat import ppo_utils

BATCH_LEVEL_ESTIMATORS = frozenset({"gae", "reinforce++"})
"""Estimators that need a critic or statistics over the whole batch; groups are consumed one by one
here."""


def _lookup(
    registry: Any, key: str, name: str, excluded: frozenset[str] = frozenset()
) -> Callable[..., Any]:
    table: dict[str, Callable[..., Any]] = registry._functions
    allowed = sorted(set(table) - excluded)
    if name not in allowed:
        close = difflib.get_close_matches(name, allowed, n=1)
        why = (
            " needs a critic or batch-level statistics"
            if name in excluded
            else " is not registered with SkyRL"
        )
        hint = f"did you mean `{close[0]}`? " if close else ""
        raise ConfigError(f"{key}: {name!r}{why}", f"{hint}available: {', '.join(allowed)}")
    return table[name]


def advantage_estimator(name: str) -> Callable[..., Any]:
    """The advantage estimator registered under ``name``.

    Raises:
        ConfigError: unknown name, or one that can't work on single prompt groups.
    """
    registry = ppo_utils().AdvantageEstimatorRegistry
    return _lookup(registry, "algorithm.advantage", name, BATCH_LEVEL_ESTIMATORS)


def policy_loss(name: str) -> Callable[..., Any]:
    """The policy loss registered under ``name``.

    Raises:
        ConfigError: unknown name.
    """
    return _lookup(ppo_utils().PolicyLossRegistry, "algorithm.policy_loss", name)
