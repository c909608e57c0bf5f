"""Provide the platform of the Granite recipe: one RL loop, four stages, and what they share.

Importing this package is free: nothing here imports torch, Ray, vLLM or DeepSpeed, so that the
command line answers at once and a worker process pays only for the room it works in.

Our other packages have common names. Where a file of the working directory would be imported in
their place, our directory comes first on the search path from here on.
"""

import sys
from importlib.machinery import PathFinder
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def _hidden(name: str) -> bool:
    """Return whether another module of that name would be imported instead of ours."""
    found = PathFinder.find_spec(name)
    return found is None or found.origin != str(_ROOT / name / "__init__.py")


if any(_hidden(name) for name in ("rewards", "envs", "conf", "sft", "pretrain")):
    sys.path.insert(0, str(_ROOT))

__version__ = "0.1.0.dev0"
