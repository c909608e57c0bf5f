"""Pre-train a Granite from scratch: ``python -m pretrain [key=value ...]``."""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from granite_rl.entry import configure, parse_arguments, run_main, to_yaml
from granite_rl.errors import DataError, ExitCode
from granite_rl.training.launch import warm_up
from pretrain.config import PretrainConfig

if TYPE_CHECKING:
    from granite_rl.runs.directory import RunDirectory

PROGRAM = "python -m pretrain"
DESCRIPTION = """Pre-train a Granite from scratch, in five phases.

Reads <data.dir>/<source>.jsonl with rows {"text": "..."}; writes a checkpoint after every phase to
<run.dir>/phases/<number>_<name>/hf and the last one to <run.dir>/hf."""
EXAMPLES = """examples:
  python -m pretrain recipe=demo data.dir=DATA/pretrain run.dir=runs/base
  python -m pretrain recipe=demo data.dir=DATA/pretrain run.dir=runs/base run.resume=auto
  python -m pretrain recipe=demo data.dir=DATA/pretrain trainer.ranks=2 trainer.zero_stage=2
  python -m pretrain data.dir=DATA model.name=granite_3b phases.general.tokens=1e9 --dry-run

Every key is explained in pretrain/config.py; the numbers are in conf/pretrain/.
exit codes: 0 done, 2 configuration, 3 preflight, 4 data, 6 diverged, 75 preempted (resumable)"""


def main(argv: Sequence[str]) -> int:
    """Pre-train; returns the exit code."""
    parsed = parse_arguments(PROGRAM, DESCRIPTION, argv, epilog=EXAMPLES)
    config = configure("pretrain", PretrainConfig, parsed.overrides)
    if not parsed.dry_run:
        warm_up(config.trainer.ranks)
    check_inputs(config)
    if parsed.dry_run:
        print(to_yaml(config))
        return ExitCode.OK

    from granite_rl.runs.directory import RunDirectory

    with RunDirectory.open(
        config.run,
        kind="pretrain",
        config_yaml=to_yaml(config),
        overrides=parsed.overrides,
        command=["python", "-m", "pretrain", *argv],
    ) as run:
        if run.already_complete:
            print(f"pretrain: {run.path} is already complete; nothing to do")
            return ExitCode.OK
        run_training(config, run)
        run.finish("succeeded", ExitCode.OK)
        print(f"pretrain: done, model in {run.hf}", flush=True)
    return ExitCode.OK


def source_names(config: PretrainConfig) -> list[str]:
    """Every source that any phase mixes in, in order of first use."""
    names = itertools.chain.from_iterable(phase.mixture for phase in config.phases.values())
    return list(dict.fromkeys(names))


def check_inputs(config: PretrainConfig) -> None:
    """Refuse what can be refused cheaply: architecture, tokenizer, missing text.

    Raises:
        ConfigError | PreflightError | DataError: naming key path or file.
    """
    from granite_rl.models.configs import granite_config
    from granite_rl.models.preflight import check_tokenizer
    from granite_rl.models.tokenizer import check_vocab_size

    granite_config(config.model.name)
    if config.model.tokenizer is None:
        check_vocab_size(config.model.vocab_size)
    else:
        check_tokenizer(config.model.tokenizer, key="model.tokenizer")
    for name in source_names(config):
        if not (config.data.dir / f"{name}.jsonl").is_file():
            raise DataError(
                f"data.dir: {config.data.dir / name}.jsonl does not exist",
                "data.dir must hold one <source>.jsonl per source of the mixtures",
            )


def run_training(config: PretrainConfig, run: RunDirectory) -> None:
    """Prepare tokenizer, shards and plan, then train all phases in the run directory."""
    from granite_rl.models.checkpoint_directory import replace_directory
    from granite_rl.models.configs import parameter_count
    from granite_rl.models.tokenizer import load_tokenizer
    from granite_rl.runs.console import Progress, format_count
    from granite_rl.runs.metrics import MetricLogger
    from granite_rl.runs.preemption import StopSignal
    from granite_rl.training.checkpoint import CheckpointStore
    from granite_rl.training.launch import free_port, launch
    from granite_rl.training.supervised import Reporter
    from pretrain.phases import build_plan, table
    from pretrain.shards import prepare
    from pretrain.train import FRESH, Job, architecture, train_rank

    tokenizer_path = prepare_tokenizer(config, run.path / "tokenizer")
    tokenizer = load_tokenizer(tokenizer_path)
    sources = {
        name: prepare(
            name,
            config.data.dir / f"{name}.jsonl",
            run.path / "shards",
            tokenizer,
            config.data.validation_fraction,
        )
        for name in source_names(config)
    }
    plans = build_plan(config, sources)
    total_steps = plans[-1].first_step + plans[-1].steps
    progress = Progress(total_steps, "step", "pretrain")
    progress.note(table(plans, sources))
    parameters = parameter_count(architecture(config, len(tokenizer)))
    progress.note(
        f"{config.model.name}: {format_count(parameters)} parameters, vocabulary {len(tokenizer)}, "
        f"{total_steps} steps"
    )
    store = CheckpointStore(run.checkpoints, config.checkpoint.keep)
    resume = config.run.resume
    checkpoint = None
    if resume != "never":
        checkpoint = store.newest() if resume == "auto" else store.exact(resume)
    run.drop_metrics_after(0 if checkpoint is None else checkpoint.step)
    fingerprints = {name: source.fingerprint for name, source in sources.items()}
    run.write_lineage("base", config.recipe, None, None, sources=fingerprints)
    job = Job(
        config=config,
        plans=plans,
        sources=sources,
        tokenizer=tokenizer_path,
        phases=run.path / "phases",
        checkpoints=run.checkpoints,
        resume=None if checkpoint is None else checkpoint.path,
        position=FRESH if checkpoint is None else checkpoint.metadata,
        port=free_port(),
    )
    logger = MetricLogger(
        run, config.tracking, config.run.name, config.model_dump(mode="json"), total_steps
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
    with replace_directory(run.hf) as temporary:
        shutil.copytree(job.phases / plans[-1].directory / "hf", temporary, dirs_exist_ok=True)


def prepare_tokenizer(config: PretrainConfig, directory: Path) -> Path:
    """The tokenizer's directory: the given one, or one trained from the text."""
    from granite_rl.models.checkpoint_directory import replace_directory
    from granite_rl.models.tokenizer import train_tokenizer
    from pretrain.shards import read_texts

    if config.model.tokenizer is not None:
        return config.model.tokenizer
    if not directory.is_dir():
        files = [config.data.dir / f"{name}.jsonl" for name in source_names(config)]
        texts = itertools.chain.from_iterable(read_texts(file) for file in files)
        tokenizer = train_tokenizer(texts, config.model.vocab_size)
        with replace_directory(directory) as temporary:
            tokenizer.save_pretrained(temporary)
    return directory


if __name__ == "__main__":
    sys.exit(run_main(main))
