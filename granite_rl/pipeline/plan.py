"""What the pipeline will run: its configuration, its steps with their commands, and what they
depend on.

A step is one child process. Its command line is made in one place (``build_plan``), so that the
plan of ``--dry-run``, the echo while running and the command after a failure are the same words. A
step's fingerprint is its command and the content of everything it reads; a finished step is
skipped only while both are what they were. Hashing reads every input once per start of the
pipeline, at about 1 GB/s: nothing for the demo, a minute per parent at 30B.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from granite_rl.config import NonNegative, NonNegativeFloat, Positive, PositiveFloat, StrictModel
from granite_rl.errors import ConfigError, DataError
from granite_rl.evaluation.matrix import STAGES
from granite_rl.models.checkpoint_directory import checkpoint_hash
from granite_rl.overrides import quote

RL_STAGES: tuple[str, ...] = STAGES[2:]
CONTROL_STAGES: tuple[str, ...] = STAGES[:3]
STEPS: tuple[str, ...] = (
    "data",
    "pretrain",
    "sft",
    "reward_model",
    "evaluation",
    *RL_STAGES,
)
"""Every step a plan may have, in the order it runs."""
SHARED_STEPS: tuple[str, ...] = STEPS[:5]
"""Steps whose results a control may take over: nothing in them depends on RL rewards."""

SUPERVISED, ROLLOUTS = "supervised", "rollouts"
"""Kinds of steps that can share a process: those that train on tokens as they are, and those that
generate with vLLM."""

Stage = Literal["base", "sft", "multi_domain", "rlhf", "identity", "math"]


class PipelineRunSection(StrictModel):
    """Where the recipe's runs go."""

    dir: Path
    """Every step gets a run directory of its own below this one."""
    seed: NonNegative
    """Seed of every step."""
    resume: Literal["auto"]
    """A pipeline always continues what is there; another directory starts afresh."""


class PipelineDataSection(StrictModel):
    """Where the data of all steps are."""

    dir: Path
    """Holds train/<domain>.jsonl, heldout/<domain>.jsonl, sft.jsonl, preferences.jsonl,
    preferences_heldout.jsonl and pretrain/<source>.jsonl."""
    generate: bool
    """Make the demo's tasks there; false: they must be there."""


class PipelineConfig(StrictModel):
    """``python -m granite_rl.pipeline``."""

    recipe: str
    """Given to every step as ``recipe=``."""
    run: PipelineRunSection
    control: bool
    """Shuffle the RL rewards inside each batch: the same recipe with nothing to learn from."""
    stages: tuple[Stage, ...] | None
    """Checkpoints to make, in the recipe's order; each starts from the one before it in this
    list."""
    reuse_from: Path | None
    """Run directory of another pipeline with the same recipe and seed, whose data, base, SFT and
    reward models are taken over."""
    data: PipelineDataSection
    prompts: dict[str, tuple[str, ...]]
    """Domains whose train/<domain>.jsonl a stage trains on."""
    heldout: tuple[str, ...] = Field(min_length=1)
    """Domains whose heldout/<domain>.jsonl every checkpoint is evaluated on."""
    overrides: dict[str, tuple[str, ...]]
    """Further ``key=value`` arguments of one step's command."""
    expected_seconds: dict[str, PositiveFloat]
    """Typical duration of each step, for the estimate of what is left; may be empty."""
    parallel_steps: Positive
    """How many steps may run side by side when neither reads what the other writes."""
    keep_processes: bool
    """Run the steps of one kind (pre-training to reward model; evaluation and RL stages) in one
    process instead of one each; it keeps imports, Ray and its actors."""
    stop_grace_s: NonNegativeFloat
    """After SIGTERM, how long a step may take to save before it is killed."""

    @field_validator("stages")
    @classmethod
    def _ordered(cls, value: tuple[Stage, ...] | None) -> tuple[Stage, ...] | None:
        if value is not None:
            if list(value) != [stage for stage in STAGES if stage in value]:
                raise ValueError(f"name each stage once, in the order {', '.join(STAGES)}")
            if "base" not in value or (len(value) > 1 and value[1] != "sft"):
                raise ValueError("start with base, then sft; the RL stages start from sft")
        return value

    @field_validator("overrides", "expected_seconds")
    @classmethod
    def _known_steps(cls, value: dict[str, object]) -> dict[str, object]:
        unknown = sorted(set(value).difference(STEPS))
        if unknown:
            raise ValueError(f"there is no step {unknown[0]!r}; steps: {', '.join(STEPS)}")
        return value

    @model_validator(mode="after")
    def _prompts_given(self) -> PipelineConfig:
        for stage in self.wanted_stages:
            if stage in RL_STAGES and not self.prompts.get(stage):
                raise ValueError(f"prompts.{stage}: name at least one domain to train on")
        return self

    @property
    def wanted_stages(self) -> tuple[str, ...]:
        """The checkpoints to make, defaults applied."""
        return self.stages or (CONTROL_STAGES if self.control else STAGES)


