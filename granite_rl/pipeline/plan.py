"""Plan a pipeline: its steps with their commands, and what they depend on.

``TABLE`` has a row for each step of the recipe, and ``build_plan`` fills in the rows that a
configuration asks for. A step is one child process. Its command line is made here only, so that the
plan of ``--dry-run``, the echo while running and the command after a failure are the same words. A
step's fingerprint is its command and the content of everything it reads; a finished step is
skipped only while both are what they were. Hashing reads every input once per start of the
pipeline, at about 1 GB/s: nothing for the demo, a minute per parent at 30B.
"""

from __future__ import annotations

import hashlib
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from granite_rl.command_line.overrides import argument
from granite_rl.config import RL_STAGES
from granite_rl.errors import ConfigError, DataError
from granite_rl.models.checkpoint_directory import checkpoint_hash
from granite_rl.pipeline.config import SHARED_STEPS, PipelineConfig

SUPERVISED, ROLLOUTS = "supervised", "rollouts"
"""Kinds of steps that can share a process: those that train on tokens as they are, and those that
generate with vLLM."""


@dataclass(frozen=True)
class Step:
    """Describes one child process of the pipeline."""

    name: str
    command: tuple[str, ...]
    directory: Path
    """Run directory of the step, moved aside when its inputs changed."""
    inputs: Mapping[str, Path]
    """What it reads, by the name a message should use."""
    outputs: tuple[Path, ...]
    """Files that must exist when the step has succeeded."""
    resumable: bool = True
    """Whether the directory holds a status.json and checkpoints to continue from."""
    evaluations: Mapping[str, Path] = field(default_factory=dict)
    """The eval.json files it writes, by stage."""
    kind: str | None = None
    """Steps of one kind can share a process, `granite_rl.pipeline.worker`; None: never."""


@dataclass(frozen=True)
class Plan:
    """Holds all steps in order, and where the results of each stage lie, reused ones included."""

    steps: tuple[Step, ...]
    models: Mapping[str, Path]
    """HF checkpoint of each stage."""
    evaluations: Mapping[str, Path]
    """eval.json of each stage."""
    runs: Mapping[str, Path]
    """Run directory of every training step, in order."""


class Files(NamedTuple):
    """Describes several paths: a pattern with ``{each}``, and the name of each one in messages."""

    pattern: str
    each: str
    """Name of the list in `_places` that ``{each}`` goes through."""
    label: str
    named: bool = False
    """Whether the command gets a mapping from names instead of a list."""


class Row(NamedTuple):
    """Describes one step of the recipe; ``{name}`` in it stands for a place of `_places`."""

    name: str
    module: str
    kind: str | None
    directory: str
    reads: Mapping[str, str | Files]
    """Inputs of the step, by the key of the command that takes each."""
    writes: tuple[str | Files, ...]
    arguments: tuple[str, ...]
    """Arguments of the command, in order. The key of an input, of the directory or of a setting
    that steps share stands for ``key=value``.
    """
    resumable: bool = True
    evaluations: Files | None = None


_HELDOUT = Files("{data}/heldout/{each}.jsonl", "heldout", "held-out {each}")
_TRAIN = Files("{data}/train/{each}.jsonl", "prompts", "data.train {each}")
_SUPERVISED_MODELS = Files("{{each}}/hf", "supervised", "models.{each}", named=True)
_SUPERVISED_EVALUATIONS = Files("{evaluation}/{each}.eval.json", "supervised", "{each}")
_STAGE_EVALUATION = Files("{stage}/eval.json", "this", "{each}")

