"""Evaluate checkpoints on held-out prompts: ``python -m granite_rl.evaluation [key=value ...]``.

Most of the time is vLLM's start, so checkpoints of one architecture and tokenizer take turns in one
generator; engines for different ones start together.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from granite_rl.config import (
    ClusterSection,
    EvalSection,
    GeneratorSection,
    RewardsSection,
    RolloutSection,
    StrictModel,
)
from granite_rl.entry import compose, parse_arguments, run_main, to_yaml, validate
from granite_rl.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from granite_rl.actors.generator_pool import GeneratorPool
    from granite_rl.models.preflight import CheckedModel

PROGRAM = "python -m granite_rl.evaluation"
EXAMPLES = f"""examples:
  {PROGRAM} recipe=demo 'models={{sft: runs/sft/hf}}' 'eval.files=[rows.jsonl]' output_dir=OUT
  {PROGRAM} 'models={{a: DIR, b: DIR}}' 'eval.files=[x.jsonl,y.jsonl]' output_dir=OUT"""


class EvaluationConfig(StrictModel):
    """What an evaluation reads; sections as in a stage."""

    recipe: str
    models: dict[str, Path]
    """Name and directory of each checkpoint."""
    output_dir: Path
    """Gets ``<name>.eval.json`` for each checkpoint."""
    rollout: RolloutSection
    generator: GeneratorSection
    rewards: RewardsSection
    eval: EvalSection
    cluster: ClusterSection


def main(argv: Sequence[str]) -> int:
    """Evaluate; returns the exit code."""
    parsed = parse_arguments(
        PROGRAM, "Greedy held-out evaluation through vLLM.", argv, epilog=EXAMPLES
    )
    # The shared groups carry sections of training; nothing reads them here, so nobody may set them.
    for override in parsed.overrides:
        section = override.lstrip("+~").split("=")[0].split(".")[0]
        if section not in EvaluationConfig.model_fields:
            raise ConfigError(
                f"{override}: evaluation has no section {section!r}",
                f"sections: {', '.join(EvaluationConfig.model_fields)}",
            )
    resolved = compose("evaluation", parsed.overrides)
    config = validate(
        EvaluationConfig,
        {key: resolved[key] for key in EvaluationConfig.model_fields if key in resolved},
    )
    # Imported after the configuration was checked: a typo is told in a second, this takes three.
    from granite_rl.evaluation.checks import check_models

    models = check_models(
        config.models, config.output_dir, config.rollout, config.generator, config.cluster
    )
    if parsed.dry_run:
        print(to_yaml(config))
        return ExitCode.OK
    return _run(config, models)


def _run(config: EvaluationConfig, models: Mapping[str, CheckedModel]) -> int:
    from granite_rl.actors import placement
    from granite_rl.actors.generator_pool import GeneratorPool
    from granite_rl.actors.scoring import ScorerPool
    from granite_rl.data.prompts import prepare_prompts, uses_reward_model
    from granite_rl.data.rows import limit_rows, read_rows
    from granite_rl.evaluation.heldout import evaluate, write_evaluation
    from granite_rl.models.checkpoint_directory import checkpoint_hash
    from granite_rl.models.tokenizer import encode_continuation
    from granite_rl.rl.rollouts import RolloutEngine
    from granite_rl.weight_sync.transports import TRANSPORTS, send_checkpoint

    rows = limit_rows(read_rows(config.eval.files), config.eval.limit_per_domain)
    prompts = {
        name: prepare_prompts(rows, model.tokenizer, config.rollout.max_prompt_tokens)
        for name, model in models.items()
    }
    engines = share_engines(config.models)
    with placement.ray_session(config.cluster):
        single = config.generator.model_copy(update={"replicas": 1})
        if TRANSPORTS[single.weight_sync].needs_gpus:
            # This process sends, and has none.
            single = single.model_copy(update={"weight_sync": "network"})
        cluster = config.cluster
        context = config.rollout.max_context
        seats = [
            placement.generator_seat(config.models[names[0]], single, cluster, context)
            for names in engines
        ]
        worker = placement.reward_worker_seat(config.rewards, cluster)
        seats += [worker] * (config.rewards.workers * len(engines))
        placement.make_room(seats, cluster.start_timeout_s)
        print(f"starting vLLM for {', '.join(prompts)} ...", flush=True)
        pools = [
            GeneratorPool(
                partial(
                    placement.start_generator, config.models[names[0]], single, cluster, context
                ),
                1,
                timeout_s=config.generator.timeout_s,
                start_timeout_s=cluster.start_timeout_s,
                max_restarts=cluster.max_restarts,
                on_event=lambda kind, message: print(f"{kind}: {message}", flush=True),
            )
            for names in engines
        ]

        def run(names: Sequence[str], generators: GeneratorPool) -> None:
            placement.wait_for(generators.describe(), cluster.start_timeout_s, "starting vLLM")
            tokenizer = models[names[0]].tokenizer
            scorers = ScorerPool(
                lambda: placement.start_reward_worker(config.rewards, cluster),
                config.rewards.workers,
                config.rewards.batch_timeout_s,
                None,
                uses_reward_model,
            )
            placement.wait_for(scorers.ready(), cluster.start_timeout_s, "starting reward workers")
            rollouts = RolloutEngine(
                generators,
                scorers,
                partial(encode_continuation, tokenizer),
                config.generator.timeout_s,
            )
            transport = single.weight_sync
            for version, name in enumerate(names):
                path = config.models[name]
                rollouts.load_weights(partial(send_checkpoint, transport, path, version))
                result = evaluate(
                    rollouts,
                    prompts[name].rows,
                    prompts[name].token_ids,
                    max_response_tokens=config.rollout.max_response_tokens,
                    max_context=config.rollout.max_context,
                    max_turns=config.rollout.max_turns,
                    model=path,
                    model_hash=checkpoint_hash(path),
                )
                target = config.output_dir / f"{name}.eval.json"
                write_evaluation(target, result)
                accuracy = [numbers["accuracy"] for numbers in result["domains"].values()]
                mean = sum(accuracy) / len(accuracy)
                print(f"{name}: mean accuracy {mean:.3f} -> {target}", flush=True)

        with ThreadPoolExecutor(len(engines)) as pool:
            list(pool.map(run, engines, pools))
    return ExitCode.OK


def share_engines(models: Mapping[str, Path]) -> list[list[str]]:
    """Names of models that one engine can serve in turn: same architecture, same tokenizer.

    Swapping weights takes milliseconds to seconds, another vLLM 15 s and its own memory.
    """
    alike: dict[tuple[bytes, bytes], list[str]] = {}
    for name, path in models.items():
        key = ((path / "config.json").read_bytes(), (path / "tokenizer.json").read_bytes())
        alike.setdefault(key, []).append(name)
    return list(alike.values())


if __name__ == "__main__":
    sys.exit(run_main(main))
