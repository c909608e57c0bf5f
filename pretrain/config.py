"""Define the configuration of ``python -m pretrain``; the numbers are in conf/pretrain/."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from granite_rl.config import (
    CheckpointSection,
    DType,
    Fraction,
    NonNegativeFloat,
    Positive,
    PositiveFloat,
    RunSection,
    StrictModel,
    TrackingSection,
    check_precision,
)


class PretrainModel(StrictModel):
    """Configures the architecture, and the tokenizer its vocabulary comes from."""

    name: str
    """Name of an architecture in `granite_rl.models.configs`."""
    tokenizer: Path | None
    """Directory of an existing tokenizer; null: train one from the pre-training text."""
    vocab_size: Positive
    """Tokens of a tokenizer that is trained, special ones included; unused with an existing one."""


class PretrainData(StrictModel):
    """Configures the text on disk: ``<dir>/<source>.jsonl`` with rows ``{"text": ...}``."""

    dir: Path
    validation_fraction: Annotated[float, Field(gt=0, lt=0.5)]
    """Share of each source's documents that is never trained on."""
    validation_tokens: Positive
    """Most held-out tokens of each source that are evaluated after a phase."""
    max_epochs: PositiveFloat
    """Most times that a source may be repeated over all phases; more is refused before training."""


class PowerSchedule(StrictModel):
    """Configures the power schedule of all tokens trained so far, over phases."""

    kind: Literal["power"]
    a: PositiveFloat
    b: Annotated[float, Field(lt=0)]
    maximum: PositiveFloat
    warmup_tokens: NonNegativeFloat
    """Linear warm-up from 0 at the start of the phase, in tokens."""


class ExponentialSchedule(StrictModel):
    """Configures an exponential decay over the phase."""

    kind: Literal["exponential"]
    start: PositiveFloat | None
    """Rate at the start; null: the last rate of the phase before."""
    end_factor: Fraction
    """Rate at the end, as a share of the start."""


class LinearSchedule(StrictModel):
    """Configures a straight line to zero over the phase."""

    kind: Literal["linear"]
    start: PositiveFloat | None
    """Rate at the start; null: the last rate of the phase before."""


Schedule = Annotated[
    PowerSchedule | ExponentialSchedule | LinearSchedule, Field(discriminator="kind")
]


class Phase(StrictModel):
    """Configures one phase, or one stage of the long-context phase."""

    number: Positive
    """Number of the phase among the recipe's five; the stages of the long-context phase share
    theirs."""
    tokens: PositiveFloat
    """Tokens to train, rounded to whole steps, at least one."""
    context: Annotated[int, Field(ge=2)]
    """Length of a training row in tokens."""
    batch_sequences: Positive
    """Rows of one optimizer step, over all ranks."""
    rope_theta: PositiveFloat
    """RoPE base of this phase; a change takes effect at its start."""
    mixture: dict[str, PositiveFloat] = Field(min_length=1)
    """Weight of each source, by tokens; normalised when they don't sum to 100."""
    schedule: Schedule
    merge: Fraction
    """Weight of the phase's result in its checkpoint; the rest is that of the model before it."""


class PretrainOptim(StrictModel):
    """Configures AdamW; the learning rates are the phases' own."""

    betas: tuple[Fraction, Fraction]
    eps: PositiveFloat
    weight_decay: NonNegativeFloat
    grad_clip: PositiveFloat
    mup: bool
    """Train matrices inside the blocks at rate / m_width, as the power schedule expects."""


class PretrainTrainer(StrictModel):
    """Configures DeepSpeed ranks, as in `TrainerSection`, with micro-batches by tokens."""

    ranks: Positive
    zero_stage: Literal[0, 1, 2, 3]
    microbatch_tokens: Positive
    """Tokens of one micro-batch of one rank: as many rows as fit, at least one."""
    threads: Positive
    """CPU threads of one rank."""
    dtype: DType
    gradient_checkpointing: bool

    @model_validator(mode="after")
    def _precise(self) -> PretrainTrainer:
        check_precision(self.zero_stage, self.dtype)
        return self


class PretrainConfig(StrictModel):
    """Configures ``python -m pretrain``."""

    recipe: str
    run: RunSection
    model: PretrainModel
    data: PretrainData
    phases: dict[str, Phase] = Field(min_length=1)
    """Phases by name, in the order they run."""
    optim: PretrainOptim
    trainer: PretrainTrainer
    checkpoint: CheckpointSection
    tracking: TrackingSection

    @field_validator("phases")
    @classmethod
    def _ordered(cls, value: dict[str, Phase]) -> dict[str, Phase]:
        numbers = [phase.number for phase in value.values()]
        if numbers != sorted(numbers):
            raise ValueError(f"phases must be in the order of their numbers, not {numbers}")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> PretrainConfig:
        for position, (name, phase) in enumerate(self.phases.items()):
            if phase.batch_sequences % self.trainer.ranks:
                raise ValueError(
                    f"phases.{name}.batch_sequences: {phase.batch_sequences} rows can't be shared "
                    f"by trainer.ranks={self.trainer.ranks} evenly"
                )
            if position == 0 and phase.merge != 1:
                raise ValueError(f"phases.{name}.merge: the first phase has no model before it")
            if (
                position == 0
                and not isinstance(phase.schedule, PowerSchedule)
                and phase.schedule.start is None
            ):
                raise ValueError(
                    f"phases.{name}.schedule.start: the first phase needs a rate of its own"
                )
        return self
