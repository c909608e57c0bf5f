"""Run pre-training, SFT or the training of the reward model, from inputs to the finished model.

One life cycle for all of them: read and check the inputs, open the run directory, find where to
continue, write what the ranks share, start the ranks, write down what they report, give the
verdict. What differs is in a `Supervised`. Ranks get paths, never data, so that they may be on
other machines; the file system has to be shared with those.

Where torchrun or srun started the ranks, every rank is a process like this one: rank 0 does all of
the above, and the others wait for it before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch

from granite_rl.entry import Parsed, to_yaml
from granite_rl.errors import ConfigError, DivergedError, ExitCode, Preempted, UserError
from granite_rl.models.checkpoint_directory import checkpoint_hash, holds_model
from granite_rl.runs.console import Progress
from granite_rl.runs.data_files import DataFile, recorded
from granite_rl.runs.directory import RunDirectory
from granite_rl.runs.metrics import MetricLogger
from granite_rl.runs.preemption import StopSignal
from granite_rl.training.checkpoint import Checkpoint, CheckpointStore, resume_from
from granite_rl.training.distributed import joined, naming_lost_peers
from granite_rl.training.launch import (
    NOT_BEGUN,
    ExternalRank,
    RankContext,
    check_ranks,
    context_here,
    external_rank,
    launch,
)
from granite_rl.training.supervised import Reporter, Saves

PATIENCE = timedelta(days=7)
"""Time for which ranks of an external launcher wait for rank 0 to read the data, or to write the
results; the launcher ends them when rank 0 dies.
"""

RAISED_BY_ALL = (Preempted, DivergedError)
"""Errors that end the training of every rank at the same step."""


ConfigT = TypeVar("ConfigT", bound=Any)
"""Configuration with ``recipe`` and the sections run, trainer, checkpoint and tracking."""
InputsT = TypeVar("InputsT")
"""Checked inputs that a run has read."""
SharedT = TypeVar("SharedT")
"""Values that every rank gets."""


@dataclass(frozen=True)
class Prepared(Generic[SharedT]):
    """Holds what a run has written before its ranks start.

    Attributes:
        shared: what every rank gets: paths and numbers.
        total_steps: steps of the whole run.
        notes: lines that the console prints first.
        stage: name of the stage in lineage.json.
        parent: checkpoint that the run starts from; None for a new model.
        lineage: further entries of lineage.json.
        data: what the run is trained on.
    """

    shared: SharedT
    total_steps: int
    notes: tuple[str, ...]
    stage: str
    parent: Path | None
    lineage: dict[str, Any]
    data: Sequence[DataFile]


@dataclass(frozen=True)
class Task(Generic[ConfigT, SharedT]):
    """Holds all that a rank needs to know; it is the same for every rank."""

    config: ConfigT
    shared: SharedT
    run: Path
    """The run directory."""
    resume: Checkpoint | None
    """Checkpoint to continue from; None: a new run."""

    @property
    def start(self) -> int:
        """Return the number of steps that are done."""
        return 0 if self.resume is None else self.resume.step

    @property
    def hf(self) -> Path:
        """Return the directory of the finished model."""
        return self.run / "hf"

    def saves(self, context: RankContext) -> Saves:
        """Return the object that saves checkpoints and stops this run at the right steps."""
        saved = None if self.resume is None else self.resume.step
        return Saves(context, self.run / "checkpoints", self.config.checkpoint, saved)


@dataclass(frozen=True)
class Supervised(Generic[ConfigT, InputsT, SharedT]):
    """Describes one kind of supervised run: pre-training, SFT, or the reward model.

    Attributes:
        kind: its name, in the run directory and on the console.
        command: the command that starts it.
        read: reads and checks the inputs; nothing is written.
        describe: returns the plan as text, for ``--dry-run``.
        prepare: writes into the open run directory what the ranks will read.
        train: trains one rank, ``train(rank, context, task)``; rank 0 writes the model to
            ``task.hf``. A module's function, so that other processes can import it.
        product: whether a run directory holds everything that a finished run leaves.
    """

    kind: str
    command: tuple[str, ...]
    read: Callable[[ConfigT], InputsT]
    describe: Callable[[ConfigT, InputsT], str]
    prepare: Callable[[ConfigT, InputsT, RunDirectory], Prepared[SharedT]]
    train: Callable[[int, RankContext, Task[ConfigT, SharedT]], None]
    product: Callable[[ConfigT, Path], bool]


def has_model(_config: Any, run: Path) -> bool:
    """Return whether a run directory holds a finished model."""
    return holds_model(run / "hf")


def run_supervised(
    work: Supervised[ConfigT, InputsT, SharedT],
    config: ConfigT,
    parsed: Parsed,
    argv: Sequence[str],
    stop: StopSignal,
) -> int:
    """Run a supervised run as its command line asks; return the exit code.

    Args:
        work: the kind of run.
        config: its checked configuration.
        parsed: the command line.
        argv: the command line before parsing.
        stop: the signal of `granite_rl.training.launch.launching`.
    """
    external = external_rank()
    if external is not None:
        check_ranks(external, config.trainer.ranks)
    if parsed.dry_run:
        if external is None or external.rank == 0:
            print(to_yaml(config) + work.describe(config, work.read(config)))
        return ExitCode.OK
    session = _Session(work, config, parsed.overrides, [*work.command, *argv], stop)
    if external is None:
        return session.run(session.launch)
    with joined(external.rank, _context(external, stop), config.trainer.threads):
        return _as_rank(external, session, stop)


class _Session(Generic[ConfigT, InputsT, SharedT]):
    """Runs a supervised run once, in the process that owns the run directory."""

    def __init__(
        self,
        work: Supervised[ConfigT, InputsT, SharedT],
        config: ConfigT,
        overrides: Sequence[str],
        command: Sequence[str],
        stop: StopSignal,
    ) -> None:
        self.work = work
        self.config = config
        self._overrides = overrides
        self._command = command
        self._stop = stop

    def run(self, train: Callable[[Task[ConfigT, SharedT], Reporter], None]) -> int:
        """Run from the inputs to the final status; return the exit code.

        Args:
            train: makes all ranks train the task.
        """
        work, config = self.work, self.config
        with self._stop.interrupting("before anything was written"):
            inputs = work.read(config)
        with RunDirectory.open(
            config.run,
            kind=work.kind,
            config_yaml=to_yaml(config),
            overrides=self._overrides,
            command=self._command,
            product=lambda path: work.product(config, path),
        ) as run:
            if run.already_complete:
                print(f"{work.kind}: {run.path} is already complete; nothing to do")
                return ExitCode.OK
            with self._stop.interrupting(NOT_BEGUN):
                prepared = work.prepare(config, inputs, run)
                parent = prepared.parent
                parent_hash = None if parent is None else checkpoint_hash(parent)
            store = CheckpointStore(run.checkpoints, config.checkpoint.keep)
            resume = resume_from(run, store, config.run.resume, prepared.data)
            if resume is not None and resume.step > prepared.total_steps:
                # Its state would be saved as that of an earlier step.
                raise ConfigError(
                    f"run.resume: {resume.path} is beyond this run's {prepared.total_steps} steps",
                    "train as many steps as before, or choose another directory with run.dir=DIR",
                )
            run.write_lineage(
                prepared.stage,
                config.recipe,
                parent,
                parent_hash,
                data=recorded(prepared.data),
                **prepared.lineage,
            )
            self._train(run, prepared, Task(config, prepared.shared, run.path, resume), train)
            run.finish("succeeded", ExitCode.OK)
            print(f"{work.kind}: done, model in {run.hf}", flush=True)
        return ExitCode.OK

    def _train(
        self,
        run: RunDirectory,
        prepared: Prepared[SharedT],
        task: Task[ConfigT, SharedT],
        train: Callable[[Task[ConfigT, SharedT], Reporter], None],
    ) -> None:
        config, steps = self.config, prepared.total_steps
        with closing(Progress(steps, "step", self.work.kind)) as progress:
            for note in prepared.notes:
                progress.note(note)
            if task.resume is not None:
                progress.note(f"resuming after step {task.start} from {task.resume.path}")
            settings = config.model_dump(mode="json")
            logger = MetricLogger(run, config.tracking, config.run.name, settings, steps)
            with closing(logger):
                train(task, Reporter(run, logger, progress))

    def launch(self, task: Task[ConfigT, SharedT], reporter: Reporter) -> None:
        """Start the ranks and follow them to their end."""
        launch(
            _rank,
            self.config.trainer.ranks,
            (self.work.train, task),
            on_report=reporter,
            stop=self._stop,
            threads=self.config.trainer.threads,
            sees=str(task.run / "status.json"),
        )


def _rank(
    rank: int,
    context: RankContext,
    train: Callable[[int, RankContext, Task[Any, Any]], None],
    task: Task[Any, Any],
) -> None:
    """Train as one rank that the launcher has started."""
    with joined(rank, context, task.config.trainer.threads):
        train(rank, context, task)


# -- ranks of torchrun and srun ------------------------------------------------------------------


def _context(external: ExternalRank, stop: StopSignal) -> RankContext:
    return context_here(external.meeting, _no_report, stop, external.local_rank)


def _no_report(report: Any) -> None:
    raise RuntimeError(f"only rank 0 reports, and it reports to itself: {report}")


def _as_rank(external: ExternalRank, session: _Session[Any, Any, Any], stop: StopSignal) -> int:
    """Train as one rank of an external launcher: rank 0 owns the run, the others follow it."""
    patient = torch.distributed.new_group(backend="gloo", timeout=PATIENCE)

    def word(value: Any = None) -> Any:
        """Broadcast rank 0's value to every rank and return it."""
        box = [value]
        torch.distributed.broadcast_object_list(box, src=0, group=patient)
        return box[0]

    if external.rank == 0:
        return _as_rank_zero(external, session, stop, word)
    stop.work_begins()  # rank 0 decides what a signal means
    task = word()
    if not isinstance(task, Task):
        return int(task)
    try:
        session.work.train(external.rank, _context(external, stop), task)
    except RAISED_BY_ALL:
        word()  # leaving now would end rank 0 too, before it has written the final status
        raise
    return int(word())


def _as_rank_zero(
    external: ExternalRank,
    session: _Session[Any, Any, Any],
    stop: StopSignal,
    word: Callable[[Any], Any],
) -> int:
    """Own the run and train rank 0; send the others the task, then the exit code."""
    sent = False

    def train(task: Task[Any, Any], reporter: Reporter) -> None:
        nonlocal sent
        word(task)
        sent = True
        context = context_here(external.meeting, reporter, stop, external.local_rank)
        with naming_lost_peers(0):
            session.work.train(0, context, task)

    try:
        code = session.run(train)
    except UserError as error:
        # After an error of rank 0 alone (a full disk) the others may wait for it in a collective
        # operation of the training, and would not listen; that it leaves is what they notice.
        if not sent or isinstance(error, RAISED_BY_ALL):
            word(int(error.exit_code))
        raise
    word(code)
    return code
