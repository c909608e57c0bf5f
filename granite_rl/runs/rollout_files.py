"""Write and read rollouts: what was said and how it was scored, one JSONL file per step.

Plain JSON lines, so that ``grep``, ``jq`` and a re-scoring tool can read them: about 1 KB a sample,
1 MB for a step of 64 prompts x 16 samples with answers of ~200 tokens. A file is written as a whole
and replaced atomically; a step is either completely on disk or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from granite_rl.errors import data_errors
from granite_rl.runs.files import DIRECTORY_MODE, json_line, write_atomic
from rewards.files import read_rows

REQUIRED_FIELDS = (
    "domain",
    "prompt",
    "completion",
    "reward",
    "status",
    "components",
    "advantage",
    "tokens",
    "truncated",
    "weight_version",
    "origin",
)
"""Fields of every record: prompt and completion as text, the scores, and the row's ``file:line``.

``reward`` and ``advantage`` are null for a sample that does not teach. ``weight_version`` is the
oldest version that sampled a token of the sample's group. Further fields (``ground_truth``,
``env_class``, ``group``, ...) are kept as they are; among them ``weight_versions``: pairs of a
token's index after the prompt and the version that sampled it and those after it.
"""

_NAME = re.compile(r"step_(\d+)\.jsonl")


class HasRollouts(Protocol):
    """Has a directory of rollout files, which is all of a run directory that this module uses."""

    @property
    def rollouts(self) -> Path:
        """Return the directory of the rollout files."""


def write_rollouts(run_dir: HasRollouts, step: int, records: Iterable[Mapping[str, Any]]) -> Path:
    """Write a step's samples to ``rollouts/step_NNNNNN.jsonl`` (mode 0640).

    Args:
        run_dir: the open run directory.
        step: the optimizer step that these samples train.
        records: one mapping per sample, with at least ``REQUIRED_FIELDS``.

    Raises:
        ValueError: a record lacks a field.
    """
    run_dir.rollouts.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
    path = run_dir.rollouts / f"step_{step:06d}.jsonl"
    write_records(path, step, records)
    return path


def write_records(path: Path, step: int, records: Iterable[Mapping[str, Any]]) -> None:
    """Write a step's samples to a given file, as a whole.

    Raises:
        ValueError: a record lacks a field.
    """
    lines = []
    for record in records:
        missing = [name for name in REQUIRED_FIELDS if name not in record]
        if missing:
            raise ValueError(f"rollout record of step {step} lacks {', '.join(missing)}")
        lines.append(json_line({"step": step, **record}))
    write_atomic(path, b"".join(lines))


def read_rollouts(path: Path) -> list[dict[str, Any]]:
    """Read the samples of one rollout file, in the order in which they were written.

    Raises:
        DataError: the file is missing, or a line isn't a JSON object; names file and line.
    """
    with data_errors():
        rows = read_rows(path, "one sample a line, as a run writes them", surrogates=True)
        return [record for _, record in rows]


def rollout_files(directory: Path) -> dict[int, Path]:
    """Return the rollout files of a directory by step, in rising order; empty without any."""
    if not directory.is_dir():
        return {}
    found = {}
    for path in directory.iterdir():
        match = _NAME.fullmatch(path.name)
        if match:
            found[int(match.group(1))] = path
    return dict(sorted(found.items()))
