"""Evaluate checkpoints in as few vLLM engines as their architectures and tokenizers allow.

Most of the time is vLLM's start, so checkpoints of one architecture and tokenizer take turns in one
engine; engines for different ones start together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from granite_rl.actors import placement
from granite_rl.actors.generator_pool import GeneratorPool
from granite_rl.actors.scoring import ScorerPool
from granite_rl.config import GeneratorSection
from granite_rl.data.prompts import Prompts, prepare_prompts, uses_reward_model
from granite_rl.data.rows import limit_rows, read_rows
from granite_rl.evaluation.config import EvaluationConfig
from granite_rl.evaluation.heldout import evaluate, write_evaluation
from granite_rl.models.checkpoint_directory import checkpoint_hash
from granite_rl.models.preflight import CheckedModel, check_model
from granite_rl.models.tokenizer import encode_continuation
from granite_rl.rl.rollouts import RolloutEngine
from granite_rl.runs.directory import check_lasting
from granite_rl.weight_sync.transports import TRANSPORTS, send_checkpoint


def check_models(config: EvaluationConfig) -> dict[str, CheckedModel]:
    """Check every checkpoint, and where the results go, before any engine starts.

    Raises:
        ConfigError | PreflightError: naming the key ``models.NAME``.
    """
    check_lasting(config.output_dir, "output_dir")
    return {
        name: check_model(
            path,
            key=f"models.{name}",
            context=config.rollout.max_context,
            context_key="rollout.max_context",
            trained=False,
        )
        for name, path in config.models.items()
    }


def evaluate_checkpoints(config: EvaluationConfig, models: Mapping[str, CheckedModel]) -> None:
    """Write the evaluation of every checkpoint of a configuration.

    Args:
        config: what to evaluate, and how.
        models: its checkpoints as `check_models` found them.

    Raises:
        DataError: naming file and line.
    """
    rows = limit_rows(read_rows(config.eval.files), config.eval.limit_per_domain)
    prompts = {
        name: prepare_prompts(rows, model.tokenizer, config.rollout.max_prompt_tokens)
        for name, model in models.items()
    }
    engines = share_engines(config.models)
    generator = _one_replica(config.generator)
    with placement.ray_session(config.cluster):
        _make_room(config, generator, engines)
        print(f"starting vLLM for {', '.join(prompts)} ...", flush=True)
        pools = [_generator_pool(config, generator, names) for names in engines]

        def run(names: Sequence[str], pool: GeneratorPool) -> None:
            rollouts = _rollout_engine(config, models[names[0]], pool)
            for version, name in enumerate(names):
                path = config.models[name]
                send = partial(send_checkpoint, generator.weight_sync, path, version)
                rollouts.load_weights(send)
                _evaluate_one(config, rollouts, name, prompts[name])

        with ThreadPoolExecutor(len(engines)) as threads:
            list(threads.map(run, engines, pools))


def share_engines(models: Mapping[str, Path]) -> list[list[str]]:
    """Names of models that one engine can serve in turn: same architecture, same tokenizer.

    Swapping weights takes milliseconds to seconds, another vLLM 15 s and its own memory.
    """
    alike: dict[tuple[bytes, bytes], list[str]] = {}
    for name, path in models.items():
        key = ((path / "config.json").read_bytes(), (path / "tokenizer.json").read_bytes())
        alike.setdefault(key, []).append(name)
    return list(alike.values())


def _one_replica(section: GeneratorSection) -> GeneratorSection:
    """The generator of one engine, and a weight transport that this process can send by."""
    single = section.model_copy(update={"replicas": 1})
    if TRANSPORTS[single.weight_sync].needs_gpus:
        # This process sends, and has none.
        single = single.model_copy(update={"weight_sync": "network"})
    return single


def _make_room(
    config: EvaluationConfig, generator: GeneratorSection, engines: Sequence[Sequence[str]]
) -> None:
    context = config.rollout.max_context
    seats = [
        placement.generator_seat(config.models[names[0]], generator, config.cluster, context)
        for names in engines
    ]
    worker = placement.reward_worker_seat(config.rewards, config.cluster)
    seats += [worker] * (config.rewards.workers * len(engines))
    placement.make_room(seats, config.cluster.start_timeout_s)


def _generator_pool(
    config: EvaluationConfig, generator: GeneratorSection, names: Sequence[str]
) -> GeneratorPool:
    cluster = config.cluster
    return GeneratorPool(
        partial(
            placement.start_generator,
            config.models[names[0]],
            generator,
            cluster,
            config.rollout.max_context,
        ),
        1,
        timeout_s=generator.timeout_s,
        start_timeout_s=cluster.start_timeout_s,
        max_restarts=cluster.max_restarts,
        on_event=lambda kind, message: print(f"{kind}: {message}", flush=True),
    )


def _rollout_engine(
    config: EvaluationConfig, model: CheckedModel, pool: GeneratorPool
) -> RolloutEngine:
    """Wait for an engine and its reward workers."""
    cluster = config.cluster
    placement.wait_for(pool.describe(), cluster.start_timeout_s, "starting vLLM")
    scorers = ScorerPool(
        lambda: placement.start_reward_worker(config.rewards, cluster),
        config.rewards.workers,
        config.rewards.batch_timeout_s,
        None,
        uses_reward_model,
    )
    placement.wait_for(scorers.ready(), cluster.start_timeout_s, "starting reward workers")
    encode = partial(encode_continuation, model.tokenizer)
    return RolloutEngine(pool, scorers, encode, config.generator.timeout_s)


def _evaluate_one(
    config: EvaluationConfig, rollouts: RolloutEngine, name: str, prompts: Prompts
) -> None:
    path = config.models[name]
    result = evaluate(
        rollouts,
        prompts.rows,
        prompts.token_ids,
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
