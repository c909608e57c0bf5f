"""Prepare pre-training before its ranks start: check the inputs, make tokenizer and shards."""

from __future__ import annotations

import itertools
from pathlib import Path

from granite_rl.errors import DataError
from granite_rl.models.checkpoint_directory import replace_directory
from granite_rl.models.configs import granite_config, parameter_count
from granite_rl.models.preflight import check_tokenizer
from granite_rl.models.tokenizer import check_vocab_size, load_tokenizer, train_tokenizer
from granite_rl.runs.console import format_count
from granite_rl.runs.data_files import DataFile
from granite_rl.runs.directory import RunDirectory
from granite_rl.training.run import Prepared, Supervised, has_model
from pretrain.config import PretrainConfig
from pretrain.phases import build_plan, table
from pretrain.shards import prepare as prepare_shards
from pretrain.shards import read_texts
from pretrain.train import Shared, train_rank


def source_names(config: PretrainConfig) -> list[str]:
    """Return every source that any phase mixes in, in order of first use."""
    names = itertools.chain.from_iterable(phase.mixture for phase in config.phases.values())
    return list(dict.fromkeys(names))


def check_inputs(config: PretrainConfig) -> None:
    """Refuse a wrong architecture or tokenizer, or missing text, before anything is read.

    Raises:
        ConfigError | PreflightError | DataError: a check failed; it names key path or file.
    """
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


def describe(_config: PretrainConfig, _inputs: None) -> str:
    """Return an empty plan: the number of steps is known only once the text is tokenised."""
    return ""


def prepare(config: PretrainConfig, _inputs: None, run: RunDirectory) -> Prepared[Shared]:
    """Make tokenizer, shards and plan in the run directory, unless they are there."""
    tokenizer_path = _prepare_tokenizer(config, run.path / "tokenizer")
    tokenizer = load_tokenizer(tokenizer_path)
    sources = {
        name: prepare_shards(
            name,
            config.data.dir / f"{name}.jsonl",
            run.path / "shards",
            tokenizer,
            config.data.validation_fraction,
        )
        for name in source_names(config)
    }
    plans = build_plan(config, sources)
    steps = plans[-1].first_step + plans[-1].steps
    architecture = granite_config(config.model.name, vocab_size=len(tokenizer))
    summary = (
        f"{config.model.name}: {format_count(parameter_count(architecture))} parameters, "
        f"vocabulary {len(tokenizer)}, {steps} steps"
    )
    data = [
        DataFile(
            "data.dir", str((config.data.dir / f"{name}.jsonl").absolute()), source.fingerprint
        )
        for name, source in sources.items()
    ]
    return Prepared(
        shared=Shared(plans, sources, tokenizer_path, run.path / "phases"),
        total_steps=steps,
        notes=(table(plans, sources), summary),
        stage="base",
        parent=None,
        lineage={},
        data=data,
    )


def _prepare_tokenizer(config: PretrainConfig, directory: Path) -> Path:
    """Return the tokenizer's directory: the given one, or one trained from the text."""
    if config.model.tokenizer is not None:
        return config.model.tokenizer
    if not directory.is_dir():
        files = [config.data.dir / f"{name}.jsonl" for name in source_names(config)]
        texts = itertools.chain.from_iterable(read_texts(file) for file in files)
        tokenizer = train_tokenizer(texts, config.model.vocab_size)
        with replace_directory(directory) as temporary:
            tokenizer.save_pretrained(temporary)
    return directory


PRETRAIN = Supervised(
    kind="pretrain",
    command=("python", "-m", "pretrain"),
    read=check_inputs,
    describe=describe,
    prepare=prepare,
    train=train_rank,
    product=has_model,
)
