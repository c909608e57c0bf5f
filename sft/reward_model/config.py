"""Define the configuration of ``python -m sft.reward_model``; numbers are in conf/reward_model/."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

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


class BackboneSection(StrictModel):
    """Configures the checkpoint that gives the backbone."""

    path: Path
    """Policy checkpoint whose backbone the reward model starts from, usually the SFT model."""


class PairsSection(StrictModel):
    """Configures the preference pairs and how often they are seen."""

    train: Path
    """File of training pairs, JSONL or parquet."""
    heldout: Path | None
    """File of pairs that are only scored, at the end; null: none."""
    epochs: PositiveFloat
    pairs_per_step: Positive
    """Pairs of one optimizer step, over all ranks."""


class PairsTrainerSection(TrainerSection):
    """Configures DeepSpeed ranks; a row is one conversation of at most ``row_tokens`` tokens."""

    rows_per_microbatch: Annotated[int, Field(ge=2)]
    """Conversations in one forward pass: two to a pair."""


class RewardModelConfig(StrictModel):
    """Configures ``python -m sft.reward_model``."""

    recipe: str
    run: RunSection
    model: BackboneSection
    data: PairsSection
    optim: OptimSection
    trainer: PairsTrainerSection
    checkpoint: CheckpointSection
    tracking: TrackingSection
