"""Check what an evaluation is asked to evaluate, before any engine starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from granite_rl.config import ClusterSection, GeneratorSection, RolloutSection
from granite_rl.models.preflight import CheckedModel, check_model, check_served
from granite_rl.runs.directory import check_lasting


def check_models(
    models: Mapping[str, Path],
    output_dir: Path,
    rollout: RolloutSection,
    generator: GeneratorSection,
    cluster: ClusterSection,
) -> dict[str, CheckedModel]:
    """Check every checkpoint, and where the results go.

    Raises:
        ConfigError | PreflightError: naming the key, ``models.NAME`` for a checkpoint.
    """
    check_lasting(output_dir, "output_dir")
    checked = {}
    for name, path in models.items():
        checked[name] = check_model(
            path,
            key=f"models.{name}",
            context=rollout.max_context,
            context_key="rollout.max_context",
            trained=False,
        )
        check_served(
            checked[name],
            tensor_parallel=generator.tensor_parallel,
            on_cpu=not cluster.generator_gpus,
        )
    return checked