TABLE: tuple[Row, ...] = (
    Row(
        name="data",
        module="envs",
        kind=None,
        directory="{data}",
        reads={},
        writes=("{data}/sft.jsonl", "{data}/preferences.jsonl", _HELDOUT),
        arguments=("demo", "--out", "{data}", "--seed", "{seed}"),
        resumable=False,
    ),
    Row(
        name="pretrain",
        module="pretrain",
        kind=SUPERVISED,
        directory="{base}",
        reads={"data.dir": "{data}/pretrain"},
        writes=("{base}/hf",),
        arguments=("recipe", "data.dir", "run.dir", "run.seed", "run.resume"),
    ),
    Row(
        name="sft",
        module="sft",
        kind=SUPERVISED,
        directory="{sft}",
        reads={"data.train": "{data}/sft.jsonl", "model.path": "{base}/hf"},
        writes=("{sft}/hf",),
        arguments=("recipe", "data.train", "model.path", "run.dir", "run.seed", "run.resume"),
    ),
    Row(
        name="reward_model",
        module="sft.reward_model",
        kind=SUPERVISED,
        directory="{reward_model}",
        reads={
            "data.train": "{data}/preferences.jsonl",
            "data.heldout": "{data}/preferences_heldout.jsonl",
            "model.path": "{sft}/hf",
        },
        writes=("{reward_model}/hf",),
        arguments=(
            "recipe",
            "data.train",
            "data.heldout",
            "model.path",
            "run.dir",
            "run.seed",
            "run.resume",
        ),
    ),
    Row(
        name="evaluation",
        module="granite_rl.evaluation",
        kind=ROLLOUTS,
        directory="{evaluation}",
        reads={"models": _SUPERVISED_MODELS, "eval.files": _HELDOUT},
        writes=(_SUPERVISED_EVALUATIONS,),
        arguments=("recipe", "models", "output_dir", "eval.files"),
        resumable=False,
        evaluations=_SUPERVISED_EVALUATIONS,
    ),
    *(
        Row(
            name=stage,
            module="granite_rl.stage",
            kind=ROLLOUTS,
            directory="{stage}",
            reads={
                "model.path": "{parent}/hf",
                "rewards.model_path": "{reward_model}/hf",
                "data.train": _TRAIN,
                "eval.files": _HELDOUT,
            },
            writes=("{stage}/hf", _STAGE_EVALUATION),
            arguments=(
                stage,
                "recipe",
                "model.path",
                "data.train",
                "rewards.model_path",
                "rewards.shuffle",
                "run.dir",
                "run.seed",
                "run.resume",
                "eval.files",
            ),
            evaluations=_STAGE_EVALUATION,
        )
        for stage in RL_STAGES
    ),
)
"""The recipe's steps in the order they run."""


def build_plan(config: PipelineConfig) -> Plan:
    """List the steps that the configuration asks for, in order; no file is read or written."""
    root, stages = config.run.dir, config.wanted_stages
    shared = config.reuse_from or root
    directories = {"pretrain": shared / "pretrain", "sft": shared / "sft"}
    directories |= {"reward_model": shared / "reward_model"}
    directories |= {stage: root / stage for stage in RL_STAGES}
    trained = [row.name for row in TABLE if row.name in directories and _wanted(row, config)]
    of_stage = {stage: directories["pretrain" if stage == "base" else stage] for stage in stages}
    steps: list[Step] = []
    evaluations: dict[str, Path] = {}
    for row in TABLE:
        if _wanted(row, config):
            step = _step(row, config, _places(row, config, of_stage))
            evaluations |= step.evaluations
            if config.reuse_from is None or row.name not in SHARED_STEPS:
                steps.append(step)
    return Plan(
        steps=tuple(steps),
        models={stage: directory / "hf" for stage, directory in of_stage.items()},
        evaluations=evaluations,
        runs={name: directories[name] for name in trained},
    )


def _wanted(row: Row, config: PipelineConfig) -> bool:
    stages = config.wanted_stages
    if row.name == "data":
        return config.data.generate
    if row.name == "reward_model":
        return any(stage in RL_STAGES for stage in stages)
    return row.name in ("pretrain", "evaluation", *stages)


def _places(
    row: Row, config: PipelineConfig, of_stage: Mapping[str, Path]
) -> dict[str, str | Path | Sequence[str]]:
    """Return the values of the ``{names}`` in a row of the table, and the lists for ``{each}``.

    Args:
        row: a row of the table.
        config: the pipeline's configuration.
        of_stage: run directory of each wanted stage, in the recipe's order.
    """
    shared, data = config.reuse_from or config.run.dir, config.data.dir
    if config.reuse_from is not None and data == config.run.dir / "data":
        data = config.reuse_from / "data"
    wanted = list(of_stage)
    parent = wanted[wanted.index(row.name) - 1] if row.name in RL_STAGES else "base"
    return {
        **of_stage,
        "data": data,
        "seed": str(config.run.seed),
        "reward_model": shared / "reward_model",
        "evaluation": shared / "evaluation",
        "stage": of_stage.get(row.name, shared),
        "parent": of_stage[parent],
        "heldout": config.heldout,
        "prompts": config.prompts.get(row.name, ()),
        "supervised": [stage for stage in wanted if stage not in RL_STAGES],
        "this": (row.name,),
    }


