"""Train the scalar reward model from preference pairs: ``python -m sft.reward_model``.

The loss of a pair is the Bradley-Terry negative log-likelihood, -log sigmoid(r_chosen - r_rejected)
(Bradley & Terry 1952, as used by Ouyang et al. 2022, arXiv 2203.02155), averaged over the global
batch's pairs. Both answers of a pair are always in the same micro-batch.

Conversations are padded to the longest of their micro-batch instead of packed: pairs of a step are
sorted by length first, which leaves a few percent of padding, and the score needs one position per
conversation only.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import torch
from pydantic import Field
from torch.nn.functional import logsigmoid

from granite_rl.config import (
    CheckpointSection,
    OptimSection,
    Positive,
    PositiveFloat,
    RunSection,
    StrictModel,
    TrackingSection,
    TrainerSection,
)
from granite_rl.entry import configure, parse_arguments, to_yaml
from granite_rl.errors import ConfigError, DivergedError, ExitCode, Preempted
from sft.reward_model.data import Data, Pair, batch_order, micro_batches, read_pairs, total_steps

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from granite_rl.models.reward_model import RewardModel
    from granite_rl.runs.directory import RunDirectory
    from granite_rl.training.checkpoint import Checkpoint, CheckpointStore
    from granite_rl.training.engine import TrainEngine

PROGRAM = "python -m sft.reward_model"
HELDOUT_FILE = "heldout.json"
EXAMPLES = f"""examples:
  {PROGRAM} recipe=demo data.train=pairs.jsonl model.path=runs/sft/hf run.dir=runs/reward_model
  {PROGRAM} ... data.heldout=unseen.jsonl     report accuracy per language at the end
  {PROGRAM} ... run.resume=auto               continue after a crash, or start

rows: {{"prompt": [messages], "chosen": text, "rejected": text, "language": code}}"""


class BackboneSection(StrictModel):
    """Where the backbone comes from."""

    path: Path
    """Policy checkpoint whose backbone the reward model starts from, usually the SFT model."""


class PairsSection(StrictModel):
    """Preference pairs and how often they are seen."""

    train: Path
    """JSONL of pairs."""
    heldout: Path | None
    """JSONL of pairs that are only scored, at the end; null: none."""
    epochs: PositiveFloat
    pairs_per_step: Positive
    """Pairs of one optimizer step, over all ranks."""


class PairTrainerSection(TrainerSection):
    """As for every trainer; here a row is one conversation of at most ``row_tokens`` tokens."""

    rows_per_microbatch: Annotated[int, Field(ge=2)]
    """Conversations in one forward pass: two to a pair."""


class RewardModelConfig(StrictModel):
    """Everything ``python -m sft.reward_model`` reads."""

    recipe: str
    run: RunSection
    model: BackboneSection
    data: PairsSection
    optim: OptimSection
    trainer: PairTrainerSection
    checkpoint: CheckpointSection
    tracking: TrackingSection


# -- loss ----------------------------------------------------------------------------------------


def scores_of(model: Any, pairs: Sequence[Pair]) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores of the chosen and of the rejected answers, [pairs] each, from one forward pass."""
    from granite_rl.models.reward_model import pad_right
    from granite_rl.training.distributed import device

    input_ids, last_index = pad_right(
        [pair.chosen for pair in pairs] + [pair.rejected for pair in pairs]
    )
    scores = model(input_ids=input_ids.to(device()), last_index=last_index.to(device()))
    chosen, rejected = scores.chunk(2)
    return chosen, rejected


