"""Record where a model comes from: its parent checkpoint, that one's parent, and so on.

Every hand-off between stages is a checkpoint directory, so the parent's path and the hash of its
content are enough to tell whether the ancestor on disk is still the one that was used. The path is
stored absolute and relative to the run, so that a tree of runs can be moved as a whole.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from granite_rl.runs.files import read_json


@dataclass(frozen=True)
class Lineage:
    """Holds one link of the chain, as stored in ``lineage.json``."""

    stage: str
    recipe: str
    parent: str | None
    """Absolute path of the checkpoint the run started from; None for pre-training from scratch."""
    parent_relative: str | None
    parent_hash: str | None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        run: Path,
        stage: str,
        recipe: str,
        parent: Path | None,
        parent_hash: str | None,
        extra: dict[str, Any],
    ) -> Lineage:
        """Build the link from a run directory to its parent checkpoint."""
        absolute = None if parent is None else str(parent.expanduser().absolute())
        relative = None if absolute is None else os.path.relpath(absolute, run)
        return cls(stage, recipe, absolute, relative, parent_hash, extra)

    def to_dict(self) -> dict[str, Any]:
        """Return the link in its stored form."""
        return asdict(self)


def read_lineage(run_dir: Path) -> Lineage | None:
    """Read the link stored in a run directory; None when it has none."""
    document = read_json(run_dir / "lineage.json")
    if document is None:
        return None
    known = {item.name for item in fields(Lineage)}
    return Lineage(**{key: value for key, value in document.items() if key in known})


def lineage_chain(run_dir: Path) -> list[Lineage]:
    """Return the links from the first ancestor that can be found down to this run.

    The chain ends at a run without a parent, at a checkpoint that no run directory contains (a
    released model), or where a directory is missing.
    """
    chain: list[Lineage] = []
    seen: set[Path] = set()
    current: Path | None = run_dir.absolute()
    while current is not None and current.resolve() not in seen:
        seen.add(current.resolve())
        link = read_lineage(current)
        if link is None:
            break
        chain.append(link)
        current = _run_of(_parent_on_disk(current, link))
    return chain[::-1]


def parent_run(run_dir: Path) -> Path | None:
    """Return the run directory that made this run's parent checkpoint; None if it isn't found."""
    link = read_lineage(run_dir)
    return None if link is None else _run_of(_parent_on_disk(run_dir.absolute(), link))


def _parent_on_disk(run: Path, link: Lineage) -> Path | None:
    candidates = []
    if link.parent_relative is not None:
        candidates.append(run / link.parent_relative)
    if link.parent is not None:
        candidates.append(Path(link.parent))
    return next((path for path in candidates if path.exists()), None)


def _run_of(checkpoint: Path | None) -> Path | None:
    """Return a checkpoint's run directory, at most three levels up (checkpoints/step_N/hf)."""
    if checkpoint is None:
        return None
    resolved = checkpoint.resolve()
    for directory in [resolved, *list(resolved.parents)[:3]]:
        if (directory / "lineage.json").is_file():
            return directory
    return None
