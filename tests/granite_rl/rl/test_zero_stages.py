"""ZeRO 0-3 with one and two ranks: the same five RL steps.

All eight share one vLLM generator, which is handed each trainer's weights in turn, and trainer
processes, which are set up anew for each. In float32 on
CPU the stages differ by the order of additions only. Tolerances: rewards and lengths exactly equal,
losses, KL and gradient norms to 1e-4 relative + 1e-6 absolute.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from granite_rl.config import StageConfig
from granite_rl.entry import compose, validate
from tests.granite_rl.stage_runs import metrics_of, stage_arguments

pytestmark = [pytest.mark.slow, pytest.mark.ray, pytest.mark.timeout(600)]

STEPS = 5
EXACT = ("reward/mean", "rollout/response_length/mean", "policy/tokens")
CLOSE = ("policy/loss", "policy/kl", "policy/grad_norm", "policy/entropy")


def configure(model: Path, rows: Path, run: Path, *more: str) -> StageConfig:
    room = ("checkpoint.every_steps=0", "cluster.local_cpus=4")  # for both groups of trainers
    arguments = stage_arguments(model, rows, run, STEPS, *room, *more)
    return validate(StageConfig, compose("rl", [f"stage={arguments[0]}", *arguments[1:]]))


@pytest.fixture(scope="module")
def rollouts(tiny_checkpoint: Path, any_rows: Path, tmp_path_factory: Any) -> Iterator[Any]:
    """One generator and one reward worker for all configurations."""
    from granite_rl.actors import placement
    from granite_rl.actors.generator_pool import GeneratorPool
    from granite_rl.actors.scoring import ScorerPool
    from granite_rl.rl.rollouts import RolloutEngine

    config = configure(tiny_checkpoint, any_rows, tmp_path_factory.mktemp("unused"))
    with placement.ray_session(config.cluster):
        generators = GeneratorPool(
            lambda: placement.start_generator(
                config.model.path, config.generator, config.cluster, config.rollout.max_context
            ),
            1,
            timeout_s=config.generator.timeout_s,
            start_timeout_s=config.cluster.start_timeout_s,
            max_restarts=0,
            on_event=lambda kind, message: None,
        )
        scorers = ScorerPool(
            lambda: placement.start_reward_worker(config.rewards, config.cluster),
            1,
            30.0,
        )
        patience = config.generator.timeout_s
        engine = RolloutEngine(generators, scorers, lambda messages: [], patience)
        yield generators, scorers, engine


@pytest.fixture(scope="module")
def started() -> dict[int, list[Any]]:
    """Trainer ranks by their number, each group started when it is first needed."""
    return {}


def curve(
    config: StageConfig, rollouts: Any, started: dict[int, list[Any]]
) -> list[dict[str, Any]]:
    """Metrics of five steps with engines of their own."""
    from granite_rl.actors import placement
    from granite_rl.actors.trainer_group import TrainerGroup
    from granite_rl.rl.controller import Controller
    from granite_rl.rl.inputs import load_inputs
    from granite_rl.rl.roles import Roles, training_of
    from granite_rl.runs.console import Progress
    from granite_rl.runs.directory import RunDirectory
    from granite_rl.runs.metrics import MetricLogger
    from granite_rl.runs.preemption import StopSignal

    generators, scorers, engine = rollouts
    inputs = load_inputs(config)
    ranks = config.trainer.ranks
    if ranks not in started:
        started[ranks] = placement.start_trainers(config.trainer, config.cluster)
    trainers = TrainerGroup(
        lambda: started[ranks],
        training_of(inputs),
        transport="shared_memory",
        start_timeout_s=120,
        step_timeout_s=120,
        max_restarts=0,
    )
    described = trainers.setup(None).values()
    assert all(item["engine"].endswith("DeepSpeedEngine") for item in described)
    assert [item["zero_stage"] for item in described] == [config.trainer.zero_stage] * ranks
    with RunDirectory.open(
        config.run, kind="math", config_yaml="", overrides=[], command=["test"]
    ) as run:
        logger = MetricLogger(run, config.tracking, "test", {}, STEPS)
        controller = Controller(
            config,
            stream=inputs.stream,
            pad_id=int(inputs.tokenizer.pad_token_id),
            roles=Roles(generators, scorers, trainers, engine),
            run=run,
            logger=logger,
            progress=Progress(STEPS, "step", "math"),
            stop=StopSignal(),
        )
        controller.run(0)
        logger.close()
        run.finish("succeeded", 0)
    return metrics_of(run.path)


@pytest.fixture(scope="module")
def reference_curve(
    rollouts: Any,
    started: dict[int, list[Any]],
    tiny_checkpoint: Path,
    any_rows: Path,
    tmp_path_factory: Any,
) -> list[dict[str, Any]]:
    """One rank without ZeRO."""
    run = tmp_path_factory.mktemp("reference") / "run"
    config = configure(tiny_checkpoint, any_rows, run, "trainer.zero_stage=0")
    lines = curve(config, rollouts, started)
    assert len({line["policy/grad_norm"] for line in lines}) == STEPS, "something is learnt"
    return lines


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("zero_stage", [0, 1, 2, 3])
def test_the_same_curve(
    zero_stage: int,
    ranks: int,
    reference_curve: list[dict[str, Any]],
    rollouts: Any,
    started: dict[int, list[Any]],
    tiny_checkpoint: Path,
    any_rows: Path,
    tmp_path: Path,
) -> None:
    if (zero_stage, ranks) == (0, 1):
        pytest.skip("is the reference")
    # Small micro-batches, so that two ranks get different ones and an odd number of them.
    config = configure(
        tiny_checkpoint,
        any_rows,
        tmp_path / "run",
        f"trainer.zero_stage={zero_stage}",
        f"trainer.ranks={ranks}",
        "trainer.rows_per_microbatch=1",
    )
    lines = curve(config, rollouts, started)
    for ours, theirs in zip(lines, reference_curve, strict=True):
        for key in EXACT:
            assert ours[key] == theirs[key], (ours["step"], key)
        for key in CLOSE:
            assert ours[key] == pytest.approx(theirs[key], rel=1e-4, abs=1e-6), (ours["step"], key)
        assert ours["mismatch/logprob_abs_diff_mean"] < 1e-4