def bradley_terry_loss(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    """Sum over pairs of -log sigmoid(chosen - rejected). Shapes [pairs], result a scalar."""
    return -logsigmoid(chosen - rejected).sum()


# -- training ------------------------------------------------------------------------------------


def train_rank(rank: int, config: RewardModelConfig, port: int, command: list[str]) -> None:
    """One trainer rank, start to finish; rank 0 owns the run directory.

    Raises:
        Preempted: a stop was asked for, and the state is saved.
        UserError: of the run directory, the data or the checkpoint.
    """
    from granite_rl.runs.directory import RunDirectory
    from granite_rl.runs.preemption import StopSignal
    from granite_rl.training.distributed import (
        all_reduce_max,
        init_distributed,
        shutdown_distributed,
    )

    data, tokenizer = load_inputs(config)  # before anything is written
    with ExitStack() as stack:
        run: RunDirectory | None = None
        if rank == 0:
            run = stack.enter_context(
                RunDirectory.open(
                    config.run,
                    kind="reward_model",
                    config_yaml=to_yaml(config),
                    overrides=command,
                    command=["python", "-m", "sft.reward_model", *command],
                )
            )
        stop = stack.enter_context(StopSignal())
        init_distributed(
            rank, config.trainer.ranks, "127.0.0.1", port, threads=config.trainer.threads
        )
        stack.callback(shutdown_distributed)
        if all_reduce_max(run is not None and run.already_complete):
            if run is not None:
                print(f"reward_model: {run.path} is already complete; nothing to do")
            return
        _Training(config, data, tokenizer, run, stop, rank).run_all()


class _Training:
    """The loop over steps, on every rank; `run` is None except on rank 0."""

    def __init__(
        self,
        config: RewardModelConfig,
        data: Data,
        tokenizer: PreTrainedTokenizerBase,
        run: RunDirectory | None,
        stop: Any,
        rank: int,
    ) -> None:
        from granite_rl.models.reward_model import RewardModel
        from granite_rl.training.checkpoint import CheckpointStore
        from granite_rl.training.engine import TrainEngine

        self.config, self.data, self.tokenizer = config, data, tokenizer
        self.run, self.stop, self.rank = run, stop, rank
        self.steps = total_steps(len(data.train), config.data.epochs, config.data.pairs_per_step)
        self.model: RewardModel = RewardModel.init_from_policy(
            config.model.path, config.run.seed, config.trainer.dtype
        )
        self.engine: TrainEngine = TrainEngine(
            self.model,
            optim=config.optim,
            zero_stage=config.trainer.zero_stage,
            dtype=config.trainer.dtype,
            gradient_checkpointing=config.trainer.gradient_checkpointing,
        )
        self.store: CheckpointStore = CheckpointStore(
            config.run.dir / "checkpoints", config.checkpoint.keep
        )
        self.tokens = 0

    def run_all(self) -> None:
        """Train from the newest checkpoint or the start, write the model, score held-out pairs."""
        from granite_rl.models.checkpoint_directory import checkpoint_hash
        from granite_rl.runs.console import Progress
        from granite_rl.runs.metrics import MetricLogger

        start = self._resume()
        if self.run is None:
            self._steps(start, None, None)
            self._finish(None)
            return
        config = self.config
        self.run.drop_metrics_after(start)
        self.run.write_lineage(
            "reward_model", config.recipe, config.model.path, checkpoint_hash(config.model.path)
        )
        settings = config.model_dump(mode="json")
        with (
            closing(Progress(self.steps, "step", "reward_model")) as progress,
            closing(
                MetricLogger(self.run, config.tracking, config.run.name, settings, self.steps)
            ) as logger,
        ):
            self._steps(start, progress, logger)
            self._finish(logger)
        self.run.finish("succeeded", ExitCode.OK)
        print(f"reward_model: done, model in {self.run.hf}", flush=True)

    def _steps(self, start: int, progress: Any, logger: Any) -> None:
        from granite_rl.training.distributed import all_reduce_max

        every = self.config.checkpoint.every_steps
        for step in range(start + 1, self.steps + 1):
            metrics = self._step(step)
            if self.run is not None:
                logger.log(step, metrics)
                self.run.set_step(step)
                progress.update(
                    step,
                    {
                        "loss": metrics["train/loss"],
                        "accuracy": metrics["train/accuracy"],
                        "margin": metrics["train/margin"],
                        "tok/s": metrics["perf/tokens_per_s"],
                    },
                )
            stopping = bool(all_reduce_max(self.stop.requested))
            if stopping or (every and step % every == 0 and step < self.steps):
                self._save(step)
            if stopping:
                raise Preempted(
                    f"reward_model: stopped after step {step} of {self.steps}, state saved"
                )

    def _step(self, step: int) -> dict[str, float]:
        """One optimizer step; the metrics are those of the global batch, on every rank."""
        from granite_rl.training.distributed import all_reduce_sums
        from granite_rl.training.schedules import warmup_then_linear

        config, began = self.config, time.monotonic()
        wanted = config.data.pairs_per_step
        order = batch_order(len(self.data.train), step - 1, wanted, config.run.seed)
        mine = [self.data.train[index] for index in order[self.rank :: config.trainer.ranks]]
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
            "run/global_step": float(step),
            "run/tokens_total": float(self.tokens),
            "run/epoch": step * wanted / len(self.data.train),
        }

    def _resume(self) -> int:
        """Load the checkpoint that the run continues from; returns the steps already done."""
        resume = self.config.run.resume
        if resume == "never":
            return 0
        checkpoint: Checkpoint | None = (
            self.store.newest() if resume == "auto" else self.store.exact(resume)
        )
        if checkpoint is None:
            return 0
        self.engine.load(checkpoint.path)
        self.tokens = int(checkpoint.metadata["tokens"])
        return checkpoint.step

    def _save(self, step: int) -> None:
        """Checkpoint of a step: every rank writes its shard, rank 0 commits when all have."""
        paths: list[str | None] = [str(self.store.begin(step)) if self.rank == 0 else None]
        torch.distributed.broadcast_object_list(paths, src=0)
        self.engine.save(Path(str(paths[0])))
        torch.distributed.barrier()
        if self.rank == 0:
            self.store.commit(step, {"tokens": self.tokens})

    def _finish(self, logger: Any) -> None:
        """Write the reward model, and score the held-out pairs with it."""
        from granite_rl.models.reward_model import save_reward_model

        state = {
            name: tensor.clone()
            for name, tensor in self.engine.named_parameters_full()
            if self.rank == 0
        }
        if self.run is None:
            return
        save_reward_model(state, self.model.config, self.tokenizer, self.run.hf)
        if not self.data.heldout:
            return
        from granite_rl.models.reward_model import RewardModel

        # Read back rather than taken from the engine: what is scored is what was written.
        report = evaluate(
            RewardModel.load(self.run.hf, self.config.trainer.dtype),
            self.data.heldout,
            self.config.trainer.rows_per_microbatch,
        )
        (self.run.path / HELDOUT_FILE).write_text(json.dumps(report, indent=2) + "\n")
        logger.log(self.steps, _heldout_metrics(report))
        print(_table(report), flush=True)


