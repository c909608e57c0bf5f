"""Run the step loop of an RL stage, readable from top to bottom.

One step: take the next prompts, and while their groups come in, scored and in prompt order, pack
them and hand them to the trainers, which back-propagate at once. When the last group is in, the
optimizer steps, with the gradient of token sums divided once by the batch's token count, and the
new weights go to the generators. Strictly on-policy: every token of a step was sampled from the
weights that the step updates.

With ``rollout.staleness: k`` the generators work up to ``k`` steps ahead instead of waiting for the
trainers, and take new weights in the middle of an answer. Every token then carries the version that
sampled it, none is older than ``k`` steps, and ``algorithm.importance_correction`` corrects for it.

Generators and reward workers are replaced while the step goes on; if a trainer is lost, all of them
are restored from the newest checkpoint and the steps since are done again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from granite_rl.actors.trainer import StepReport
from granite_rl.actors.trainer_group import TrainersLostError
from granite_rl.config import StageConfig
from granite_rl.data.stream import PromptStream
from granite_rl.errors import DataError, DiskError, DivergedError, InfrastructureError, Preempted
from granite_rl.rl.batching import TOO_FEW_SAMPLES, BatchBuilder
from granite_rl.rl.kl_penalty import with_kl_penalty
from granite_rl.rl.metrics import (
    LOST_SAMPLE,
    engine_metrics,
    failures,
    policy_metrics,
    rollout_metrics,
    rollout_records,
)
from granite_rl.rl.roles import Roles
from granite_rl.rl.rollouts import RolloutBatch, Sampling
from granite_rl.runs.alarms import Alarms
from granite_rl.runs.console import Progress
from granite_rl.runs.directory import RunDirectory
from granite_rl.runs.files import DIRECTORY_MODE
from granite_rl.runs.host import host_metrics
from granite_rl.runs.metrics import MetricLogger
from granite_rl.runs.preemption import StopSignal
from granite_rl.runs.rollout_files import write_records, write_rollouts
from granite_rl.training.checkpoint import CheckpointStore
from granite_rl.types import PromptGroup, ScoredGroup

MAX_SKIPPED_STEPS = 3
"""Consecutive steps with a non-finite gradient after which the run counts as diverged."""

MAX_FAILED_STEPS = 3
"""Consecutive steps that train nothing because their samples fail after which the run ends."""


class Controller:
    """Runs the steps of one stage.

    Args:
        config: the validated stage configuration.
        stream: the training prompts, in the order of the run.
        pad_id: token id for padding.
        roles: generators, scorers and trainers, all ready.
        run: the open run directory.
        logger: metric sinks.
        progress: console.
        stop: SIGTERM flag.
    """

    def __init__(
        self,
        config: StageConfig,
        *,
        stream: PromptStream,
        pad_id: int,
        roles: Roles,
        run: RunDirectory,
        logger: MetricLogger,
        progress: Progress,
        stop: StopSignal,
    ) -> None:
        self._config = config
        self._pad_id = pad_id
        self._generators, self._scorers, self._trainers, self._rollouts = roles
        self._run = run
        self._logger = logger
        self._progress = progress
        self._stop = stop
        self._stream = stream
        self._store = CheckpointStore(run.checkpoints, keep=config.checkpoint.keep)
        self._alarms = Alarms(_logprob_threshold(config))
        self._sampling = Sampling(
            samples=config.rollout.samples_per_prompt,
            temperature=config.rollout.temperature,
            top_p=config.rollout.top_p,
            max_response_tokens=config.rollout.max_response_tokens,
            max_context=config.rollout.max_context,
            logprobs=config.rollout.logprobs,
            evaluation=False,
            max_turns=config.rollout.max_turns,
            deterministic=config.rollout.deterministic,
            deadline_s=config.rollout.deadline_s,
        )
        self._ahead: dict[int, RolloutBatch] = {}
        """Steps whose rollouts have begun."""
        self._prompts = 0
        """Prompts of the stream that the finished steps have taken."""
        generator = config.generator
        self._devices = generator.replicas * generator.tensor_parallel + config.trainer.ranks
        self._tokens_total = 0
        self._updates = 0
        """Optimizer steps that changed the policy."""
        self._skipped = 0
        self._failed: list[str] = []
        """Why the last steps trained nothing, where the reason was failed samples: one a step."""
        self.total_steps = total_steps(config, stream.epoch_size)

    def run(self, start: int) -> None:
        """Train from step ``start`` to the end.

        Raises:
            Preempted: SIGTERM came; a checkpoint of the last finished step is on disk.
            DivergedError: the gradient stayed non-finite, or was so in every step that had one.
            DataError: samples that can't be scored left nothing to train, or no step trained
                anything.
            InfrastructureError: more actors were lost than the run allows, or no sample was
                generated to its end.
        """
        while True:
            try:
                self._run_from(start)
                break
            except TrainersLostError as error:
                start = self._restore_trainers(error.message)
        if self._skipped and not self._updates:
            raise DivergedError(
                f"no step of {self.total_steps} updated the policy: the gradient was never finite",
                "lower optim.lr, or look at the rollouts in faults/",
            )
        if not self._updates:
            why = ", or were cut off" if self._config.algorithm.overlong_masking else ""
            why += f"; the last: {self._failed[-1]}" if self._failed else ""
            raise DataError(
                f"none of the {self.total_steps} steps trained anything: all samples of a group "
                f"earned the same, or could not be scored{why}",
                "look at the rewards in rollouts/; the model would be the one that it started from",
            )

    def _run_from(self, start: int) -> None:
        self.sync_weights(start)
        self._generators.statistics()  # what the engines did before belongs to no step
        self._progress.begin(start)
        if self._stop.requested and start < self.total_steps:
            raise Preempted(
                f"stopped by {self._stop.name} before step {start + 1} of {self.total_steps}; "
                + ("what was trained before is saved" if start else "nothing was trained")
            )
        for step in range(start + 1, self.total_steps + 1):
            metrics = self._step(step)
            # Report before saving: killed in between, the step is done again and its line replaced;
            # the other way round, a checkpoint could hold a step that no line tells of.
            self._report(step, metrics)
            last = step == self.total_steps
            every = self._config.checkpoint.every_steps
            due = last or bool(every and step % every == 0)
            if due:
                self._logger.log(step, {"time/save_s": self._save(step)})
            self._check_failures(step)
            if self._stop.requested and not last:
                if not due:
                    self._logger.log(step, {"time/save_s": self._save(step)})
                raise Preempted(
                    f"stopped by {self._stop.name} after step {step} of {self.total_steps}; saved"
                )

    def _restore_trainers(self, why: str) -> int:
        """Set the trainers up again from the newest checkpoint; returns its step."""
        checkpoint = self._store.newest()
        step = 0 if checkpoint is None else checkpoint.step
        message = f"{why}; all trainers start again from step {step}"
        self._run.event("trainers_restarted", message, step=step)
        self._progress.note(f"warning: {message}")
        for batch in self._ahead.values():
            self._rollouts.drop(batch)
        self._ahead.clear()
        self._trainers.restart(None if checkpoint is None else checkpoint.path, why)
        self.restore({} if checkpoint is None else checkpoint.metadata)
        self._logger.rewind(step)
        return step

    def sync_weights(self, version: int) -> float:
        """Bring all generators to the trainers' current weights; returns seconds."""
        begin = time.perf_counter()
        self._generators.load_weights(
            lambda receivers: self._trainers.send_weights(receivers, version)
        )
        return time.perf_counter() - begin

    def save_hf(self, directory: Path) -> None:
        """Write the policy as a Hugging Face checkpoint."""
        self._trainers.save_hf(directory)

    def _step(self, step: int) -> dict[str, float]:
        begin = time.perf_counter()
        rollouts = self._begin_ahead(step)
        builder = BatchBuilder(
            algorithm=self._config.algorithm,
            row_tokens=self._config.trainer.row_tokens,
            rows=self._config.trainer.rows_per_microbatch,
            pad_id=self._pad_id,
            share_prompts=self._config.trainer.share_prompts,
            max_response_tokens=self._config.rollout.max_response_tokens,
            min_group_fraction=self._config.rollout.min_group_fraction,
            domains=self._stream.domains,
        )
        groups = self._scored(rollouts, step, builder)
        if self._config.algorithm.kl_in == "reward":
            groups = with_kl_penalty(groups, builder, self._trainers.sequence_kl)
        trained_tokens: list[int] = []
        for batch in builder.batches(groups):
            self._trainers.train(batch)
            trained_tokens.append(batch.packed.tokens)
        lr = self._lr(step)
        metrics = rollout_metrics(builder.outcomes)
        if builder.targets:
            reports = self._trainers.step(builder.denominator, lr, step)
            metrics |= policy_metrics(reports, lr)
            self._check_finite(step, reports, builder)
            self._updates += not reports[0].skipped
            metrics["time/train_s"] = max(report.sums.busy_s + report.step_s for report in reports)
        self._note_failures(step, builder)
        self._tokens_total += builder.targets
        self._prompts += len(builder.outcomes)
        waited = time.perf_counter() - begin - metrics.get("time/train_s", 0.0)
        metrics["time/weight_sync_s"] = self.sync_weights(step)
        elapsed = time.perf_counter() - begin
        metrics |= engine_metrics(
            self._generators.statistics(), self._generators.restarts, self._scorers.restarts
        )
        samples = len(builder.outcomes) * self._sampling.samples
        tokens = sum(item.length for o in builder.outcomes for item in o.scored.completions)
        metrics |= {
            "time/step_s": elapsed,
            "time/score_s": rollouts.times.scored_s - rollouts.times.generated_s,
            "time/wait_for_batch_s": max(0.0, waited),
            "perf/samples_per_s": samples / elapsed,
            "perf/response_tokens_per_s": tokens / max(metrics["time/generate_s"], 1e-9),
            "perf/tokens_per_s": sum(trained_tokens) / elapsed,
            "perf/tokens_per_s_per_device": sum(trained_tokens) / elapsed / self._devices,
            "run/tokens_total": float(self._tokens_total),
            "run/samples_total": float(self._prompts * self._sampling.samples),
            "run/epoch": self._prompts / self._stream.epoch_size,
        }
        every = self._config.rollout.save_every
        if every and (step % every == 0 or step in (1, self.total_steps)):
            records = rollout_records(builder.outcomes)
            write_rollouts(self._run, step, records)
            self._logger.log_samples(step, records)
        return metrics

    def _begin_ahead(self, step: int) -> RolloutBatch:
        """Start the rollouts of this step, and with staleness of the next ones; returns its own."""
        last = min(step + self._config.rollout.staleness, self.total_steps)
        count = self._config.rollout.prompts_per_step
        for ahead in range(step, last + 1):
            if ahead not in self._ahead:
                position = self._prompts + (ahead - step) * count
                groups = self._groups(ahead, position, count, first=0)
                self._ahead[ahead] = self._rollouts.begin(groups, self._sampling)
        return self._ahead.pop(step)

    def _scored(
        self, batch: RolloutBatch, step: int, builder: BatchBuilder
    ) -> Iterator[ScoredGroup]:
        """The step's scored groups in prompt order; with dynamic sampling, further rounds of
        prompts until enough groups teach something."""
        wanted = self._config.rollout.prompts_per_step
        rounds = self._config.rollout.dynamic_sampling_rounds
        for number in range(rounds + 1):
            yield from self._collected(step, batch)
            missing = wanted - builder.informative
            if missing <= 0 or number == rounds:
                return
            taken = len(builder.outcomes)
            groups = self._groups(step, self._prompts + taken, missing, first=taken)
            batch = self._rollouts.begin(groups, self._sampling)

    def _collected(self, step: int, batch: RolloutBatch) -> Iterator[ScoredGroup]:
        scored = self._rollouts.collect(batch)
        if self._config.rewards.shuffle:
            generator = np.random.default_rng([self._config.run.seed, step])
            return iter(shuffle_rewards(list(scored), generator))
        return scored if self._config.rollout.overlap else iter(list(scored))

    def _groups(self, step: int, position: int, count: int, *, first: int) -> list[PromptGroup]:
        """Prompts of a step, with seeds derived from (run seed, step, prompt).

        Args:
            step: whose.
            position: in the stream.
            count: how many.
            first: index of the first: those that the step has already.
        """
        rows = self._stream.take(position, count)
        seeds = np.random.SeedSequence([self._config.run.seed, step]).generate_state(
            first + count, np.uint64
        )[first:]
        return [
            # Sample i uses seed + i: bits are dropped so that no sum overflows.
            PromptGroup(index, row, int(seed >> np.uint64(2)))
            for index, (row, seed) in enumerate(zip(rows, seeds, strict=True), start=first)
        ]

    def _lr(self, step: int) -> float:
        """Linear warm-up, then constant: the recipe publishes one learning rate per stage."""
        warmup = self._config.optim.warmup_steps
        return self._config.optim.lr * min(1.0, step / warmup if warmup else 1.0)

    def _check_finite(
        self, step: int, reports: Sequence[StepReport], builder: BatchBuilder
    ) -> None:
        self._skipped = self._skipped + 1 if reports[0].skipped else 0
        if reports[0].skipped:
            dump = self._run.path / "faults" / f"step_{step:06d}.jsonl"
            dump.parent.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
            write_records(dump, step, rollout_records(builder.outcomes))
            losses = [
                f"the loss of micro-batch {report.bad_batch} of trainer rank {rank} is"
                for rank, report in enumerate(reports)
                if report.bad_batch is not None
            ]
            message = (
                f"step {step}: {losses[0] if losses else 'the gradient is'} not finite; nothing "
                f"was updated; see {dump}"
            )
            self._run.event("step_skipped", message, step=step)
            self._progress.note(f"warning: {message}")
        if self._skipped >= MAX_SKIPPED_STEPS:
            raise DivergedError(
                f"the gradient was not finite in {self._skipped} steps in a row, up to step {step}",
                "lower optim.lr, or look at the rollouts in faults/",
            )

    def _note_failures(self, step: int, builder: BatchBuilder) -> None:
        """Remember why a step trained nothing, if most of its groups lost too many samples."""
        dropped = [item for item in builder.outcomes if item.reason == TOO_FEW_SAMPLES]
        if builder.targets or 2 * len(dropped) <= len(builder.outcomes):
            self._failed.clear()
            return
        failed, cause = failures(dropped)
        self._failed.append(cause)
        message = f"step {step} trained nothing: {failed} samples failed; the first: {cause}"
        self._run.event("step_failed", message, step=step)
        self._progress.note(f"warning: {message}")

    def _check_failures(self, step: int) -> None:
        if len(self._failed) < MAX_FAILED_STEPS:
            return
        first = self._failed[0]
        message = (
            f"{len(self._failed)} steps in a row, up to step {step}, trained nothing because their "
            f"samples failed; the first: {first}"
        )
        if first == LOST_SAMPLE:
            raise InfrastructureError(message, "raise rollout.deadline_s, or null for no limit")
        raise DataError(message, "mend the reward or the rows, then continue with run.resume=auto")

    def _save(self, step: int) -> float:
        begin = time.perf_counter()
        try:
            directory = self._store.begin(step)
            self._trainers.save(directory, step)
            self._store.commit(step, self._counters(step))
            self._run.set_saved(step)
        except (OSError, DiskError) as error:
            # Another rank may still be writing there: the next save removes what it leaves.
            with suppress(OSError):
                self._store.discard()
            kept = self._store.newest()
            why = error.message if isinstance(error, DiskError) else error
            raise InfrastructureError(
                f"the checkpoint of step {step} can't be written: {why}",
                "make room or raise the quota, then run the same command with run.resume=auto: it "
                f"continues from step {0 if kept is None else kept.step}",
            ) from error
        return time.perf_counter() - begin

    def _counters(self, step: int) -> dict[str, int]:
        """What a resumed run must know; the data position is that of what was trained, not of what
        was fetched."""
        return {
            "step": step,
            "prompts": self._prompts,
            "updates": self._updates,
            "tokens_total": self._tokens_total,
            "seed": self._config.run.seed,
        }

    def _report(self, step: int, metrics: dict[str, float]) -> None:
        metrics |= host_metrics(self._run)
        self._logger.log(step, metrics)
        for alarm in self._alarms.check(step, metrics):
            self._run.event("alarm", alarm.message, step=step, alarm=alarm.name)
            self._progress.note(f"warning: {alarm.message}")
        self._run.set_step(step)
        self._progress.update(
            step,
            {
                "reward": metrics.get("reward/mean", float("nan")),
                "kl": metrics.get("policy/kl", float("nan")),
                "len": metrics.get("rollout/response_length/mean", float("nan")),
                "tok/s": metrics["perf/tokens_per_s"],
            },
        )

    def restore(self, metadata: dict[str, Any]) -> None:
        """Set the counters to those of a checkpoint; an empty one sets them to zero."""
        self._tokens_total = int(metadata.get("tokens_total", 0))
        # A checkpoint without the count is of a run that has trained, if it trained any token.
        self._updates = int(metadata.get("updates", self._tokens_total > 0))
        self._skipped = 0
        self._failed.clear()
        self._prompts = int(metadata.get("prompts", 0))


def total_steps(config: StageConfig, rows: int) -> int:
    """Count a stage's optimizer steps: ``data.max_steps``, or ``data.epochs`` over the rows."""
    if config.data.max_steps is not None:
        return config.data.max_steps
    return max(1, round(config.data.epochs * rows / config.rollout.prompts_per_step))


def _logprob_threshold(config: StageConfig) -> float:
    """Mean difference between generator and trainer log-probabilities that is worth an alarm."""
    if config.rollout.staleness:
        return math.inf  # samples of older weights are asked for, and differ as the policy does
    return 1e-4 if config.trainer.dtype == config.generator.dtype == "float32" else 1e-2


def shuffle_rewards(groups: list[ScoredGroup], generator: np.random.Generator) -> list[ScoredGroup]:
    """Permute all verdicts of a batch over its samples: the control experiment.

    Everything else of the step stays as it is, so that whatever is still learnt did not come from
    the rewards.
    """
    results = [result for group in groups for result in group.results]
    order = iter(generator.permutation(len(results)))
    return [
        replace(group, results=[results[next(order)] for _ in group.results]) for group in groups
    ]