@dataclass(frozen=True)
class Step:
    """One child process of the pipeline."""

    name: str
    command: tuple[str, ...]
    directory: Path
    """Run directory of the step, moved aside when its inputs changed."""
    inputs: Mapping[str, Path]
    """What it reads, by the name a message should use."""
    outputs: tuple[Path, ...]
    """What must exist when it has succeeded."""
    resumable: bool = True
    """Whether the directory holds a status.json and checkpoints to continue from."""
    evaluations: Mapping[str, Path] = field(default_factory=dict)
    """The eval.json files it writes, by stage."""
    kind: str | None = None
    """Steps of one kind can share a process, `granite_rl.pipeline.worker`; None: never."""


@dataclass(frozen=True)
class Plan:
    """All steps in order, and where the results of each stage lie, reused ones included."""

    steps: tuple[Step, ...]
    models: Mapping[str, Path]
    """HF checkpoint of each stage."""
    evaluations: Mapping[str, Path]
    """eval.json of each stage."""
    runs: Mapping[str, Path]
    """Run directory of every training step, in order."""


def _listed(paths: Iterable[Path]) -> str:
    return "[" + ",".join(quote(path) for path in paths) + "]"


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)


def build_plan(config: PipelineConfig) -> Plan:
    """The steps that the configuration asks for, in order; touches no file."""
    root, shared = config.run.dir, config.reuse_from or config.run.dir
    data = config.data.dir
    if config.reuse_from is not None and data == root / "data":
        data = config.reuse_from / "data"
    stages = config.wanted_stages
    rl_stages = [stage for stage in stages if stage in RL_STAGES]
    common = (f"recipe={config.recipe}", f"run.seed={config.run.seed}", "run.resume=auto")
    heldout = {f"held-out {d}": data / "heldout" / f"{d}.jsonl" for d in config.heldout}
    eval_files = f"eval.files={_listed(heldout.values())}"
    directories = {"base": shared / "pretrain", "sft": shared / "sft"}
    directories |= {stage: root / stage for stage in rl_stages}
    models = {stage: directories[stage] / "hf" for stage in stages}
    reward_model = shared / "reward_model"
    steps: list[Step] = []

    def add(name: str, *arguments: str, module: str, **fields: object) -> None:
        command = _module(module, *arguments, *config.overrides.get(name, ()))
        steps.append(Step(name=name, command=command, **fields))  # type: ignore[arg-type]

    if config.data.generate:
        add(
            "data",
            "demo",
            "--out",
            str(data),
            "--seed",
            str(config.run.seed),
            module="envs",
            directory=data,
            inputs={},
            outputs=(data / "sft.jsonl", data / "preferences.jsonl", *heldout.values()),
            resumable=False,
        )
    add(
        "pretrain",
        common[0],
        f"data.dir={quote(data / 'pretrain')}",
        f"run.dir={quote(directories['base'])}",
        *common[1:],
        module="pretrain",
        kind=SUPERVISED,
        directory=directories["base"],
        inputs={"data.dir": data / "pretrain"},
        outputs=(models["base"],),
    )
    if "sft" in stages:
        add(
            "sft",
            common[0],
            f"data.train={quote(data / 'sft.jsonl')}",
            f"model.path={quote(models['base'])}",
            f"run.dir={quote(directories['sft'])}",
            *common[1:],
            module="sft",
            kind=SUPERVISED,
            directory=directories["sft"],
            inputs={"data.train": data / "sft.jsonl", "model.path": models["base"]},
            outputs=(models["sft"],),
        )
    if rl_stages:
        add(
            "reward_model",
            common[0],
            f"data.train={quote(data / 'preferences.jsonl')}",
            f"data.heldout={quote(data / 'preferences_heldout.jsonl')}",
            f"model.path={quote(models['sft'])}",
            f"run.dir={quote(reward_model)}",
            *common[1:],
            module="sft.reward_model",
            kind=SUPERVISED,
            directory=reward_model,
            inputs={
                "data.train": data / "preferences.jsonl",
                "data.heldout": data / "preferences_heldout.jsonl",
                "model.path": models["sft"],
            },
            outputs=(reward_model / "hf",),
        )
    first = {stage: models[stage] for stage in stages if stage not in RL_STAGES}
    output = shared / "evaluation"
    evaluations = {stage: output / f"{stage}.eval.json" for stage in first}
    listed = ",".join(f"{stage}:{quote(path)}" for stage, path in first.items())
    add(
        "evaluation",
        common[0],
        f"models={{{listed}}}",
        f"output_dir={quote(output)}",
        eval_files,
        module="granite_rl.evaluation",
        kind=ROLLOUTS,
        directory=output,
        inputs={**{f"models.{stage}": path for stage, path in first.items()}, **heldout},
        outputs=tuple(evaluations.values()),
        resumable=False,
        evaluations=dict(evaluations),
    )
    parent = "sft"
    for stage in rl_stages:
        train = {f"data.train {d}": data / "train" / f"{d}.jsonl" for d in config.prompts[stage]}
        result = directories[stage] / "eval.json"
        add(
            stage,
            stage,
            common[0],
            f"model.path={quote(models[parent])}",
            f"data.train={_listed(train.values())}",
            f"rewards.model_path={quote(reward_model / 'hf')}",
            *(["rewards.shuffle=true"] if config.control else []),
            f"run.dir={quote(directories[stage])}",
            *common[1:],
            eval_files,
            module="granite_rl.stage",
            kind=ROLLOUTS,
            directory=directories[stage],
            inputs={
                "model.path": models[parent],
                "rewards.model_path": reward_model / "hf",
                **train,
                **heldout,
            },
            outputs=(models[stage], result),
            evaluations={stage: result},
        )
        evaluations[stage] = result
        parent = stage
    if config.reuse_from is not None:
        steps = [step for step in steps if step.name not in SHARED_STEPS]
    runs = {"pretrain": directories["base"]}
    runs |= {stage: directories[stage] for stage in stages if stage == "sft"}
    if rl_stages:
        runs["reward_model"] = reward_model
    runs |= {stage: directories[stage] for stage in rl_stages}
    return Plan(tuple(steps), models, evaluations, runs)


def waves(steps: Sequence[Step], limit: int) -> list[list[Step]]:
    """Steps in order, in groups that can run side by side: none reads what another one writes.

    Args:
        steps: of a plan.
        limit: steps of a group at most.
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
    """SHA-256 of a file, of all files below a directory, or of a checkpoint's identity.

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
    """Refuse early when a step reads something that no earlier step makes and that isn't there.

    Raises:
        DataError: naming the step, the key and the missing path.
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
    """Refuse to build on another pipeline's results unless recipe and seed are the same and it got
    far enough.

    Raises:
        ConfigError: naming the difference.
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
    needed = [s for s in SHARED_STEPS if s != "data" or config.data.generate]
    for name in needed:
        if states.get(name) != "succeeded":
            raise ConfigError(
                f"reuse_from: in {config.reuse_from} the step {name} has not succeeded "
                f"(state {states.get(name) or 'never run'})",
                f"finish it first: python -m granite_rl.pipeline recipe={config.recipe} "
                f"run.dir={config.reuse_from} run.seed={config.run.seed}",
            )
