"""Check the checkpoints of an evaluation before any engine starts."""

from __future__ import annotations

from granite_rl.evaluation.config import EvaluationConfig
from granite_rl.models.preflight import CheckedModel, check_model, check_served
from granite_rl.runs.lasting import check_lasting


def check_models(config: EvaluationConfig) -> dict[str, CheckedModel]:
    """Check every checkpoint and the place of the results.

    Raises:
        ConfigError | PreflightError: a check failed; the message names the key.
    """
    check_lasting(config.output_dir, "output_dir")
    checked = {}
    for name, path in config.models.items():
        checked[name] = check_model(
            path,
            key=f"models.{name}",
            context=config.rollout.max_context,
            context_key="rollout.max_context",
            trained=False,
        )
        check_served(
            checked[name],
            tensor_parallel=config.generator.tensor_parallel,
            on_cpu=not config.cluster.generator_gpus,
        )
    return checked
