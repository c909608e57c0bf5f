"""Define the configuration of the pipeline; the numbers are in conf/pipeline/."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from granite_rl.config import (
    RL_STAGES,
    NonNegativeFloat,
    Positive,
    PositiveFloat,
    RLStage,
    Seed,
    StrictModel,
)
from granite_rl.evaluation.matrix import ALL_STAGES

CONTROL_STAGES: tuple[str, ...] = ALL_STAGES[:3]
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
"""Steps whose results a control run may reuse, because nothing in them depends on RL rewards."""

Stage = Literal["base", "sft", RLStage]


class PipelineRunSection(StrictModel):
    """Configures where the recipe's runs go."""

    dir: Path
    """Every step gets a run directory of its own below this one."""
    seed: Seed
    """Seed of every step."""
    resume: Literal["auto"]
    """Always auto: a pipeline continues what is there; another directory starts afresh."""


class PipelineDataSection(StrictModel):
    """Configures where the data of all steps are."""

    dir: Path
    """Holds train/<domain>.jsonl, heldout/<domain>.jsonl, sft.jsonl, preferences.jsonl,
    preferences_heldout.jsonl and pretrain/<source>.jsonl."""
    generate: bool
    """Whether to make the demo's tasks there; false: they must exist."""


class PipelineConfig(StrictModel):
    """Configures ``python -m granite_rl.pipeline``."""

    recipe: str
    """Name of the recipe, given to every step as ``recipe=``."""
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
    """How many steps may run side by side when neither reads what the other writes; on a Ray
    cluster one, because each takes its CPUs."""
    keep_processes: bool
    """Run the steps of one kind (pre-training to reward model; evaluation and RL stages) in one
    process instead of one each; it keeps imports, Ray and its actors."""
    stop_grace_s: NonNegativeFloat
    """After SIGTERM, how long a step may take to save before it is killed."""

    @field_validator("stages")
    @classmethod
    def _ordered(cls, value: tuple[Stage, ...] | None) -> tuple[Stage, ...] | None:
        if value is not None:
            if list(value) != [stage for stage in ALL_STAGES if stage in value]:
                raise ValueError(f"name each stage once, in the order {', '.join(ALL_STAGES)}")
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
        """Return the checkpoints to make, defaults applied."""
        return self.stages or (CONTROL_STAGES if self.control else ALL_STAGES)
