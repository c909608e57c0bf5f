"""Supervised fine-tuning on conversations: ``python -m sft [key=value ...]``."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from granite_rl.entry import configure, parse_arguments, run_main, to_yaml
from granite_rl.errors import ConfigError, ExitCode
from granite_rl.training.launch import warm_up
from sft.config import SftConfig

if TYPE_CHECKING:
    from granite_rl.runs.directory import RunDirectory
    from sft.data import Conversations

PROGRAM = "python -m sft"
DESCRIPTION = """Fine-tune a checkpoint on conversations; only what assistants wrote is trained.

Reads JSONL rows {"messages": [{"role": ..., "content": ...}, ...]}, optionally with "tools" and
"documents"; writes the model to <run.dir>/hf."""
EXAMPLES = """examples:
  python -m sft recipe=demo data.train=DATA/sft.jsonl model.path=runs/base/hf run.dir=runs/sft
  python -m sft recipe=demo ... run.resume=auto          continue after a crash, or start
  python -m sft 'data.train=[a.jsonl,b.jsonl]' model.path=DIR trainer.ranks=8 --dry-run

Every key is explained in sft/config.py; the numbers are in conf/sft/.
exit codes: 0 done, 2 configuration, 3 preflight, 4 data, 6 diverged, 75 preempted (resumable)"""


def main(argv: Sequence[str]) -> int:
    """Fine-tune; returns the exit code."""
    parsed = parse_arguments(PROGRAM, DESCRIPTION, argv, epilog=EXAMPLES)
    config = configure("sft", SftConfig, parsed.overrides)
    if not parsed.dry_run:
        warm_up(config.trainer.ranks)
    train, heldout = read_inputs(config)
    steps = total_steps(config, train)
    if parsed.dry_run:
        print(to_yaml(config))
        print(f"# plan: {steps} steps, {describe(train)}")
        return ExitCode.OK

    from granite_rl.runs.directory import RunDirectory

    with RunDirectory.open(
        config.run,
        kind="sft",
        config_yaml=to_yaml(config),
        overrides=parsed.overrides,
        command=["python", "-m", "sft", *argv],
    ) as run:
        if run.already_complete:
            print(f"sft: {run.path} is already complete; nothing to do")
            return ExitCode.OK
        run_training(config, run, train, heldout, steps)
        run.finish("succeeded", ExitCode.OK)
        print(f"sft: done, model in {run.hf}", flush=True)
    return ExitCode.OK


def read_inputs(config: SftConfig) -> tuple[Conversations, Conversations | None]:
    """Check the checkpoint and read every row.

    Raises:
        ConfigError | PreflightError | DataError: naming key path, or file and line.
    """
    from granite_rl.models.preflight import check_model
    from sft.data import read_conversations

    longest = config.trainer.row_tokens
    tokenizer = check_model(
        config.model.path, key="model.path", context=longest, context_key="trainer.row_tokens"
    ).tokenizer
    train = read_conversations(config.data.train, tokenizer, longest)
    heldout = None
    if config.data.heldout:
        heldout = read_conversations(config.data.heldout, tokenizer, longest)
    return train, heldout


def total_steps(config: SftConfig, train: Conversations) -> int:
    """Optimizer steps of the run: max_steps, or as many full batches as the epochs hold.

    Raises:
        ConfigError: not one batch.
    """
    from sft.data import assign_rows

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


def describe(conversations: Conversations) -> str:
    """One line about the data."""
    left_out = f", {conversations.too_long} too long and left out" * bool(conversations.too_long)
    return (
        f"{len(conversations):,} conversations, {conversations.tokens:,} tokens, "
        f"{conversations.trained_tokens:,} of them trained{left_out}"
    )


def run_training(
    config: SftConfig,
    run: RunDirectory,
    train: Conversations,
    heldout: Conversations | None,
    steps: int,
) -> None:
    """Train in an open run directory."""
    from granite_rl.models.checkpoint_directory import checkpoint_hash
    from granite_rl.runs.console import Progress
    from granite_rl.runs.metrics import MetricLogger
    from granite_rl.runs.preemption import StopSignal
    from granite_rl.training.checkpoint import CheckpointStore
    from granite_rl.training.launch import free_port, launch
    from granite_rl.training.supervised import Reporter
    from sft.train import Job, train_rank

    store = CheckpointStore(run.checkpoints, config.checkpoint.keep)
    resume = config.run.resume
    checkpoint = None
    if resume != "never":
        checkpoint = store.newest() if resume == "auto" else store.exact(resume)
    start = 0 if checkpoint is None else checkpoint.step
    run.drop_metrics_after(start)
    run.write_lineage("sft", config.recipe, config.model.path, checkpoint_hash(config.model.path))
    train.save(run.path / "train.npz")
    if heldout is not None:
        heldout.save(run.path / "heldout.npz")
    progress = Progress(steps, "step", "sft")
    progress.note(f"{describe(train)}; {steps} steps" + (f", from step {start}" * bool(start)))
    logger = MetricLogger(
        run, config.tracking, config.run.name, config.model_dump(mode="json"), steps
    )
    job = Job(
        config=config,
        train=run.path / "train.npz",
        heldout=None if heldout is None else run.path / "heldout.npz",
        steps=steps,
        hf=run.hf,
        checkpoints=run.checkpoints,
        resume=None if checkpoint is None else checkpoint.path,
        start=start,
        port=free_port(),
    )
    try:
        with StopSignal() as stop:
            launch(
                train_rank,
                config.trainer.ranks,
                (job,),
                on_report=Reporter(run, logger, progress),
                stop_requested=lambda: stop.requested,
            )
    finally:
        logger.close()
        progress.close()


if __name__ == "__main__":
    sys.exit(run_main(main))
