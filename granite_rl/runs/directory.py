"""Open a run directory, lock it, and write the run's status and events into it.

Layout (the same for pre-training, SFT, RL stages and the pipeline)::

    status.json      state, step, exit_code, error, next_command
    config/          resolved.yaml, overrides.txt, versions.json
    lineage.json     parent checkpoint and its hash, stage, recipe
    metrics.jsonl    one line a step, keys from the catalogue
    events.jsonl     alarms, restarts, faults
    actors/          the end of the log of every actor that failed
    rollouts/        what was said and how it was scored, by step
    checkpoints/     step_N/ and latest.json
    hf/              the finished model

``status.json`` is replaced as a whole at every step, so a reader never sees half of it; a run
killed by SIGKILL leaves state ``running`` behind, and the next one that takes the lock says so in
events.jsonl.
Directories are created 0750 and files 0640: they hold prompts and completions.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import yaml

from granite_rl.config import RunSection
from granite_rl.errors import (
    MAKE_ROOM,
    ConfigError,
    ExitCode,
    InfrastructureError,
    Preempted,
    PreflightError,
    UserError,
    disk_refuses,
)
from granite_rl.runs.files import (
    DIRECTORY_MODE,
    append_line,
    end_last_line,
    json_line,
    read_json,
    write_atomic,
    write_json,
)
from granite_rl.runs.lasting import check_lasting
from granite_rl.runs.lineage import Lineage
from granite_rl.runs.lock import DirectoryLock
from granite_rl.runs.redaction import redact
from granite_rl.runs.truncation import drop_lines_after, drop_rollouts_after
from granite_rl.runs.versions import versions

State = Literal["running", "succeeded", "failed", "preempted"]

_WRITTEN_BY_RUNS = ("status.json", "metrics.jsonl", "checkpoints", "hf", "rollouts")
_SECTIONS_THAT_DO_NOT_TRAIN = ("run.", "tracking.", "cluster.")
_SUPERSEDED = ".superseded"


def now() -> str:
    """Return the current UTC time as ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def resume_command(command: Sequence[str]) -> str:
    """Return the shell command that continues a run: the same one with ``run.resume=auto``."""
    kept = [part for part in command if not part.lstrip("+").startswith("run.resume=")]
    return redact(shlex.join([*kept, "run.resume=auto"]))


def changed_keys(old_yaml: str, new_yaml: str) -> list[str]:
    """Return the dotted paths of keys whose values differ between two resolved configurations."""

    def flatten(node: Any, prefix: str = "") -> dict[str, Any]:
        if not isinstance(node, dict) or not node:
            return {prefix: node}
        flat: dict[str, Any] = {}
        for key, value in node.items():
            flat |= flatten(value, f"{prefix}.{key}" if prefix else str(key))
        return flat

    try:
        old = flatten(yaml.safe_load(old_yaml))
    except yaml.YAMLError:
        old = {}
    new = flatten(yaml.safe_load(new_yaml))
    return [key for key in {**old, **new} if old.get(key, ...) != new.get(key, ...)]


