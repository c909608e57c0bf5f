"""Looks up advantage estimators and policy losses in SkyRL's registries, a user's own included.

The registries' own ``get`` starts a named Ray actor per registry whenever Ray is initialised, to
carry functions between processes. Here every process resolves names for itself (a user's file is
imported where it is used), so the local table is read directly: two processes and about a second
less per role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from granite_rl.algorithm.skyrl import local_registries, ppo_utils
from granite_rl.errors import ConfigError
from rewards.nearest import did_you_mean
from rewards.user_files import load_file_module

UNFIT_ESTIMATORS: Mapping[str, str] = MappingProxyType(
    {
        "gae": "needs a critic, and there is none",
        "reinforce++": "whitens over the whole batch, but groups are trained one by one",
    }
)
"""Estimators of SkyRL that can't work on a single prompt group."""

UNFIT_LOSSES: Mapping[str, str] = MappingProxyType(
    {
        "clip_cov": "takes a covariance over the batch, which micro-batches would change",
        "kl_cov": "takes a covariance over the batch, which micro-batches would change",
        "cross_entropy": "ignores the advantages; for supervised training use `python -m sft`",
    }
)
"""Policy losses of SkyRL that can't be computed per micro-batch, or don't use advantages."""


def load_modules(paths: Iterable[Path]) -> None:
    """Import the user's files, which register losses and estimators with SkyRL's decorators.

    Once per process and file; every process that resolves names calls this first.

    Raises:
        ConfigError: a file is missing or fails to import; the message names it.
    """
    ppo_utils()  # a user's plain `import skyrl...` works only after this
    for path in paths:
        try:
            with local_registries():
                load_file_module(path)
        except LookupError as error:
            raise ConfigError(
                f"algorithm.modules: {error}",
                "a Python file that uses SkyRL's @register_policy_loss(name) or "
                "@register_advantage_estimator(name), with a name that is not taken",
            ) from None


def suggestion(name: str, allowed: Iterable[str]) -> str:
    """Return a "did you mean ..." hint and all names, for messages about unknown ones."""
    names = sorted(allowed)
    return f"{did_you_mean(name, names)} available: {', '.join(names) or 'none'}".lstrip()


def _lookup(registry: Any, key: str, name: str, unfit: Mapping[str, str]) -> Callable[..., Any]:
    table: dict[str, Callable[..., Any]] = registry._functions
    allowed = set(table) - set(unfit)
    if name not in allowed:
        why = unfit.get(name, "is not registered with SkyRL")
        raise ConfigError(f"{key}: {name!r} {why}", suggestion(name, allowed))
    return table[name]


def advantage_estimator(name: str) -> Callable[..., Any]:
    """Return the advantage estimator registered under ``name``.

    Raises:
        ConfigError: unknown name, or one that can't work on single prompt groups.
    """
    registry = ppo_utils().AdvantageEstimatorRegistry
    return _lookup(registry, "algorithm.advantage", name, UNFIT_ESTIMATORS)


def policy_loss(name: str) -> Callable[..., Any]:
    """Return the policy loss registered under ``name``.

    Raises:
        ConfigError: unknown name, or a loss that can't work here.
    """
    return _lookup(ppo_utils().PolicyLossRegistry, "algorithm.policy_loss", name, UNFIT_LOSSES)
