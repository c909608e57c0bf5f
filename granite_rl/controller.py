"""The step loop of an RL stage, readable from top to bottom.

One step: sync the weights, take the next prompts, and while their groups come in, scored and in
prompt order, pack them and hand them to the trainers, which back-propagate at once. When the last
group is in, the optimizer steps, with the gradient of token sums divided once by the batch's token
count. Strictly on-policy: every token of a step was sampled from the weights that the step updates.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from granite_rl.actors.placement import wait_for
from granite_rl.actors.trainer import StepReport
from granite_rl.batching import BatchBuilder
from granite_rl.config import StageConfig
from granite_rl.data.stream import PromptStream
from granite_rl.errors import DivergedError, Preempted
from granite_rl.rollouts import RolloutEngine, RolloutTimes, Sampling
from granite_rl.runs.alarms import Alarms
from granite_rl.runs.console import Progress
from granite_rl.runs.directory import RunDirectory
from granite_rl.runs.host import host_metrics
from granite_rl.runs.metrics import MetricLogger
from granite_rl.runs.preemption import StopSignal
from granite_rl.runs.rollout_files import write_rollouts
from granite_rl.step_metrics import (
    engine_metrics,
    policy_metrics,
    rollout_metrics,
    rollout_records,
)
from granite_rl.training.checkpoint import CheckpointStore
from granite_rl.types import PromptGroup, ScoredGroup
from granite_rl.weight_sync.bucket import BucketManifest, weight_file

if TYPE_CHECKING:
    from ray.actor import ActorHandle

MAX_SKIPPED_STEPS = 3
"""Consecutive steps with a non-finite gradient after which the run counts as diverged."""


class Controller:
    """Runs the steps of one stage.

    Args:
        config: the validated stage configuration.
        stream: the training prompts, in the order of the run.
        prompt_ids: their token ids, by the row's origin.
        pad_id: token id for padding.
        rollouts: generators and scorers.
        trainers: trainer ranks, set up.
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
        prompt_ids: dict[str, list[int]],
        pad_id: int,
        rollouts: RolloutEngine,
        trainers: Sequence[ActorHandle],
        run: RunDirectory,
        logger: MetricLogger,
        progress: Progress,
        stop: StopSignal,
    ) -> None:
        self._config = config
        self._prompt_ids = prompt_ids
        self._pad_id = pad_id
        self._rollouts = rollouts
        self._trainers = list(trainers)
        self._run = run
        self._logger = logger
        self._progress = progress
        self._stop = stop
        self._stream = stream
        self._store = CheckpointStore(run.checkpoints, keep=config.checkpoint.keep)
        self._alarms = Alarms(
            1e-4 if config.trainer.dtype == config.generator.dtype == "float32" else 1e-2
        )
        self._sampling = Sampling(
            samples=config.rollout.samples_per_prompt,
            temperature=config.rollout.temperature,
            top_p=config.rollout.top_p,
            max_response_tokens=config.rollout.max_response_tokens,
            max_context=config.rollout.max_context,
            logprobs=config.rollout.logprobs,
            evaluation=False,
        )
        generator = config.generator
        self._devices = generator.replicas * generator.tensor_parallel + len(self._trainers)
        self._tokens_total = 0
        self._skipped = 0
        self.total_steps = total_steps(config, stream.epoch_size)

    def run(self, start: int) -> None:
        """Train from step ``start`` to the end.

        Raises:
            Preempted: SIGTERM came; a checkpoint of the last finished step is on disk.
            DivergedError: the gradient stayed non-finite.
        """
        self.sync_weights(start)
        self._rollouts.statistics()  # what the engines did before belongs to no step
        self._progress.begin(start)
        for step in range(start + 1, self.total_steps + 1):
            metrics = self._step(step)
            # Report before saving: killed in between, the step is done again and its line replaced;
            # the other way round, a checkpoint could hold a step that no line tells of.
            self._report(step, metrics)
            last = step == self.total_steps
            every = self._config.checkpoint.every_steps
            if self._stop.requested or last or (every and step % every == 0):
                self._logger.log(step, {"time/save_s": self._save(step)})
            if self._stop.requested and not last:
                raise Preempted(
                    f"stopped by {self._stop.name} after step {step} of {self.total_steps}; saved"
                )

    def sync_weights(self, version: int) -> float:
        """Bring all generators to the trainers' current weights; returns seconds."""
        begin = time.perf_counter()
        with weight_file() as file:
            manifests = self._on_trainers(
                "export_weights", str(file), version, doing="exporting weights"
            )
            manifest = next(item for item in manifests if isinstance(item, BucketManifest))
            self._rollouts.load_weights(manifest, self._config.cluster.step_timeout_s)
        return time.perf_counter() - begin

    def save_hf(self, directory: Path) -> None:
        """Write the policy as a Hugging Face checkpoint."""
        self._on_trainers("save_hf", str(directory), doing="writing the finished model")

    def _step(self, step: int) -> dict[str, float]:
        begin = time.perf_counter()
        groups = self._groups(step)
        builder = BatchBuilder(
            algorithm=self._config.algorithm,
            row_tokens=self._config.trainer.row_tokens,
            rows=self._config.trainer.rows_per_microbatch,
            pad_id=self._pad_id,
            share_prompts=self._config.trainer.share_prompts,
            max_response_tokens=self._config.rollout.max_response_tokens,
            domains=self._stream.domains,
        )
        times = RolloutTimes()
        scored: Iterator[ScoredGroup] = self._rollouts.run(groups, self._sampling, times)
        if self._config.rewards.shuffle:
            scored = iter(
                shuffle_rewards(list(scored), np.random.default_rng([self._config.run.seed, step]))
            )
        pending: list[Any] = []
        trained_tokens: list[int] = []
        for batch in builder.batches(scored):
            pending.append(self._trainers[len(pending) % len(self._trainers)].train.remote(batch))
            trained_tokens.append(batch.packed.tokens)
        while len(pending) % len(self._trainers):
            # All ranks must take part in the same number of collectives.
            pending.append(self._trainers[len(pending) % len(self._trainers)].train.remote(None))
        lr = self._lr(step)
        metrics = rollout_metrics(builder.outcomes)
        if builder.targets:
            wait_for(
                {f"micro-batch {index}": ref for index, ref in enumerate(pending)},
                self._config.cluster.step_timeout_s,
                f"training step {step}",
            )
            reports: list[StepReport] = self._on_trainers(
                "step", builder.targets, lr, doing=f"optimizer step {step}"
            )
            metrics |= policy_metrics(reports, lr)
            self._check_finite(step, reports)
            metrics["time/train_s"] = max(report.sums.busy_s + report.step_s for report in reports)
        self._tokens_total += builder.targets
        waited = time.perf_counter() - begin - metrics.get("time/train_s", 0.0)
        metrics["time/weight_sync_s"] = self.sync_weights(step)
        metrics["mismatch/weight_version"] = float(step)
        elapsed = time.perf_counter() - begin
        metrics |= engine_metrics(
            self._rollouts.statistics(), self._rollouts.reward_worker_restarts
        )
        samples = len(groups) * self._sampling.samples
        tokens = sum(len(c.token_ids) for o in builder.outcomes for c in o.scored.completions)
        metrics |= {
            "time/step_s": elapsed,
            "time/score_s": times.scored_s - times.generated_s,
            "time/wait_for_batch_s": max(0.0, waited),
            "perf/samples_per_s": samples / elapsed,
            "perf/response_tokens_per_s": tokens / metrics["time/generate_s"],
            "perf/tokens_per_s": sum(trained_tokens) / elapsed,
            "perf/tokens_per_s_per_device": sum(trained_tokens) / elapsed / self._devices,
            "run/tokens_total": float(self._tokens_total),
            "run/samples_total": float(step * samples),
            "run/epoch": step * self._config.rollout.prompts_per_step / self._stream.epoch_size,
        }
        every = self._config.rollout.save_every
        if every and (step % every == 0 or step in (1, self.total_steps)):
            records = rollout_records(builder.outcomes)
            write_rollouts(self._run, step, records)
            self._logger.log_samples(step, records)
        return metrics

    def _groups(self, step: int) -> list[PromptGroup]:
        """The prompts of a step, with seeds derived from (run seed, step, prompt)."""
        count = self._config.rollout.prompts_per_step
        rows = self._stream.take((step - 1) * count, count)
        seeds = np.random.SeedSequence([self._config.run.seed, step]).generate_state(
            count, np.uint64
        )
        return [
            # Sample i uses seed + i: bits are dropped so that the sum stays within vLLM's int64.
            PromptGroup(index, row, self._prompt_ids[row.origin], int(seed >> np.uint64(2)))
            for index, (row, seed) in enumerate(zip(rows, seeds, strict=True))
        ]

    def _lr(self, step: int) -> float:
        """Linear warm-up, then constant: the recipe publishes one learning rate per stage."""
        warmup = self._config.optim.warmup_steps
        return self._config.optim.lr * min(1.0, step / warmup if warmup else 1.0)

    def _check_finite(self, step: int, reports: Sequence[StepReport]) -> None:
        self._skipped = self._skipped + 1 if reports[0].skipped else 0
        if reports[0].skipped:
            self._run.event(
                "step_skipped",
                f"step {step}: the gradient is not finite; nothing was updated",
                step=step,
            )
        if self._skipped >= MAX_SKIPPED_STEPS:
            raise DivergedError(
                f"the gradient was not finite in {self._skipped} steps in a row, up to step {step}",
                "lower optim.lr, or look at the last rollouts of the run",
            )

    def _save(self, step: int) -> float:
        begin = time.perf_counter()
        directory = self._store.begin(step)
        self._on_trainers("save", str(directory), doing=f"saving step {step}")
        self._store.commit(
            step, {"step": step, "tokens_total": self._tokens_total, "seed": self._config.run.seed}
        )
        return time.perf_counter() - begin

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
                "len": metrics["rollout/response_length/mean"],
                "tok/s": metrics["perf/tokens_per_s"],
            },
        )

    def _on_trainers(self, method: str, *arguments: Any, doing: str) -> list[Any]:
        refs = {
            f"trainer rank {rank}": getattr(trainer, method).remote(*arguments)
            for rank, trainer in enumerate(self._trainers)
        }
        return list(wait_for(refs, self._config.cluster.step_timeout_s, doing).values())

    def restore(self, metadata: dict[str, Any]) -> None:
        """Take over the counters of a checkpoint."""
        self._tokens_total = int(metadata["tokens_total"])


def total_steps(config: StageConfig, rows: int) -> int:
    """Optimizer steps of a stage: ``data.max_steps``, or ``data.epochs`` over the prompts."""
    if config.data.max_steps is not None:
        return config.data.max_steps
    return max(1, round(config.data.epochs * rows / config.rollout.prompts_per_step))


def shuffle_rewards(groups: list[ScoredGroup], generator: np.random.Generator) -> list[ScoredGroup]:
    """The control experiment: all verdicts of a batch are permuted over its samples.

    Everything else of the step stays as it is, so that whatever is still learnt did not come from
    the rewards.
    """
    results = [result for group in groups for result in group.results]
    order = iter(generator.permutation(len(results)))
    return [
        replace(group, results=[results[next(order)] for _ in group.results]) for group in groups
    ]