class RunDirectory:
    """Holds an open, locked run directory; use it as a context manager around the whole run."""

    def __init__(self, run: RunSection, kind: str, command: Sequence[str]) -> None:
        self.path = check_lasting(run.dir, "run.dir")
        self.kind = kind
        self._resume = run.resume
        self._command = list(command)
        self._lock = DirectoryLock(self.path)
        self._status: dict[str, Any] = {}
        self._complete = False

    @classmethod
    def open(
        cls,
        run: RunSection,
        *,
        kind: str,
        config_yaml: str,
        overrides: Sequence[str],
        command: Sequence[str],
        product: Callable[[Path], bool] | None = None,
    ) -> RunDirectory:
        """Create or re-open a run directory, take its lock and write that the run has begun.

        Args:
            run: the ``run`` section of the configuration.
            kind: kind of the run: ``pretrain``, ``sft``, a stage's name or ``pipeline``.
            config_yaml: the resolved configuration.
            overrides: the overrides of the command line.
            command: the whole command, from which the one that continues the run is made.
            product: returns whether a run directory holds all that a finished run leaves. If it
                does not, the run is reopened to make that again; None: nothing is checked.

        Raises:
            ConfigError: the directory was used before and ``run.resume`` does not allow that, or it
                belongs to another kind of run, or Ray would delete it.
            PreflightError: another process owns it, or it can't be written.
        """
        self = cls(run, kind, command)
        self._create()
        try:
            dead_owner = self._lock.acquire()
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._begin(config_yaml, overrides, product)
            if dead_owner is not None:
                self.event("lock_taken_over", f"its owner is dead: {dead_owner.describe()}")
        except OSError as error:
            self._lock.release()
            raise self._unwritable(error) from error
        except BaseException:
            self._lock.release()
            raise
        return self

    # -- paths ---------------------------------------------------------------------------------

    @property
    def checkpoints(self) -> Path:
        """Return the directory of ``step_N`` checkpoints."""
        return self.path / "checkpoints"

    @property
    def rollouts(self) -> Path:
        """Return the directory of per-step rollout files."""
        return self.path / "rollouts"

    @property
    def hf(self) -> Path:
        """Return the directory of the finished model, a Hugging Face checkpoint."""
        return self.path / "hf"

    @property
    def metrics_path(self) -> Path:
        """Return the path of ``metrics.jsonl``."""
        return self.path / "metrics.jsonl"

    @property
    def events_path(self) -> Path:
        """Return the path of ``events.jsonl``."""
        return self.path / "events.jsonl"

    @property
    def lineage_path(self) -> Path:
        """Return the path of ``lineage.json``."""
        return self.path / "lineage.json"

    @property
    def status_path(self) -> Path:
        """Return the path of ``status.json``."""
        return self.path / "status.json"

    # -- state ---------------------------------------------------------------------------------

    @property
    def already_complete(self) -> bool:
        """Return whether this run had succeeded before with the same configuration.

        Differences in ``run``, ``tracking`` and ``cluster`` don't change what was trained, and
        don't count. Any other difference (more steps, say) reopens the run.
        """
        return self._complete

    @property
    def step(self) -> int:
        """Return the last step that was recorded; 0 for a new run."""
        return int(self._status["step"])

    def set_step(self, step: int) -> None:
        """Record a finished step in status.json.

        Raises:
            InfrastructureError: another process took the directory over, so this one must stop.
        """
        if self._lock.lost_to is not None:
            raise InfrastructureError(
                f"run directory {self.path} was taken over by {self._lock.lost_to.describe()}",
                "this process was thought dead; let the other one finish",
            )
        self._status["step"] = step
        self._write_status()

    def finish(
        self,
        state: Literal["succeeded", "failed", "preempted"],
        exit_code: int,
        error: str | None = None,
        next_command: str | None = None,
    ) -> None:
        """Write the final state of the run to status.json.

        Args:
            state: how the run ended.
            exit_code: exit code that the process is going to return.
            error: description of the fault, for a person.
            next_command: next command to run: the next stage, or the one that resumes this run.
        """
        self._status |= {
            "state": state,
            "exit_code": exit_code,
            "error": None if error is None else redact(error),
            "next_command": None if next_command is None else redact(next_command),
        }
        self._write_status()
        self.event(state, error or f"the run {state}", step=self.step, exit_code=exit_code)

    def event(self, kind: str, message: str, **fields: Any) -> None:
        """Append one line to events.jsonl; safe from several threads and processes."""
        record = {**fields, "time": now(), "kind": kind, "message": redact(message)}
        append_line(self.events_path, json_line(record))

    def write_lineage(
        self,
        stage: str,
        recipe: str,
        parent: Path | None,
        parent_hash: str | None,
        **extra: Any,
    ) -> None:
        """Record where this run's model comes from (see ``granite_rl.runs.lineage``)."""
        lineage = Lineage.of(self.path, stage, recipe, parent, parent_hash, extra)
        write_json(self.lineage_path, lineage.to_dict())

    def set_saved(self, step: int) -> None:
        """Record that a checkpoint of a step is on disk."""
        self._status["checkpoint"] = step
        self._write_status()

    @property
    def saved(self) -> int | None:
        """Return the step of the newest checkpoint that the run wrote; None if it wrote none."""
        value = self._status.get("checkpoint")
        return None if value is None else int(value)

    def drop_metrics_after(self, step: int) -> None:
        """Remove what was logged after a step, before that step's checkpoint is continued.

        Lines of metrics.jsonl with a later step, repeated steps, a torn last line and the rollout
        files of later steps are removed; the step of status.json is set back.
        """
        dropped = drop_lines_after(self.metrics_path, step)
        files = drop_rollouts_after(self.rollouts, step)
        self._status["step"] = step
        self._write_status()
        if dropped or files:
            message = f"{dropped} metric lines and {files} rollout files after step {step} dropped"
            self.event("metrics_rewound", message, step=step)

    def start_over(self) -> None:
        """Begin again from step 0 and move aside, with a message, what was logged before."""
        old = [self.metrics_path] if self._logged(self.metrics_path) else []
        old += [self.rollouts] if any(self.rollouts.iterdir()) else []
        if old:
            root = self.path / _SUPERSEDED
            number = 1
            while (aside := root / str(number)).exists():
                number += 1
            aside.mkdir(mode=DIRECTORY_MODE, parents=True)
            for path in old:
                os.replace(path, aside / path.name)
            self.rollouts.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
            names = " and ".join(path.name for path in old)
            message = (
                f"there is no checkpoint: the run starts over; what it had logged ({names}) "
                f"is kept in {aside}"
            )
            self.event("started_over", message)
            print(f"{self.kind}: {message}", flush=True)
        self._status["step"] = 0
        self._write_status()

    @staticmethod
    def _logged(path: Path) -> bool:
        return path.is_file() and path.stat().st_size > 0

    # -- life ----------------------------------------------------------------------------------

    def close(self) -> None:
        """Release the lock; further calls do nothing."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        original = error
        if error is not None and disk_refuses(error) and not self._complete:
            error = InfrastructureError(f"run.dir: {self.path} takes no more: {error}", MAKE_ROOM)
        try:
            if error is not None and not self._complete:
                self._record_exception(error)
            elif error is None and self._status["state"] == "running":
                self.finish("failed", int(ExitCode.BUG), "the run ended without a verdict")
        except OSError as unwritable:  # the disk is full or gone: the original error matters more
            print(f"can't write {self.status_path}: {unwritable}", file=sys.stderr, flush=True)
        finally:
            with contextlib.suppress(OSError):
                self.close()
        if error is not None and error is not original:
            raise error from original

    def _record_exception(self, error: BaseException) -> None:
        state: Literal["failed", "preempted"] = "failed"
        exit_code = int(ExitCode.BUG)
        message = f"{type(error).__name__}: {error}".rstrip(": ")
        if isinstance(error, UserError):
            exit_code, message = int(error.exit_code), str(error)
            state = "preempted" if isinstance(error, Preempted) else "failed"
        elif isinstance(error, KeyboardInterrupt):
            exit_code, message = 130, "interrupted from the keyboard"
        elif isinstance(error, SystemExit):
            exit_code = error.code if isinstance(error.code, int) else int(ExitCode.BUG)
            message = f"the process was made to exit with code {exit_code}"
        if not isinstance(error, UserError):
            lines = "".join(traceback.format_exception(error))
            self.event("traceback", message, step=self.step, traceback=redact(lines))
        self.finish(state, exit_code, message, resume_command(self._command))

    # -- opening -------------------------------------------------------------------------------

    def _unwritable(self, error: OSError) -> PreflightError:
        return PreflightError(
            f"run.dir: can't write the run directory {self.path}: {error.strerror or error}",
            "choose a writable directory with run.dir=DIR",
        )

    def _create(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
            if not os.access(self.path, os.W_OK | os.X_OK):
                raise PermissionError(13, "Permission denied")
        except OSError as error:
            raise self._unwritable(error) from error

    def _begin(
        self, config_yaml: str, overrides: Sequence[str], product: Callable[[Path], bool] | None
    ) -> None:
        previous = read_json(self.status_path)
        used = [name for name in _WRITTEN_BY_RUNS if (self.path / name).exists()]
        self._check_resume(previous, used)
        changed = self._changed_since_last_time(config_yaml)
        trained = [key for key in changed if not key.startswith(_SECTIONS_THAT_DO_NOT_TRAIN)]
        finished = (
            previous is not None
            and previous.get("state") == "succeeded"
            and self._resume == "auto"
            and not trained
        )
        lost = finished and product is not None and not product(self.path)
        if previous is not None and finished and not lost:
            self._complete = True
            self._status = previous
            return
        for directory in (self.path / "config", self.checkpoints, self.rollouts):
            directory.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        self._write_config(config_yaml, overrides, keep_old=bool(changed))
        for log in (self.metrics_path, self.events_path):
            end_last_line(log)
        began = now()
        self._status = {
            "state": "running",
            "step": int(previous.get("step") or 0) if previous else 0,
            "checkpoint": previous.get("checkpoint") if previous else None,
            "exit_code": None,
            "error": None,
            "next_command": resume_command(self._command),
            "kind": self.kind,
            "started_at": previous.get("started_at", began) if previous else began,
            "updated_at": began,
            "host": os.uname().nodename,
            "pid": os.getpid(),
        }
        self._write_status()
        if previous is None:
            self.event("started", f"{self.kind} run")
        else:
            before = previous.get("state")
            self.event("resumed", f"{self.kind} run, before {before}", step=self.step)
            if trained:
                self.event("config_changed", ", ".join(trained), keys=trained)
            if lost:
                message = (
                    "the run had finished, but its model or result is gone or not whole: made again"
                )
                self.event("product_missing", message)
                print(f"{self.kind}: {message}", flush=True)

    def _check_resume(self, previous: dict[str, Any] | None, used: list[str]) -> None:
        if used and self._resume == "never":
            state = used[0]
            if previous is not None:
                state = f"{previous.get('state')} at step {previous.get('step')}"
            raise ConfigError(
                f"run.dir: {self.path} already holds a run ({state})",
                "continue it with run.resume=auto, or choose another directory with run.dir=DIR",
            )
        if not used and self._resume not in ("never", "auto"):
            raise ConfigError(
                f"run.resume: {self.path} holds no run that could continue from step "
                f"{self._resume}",
                "use run.resume=auto, or the directory of the run",
            )
        if previous is not None and previous.get("kind") != self.kind:
            raise ConfigError(
                f"run.dir: {self.path} belongs to a run of kind {previous.get('kind')!r}, "
                f"this one is {self.kind!r}",
                "choose another directory with run.dir=DIR",
            )

    def _changed_since_last_time(self, config_yaml: str) -> list[str]:
        try:
            old = (self.path / "config" / "resolved.yaml").read_text()
        except FileNotFoundError:
            return []
        return changed_keys(old, redact(config_yaml))

    def _write_config(self, config_yaml: str, overrides: Sequence[str], keep_old: bool) -> None:
        config = self.path / "config"
        if keep_old:
            number = 1 + sum(1 for _ in config.glob("resolved.*.yaml"))
            os.replace(config / "resolved.yaml", config / f"resolved.{number}.yaml")
        write_atomic(config / "resolved.yaml", redact(config_yaml))
        write_atomic(config / "overrides.txt", "".join(f"{redact(line)}\n" for line in overrides))
        write_json(config / "versions.json", versions())

    def _write_status(self) -> None:
        self._status["updated_at"] = now()
        write_json(self.status_path, self._status)


def read_status(path: Path) -> dict[str, Any] | None:
    """Read ``status.json`` of a run directory; None when there is none."""
    return read_json(path / "status.json")


def iterate_runs(root: Path) -> Iterator[Path]:
    """Yield run directories at or below a directory, without descending into a run's own files."""
    if (root / "status.json").is_file():
        yield root
    if root.is_dir():
        skip = {"checkpoints", "rollouts", "hf", "wandb", "tensorboard", "config"}
        for child in sorted(root.iterdir()):
            if child.is_dir() and child.name not in skip and not child.name.startswith("."):
                yield from iterate_runs(child)
