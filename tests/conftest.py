"""An environment that is the same for every test; rooms bring their own fixtures."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Before anything imports torch or starts a process: on two cores every further thread costs time,
# and no test may reach for the network or for somebody's account.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.update(
    HF_HUB_OFFLINE="1",
    TOKENIZERS_PARALLELISM="false",
    WANDB_MODE="offline",
    RAY_USAGE_STATS_ENABLED="0",
)
os.environ.pop("WANDB_API_KEY", None)
# Programs that a test starts by name (ninja, granite-rl, ray) are those of this environment.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"

# The suite says the same thing each time, also on a loaded machine; HYPOTHESIS_PROFILE=explore
# looks further than the examples that are always tried.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the two processes of `make test` share out: all tests with a Ray cluster are one lot
    (two clusters at once would only take turns on two cores), every other file is one.

    The longest lots come first, so that neither process is left with one of them at the end.
    """
    for item in items:
        lot = "ray" if item.get_closest_marker("ray") else item.path.as_posix()
        item.add_marker(pytest.mark.xdist_group(lot))
    items.sort(key=_quickness)


def _quickness(item: pytest.Item) -> int:
    """0 for tests with a cluster, 1 for other slow ones, 2 for the rest."""
    if item.get_closest_marker("ray"):
        return 0
    return 1 if item.get_closest_marker("slow") else 2
