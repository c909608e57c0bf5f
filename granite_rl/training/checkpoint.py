"""Saves and loads checkpoints so that a step is either complete on disk or not there at all.

Files go into a temporary directory and are synced; ``MANIFEST.json`` with the size and SHA-256 of
every file is written last; then one rename makes the checkpoint visible, the pointer follows, and
only then are old ones pruned. If the process is killed in between, the previous checkpoint stands.

Reading hashes every byte again (about 1 GB/s with one thread), because a truncated or flipped file
that loads is worse than one that doesn't. ``newest`` steps back to the last checkpoint that
verifies, and logs why; ``exact`` never falls back.

One process (rank 0, or the driver) calls `CheckpointStore`; ranks write their files into the
directory that `begin` gave.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from granite_rl.errors import ConfigError, PreflightError
from granite_rl.models.checkpoint_directory import sync_to_disk
from granite_rl.runs.data_files import DataFile, check_unchanged
from granite_rl.runs.directory import RunDirectory

MANIFEST = "MANIFEST.json"
POINTER = "latest.json"
_TEMPORARY = ".tmp-"
_STEP = re.compile(r"step_(\d+)")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """Describes a checkpoint on disk whose manifest was verified."""

    path: Path
    step: int
    metadata: dict[str, Any]
    """Values given to `CheckpointStore.commit`: data cursor, counters, configuration hash."""


class CorruptCheckpoint(Exception):
    """Reports a checkpoint that does not match its manifest, or has none; the message says
    where."""


class CheckpointStore:
    """Saves, verifies and prunes the checkpoints of one run.

    Args:
        root: directory of the checkpoints, e.g. ``<run>/checkpoints``; created when needed.
        keep: number of newest checkpoints kept, at least 1.
    """

    def __init__(self, root: Path, keep: int) -> None:
        if keep < 1:
            raise ConfigError(f"checkpoint.keep: {keep} would prune every checkpoint", "use >= 1")
        self.root = root
        self.keep = keep

    def begin(self, step: int) -> Path:
        """Make an empty temporary directory for the files of ``step``.

        Leftovers of earlier, interrupted saves are removed: a run directory has one writer (its
        lock sees to that), so no other process can be filling them.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        self.discard()
        return Path(tempfile.mkdtemp(prefix=f"{_TEMPORARY}step_{step}-", dir=self.root))

    def discard(self) -> None:
        """Remove what saves that were interrupted, or that the disk refused, have left.

        Of a full disk all ranks hear at once, and each of them removes: what is gone is gone.
        """
        for stale in self.root.glob(f"{_TEMPORARY}*"):
            if stale.is_dir():
                shutil.rmtree(stale, ignore_errors=True)
            else:
                stale.unlink(missing_ok=True)  # killed in the write of the pointer

    def commit(self, step: int, metadata: Mapping[str, Any]) -> Path:
        """Make the files of the directory that ``begin(step)`` gave the checkpoint of ``step``.

        A checkpoint of the same step is replaced.

        Args:
            step: optimizer steps done.
            metadata: JSON values that come back with the checkpoint.

        Returns:
            Its final path, ``root/step_N``.

        Raises:
            FileNotFoundError: `begin` was not called for this step.
            OSError: the disk refused; the earlier checkpoints are untouched.
        """
        candidates = list(self.root.glob(f"{_TEMPORARY}step_{step}-*"))
        if len(candidates) != 1:
            raise FileNotFoundError(f"no save of step {step} is under way in {self.root}")
        temporary = candidates[0]
        files = {}
        for path in sorted(temporary.rglob("*")):
            if path.is_file():
                sync_to_disk(path)
                files[path.relative_to(temporary).as_posix()] = _describe(path)
            else:
                sync_to_disk(path)
        manifest = {"step": step, "metadata": dict(metadata), "files": files}
        _write_json(temporary / MANIFEST, manifest)
        sync_to_disk(temporary)
        temporary.chmod(0o750)
        final = self.root / f"step_{step}"
        if final.exists():
            # A rename is instant where a deletion is not; the earlier steps cover the gap.
            aside = Path(tempfile.mkdtemp(prefix=f"{_TEMPORARY}old-", dir=self.root))
            os.replace(final, aside)
        os.replace(temporary, final)
        sync_to_disk(self.root)
        _write_json(self.root / POINTER, {"step": step, "path": final.name})
        self._prune(step)
        return final

    def newest(self) -> Checkpoint | None:
        """Return the newest checkpoint that verifies, or None; logs why it passed over others."""
        for step in reversed(self.steps()):
            try:
                return self._verify(step)
            except CorruptCheckpoint as error:
                log.warning("checkpoint of step %d is not usable: %s", step, error)
        return None

    def exact(self, step: int) -> Checkpoint:
        """Return the checkpoint of exactly this step.

        Raises:
            ConfigError: there is none, or it does not verify.
        """
        try:
            return self._verify(step)
        except CorruptCheckpoint as error:
            have = ", ".join(str(known) for known in self.steps()) or "none"
            raise ConfigError(
                f"run.resume: the checkpoint of step {step} in {self.root} is not usable: {error}",
                f"steps on disk: {have}; run.resume=auto takes the newest that is whole",
            ) from error

    def steps(self) -> list[int]:
        """Return the steps that have a directory, ascending, verified or not."""
        if not self.root.is_dir():
            return []
        matches = (_STEP.fullmatch(path.name) for path in self.root.iterdir() if path.is_dir())
        return sorted(int(match.group(1)) for match in matches if match)

    def _verify(self, step: int) -> Checkpoint:
        path = self.root / f"step_{step}"
        try:
            manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
            files: dict[str, dict[str, Any]] = manifest["files"]
            metadata: dict[str, Any] = manifest["metadata"]
            recorded = manifest["step"]
        except FileNotFoundError:
            raise CorruptCheckpoint(f"{path / MANIFEST} does not exist") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorruptCheckpoint(f"{path / MANIFEST} is not readable: {error!r}") from error
        if recorded != step:
            raise CorruptCheckpoint(f"{path / MANIFEST} is of step {recorded}")
        for name, expected in files.items():
            try:
                actual = _describe(path / name)
            except OSError as error:
                raise CorruptCheckpoint(f"{path / name} is not readable: {error}") from error
            if actual != expected:
                what = "size" if actual["size"] != expected["size"] else "content"
                raise CorruptCheckpoint(f"{path / name} has another {what} than its manifest says")
        return Checkpoint(path, step, metadata)

    def _prune(self, committed: int) -> None:
        """Remove all but the newest ``keep`` up to the step just committed, which is whole.

        Later steps belong to a future that was given up, by stepping back from a corrupt checkpoint
        or by resuming from an exact one; left there, the next resume would jump into it.
        """
        steps = self.steps()
        kept = [step for step in steps if step <= committed][-self.keep :]
        for step in steps:
            if step not in kept:
                shutil.rmtree(self.root / f"step_{step}")
        for stale in self.root.glob(f"{_TEMPORARY}old-*"):
            shutil.rmtree(stale)


