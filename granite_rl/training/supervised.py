"""Provide what supervised loops share: a next-token step, evaluation, saving, and reporting.

Pre-training and SFT train with the token mean over the global batch (all micro-batches of all
ranks), so that a batch's gradient does not depend on how it was cut up. The reward model has a step
of its own and shares the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from granite_rl.config import CheckpointSection
from granite_rl.errors import DivergedError, InfrastructureError, Preempted, disk_errors
from granite_rl.runs.console import Progress, format_count
from granite_rl.runs.directory import RunDirectory
from granite_rl.runs.metrics import MetricLogger
from granite_rl.training.checkpoint import CheckpointStore
from granite_rl.training.distributed import all_reduce_max, all_reduce_sums
from granite_rl.training.engine import TrainEngine, batch_tensors
from granite_rl.training.launch import RankContext
from granite_rl.training.packing import empty_batch
from granite_rl.types import PackedBatch

MAX_SKIPPED = 10
"""Number of non-finite steps in a row after which training gives up."""


class SupervisedStep(NamedTuple):
    """Holds the result of one optimizer step, the same on all ranks."""

    loss: float
    """Cross-entropy in nats, mean over all trained tokens of the global batch."""
    tokens: int
    """Trained tokens of the global batch."""
    grad_norm: float
    skipped: bool


class Report(NamedTuple):
    """Carries the metrics of a step, or of an evaluation after it, from rank 0 to the launcher."""

    step: int
    metrics: dict[str, float]
    fields: dict[str, str | float]
    """Fields of the progress line; if empty, the metrics are logged without a line."""


class Saved(NamedTuple):
    """Says from rank 0 to the launcher that a checkpoint was written."""

    step: int


@dataclass
class SkipGuard:
    """Counts non-finite steps in a row, and ends a run that has too many."""

    in_a_row: int = 0
    total: int = 0

    def note(self, result: SupervisedStep, step: int) -> None:
        """Count one step.

        Raises:
            DivergedError: `MAX_SKIPPED` steps in a row had a gradient that is not finite.
        """
        self.in_a_row = self.in_a_row + 1 if result.skipped else 0
        self.total += result.skipped
        if self.in_a_row >= MAX_SKIPPED:
            raise DivergedError(
                f"step {step}: the gradient was not finite {MAX_SKIPPED} times in a row",
                "resume from an earlier checkpoint with a lower learning rate",
            )


def supervised_step(
    engine: TrainEngine, batches: Sequence[PackedBatch], lr: float, pad_id: int
) -> SupervisedStep:
    """Train one step on this rank's micro-batches: cross-entropy of every target token.

    All ranks call this together; they may have different numbers of micro-batches.
    """
    loss = torch.zeros((), dtype=torch.float64)
    for batch in _in_lockstep(engine, batches, pad_id):
        logprobs, _ = engine(**batch_tensors(batch))
        loss_sum = -logprobs.sum()
        engine.backward(loss_sum)
        loss += loss_sum.detach().double().cpu()
    total, targets = all_reduce_sums(float(loss), sum(batch.targets for batch in batches))
    result = engine.step(targets, lr)
    return SupervisedStep(total / targets, int(targets), result.grad_norm, result.skipped)


def evaluate(
    engine: TrainEngine,
    batches: Sequence[PackedBatch],
    pad_id: int,
    stop_point: Callable[[], None],
) -> tuple[float, int]:
    """Return summed cross-entropy in nats and number of targets over all ranks' micro-batches.

    Args:
        engine: the model.
        batches: this rank's.
        pad_id: fills the batches of a rank that has fewer than another.
        stop_point: called by all ranks before each batch; may raise.
    """
    loss = torch.zeros((), dtype=torch.float64)
    with torch.no_grad():
        for batch in _in_lockstep(engine, batches, pad_id):
            stop_point()
            logprobs, _ = engine(**batch_tensors(batch))
            loss -= logprobs.sum().double().cpu()
    total, targets = all_reduce_sums(float(loss), sum(batch.targets for batch in batches))
    return total, int(targets)


def _in_lockstep(
    engine: TrainEngine, batches: Sequence[PackedBatch], pad_id: int
) -> list[PackedBatch]:
    missing = engine.lockstep(len(batches)) - len(batches)
    return [*batches, *[empty_batch(pad_id)] * missing]


@contextmanager
def _refused_by_disk(store: CheckpointStore, step: int) -> Iterator[None]:
    """Report that a checkpoint can't be written, and remove the half-written one."""
    try:
        with disk_errors(f"the checkpoint of step {step}"):
            yield
    except InfrastructureError:
        store.discard()
        raise


