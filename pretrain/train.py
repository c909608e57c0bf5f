"""The pre-training loop of one rank: all phases in order, resumable at any step.

What a step trains is a function of the plan and the step's number, so a checkpoint holds the
optimizer's state and a position, and a resumed run makes the same weights as a straight one.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import GraniteConfig, GraniteForCausalLM, PreTrainedTokenizerBase

from granite_rl.config import OptimSection
from granite_rl.models.configs import granite_config, mup_width
from granite_rl.models.loading import init_policy, load_policy
from granite_rl.models.tokenizer import load_tokenizer
from granite_rl.training.checkpoint import CheckpointStore
from granite_rl.training.distributed import init_distributed, shutdown_distributed
from granite_rl.training.engine import TrainEngine
from granite_rl.training.launch import RankContext
from granite_rl.training.policy import TokenLogprobs
from granite_rl.training.schedules import parameter_groups
from granite_rl.training.supervised import (
    Report,
    SkipGuard,
    evaluate,
    preempted,
    save_checkpoint,
    step_fields,
    stop_agreed,
    supervised_step,
)
from pretrain.config import PretrainConfig
from pretrain.merge import merge
from pretrain.phases import PhasePlan
from pretrain.shards import Source
from pretrain.windows import batch_of, train_batches, validation_windows


@dataclass(frozen=True)
class Job:
    """All that a rank needs to know."""

    config: PretrainConfig
    plans: list[PhasePlan]
    sources: dict[str, Source]
    tokenizer: Path
    phases: Path
    """Directory of the phases' checkpoints."""
    checkpoints: Path
    resume: Path | None
    """Checkpoint to continue from."""
    position: dict[str, Any]
    """Its metadata, or that of a fresh start."""
    port: int


FRESH: dict[str, Any] = {"phase": 0, "step": 0, "ledger": {}}
"""Position of a run that begins."""


def train_rank(rank: int, context: RankContext, job: Job) -> None:
    """Run one rank to the end of the last phase.

    Raises:
        Preempted: asked to stop, after saving.
        DivergedError: too many non-finite steps.
    """
    trainer = job.config.trainer
    init_distributed(rank, trainer.ranks, "127.0.0.1", job.port, trainer.threads)
    try:
        _Run(rank, context, job).run()
        torch.distributed.barrier()
    finally:
        shutdown_distributed()


