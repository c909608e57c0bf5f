"""The fine-tuning loop of one rank."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from granite_rl.config import OptimSection
from granite_rl.models.loading import load_policy
from granite_rl.models.tokenizer import load_tokenizer
from granite_rl.training.checkpoint import CheckpointStore
from granite_rl.training.distributed import init_distributed, shutdown_distributed
from granite_rl.training.engine import TrainEngine
from granite_rl.training.launch import RankContext
from granite_rl.training.policy import TokenLogprobs
from granite_rl.training.schedules import warmup_then_linear
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
from sft.config import SftConfig
from sft.data import Conversations, assign_rows, batches_of, step_rows


@dataclass(frozen=True)
class Job:
    """All that a rank needs to know."""

    config: SftConfig
    train: Path
    """File of `Conversations.save`."""
    heldout: Path | None
    steps: int
    hf: Path
    """Where the finished model goes."""
    checkpoints: Path
    resume: Path | None
    """Checkpoint to continue from."""
    start: int
    """Steps that it has done."""
    port: int


def train_rank(rank: int, context: RankContext, job: Job) -> None:
    """Run one rank from ``job.start`` to the end and write the model.

    Raises:
        Preempted: asked to stop, after saving.
        DivergedError: too many non-finite steps.
    """
    trainer = job.config.trainer
    init_distributed(rank, trainer.ranks, "127.0.0.1", job.port, trainer.threads)
    try:
        _run(rank, context, job)
        torch.distributed.barrier()
    finally:
        shutdown_distributed()


def _run(rank: int, context: RankContext, job: Job) -> None:
    config, trainer = job.config, job.config.trainer
    tokenizer = load_tokenizer(config.model.path)
    pad_id = int(tokenizer.pad_token_id)
    conversations = Conversations.load(job.train)
    lengths = conversations.lengths
    rows = assign_rows(lengths, trainer.row_tokens, config.run.seed)
    engine = _engine(config)
    if job.resume is not None:
        engine.load(job.resume)
    store = CheckpointStore(job.checkpoints, config.checkpoint.keep)
    warmup_steps = math.ceil(config.optim.warmup_fraction * job.steps)
    guard = SkipGuard()
    for step in range(job.start, job.steps):
        if stop_agreed(context):
            save_checkpoint(engine, store, step, {"step": step})
            raise preempted(step)
        begin = time.monotonic()
        chosen = [
            rows[index]
            for index in step_rows(len(rows), config.data.batch_rows, step, config.run.seed)
        ]
        mine = chosen[rank :: trainer.ranks]
        batches = batches_of(conversations, mine, trainer.rows_per_microbatch, pad_id)
        rate = config.optim.lr * warmup_then_linear(step, job.steps, warmup_steps)
        result = supervised_step(engine, batches, rate, pad_id)
        guard.note(result, step + 1)
        if rank == 0:
            seconds = time.monotonic() - begin
            tokens = int(sum(lengths[row].sum() for row in chosen))
            speed = tokens / seconds
            metrics = {
                "run/epoch": (step + 1) * config.data.batch_rows / len(rows),
                "train/loss": result.loss,
                "train/lr": rate,
                "train/grad_norm": result.grad_norm,
                "train/tokens": float(result.tokens),
                "train/sequences": float(sum(len(row) for row in chosen)),
                "train/steps_skipped": float(guard.total),
                "time/step_s": seconds,
                "perf/tokens_per_s": speed,
                "perf/packing_efficiency": tokens / (len(chosen) * trainer.row_tokens),
            }
            context.report(Report(step + 1, metrics, step_fields(result, rate, speed)))
        every = config.checkpoint.every_steps
        if every and (step + 1) % every == 0 and step + 1 < job.steps:
            save_checkpoint(engine, store, step + 1, {"step": step + 1})
    if job.heldout is not None:
        _evaluate(engine, context, job, pad_id)
    engine.save_hf(job.hf, tokenizer)
    save_checkpoint(engine, store, job.steps, {"step": job.steps})


def _engine(config: SftConfig) -> TrainEngine:
    optim, trainer = config.optim, config.trainer
    return TrainEngine(
        TokenLogprobs(load_policy(config.model.path)),
        optim=OptimSection(
            lr=optim.lr,
            betas=optim.betas,
            eps=optim.eps,
            weight_decay=optim.weight_decay,
            grad_clip=optim.grad_clip,
            warmup_steps=0,
        ),
        zero_stage=trainer.zero_stage,
        dtype=trainer.dtype,
        gradient_checkpointing=trainer.gradient_checkpointing,
    )


def _evaluate(engine: TrainEngine, context: RankContext, job: Job, pad_id: int) -> None:
    assert job.heldout is not None
    begin = time.monotonic()
    heldout = Conversations.load(job.heldout)
    trainer = job.config.trainer
    rows = assign_rows(heldout.lengths, trainer.row_tokens, job.config.run.seed)
    mine = rows[engine.rank :: trainer.ranks]
    batches = batches_of(heldout, mine, trainer.rows_per_microbatch, pad_id)
    loss, targets = evaluate(engine, batches, pad_id)
    if engine.rank == 0:
        metrics = {"train/eval_loss": loss / targets, "time/eval_s": time.monotonic() - begin}
        context.report(Report(job.steps, metrics, {}))
        context.report(f"held-out loss {loss / targets:.4f} nats/token over {targets} tokens")
