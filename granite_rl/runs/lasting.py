"""Refuse places for results that do not outlast the job that writes them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from granite_rl.errors import ConfigError


def check_lasting(path: Path, key: str) -> Path:
    """Refuse a place for results that Ray deletes: the copy of a job's ``--working-dir``.

    Returns:
        The absolute path.

    Raises:
        ConfigError: the path is in that copy, as every relative path in such a job is.
    """
    absolute = path.expanduser().absolute()
    parts = absolute.resolve().parts
    if ("runtime_resources", "working_dir_files") in pairwise(parts):
        raise ConfigError(
            f"{key}: {path} is {absolute}, in Ray's temporary copy of the job's working directory, "
            "which is deleted after the job",
            f"give an absolute path that lasts and that every node sees: {key}=/DIR",
        )
    return absolute
