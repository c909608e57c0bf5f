"""Define the configuration of an evaluation; the numbers are in conf/evaluation/."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from granite_rl.config import (
    ClusterSection,
    EvalSection,
    GeneratorSection,
    LimitsSection,
    RewardWorkersSection,
    StrictModel,
)


class EvaluationConfig(StrictModel):
    """Configures ``python -m granite_rl.evaluation``; its sections are those of an RL stage."""

    recipe: str
    models: dict[str, Path] = Field(min_length=1)
    """Name and directory of each checkpoint."""
    output_dir: Path
    """Directory that gets ``<name>.eval.json`` for each checkpoint."""
    rollout: LimitsSection
    generator: GeneratorSection
    rewards: RewardWorkersSection
    eval: EvalSection
    cluster: ClusterSection
