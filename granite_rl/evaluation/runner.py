"""Evaluate checkpoints in as few vLLM engines as their architectures and tokenizers allow.

Most of the time is vLLM's start, so checkpoints of one architecture and tokenizer take turns in one
engine; engines for different ones start together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from granite_rl.actors import placement
from granite_rl.actors.answers import wait_for
from granite_rl.actors.generator_pool import GeneratorPool
from granite_rl.actors.scoring import ScorerPool
from granite_rl.config import GeneratorSection
from granite_rl.data.prompts import Prompts, describe_too_long, prepare_prompts
from granite_rl.data.rows import limit_rows, read_rows
from granite_rl.errors import Preempted
from granite_rl.evaluation.config import EvaluationConfig
from granite_rl.evaluation.heldout import evaluate, write_evaluation
from granite_rl.models.checkpoint_directory import checkpoint_hash
from granite_rl.models.preflight import CheckedModel
from granite_rl.models.tokenizer import encode_continuation
from granite_rl.rl.rollouts import RolloutEngine
from granite_rl.runs.preemption import StopSignal
from granite_rl.weight_sync.transports import TRANSPORTS, send_checkpoint


def evaluate_checkpoints(config: EvaluationConfig, models: Mapping[str, CheckedModel]) -> None:
    """Write the evaluation of every checkpoint of a configuration.

    Args:
        config: the evaluation's configuration.
        models: its checkpoints as `check_models` found them.

    Raises:
        DataError: a row is malformed; the message names file and line.
        Preempted: SIGTERM or Ctrl-C came; what was evaluated before is written.
    """
    with StopSignal() as stop:
        with stop.interrupting("before an engine was started", "the same command starts again"):
            prompts = _prompts(config, models)
        _evaluate_all(config, models, prompts, stop)


def _prompts(config: EvaluationConfig, models: Mapping[str, CheckedModel]) -> dict[str, Prompts]:
    """Read the held-out rows as prompts of each model, and say which are too long for it."""
    rows = limit_rows(read_rows(config.eval.files), config.eval.limit_per_domain)
    prompts = {
        name: prepare_prompts(rows, model.tokenizer, config.rollout.max_prompt_tokens)
        for name, model in models.items()
    }
    for name, found in prompts.items():
        if found.too_long:
            print(f"{name}: {describe_too_long('held-out', found)}", flush=True)
    return prompts


def _evaluate_all(
    config: EvaluationConfig,
    models: Mapping[str, CheckedModel],
    prompts: Mapping[str, Prompts],
    stop: StopSignal,
) -> None:
    """Start the engines and write each model's evaluation."""
    engines = share_engines(config.models)
    generator = _one_replica(config.generator)
    with ExitStack() as session:

        def check() -> None:
            if stop.requested:
                raise Preempted(f"stopped by {stop.name}; what is evaluated is written")

        logs = config.output_dir / "actors"
        session.enter_context(placement.ray_session(config.cluster, logs, check))
        _make_room(config, generator, engines, check)
        print(f"starting vLLM for {', '.join(prompts)} ...", flush=True)
        pools = [_generator_pool(config, generator, names) for names in engines]

        def run(names: Sequence[str], pool: GeneratorPool) -> None:
            rollouts = _rollout_engine(config, models[names[0]], pool, check)
            for version, name in enumerate(names):
                path = config.models[name]
                send = partial(send_checkpoint, generator.weight_sync, path, version)
                pool.load_weights(send)
                _evaluate_one(config, rollouts, name, prompts[name], check)

        with ThreadPoolExecutor(len(engines)) as threads:
            list(threads.map(run, engines, pools))


_READ_BY_ENGINES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
)
"""What an engine and its episodes take from a checkpoint besides the weights."""


def share_engines(models: Mapping[str, Path]) -> list[list[str]]:
    """Group the models that one engine can serve in turn: same architecture, same tokenizer.

    Swapping weights takes milliseconds to seconds, another vLLM 15 s and its own memory.
    """
    alike: dict[tuple[bytes, ...], list[str]] = {}
    for name, path in models.items():
        files = [path / part for part in _READ_BY_ENGINES]
        key = tuple(file.read_bytes() if file.is_file() else b"" for file in files)
        alike.setdefault(key, []).append(name)
    return list(alike.values())


def _one_replica(section: GeneratorSection) -> GeneratorSection:
    """Return a generator section with one replica and a weight transport this process can use."""
    single = section.model_copy(update={"replicas": 1})
    if TRANSPORTS[single.weight_sync].needs_gpus:
        # This process sends the weights, and has no GPU.
        single = single.model_copy(update={"weight_sync": "network"})
    return single


def _make_room(
    config: EvaluationConfig,
    generator: GeneratorSection,
    engines: Sequence[Sequence[str]],
    check: Callable[[], None],
) -> None:
    context = config.rollout.max_context
    specs = [
        placement.generator_spec(config.models[names[0]], generator, config.cluster, context)
        for names in engines
    ]
    worker = placement.reward_worker_spec(config.rewards, config.cluster)
    specs += [worker] * (config.rewards.workers * len(engines))
    placement.make_room(specs, config.cluster.start_timeout_s, check)


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
    config: EvaluationConfig, model: CheckedModel, pool: GeneratorPool, check: Callable[[], None]
) -> RolloutEngine:
    """Start reward workers, wait for an engine, and return the rollout engine."""
    cluster = config.cluster
    wait_for(pool.describe(), cluster.start_timeout_s, "starting vLLM", check)
    scorers = ScorerPool(
        lambda: placement.start_reward_worker(config.rewards, cluster),
        config.rewards.workers,
        config.rewards.batch_timeout_s,
    )
    wait_for(scorers.ready(), cluster.start_timeout_s, "starting reward workers", check)
    encode = partial(encode_continuation, model.tokenizer)
    return RolloutEngine(pool, scorers, encode, config.generator.timeout_s)


def _evaluate_one(
    config: EvaluationConfig,
    rollouts: RolloutEngine,
    name: str,
    prompts: Prompts,
    check: Callable[[], None],
) -> None:
    path = config.models[name]
    result = evaluate(
        rollouts,
        prompts.rows,
        max_response_tokens=config.rollout.max_response_tokens,
        max_context=config.rollout.max_context,
        max_turns=config.rollout.max_turns,
        model=path,
        model_hash=checkpoint_hash(path),
        check=check,
    )
    target = config.output_dir / f"{name}.eval.json"
    write_evaluation(target, result)
    accuracy = [numbers["accuracy"] for numbers in result["domains"].values()]
    mean = sum(accuracy) / len(accuracy)
    print(f"{name}: mean accuracy {mean:.3f} -> {target}", flush=True)