class _Run:
    """State of one rank while it runs."""

    def __init__(self, rank: int, context: RankContext, job: Job) -> None:
        self.rank = rank
        self.context = context
        self.job = job
        self.config = job.config
        self.tokenizer: PreTrainedTokenizerBase = load_tokenizer(job.tokenizer)
        self.pad_id = int(self.tokenizer.pad_token_id)
        self.end_id = int(self.tokenizer.eos_token_id)
        self.store = CheckpointStore(job.checkpoints, job.config.checkpoint.keep)
        self.ledger: Counter[str] = Counter(job.position["ledger"])
        self.guard = SkipGuard()
        self.engine: TrainEngine

    def run(self) -> None:
        first = int(self.job.position["phase"])
        if first == len(self.job.plans):
            return
        self.engine = self._build(self._initial_model())
        if self.job.resume is not None:
            self.engine.load(self.job.resume)
        for plan in self.job.plans[first:]:
            start = int(self.job.position["step"]) if plan.index == first else 0
            self._phase(plan, start)

    def _initial_model(self) -> GraniteForCausalLM:
        """Architecture and first weights; a checkpoint's weights are loaded over them."""
        config = granite_config(
            self.config.model.name,
            vocab_size=len(self.tokenizer),
            bos_token_id=self.end_id,
            eos_token_id=self.end_id,
            pad_token_id=self.pad_id,
        )
        return init_policy(config, self.config.run.seed)

    def _build(self, model: GraniteForCausalLM) -> TrainEngine:
        optim, trainer = self.config.optim, self.config.trainer
        module = TokenLogprobs(model)
        width = mup_width(model.config) if optim.mup else 1.0
        return TrainEngine(
            module,
            optim=OptimSection(
                lr=max(plan.rate(0) or plan.start_rate for plan in self.job.plans),
                betas=optim.betas,
                eps=optim.eps,
                weight_decay=optim.weight_decay,
                grad_clip=optim.grad_clip,
                warmup_steps=0,
            ),
            zero_stage=trainer.zero_stage,
            dtype=trainer.dtype,
            gradient_checkpointing=trainer.gradient_checkpointing,
            parameter_groups=parameter_groups(module, optim.weight_decay, width),
        )

    @property
    def _model(self) -> GraniteForCausalLM:
        model = self.engine.module.model
        assert isinstance(model, GraniteForCausalLM)
        return model

    def _phase(self, plan: PhasePlan, start: int) -> None:
        set_context(self._model, plan.phase.rope_theta, plan.phase.context)
        if self.rank == 0:
            self.context.report(
                f"phase {plan.directory}: {plan.steps} steps of {plan.tokens_per_step:,} tokens, "
                f"context {plan.phase.context}, RoPE base {plan.phase.rope_theta:g}"
                + (f", from step {start}" if start else "")
            )
        every = self.config.checkpoint.every_steps
        for step in range(start, plan.steps):
            if stop_agreed(self.context):
                self._save(plan, step)
                raise preempted(plan.first_step + step)
            self._step(plan, step)
            done = plan.first_step + step + 1
            if every and done % every == 0 and step + 1 < plan.steps:
                self._save(plan, step + 1)
        self._finish(plan)

    def _step(self, plan: PhasePlan, step: int) -> None:
        begin = time.monotonic()
        batch = plan.phase.batch_sequences
        rows = plan.order.rows(step * batch, (step + 1) * batch)
        ranks = self.config.trainer.ranks
        batches = train_batches(
            rows[self.rank :: ranks],
            self.job.sources,
            plan.phase.context,
            self._rows_per_batch(plan),
            self.end_id,
        )
        data_s = time.monotonic() - begin
        rate = plan.rate(step)
        result = supervised_step(self.engine, batches, rate, self.pad_id)
        number = plan.first_step + step + 1
        self.guard.note(result, number)
        self.ledger.update(dict.fromkeys(plan.phase.mixture, 0))
        for name, _ in rows:
            self.ledger[name] += plan.phase.context
        if self.rank:
            return
        seconds = time.monotonic() - begin
        speed = plan.tokens_per_step / seconds
        metrics = {
            "run/tokens_total": float(plan.tokens_before + (step + 1) * plan.tokens_per_step),
            "train/loss": result.loss,
            "train/lr": rate,
            "train/grad_norm": result.grad_norm,
            "train/tokens": float(result.tokens),
            "train/sequences": float(batch),
            "train/steps_skipped": float(self.guard.total),
            "train/phase": float(plan.phase.number),
            "time/step_s": seconds,
            "time/data_s": data_s,
            "perf/tokens_per_s": speed,
        }
        fields = {"phase": plan.directory, **step_fields(result, rate, speed)}
        self.context.report(Report(number, metrics, fields))

    def _rows_per_batch(self, plan: PhasePlan) -> int:
        return max(1, self.config.trainer.microbatch_tokens // plan.phase.context)

    def _finish(self, plan: PhasePlan) -> None:
        """Write the phase's checkpoint (merged where the recipe says so), save, and evaluate it."""
        begin = time.monotonic()
        directory = self.job.phases / plan.directory
        if plan.phase.merge == 1:
            self.engine.save_hf(directory / "hf", self.tokenizer)
        else:
            self.engine.save_hf(directory / "hf_unmerged", self.tokenizer)
            before = self.job.phases / self.job.plans[plan.index - 1].directory / "hf"
            if self.rank == 0:
                merge(directory / "hf_unmerged", before, plan.phase.merge, directory / "hf")
            torch.distributed.barrier()
            # The merged weights are new ground: momentum of the old ones would mislead.
            self.engine = self._build(load_policy(directory / "hf"))
        self._save(plan, plan.steps)
        save_s = time.monotonic() - begin
        begin = time.monotonic()
        loss, bits = self._validate(plan)
        if self.rank == 0:
            metrics = {
                "train/eval_loss": loss,
                "train/bits_per_byte": bits,
                "time/eval_s": time.monotonic() - begin,
                "time/save_s": save_s,
            }
            number = plan.first_step + plan.steps
            self.context.report(Report(number, metrics, {}))
            self.context.report(
                f"phase {plan.directory} done: held-out {bits:.3f} bits/byte, "
                f"model in {directory / 'hf'}"
            )

    def _validate(self, plan: PhasePlan) -> tuple[float, float]:
        """Held-out loss in nats/token over the phase's sources, and the same in bits per byte.

        A document's first token is not predicted and the end token has no bytes; both are spread
        evenly, so bytes are counted as tokens x the source's own bytes per token.
        """
        loss_sum, targets_sum, byte_sum = 0.0, 0, 0.0
        ranks = self.config.trainer.ranks
        for name in plan.phase.mixture:
            shard = self.job.sources[name].validation
            windows = validation_windows(
                shard, plan.phase.context, self.config.data.validation_tokens
            )
            batches = [batch_of(window, self.end_id) for window in windows]
            loss, targets = evaluate(self.engine, batches[self.rank :: ranks], self.pad_id)
            loss_sum += loss
            targets_sum += targets
            byte_sum += targets * shard.bytes / shard.tokens
        return loss_sum / targets_sum, loss_sum / math.log(2) / byte_sum

    def _save(self, plan: PhasePlan, step: int) -> None:
        """Checkpoint before step ``step`` of a phase; its last is the next phase's first."""
        ended = step == plan.steps
        position = {
            "phase": plan.index + 1 if ended else plan.index,
            "step": 0 if ended else step,
            "ledger": dict(self.ledger),
        }
        save_checkpoint(self.engine, self.store, plan.first_step + step, position)


def set_context(model: GraniteForCausalLM, rope_theta: float, context: int) -> None:
    """Give a model another RoPE base and at least this context, in place.

    The frequencies are the only state that depends on them; they are no parameters.
    """
    config = model.config
    config.rope_parameters = {**config.rope_parameters, "rope_theta": rope_theta}
    config.max_position_embeddings = max(config.max_position_embeddings, context)
    rotary = model.model.rotary_emb
    where = rotary.inv_freq.device
    model.model.rotary_emb = type(rotary)(config=config).to(where)


def architecture(config: PretrainConfig, vocab_size: int) -> GraniteConfig:
    """The architecture a run will train, for its summary."""
    return granite_config(config.model.name, vocab_size=vocab_size)
