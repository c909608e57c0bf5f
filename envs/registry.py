"""Find environments by name, the same way in every process.

Importing this module registers ours with SkyRL-Gym, so that `skyrl_gym.make` runs them too. An
environment is found as `path/to/file.py:Class`, through the entry-point group `granite_rl.envs`,
as one of ours, or as one that SkyRL-Gym bundles. SkyRL-Gym's `text2sql` (which wants databases on
disk) shares its name with ours; it stays available as `skyrl_text2sql`.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import skyrl_gym
from omegaconf import DictConfig
from skyrl_gym.envs.base_text_env import BaseTextEnv
from skyrl_gym.envs.registration import deregister, load_env_creator

from envs.names import BUILTIN_ENVS
from rewards.registry import suggestion
from rewards.user_files import load_file_module

log = logging.getLogger(__name__)

ENTRY_POINT_GROUP = "granite_rl.envs"

# SkyRL-Gym's environments that can't run in a reward worker as they are, and what would.
_OWN_SEARCH = (
    "derive a class from it in a file of yours that sets `isolated = False` and its search_url, and"
    " name that as path/to/file.py:Class"
)
UNAVAILABLE: dict[str, str] = {
    "search": f"needs a retrieval server, and reward workers have no network: {_OWN_SEARCH}",
    "searchcode": f"needs a retrieval server, and reward workers have no network: {_OWN_SEARCH}",
    "skyrl_text2sql": "needs its data sets' databases on disk: use text2sql or sql_explorer,"
    " whose rows carry theirs",
    "lcb": "runs the model's Python in processes that need sockets and files, which reward workers"
    " bar",
}


class UnknownEnv(LookupError):
    """Says that no environment has that name or place, and what would be right."""


class UnavailableEnv(UnknownEnv):
    """Says that there is such an environment, but it can't run here, and what would."""


def _register_builtins() -> None:
    for name, place in BUILTIN_ENVS.items():
        present = skyrl_gym.registry.get(name)
        if present is not None:
            if present.entry_point == place:
                continue
            skyrl_gym.register(f"skyrl_{name}", entry_point=present.entry_point)
            deregister(name)
        skyrl_gym.register(name, entry_point=place)


_register_builtins()


def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}


def known_envs() -> list[str]:
    """Return the ids that `load_env_class` knows here, sorted."""
    return sorted({*skyrl_gym.registry, *_installed()})


def _checked(found: Any, spec: str) -> type[BaseTextEnv]:
    if not (inspect.isclass(found) and issubclass(found, BaseTextEnv)):
        raise UnknownEnv(f"environment {spec!r}: {found!r} is not a subclass of BaseTextEnv")
    return found


@cache
def load_env_class(name_or_spec: str) -> type[BaseTextEnv]:
    """Find an environment class by id or as `path/to/file.py:Class`.

    Raises:
        UnknownEnv: nothing is found, or what is found is no text environment.
        UnavailableEnv: it needs what a reward worker does not have.
    """
    if ":" in name_or_spec:
        path, _, attribute = name_or_spec.rpartition(":")
        try:
            module = load_file_module(Path(path))
        except LookupError as problem:
            raise UnknownEnv(f"environment {name_or_spec!r}: {problem}") from None
        found = getattr(module, attribute, None)
        if found is None:
            there = [n for n, v in vars(module).items() if inspect.isclass(v)]
            raise UnknownEnv(
                f"environment {name_or_spec!r}: no class {attribute!r}; "
                f"the file has {', '.join(there) or 'none'}"
            )
        return _checked(found, name_or_spec)
    point = _installed().get(name_or_spec)
    if point is not None:
        if name_or_spec in skyrl_gym.registry:
            log.warning("environment %r comes from %s: shadows ours", point.name, point.value)
        try:
            found = point.load()
        except Exception as problem:  # an installed package may raise anything
            raise UnknownEnv(f"environment {name_or_spec!r}: {point.value}: {problem}") from problem
        return _checked(found, name_or_spec)
    if name_or_spec in UNAVAILABLE:
        raise UnavailableEnv(f"environment {name_or_spec!r} {UNAVAILABLE[name_or_spec]}")
    spec = skyrl_gym.registry.get(name_or_spec)
    if spec is None:
        raise UnknownEnv(
            f"no environment {name_or_spec!r}: {suggestion(name_or_spec, known_envs())}"
        )
    creator = spec.entry_point
    try:
        found = load_env_creator(creator) if isinstance(creator, str) else creator
    except ImportError as problem:
        raise UnknownEnv(
            f"environment {name_or_spec!r} needs a missing package: {problem}"
        ) from None
    return _checked(found, name_or_spec)


def env_domain(name_or_spec: str) -> str:
    """Return the domain that metrics group an environment under: its `domain`, else its name.

    Raises:
        UnknownEnv: there is no such environment.
    """
    found = load_env_class(name_or_spec)
    return str(getattr(found, "domain", name_or_spec.rpartition(":")[2]))


def make_env(env_class: str, row: Mapping[str, Any], env_config: Any = None) -> BaseTextEnv:
    """Build the environment of one row, ready for `init(prompt)` and `step(completion)`.

    As in SkyRL, every field of the row but `env_class` is handed over as `extras`. `reward_spec`
    also goes by the name `reward_model`, verl's, which some of SkyRL-Gym's environments read.

    Raises:
        UnknownEnv: there is no such environment.
        ValueError: the row lacks what the environment needs.
    """
    extras = {key: value for key, value in row.items() if key != "env_class"}
    if "reward_spec" in extras:
        extras.setdefault("reward_model", extras["reward_spec"])
    config = DictConfig({}) if env_config is None else env_config
    return load_env_class(env_class)(env_config=config, extras=extras)