# -- held-out pairs ------------------------------------------------------------------------------


def evaluate(
    model: RewardModel, pairs: Sequence[Pair], conversations: int
) -> dict[str, dict[str, float]]:
    """Accuracy (share of pairs ranked correctly), mean margin and n, by language and for "all"."""
    from granite_rl.training.distributed import device

    model = model.to(device()).eval()
    differences: dict[str, list[float]] = {}
    with torch.no_grad():
        for batch in micro_batches(pairs, conversations):
            chosen, rejected = scores_of(model, batch)
            for pair, difference in zip(batch, (chosen - rejected).tolist(), strict=True):
                for key in (pair.language, "all"):
                    differences.setdefault(key, []).append(difference)
    return {
        key: {
            "accuracy": sum(value > 0 for value in values) / len(values),
            "margin": sum(values) / len(values),
            "n": len(values),
        }
        for key, values in sorted(differences.items())
    }


def _heldout_metrics(report: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    languages = {key: value for key, value in report.items() if key != "all"}
    metrics = {"eval/mean": report["all"]["accuracy"]}
    for language, values in languages.items():
        metrics[f"eval/{language}/accuracy"] = values["accuracy"]
        metrics[f"eval/{language}/n"] = float(values["n"])
    return metrics


def _table(report: Mapping[str, Mapping[str, float]]) -> str:
    lines = ["held-out pairs ranked correctly:"]
    lines += [
        f"  {key:8} {values['accuracy']:6.1%}  of {values['n']:5}  margin {values['margin']:+.2f}"
        for key, values in report.items()
    ]
    return "\n".join(lines)


# -- entry point ---------------------------------------------------------------------------------


def load_inputs(config: RewardModelConfig) -> tuple[Data, PreTrainedTokenizerBase]:
    """Tokenizer and tokenised pairs, after checking that everything fits together.

    Raises:
        ConfigError | PreflightError | DataError: naming the key path, or file and line.
    """
    from granite_rl.models.preflight import check_model

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
    return Data(train, read_pairs(heldout, tokenizer, limit) if heldout else []), tokenizer


def main(argv: Sequence[str]) -> int:
    """Train a reward model; returns the exit code."""
    parsed = parse_arguments(
        PROGRAM, "Train the scalar reward model from preference pairs.", argv, epilog=EXAMPLES
    )
    config = configure("reward_model", RewardModelConfig, parsed.overrides)
    if parsed.dry_run:
        data, _ = load_inputs(config)
        print(to_yaml(config))
        steps = total_steps(len(data.train), config.data.epochs, config.data.pairs_per_step)
        print(
            f"# plan: {steps} steps x {config.data.pairs_per_step} of {len(data.train)} pairs, "
            f"{len(data.heldout)} held out, {config.trainer.ranks} rank(s)"
        )
        return ExitCode.OK
    from granite_rl.training.launch import free_port, spawn

    if config.trainer.ranks > 1:
        signal.signal(signal.SIGTERM, _stop_ranks)
    spawn(train_rank, config.trainer.ranks, (config, free_port(), list(parsed.overrides)))
    return ExitCode.OK


def _stop_ranks(number: int, frame: FrameType | None) -> None:
    # `spawn` passes the signal on to its ranks when an exception leaves it.
    raise Preempted("reward_model: stopped; its ranks saved their state")
