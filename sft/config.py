"""Define the configuration of ``python -m sft``; the numbers are in conf/sft/."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from granite_rl.config import (
    CheckpointSection,
    Fraction,
    NonNegativeFloat,
    Paths,
    Positive,
    PositiveFloat,
    RunSection,
    StrictModel,
    TrackingSection,
    TrainerSection,
)


class SftModel(StrictModel):
    """Configures the checkpoint to start from."""

    path: Path
    """Hugging Face directory with safetensors, config and a tokenizer with chat template."""


class SftData(StrictModel):
    """Configures conversations: rows ``{"messages": [...]}``, maybe ``tools`` and ``documents``."""

    train: Annotated[Paths, Field(min_length=1)]
    heldout: Paths
    """Files of conversations that are evaluated after training; may be empty."""
    epochs: PositiveFloat
    """Passes over the packed rows; ignored when max_steps is set."""
    max_steps: Positive | None
    batch_rows: Positive
    """Packed rows of trainer.row_tokens in one optimizer step, over all ranks."""


class SftOptim(StrictModel):
    """Configures AdamW with linear warm-up and linear decay to zero."""

    lr: PositiveFloat
    """Peak learning rate."""
    warmup_fraction: Fraction
    """Share of all steps with a rising learning rate."""
    betas: tuple[Fraction, Fraction]
    eps: PositiveFloat
    weight_decay: NonNegativeFloat
    grad_clip: PositiveFloat


class SftConfig(StrictModel):
    """Configures ``python -m sft``."""

    recipe: str
    run: RunSection
    model: SftModel
    data: SftData
    optim: SftOptim
    trainer: TrainerSection
    checkpoint: CheckpointSection
    tracking: TrackingSection

    @model_validator(mode="after")
    def _shared_evenly(self) -> SftConfig:
        if self.data.batch_rows % self.trainer.ranks:
            raise ValueError(
                f"data.batch_rows: {self.data.batch_rows} rows can't be shared by "
                f"trainer.ranks={self.trainer.ranks} evenly"
            )
        return self
