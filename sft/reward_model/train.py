"""Train the scalar reward model from preference pairs: its inputs, and the loop of one rank.

The loss is averaged over the global batch's pairs. Conversations are padded to the longest of their
micro-batch instead of packed: pairs of a step are sorted by length first, which leaves a few
percent of padding, and the score needs one position per conversation only.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from granite_rl.errors import ConfigError, DivergedError, Preempted
from granite_rl.models.preflight import check_model
from granite_rl.models.reward_model import RewardModel, save_reward_model
from granite_rl.models.tokenizer import load_tokenizer
from granite_rl.runs.data_files import data_files
from granite_rl.runs.directory import RunDirectory
from granite_rl.runs.files import write_json
from granite_rl.training.distributed import all_reduce_sums
from granite_rl.training.engine import TrainEngine
from granite_rl.training.launch import RankContext
from granite_rl.training.run import Prepared, Supervised, Task, has_model
from granite_rl.training.schedules import warmup_then_linear
from granite_rl.training.supervised import Report
from sft.reward_model.config import RewardModelConfig
from sft.reward_model.data import (
    Data,
    batch_order,
    load_pairs,
    micro_batches,
    read_pairs,
    save_pairs,
    total_steps,
)
from sft.reward_model.evaluation import (
    bradley_terry_loss,
    evaluate,
    heldout_metrics,
    scores_of,
    table,
)

HELDOUT_FILE = "heldout.json"


@dataclass(frozen=True)
class Shared:
    """Holds what every rank gets: paths and numbers."""

    train: Path
    """File of training pairs, written by `save_pairs`."""
    heldout: Path | None
    steps: int


def read_inputs(config: RewardModelConfig) -> Data:
    """Return the tokenised pairs, after checking that everything fits together.

    Raises:
        ConfigError | PreflightError | DataError: a check failed; it names key, or file and line.
    """
    limit = config.trainer.row_tokens
    tokenizer = check_model(
        config.model.path, key="model.path", context=limit, context_key="trainer.row_tokens"
    ).tokenizer
    train = read_pairs(config.data.train, tokenizer, limit)
    if config.data.pairs_per_step > len(train) * config.data.epochs:
        raise ConfigError(
            f"data.pairs_per_step: {config.data.pairs_per_step} is more than the "
            f"{len(train)} pairs x {config.data.epochs} epochs of data.train"
        )
    if config.data.pairs_per_step % config.trainer.ranks:
        raise ConfigError(
            f"trainer.ranks: {config.trainer.ranks} ranks can't share "
            f"data.pairs_per_step={config.data.pairs_per_step} evenly"
        )
    heldout = config.data.heldout
    return Data(train, read_pairs(heldout, tokenizer, limit) if heldout else [])


def _steps(config: RewardModelConfig, data: Data) -> int:
    return total_steps(len(data.train), config.data.epochs, config.data.pairs_per_step)


def describe(config: RewardModelConfig, data: Data) -> str:
    """Return the plan in one line."""
    return (
        f"# plan: {_steps(config, data)} steps x {config.data.pairs_per_step} of "
        f"{len(data.train)} pairs, {len(data.heldout)} held out, {config.trainer.ranks} rank(s)"
    )


def prepare(config: RewardModelConfig, data: Data, run: RunDirectory) -> Prepared[Shared]:
    """Write the tokenised pairs where the ranks read them."""
    train, heldout = run.path / "train.npz", None
    save_pairs(train, data.train)
    if data.heldout:
        heldout = run.path / "heldout.npz"
        save_pairs(heldout, data.heldout)
    steps = _steps(config, data)
    note = f"{len(data.train):,} pairs, {len(data.heldout):,} held out; {steps} steps"
    return Prepared(
        shared=Shared(train, heldout, steps),
        total_steps=steps,
        notes=(note,),
        stage="reward_model",
        parent=config.model.path,
        lineage={},
        data=data_files("data.train", [config.data.train]),
    )


def product(config: RewardModelConfig, run: Path) -> bool:
    """Return whether a run directory holds the model, and the held-out report if asked for."""
    report = config.data.heldout is None or (run / HELDOUT_FILE).is_file()
    return has_model(config, run) and report


def train_rank(rank: int, context: RankContext, task: Task[RewardModelConfig, Shared]) -> None:
    """Run one rank from where the task continues to the end, write the model and evaluate it.

    Raises:
        Preempted: asked to stop, after saving.
        DivergedError: a gradient was not finite.
    """
    _Training(rank, context, task).run()


class _Training:
    """Holds the state of one rank while it trains."""

    def __init__(
        self, rank: int, context: RankContext, task: Task[RewardModelConfig, Shared]
    ) -> None:
        self.rank, self.context, self.task, self.config = rank, context, task, task.config
        self.steps = task.shared.steps
        self.pairs = load_pairs(task.shared.train)
        self.tokenizer: PreTrainedTokenizerBase = load_tokenizer(self.config.model.path)
        self.model: RewardModel = RewardModel.init_from_policy(
            self.config.model.path, self.config.run.seed, self.config.trainer.dtype
        )
        self.engine: TrainEngine = TrainEngine(
            self.model,
            optim=self.config.optim,
            zero_stage=self.config.trainer.zero_stage,
            dtype=self.config.trainer.dtype,
            gradient_checkpointing=self.config.trainer.gradient_checkpointing,
        )
        self.saves = task.saves(context)
        self.tokens = 0
        if task.resume is not None:
            self.engine.load(task.resume.path)
            self.tokens = int(task.resume.metadata["tokens"])

    def run(self) -> None:
        """Train all steps that are left, save, and finish."""
        self.context.begin()
        for step in range(self.task.start + 1, self.steps + 1):
            self._stop_point(step - 1)
            metrics = self._step(step)
            if self.rank == 0:
                fields: dict[str, str | float] = {
                    "loss": metrics["train/loss"],
                    "accuracy": metrics["train/accuracy"],
                    "margin": metrics["train/margin"],
                    "tok/s": metrics["perf/tokens_per_s"],
                }
                self.context.report(Report(step, metrics, fields))
            self.saves.save_in_turn(self.engine, step, {"tokens": self.tokens})
        # Saved before anything is made of it: an export that fails loses no training.
        self.saves.save(self.engine, self.steps, {"tokens": self.tokens})
        self._stop_point(self.steps)
        self._finish()

    def _stop_point(self, step: int) -> None:
        self.saves.stop_point(self.engine, step, {"tokens": self.tokens})

    def _step(self, step: int) -> dict[str, float]:
        """Train one optimizer step; return metrics of the global batch, the same on every rank."""
        config, began = self.config, time.monotonic()
        wanted = config.data.pairs_per_step
        order = batch_order(len(self.pairs), step - 1, wanted, config.run.seed)
        mine = [self.pairs[index] for index in order[self.rank :: config.trainer.ranks]]
        loss_sum, right, margin, tokens = 0.0, 0.0, 0.0, 0
        # Every rank has as many pairs, so as many micro-batches: the collectives stay in step.
        for pairs in micro_batches(mine, config.trainer.rows_per_microbatch):
            chosen, rejected = scores_of(self.engine, pairs)
            loss = bradley_terry_loss(chosen, rejected)
            self.engine.backward(loss)
            difference = (chosen - rejected).detach()
            loss_sum += loss.item()
            right += float((difference > 0).sum())
            margin += float(difference.sum())
            tokens += sum(len(pair.chosen) + len(pair.rejected) for pair in pairs)
        loss_sum, right, margin, all_tokens = all_reduce_sums(loss_sum, right, margin, tokens)
        rate = config.optim.lr * warmup_then_linear(step - 1, self.steps, config.optim.warmup_steps)
        result = self.engine.step(denominator=float(wanted), lr=rate)
        if result.skipped:
            raise DivergedError(
                f"reward_model: the gradient of step {step} is not finite",
                "lower optim.lr, or resume from an earlier checkpoint with run.resume=STEP",
            )
        self.tokens += int(all_tokens)
        seconds = time.monotonic() - began
        return {
            "train/loss": loss_sum / wanted,
            "train/accuracy": right / wanted,
            "train/margin": margin / wanted,
            "train/lr": rate,
            "train/grad_norm": result.grad_norm,
            "train/sequences": 2.0 * wanted,
            "train/tokens": all_tokens,
            "time/step_s": seconds,
            "perf/tokens_per_s": all_tokens / seconds,
            "run/tokens_total": float(self.tokens),
            "run/epoch": step * wanted / len(self.pairs),
        }

    def _finish(self) -> None:
        """Write the reward model, and score the held-out pairs with it."""
        state = {
            name: tensor.clone()
            for name, tensor in self.engine.named_parameters_full()
            if self.rank == 0
        }
        if self.rank:
            return
        save_reward_model(state, self.model.config, self.tokenizer, self.task.hf)
        if self.task.shared.heldout is None:
            return
        # Read back rather than taken from the engine: what is scored is what was written.
        report = evaluate(
            RewardModel.load(self.task.hf, self.config.trainer.dtype),
            load_pairs(self.task.shared.heldout),
            self.config.trainer.rows_per_microbatch,
            self._leave_if_asked,
        )
        write_json(self.task.run / HELDOUT_FILE, report)
        self.context.report(Report(self.steps, heldout_metrics(report), {}))
        self.context.report(table(report))

    def _leave_if_asked(self) -> None:
        """End the evaluation, which rank 0 does alone, if the run was asked to stop."""
        if self.context.stop_requested():
            raise Preempted(
                f"stopped on request in the evaluation, after step {self.steps}; its checkpoint "
                "and the model are saved",
                "the same command with run.resume=auto evaluates",
            )


REWARD_MODEL = Supervised(
    kind="reward_model",
    command=("python", "-m", "sft.reward_model"),
    read=read_inputs,
    describe=describe,
    prepare=prepare,
    train=train_rank,
    product=product,
)
