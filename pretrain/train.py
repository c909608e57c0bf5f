"""Train one rank through all pre-training phases in order, resumable at any step.

What a step trains is a function of the plan and the step's number, so a checkpoint holds the
optimizer's state and a position, and a resumed run makes the same weights as a straight one.
"""

from __future__ import annotations

import math
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import GraniteForCausalLM, PreTrainedTokenizerBase

from granite_rl.config import OptimSection
from granite_rl.errors import PreflightError
from granite_rl.models.checkpoint_directory import holds_model, replace_directory
from granite_rl.models.configs import granite_config, mup_width
from granite_rl.models.loading import init_policy, load_policy
from granite_rl.models.tokenizer import load_tokenizer
from granite_rl.training.engine import TrainEngine
from granite_rl.training.launch import RankContext
from granite_rl.training.policy import TokenLogprobs
from granite_rl.training.run import Task
from granite_rl.training.schedules import parameter_groups
from granite_rl.training.supervised import (
    Report,
    SkipGuard,
    evaluate,
    step_fields,
    supervised_step,
)
from pretrain.config import PretrainConfig
from pretrain.merge import merge
from pretrain.phases import PhasePlan
from pretrain.shards import Source
from pretrain.windows import batch_of, train_batches, validation_windows


@dataclass(frozen=True)
class Shared:
    """Holds what every rank gets: plans, sources and paths."""

    plans: list[PhasePlan]
    sources: dict[str, Source]
    tokenizer: Path
    phases: Path
    """Directory of the phases' checkpoints."""


_FRESH: dict[str, Any] = {"phase": 0, "step": 0, "ledger": {}}
"""Position of a run that begins at the first step."""


def train_rank(rank: int, context: RankContext, task: Task[PretrainConfig, Shared]) -> None:
    """Run one rank to the end of the last phase, whose model becomes the run's.

    Raises:
        Preempted: asked to stop, after saving.
        DivergedError: too many non-finite steps.
    """
    _Run(rank, context, task).run()
    if rank == 0:
        copy_model(task.shared.phases / task.shared.plans[-1].directory / "hf", task.hf)


def copy_model(model: Path, directory: Path) -> None:
    """Copy a checkpoint directory to a place that holds all of it, or what it held before.

    File by file, because `shutil.copytree` hides from its caller that the disk is full.
    """
    with replace_directory(directory) as temporary:
        for path in sorted(model.rglob("*")):
            target = temporary / path.relative_to(model)
            if path.is_dir():
                target.mkdir()
            else:
                shutil.copy2(path, target)


class _Run:
    """Holds the state of one rank while it runs."""

    def __init__(self, rank: int, context: RankContext, task: Task[PretrainConfig, Shared]) -> None:
        self.rank = rank
        self.context = context
        self.task = task
        self.shared = task.shared
        self.config = task.config
        self.tokenizer: PreTrainedTokenizerBase = load_tokenizer(self.shared.tokenizer)
        self.pad_id = int(self.tokenizer.pad_token_id)
        self.end_id = int(self.tokenizer.eos_token_id)
        self.saves = task.saves(context)
        self.position = _FRESH if task.resume is None else task.resume.metadata
        self.ledger: Counter[str] = Counter(self.position["ledger"])
        self.guard = SkipGuard()
        self.engine: TrainEngine

    def run(self) -> None:
        first = int(self.position["phase"])
        self.engine = self._build(self._initial_model())
        if self.task.resume is not None:
            self.engine.load(self.task.resume.path)
        self.context.begin()
        for plan in self.shared.plans[first:]:
            start = int(self.position["step"]) if plan.index == first else 0
            self._phase(plan, start)

    def _initial_model(self) -> GraniteForCausalLM:
        """Build the model with its first weights; a checkpoint's are loaded over them."""
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
                lr=max(plan.rate(0) or plan.start_rate for plan in self.shared.plans),
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
        for step in range(start, plan.steps):
            self._stop_point(plan, step)
            self._step(plan, step)
            done = step + 1
            self.saves.save_in_turn(self.engine, plan.first_step + done, self._position(plan, done))
        self._finish(plan)

    def _step(self, plan: PhasePlan, step: int) -> None:
        begin = time.monotonic()
        batch = plan.phase.batch_sequences
        rows = plan.order.rows(step * batch, (step + 1) * batch)
        ranks = self.config.trainer.ranks
        batches = train_batches(
            rows[self.rank :: ranks],
            self.shared.sources,
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
        """Save, write the phase's checkpoint (merged if the recipe says so), and evaluate it.

        What is saved is the state at the phase's end before any merge: a resumed run exports,
        merges and evaluates again, to the same bits.
        """
        begin = time.monotonic()
        self.saves.save(self.engine, plan.first_step + plan.steps, self._position(plan, plan.steps))
        self._stop_point(plan, plan.steps)
        directory = self.shared.phases / plan.directory
        if plan.phase.merge == 1:
            self.engine.save_hf(directory / "hf", self.tokenizer)
        else:
            before = self.shared.phases / self.shared.plans[plan.index - 1].directory / "hf"
            if not holds_model(before):
                raise PreflightError(
                    f"phase {plan.directory} is merged with the one before, but its model {before} "
                    "is gone or not whole",
                    "put it back; or start afresh in another directory with run.dir=DIR",
                )
            self.engine.save_hf(directory / "hf_unmerged", self.tokenizer)
            if self.rank == 0:
                merge(directory / "hf_unmerged", before, plan.phase.merge, directory / "hf")
            torch.distributed.barrier()
            # The merged weights are new ground: momentum of the old ones would mislead.
            self.engine = self._build(load_policy(directory / "hf"))
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
        """Return held-out loss over the phase's sources in nats/token, and in bits per byte.

        A document's first token is not predicted and the end token has no bytes; both are spread
        evenly, so bytes are counted as tokens x the source's own bytes per token.
        """
        loss_sum, targets_sum, byte_sum = 0.0, 0, 0.0
        ranks = self.config.trainer.ranks
        for name in plan.phase.mixture:
            shard = self.shared.sources[name].validation
            windows = validation_windows(
                shard, plan.phase.context, self.config.data.validation_tokens
            )
            batches = [batch_of(window, self.end_id) for window in windows]
            loss, targets = evaluate(
                self.engine,
                batches[self.rank :: ranks],
                self.pad_id,
                lambda: self._stop_point(plan, plan.steps),
            )
            loss_sum += loss
            targets_sum += targets
            byte_sum += targets * shard.bytes / shard.tokens
        return loss_sum / targets_sum, loss_sum / math.log(2) / byte_sum

    def _stop_point(self, plan: PhasePlan, step: int) -> None:
        """Save and end before step ``step`` of a phase, if asked to stop."""
        self.saves.stop_point(self.engine, plan.first_step + step, self._position(plan, step))

    def _position(self, plan: PhasePlan, step: int) -> dict[str, Any]:
        """Return the metadata of a checkpoint taken before step ``step`` of a phase."""
        return {"phase": plan.index, "step": step, "ledger": dict(self.ledger)}


def set_context(model: GraniteForCausalLM, rope_theta: float, context: int) -> None:
    """Set a model's RoPE base and lengthen its context to at least this many tokens, in place.

    The frequencies are the only state that depends on them; they are no parameters.
    """
    config = model.config
    config.rope_parameters = {**config.rope_parameters, "rope_theta": rope_theta}
    config.max_position_embeddings = max(config.max_position_embeddings, context)
    rotary = model.model.rotary_emb
    where = rotary.inv_freq.device
    model.model.rotary_emb = type(rotary)(config=config).to(where)