def resume_from(
    run: RunDirectory,
    store: CheckpointStore,
    resume: Literal["never", "auto"] | int,
    data: Sequence[DataFile],
) -> Checkpoint | None:
    """Find the checkpoint that a run continues from, and rewind its log to there; None: it starts.

    Args:
        run: the open run directory.
        store: its checkpoints.
        resume: ``run.resume``.
        data: what the run would be trained on.

    Raises:
        DataError: the run was trained on other data until now.
        ConfigError: the step that was asked for is not there, or not whole.
        PreflightError: the run had saved, and none of its checkpoints is left. To start over would
            throw its work away on a guess.
    """
    if resume == "never":
        return None
    checkpoint = store.newest() if resume == "auto" else store.exact(resume)
    if checkpoint is not None:
        check_unchanged(run.path, data, checkpoint.step)
        run.drop_metrics_after(checkpoint.step)
        return checkpoint
    if run.saved is not None or store.steps():
        saved = "" if run.saved is None else f", the newest of step {run.saved}"
        raise PreflightError(
            f"run.resume: this run has saved checkpoints{saved}, but no whole one is left in "
            f"{store.root}",
            "put the checkpoints back; or start afresh in another directory with run.dir=DIR",
        )
    run.start_over()
    return None


def _describe(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {"size": path.stat().st_size, "sha256": digest}


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace a JSON file atomically and durably."""
    temporary = path.with_name(f"{_TEMPORARY}{path.name}")
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(value, stream, indent=1, sort_keys=True)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)
    sync_to_disk(path.parent)
