"""The reference in actors of its own gives the trainer the numbers that a colocated one gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from granite_rl.actors.trainer import StepReport, TokenSums, Training
from granite_rl.config import StageConfig
from granite_rl.entry import compose, validate
from granite_rl.types import TrainBatch
from tests.granite_rl.stage_runs import stage_arguments
from tests.granite_rl.training.packed import pack_all

pytestmark = [pytest.mark.slow, pytest.mark.ray]


def micro_batch(seed: int) -> TrainBatch:
    """Five random sequences with advantages and a KL term."""
    random = np.random.default_rng(seed)
    sequences = [
        (random.integers(1, 400, length).tolist(), [False] * 3 + [True] * (length - 3))
        for length in random.integers(5, 40, 5).tolist()
    ]
    (packed,) = pack_all(sequences, row_tokens=64, rows=8, pad_id=0)
    return TrainBatch(
        packed=packed,
        advantages=random.normal(size=5).astype(np.float32)[packed.target_sequence],
        weight=np.ones(packed.targets, dtype=np.float32),
        kl_beta=np.full(packed.targets, 0.05, dtype=np.float32),
        rollout_logprobs=None,
        domain=np.zeros(packed.targets, dtype=np.int64),
        domains=("math",),
    )


@pytest.fixture(scope="module")
def config(
    tiny_checkpoint: Path, any_rows: Path, tmp_path_factory: pytest.TempPathFactory
) -> StageConfig:
    run = tmp_path_factory.mktemp("run")
    more = ("trainer.reference_replicas=1", "trainer.zero_stage=2")
    arguments = stage_arguments(tiny_checkpoint, any_rows, run, 2, *more)
    return validate(StageConfig, compose("rl", [f"stage={arguments[0]}", *arguments[1:]]))


@pytest.fixture(scope="module")
def actors(config: StageConfig) -> Iterator[tuple[Any, Any]]:
    """A trainer and a reference, as a stage starts them."""
    from granite_rl.actors import placement

    with placement.ray_session(config.cluster):
        (trainer,) = placement.start_trainers(config.trainer, config.cluster)
        (reference,) = placement.start_references(config.model.path, config.trainer, config.cluster)
        yield trainer, reference


def set_up(trainer: Any, config: StageConfig, reference: Path | None) -> None:
    import ray

    training = Training(
        config=config.trainer,
        optim=config.optim,
        algorithm=config.algorithm,
        temperature=0.9,
        model_path=config.model.path.resolve(),
        reference_path=reference,
        seed=0,
    )
    address = ray.get(trainer.rendezvous.remote(), timeout=120)
    ray.get(trainer.setup.remote(training, *address, None), timeout=120)


def two_steps(trainer: Any, reference: Any | None) -> list[StepReport]:
    import ray

    reports = []
    for step in range(2):
        for index in range(2):
            batch = ray.put(micro_batch(10 * step + index))
            answer = () if reference is None else (reference.logprobs.remote(batch, 0.9),)
            trainer.train.remote(batch, *answer)
        reports.append(ray.get(trainer.step.remote(100, 1e-3), timeout=120))
    return reports


def without_times(report: StepReport) -> TokenSums:
    return replace(report.sums, busy_s=0.0, reference_s=0.0)


def test_own_actors_give_the_colocated_numbers_to_the_bit(
    config: StageConfig, actors: tuple[Any, Any]
) -> None:
    trainer, reference = actors
    set_up(trainer, config, config.model.path.resolve())
    colocated = two_steps(trainer, None)
    set_up(trainer, config, None)
    apart = two_steps(trainer, reference)
    for ours, theirs in zip(apart, colocated, strict=True):
        assert without_times(ours) == without_times(theirs)
        assert ours.grad_norm == theirs.grad_norm
    # In the second step the policy has moved away from the reference.
    assert abs(apart[1].sums.kl_loss) > 1e-6


def test_the_micro_batch_with_a_bad_loss_is_named(
    config: StageConfig, actors: tuple[Any, Any]
) -> None:
    import ray

    trainer, _ = actors
    set_up(trainer, config, None)
    good = micro_batch(0)
    bad = replace(good, advantages=np.full_like(good.advantages, np.nan))
    without = np.zeros(good.packed.targets, dtype=np.float32)
    for batch in (good, None, bad, good, bad):
        trainer.train.remote(batch, None if batch is None else without)
    report = ray.get(trainer.step.remote(100, 1e-3), timeout=120)
    assert report.skipped
    assert report.bad_batch == 2
    trainer.train.remote(good, without)
    report = ray.get(trainer.step.remote(100, 1e-3), timeout=120)
    assert not report.skipped
    assert report.bad_batch is None