class Saves:
    """Decides when a run saves and stops; all ranks call the same methods at the same steps.

    Args:
        context: context of this rank.
        root: directory of the checkpoints.
        section: how many are kept, and how often one is taken.
        saved: step of the checkpoint that the run continues from; None for a new run.
    """

    def __init__(
        self, context: RankContext, root: Path, section: CheckpointSection, saved: int | None
    ) -> None:
        self._context = context
        self._store = CheckpointStore(root, section.keep)
        self._every = section.every_steps
        self._saved = saved

    def stop_point(self, engine: TrainEngine, step: int, metadata: Mapping[str, Any]) -> None:
        """Save and end the run if any rank was asked to stop.

        Raises:
            Preempted: on all ranks, at the same step.
        """
        if not all_reduce_max(float(self._context.stop_requested())):
            return
        if step == 0:
            raise Preempted(
                "stopped on request before the first step; there is nothing to save",
                "the same command with run.resume=auto starts again",
            )
        self.save(engine, step, metadata)
        raise Preempted(
            f"stopped on request after step {step}; its checkpoint is saved",
            "the same command with run.resume=auto continues",
        )

    def save_in_turn(self, engine: TrainEngine, step: int, metadata: Mapping[str, Any]) -> None:
        """Save if ``checkpoint.every_steps`` asks for it at this step."""
        if self._every and step % self._every == 0:
            self.save(engine, step, metadata)

    def save(self, engine: TrainEngine, step: int, metadata: Mapping[str, Any]) -> None:
        """Save all ranks' state after ``step`` steps, unless that has been done.

        Raises:
            InfrastructureError: the disk is full or refuses to write.
        """
        if step == self._saved:
            return
        with _refused_by_disk(self._store, step):
            place: list[Path | None] = [self._store.begin(step) if engine.rank == 0 else None]
            torch.distributed.broadcast_object_list(place)
            directory = place[0]
            assert directory is not None
            engine.save(directory)
            torch.distributed.barrier()
            if engine.rank == 0:
                # Reported before it is saved: killed in between, the step is done again and its
                # line replaced; otherwise a checkpoint could hold a step that has no line.
                self._context.flush()
                self._store.commit(step, metadata)
                self._context.report(Saved(step))
        torch.distributed.barrier()  # a rank that left now might take rank 0 with it
        self._saved = step


@dataclass
class Reporter:
    """Writes what rank 0 reports to metrics, status and the progress line, in the launcher."""

    run: RunDirectory
    logger: MetricLogger
    progress: Progress

    def __call__(self, report: Report | Saved | str) -> None:
        """Write one report; a string is a remark."""
        if isinstance(report, str):
            self.progress.note(report)
            return
        if isinstance(report, Saved):
            self.run.set_saved(report.step)
            return
        self.logger.log(report.step, {"run/global_step": float(report.step), **report.metrics})
        if report.fields:
            self.run.set_step(report.step)
            self.progress.update(report.step, report.fields)


def step_fields(result: SupervisedStep, lr: float, tokens_per_s: float) -> dict[str, str | float]:
    """Return what the progress line shows of a step."""
    loss = f"{result.loss:.3f}" if math.isfinite(result.loss) else str(result.loss)
    fields: dict[str, str | float] = {
        "loss": loss,
        "lr": f"{lr:.2e}",
        "tok/s": format_count(tokens_per_s),
    }
    if result.skipped:
        fields["skipped"] = "non-finite gradient"
    return fields