def _step(row: Row, config: PipelineConfig, places: Mapping[str, Any]) -> Step:
    """Build a step from a row of the table."""

    def path(pattern: str) -> Path:
        return Path(pattern.format_map(places))

    def each(files: Files) -> dict[str, Path]:
        names = places[files.each]
        return {name: path(files.pattern.replace("{each}", name)) for name in names}

    inputs: dict[str, Path] = {}
    directory = path(row.directory)
    values = {key: [argument(key, directory)] for key in ("run.dir", "output_dir")}
    values |= _settings(config)
    for key, read in row.reads.items():
        if isinstance(read, str):
            inputs[key] = path(read)
            values[key] = [argument(key, inputs[key])]
        else:
            found = each(read)
            inputs |= {read.label.format(each=name): file for name, file in found.items()}
            values[key] = [argument(key, found if read.named else list(found.values()))]
    outputs = [
        [path(write)] if isinstance(write, str) else each(write).values() for write in row.writes
    ]
    arguments = [values.get(token, [token.format_map(places)]) for token in row.arguments]
    command = (sys.executable, "-m", row.module, *chain.from_iterable(arguments))
    return Step(
        name=row.name,
        command=(*command, *config.overrides.get(row.name, ())),
        directory=directory,
        inputs=inputs,
        outputs=tuple(chain.from_iterable(outputs)),
        resumable=row.resumable,
        evaluations={} if row.evaluations is None else each(row.evaluations),
        kind=row.kind,
    )


def _settings(config: PipelineConfig) -> dict[str, list[str]]:
    """Return the arguments that steps have in common, by key."""
    return {
        "recipe": [argument("recipe", config.recipe)],
        "run.seed": [f"run.seed={config.run.seed}"],
        "run.resume": ["run.resume=auto"],
        "rewards.shuffle": ["rewards.shuffle=true"] if config.control else [],
    }


def waves(steps: Sequence[Step], limit: int) -> list[list[Step]]:
    """Group steps, in order, that can run side by side because none reads another's results.

    Args:
        steps: steps of a plan.
        limit: most steps of a group.
    """
    groups: list[list[Step]] = []
    for step in steps:
        last = groups[-1] if groups else []
        written = [other.directory.absolute() for other in last]
        reads = [path.absolute() for path in (*step.inputs.values(), step.directory)]
        free = not any(path.is_relative_to(place) for path in reads for place in written)
        if last and len(last) < limit and free:
            last.append(step)
        else:
            groups.append([step])
    return groups


def content_hash(path: Path) -> str:
    """Hash a file, all files below a directory, or a checkpoint's identity (SHA-256).

    A checkpoint (a directory with config.json) counts by weights, configuration and tokenizer, as
    its lineage does.

    Raises:
        DataError: there is nothing at that path.
    """
    if path.is_file():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    if not path.is_dir():
        raise DataError(f"{path}: no such file or directory")
    if (path / "config.json").is_file():
        return checkpoint_hash(path)
    digest = hashlib.sha256()
    for file in sorted(entry for entry in path.rglob("*") if entry.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()}\0{content_hash(file)}\n".encode())
    return digest.hexdigest()


def check_external_inputs(plan: Plan) -> None:
    """Refuse early when an input is missing that no earlier step makes.

    Raises:
        DataError: an input is missing; the message names the step, the key and the path.
    """
    produced: list[Path] = []
    for step in plan.steps:
        for label, path in step.inputs.items():
            made = any(path == p or p in path.parents or path in p.parents for p in produced)
            if not made and not path.exists():
                raise DataError(
                    f"{step.name}: {label}: {path} does not exist",
                    "data.dir must hold train/<domain>.jsonl, heldout/<domain>.jsonl, sft.jsonl, "
                    "preferences.jsonl, preferences_heldout.jsonl and pretrain/<source>.jsonl",
                )
        produced.append(step.directory)


def check_reuse(config: PipelineConfig, record: Mapping[str, object]) -> None:
    """Refuse another pipeline's results unless recipe and seed agree and it got far enough.

    Raises:
        ConfigError: the results can't be reused; the message names the difference.
    """
    for key, wanted in (("recipe", config.recipe), ("seed", config.run.seed)):
        if record.get(key) != wanted:
            raise ConfigError(
                f"reuse_from: {config.reuse_from} has {key} {record.get(key)!r}, "
                f"this run {wanted!r}",
                "reuse a run with the same recipe and seed, or leave reuse_from out",
            )
    steps = record.get("steps")
    states = (
        {name: entry.get("state") for name, entry in steps.items()}
        if isinstance(steps, dict)
        else {}
    )
    start = [argument("recipe", config.recipe), argument("run.dir", str(config.reuse_from))]
    start.append(f"run.seed={config.run.seed}")
    needed = [s for s in SHARED_STEPS if s != "data" or config.data.generate]
    for name in needed:
        if states.get(name) != "succeeded":
            raise ConfigError(
                f"reuse_from: in {config.reuse_from} the step {name} has not succeeded "
                f"(state {states.get(name) or 'never run'})",
                f"finish it first: python -m granite_rl.pipeline {shlex.join(start)}",
            )
