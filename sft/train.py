"""Fine-tune a model on conversations: read the inputs and train one rank."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from granite_rl.config import OptimSection
from granite_rl.errors import ConfigError
from granite_rl.models.loading import load_policy
from granite_rl.models.preflight import check_model
from granite_rl.models.tokenizer import load_tokenizer
from granite_rl.runs.data_files import data_files
from granite_rl.runs.directory import RunDirectory
from granite_rl.training.engine import TrainEngine
from granite_rl.training.launch import RankContext
from granite_rl.training.policy import TokenLogprobs
from granite_rl.training.run import Prepared, Supervised, Task, has_model
from granite_rl.training.schedules import warmup_then_linear
from granite_rl.training.supervised import (
    Report,
    Saves,
    SkipGuard,
    evaluate,
    step_fields,
    supervised_step,
)
from sft.config import SftConfig
from sft.data import Conversations, assign_rows, batches_of, read_conversations, step_rows


class Inputs(NamedTuple):
    """Holds what a run has read."""

    train: Conversations
    heldout: Conversations | None
    steps: int


@dataclass(frozen=True)
class Shared:
    """Holds what every rank gets: paths and numbers."""

    train: Path
    """File of training conversations, written by `Conversations.save`."""
    heldout: Path | None
    steps: int


def read_inputs(config: SftConfig) -> Inputs:
    """Check the checkpoint and read every row.

    Raises:
        ConfigError | PreflightError | DataError: a check failed; it names key, or file and line.
    """
    longest = config.trainer.row_tokens
    tokenizer = check_model(
        config.model.path, key="model.path", context=longest, context_key="trainer.row_tokens"
    ).tokenizer
    train = read_conversations(config.data.train, tokenizer, longest)
    heldout = None
    if config.data.heldout:
        heldout = read_conversations(config.data.heldout, tokenizer, longest)
    return Inputs(train, heldout, total_steps(config, train))


def total_steps(config: SftConfig, train: Conversations) -> int:
    """Return the optimizer steps of the run: max_steps, or the full batches of all epochs.

    Raises:
        ConfigError: the rows don't fill one batch.
    """
    if config.data.max_steps is not None:
        return config.data.max_steps
    rows = len(assign_rows(train.lengths, config.trainer.row_tokens, config.run.seed))
    steps = math.floor(rows * config.data.epochs / config.data.batch_rows)
    if steps < 1:
        raise ConfigError(
            f"data.batch_rows: {config.data.batch_rows} rows per step, but "
            f"{config.data.epochs:g} epochs of {rows} packed rows don't fill one",
            "lower data.batch_rows, raise data.epochs, or set data.max_steps",
        )
    return steps


def _describe_data(conversations: Conversations) -> str:
    left_out = f", {conversations.too_long} too long and left out" * bool(conversations.too_long)
    return (
        f"{len(conversations):,} conversations, {conversations.tokens:,} tokens, "
        f"{conversations.trained_tokens:,} of them trained{left_out}"
    )


def describe(_config: SftConfig, inputs: Inputs) -> str:
    """Return the plan in one line."""
    return f"# plan: {inputs.steps} steps, {_describe_data(inputs.train)}"


def prepare(config: SftConfig, inputs: Inputs, run: RunDirectory) -> Prepared[Shared]:
    """Write the tokenised conversations where the ranks read them."""
    inputs.train.save(run.path / "train.npz")
    notes = [f"{_describe_data(inputs.train)}; {inputs.steps} steps"]
    heldout = None
    if inputs.heldout is not None:
        heldout = run.path / "heldout.npz"
        inputs.heldout.save(heldout)
        notes.append(f"held out: {_describe_data(inputs.heldout)}")
    return Prepared(
        shared=Shared(run.path / "train.npz", heldout, inputs.steps),
        total_steps=inputs.steps,
        notes=tuple(notes),
        stage="sft",
        parent=config.model.path,
        lineage={},
        data=data_files("data.train", config.data.train),
    )


def train_rank(rank: int, context: RankContext, task: Task[SftConfig, Shared]) -> None:
    """Run one rank from where the task continues to the end, write the model and evaluate it.

    Raises:
        Preempted: asked to stop, after saving.
        DivergedError: too many non-finite steps.
    """
    config, trainer, steps = task.config, task.config.trainer, task.shared.steps
    tokenizer = load_tokenizer(config.model.path)
    pad_id = int(tokenizer.pad_token_id)
    conversations = Conversations.load(task.shared.train)
    lengths = conversations.lengths
    rows = assign_rows(lengths, trainer.row_tokens, config.run.seed)
    engine = _engine(config)
    if task.resume is not None:
        engine.load(task.resume.path)
    saves = task.saves(context)
    warmup_steps = math.ceil(config.optim.warmup_fraction * steps)
    guard = SkipGuard()
    context.begin()
    for step in range(task.start, steps):
        saves.stop_point(engine, step, {"step": step})
        begin = time.monotonic()
        chosen = [
            rows[index]
            for index in step_rows(len(rows), config.data.batch_rows, step, config.run.seed)
        ]
        mine = chosen[rank :: trainer.ranks]
        batches = batches_of(conversations, mine, trainer.rows_per_microbatch, pad_id)
        rate = config.optim.lr * warmup_then_linear(step, steps, warmup_steps)
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
        saves.save_in_turn(engine, step + 1, {"step": step + 1})
    # Saved before anything is made of it: an export that fails loses no training.
    saves.save(engine, steps, {"step": steps})
    saves.stop_point(engine, steps, {"step": steps})
    engine.save_hf(task.hf, tokenizer)
    if task.shared.heldout is not None:
        _evaluate(engine, context, saves, task, pad_id)


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


def _evaluate(
    engine: TrainEngine,
    context: RankContext,
    saves: Saves,
    task: Task[SftConfig, Shared],
    pad_id: int,
) -> None:
    assert task.shared.heldout is not None
    begin = time.monotonic()
    heldout = Conversations.load(task.shared.heldout)
    trainer, steps = task.config.trainer, task.shared.steps
    rows = assign_rows(heldout.lengths, trainer.row_tokens, task.config.run.seed)
    mine = rows[engine.rank :: trainer.ranks]
    batches = batches_of(heldout, mine, trainer.rows_per_microbatch, pad_id)
    loss, targets = evaluate(
        engine, batches, pad_id, lambda: saves.stop_point(engine, steps, {"step": steps})
    )
    if engine.rank == 0:
        metrics = {"train/eval_loss": loss / targets, "time/eval_s": time.monotonic() - begin}
        context.report(Report(steps, metrics, {}))
        context.report(f"held-out loss {loss / targets:.4f} nats/token over {targets} tokens")


SFT = Supervised(
    kind="sft",
    command=("python", "-m", "sft"),
    read=read_inputs,
    describe=describe,
    prepare=prepare,
    train=train_rank,
    product=has_model,
)
