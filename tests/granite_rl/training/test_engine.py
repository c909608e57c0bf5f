"""The DeepSpeed engine against a plain PyTorch loop on one big batch, in real processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from granite_rl.config import OptimSection
from granite_rl.errors import ConfigError
from granite_rl.training.engine import TrainEngine
from granite_rl.training.launch import free_port, spawn
from tests.granite_rl.training import engine_ranks

pytestmark = pytest.mark.slow
WEIGHT_TOLERANCE = 1e-5


def in_processes(target: Callable[..., None], world_size: int, out: Path) -> None:
    """Always fresh processes, also for one rank: DeepSpeed's state is per process."""
    if world_size == 1:
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=target, args=(0, 1, free_port(), out))
        process.start()
        process.join(240)
        assert process.exitcode == 0
    else:
        spawn(target, world_size, (world_size, free_port(), out))


@pytest.fixture(scope="module", params=[1, 2], ids=["1 rank", "2 ranks"])
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three steps of every ZeRO stage, straight and resumed in new processes."""
    out = tmp_path_factory.mktemp("engine")
    in_processes(engine_ranks.run_all_stages, request.param, out)
    in_processes(engine_ranks.resume_all_stages, request.param, out)
    return out


@pytest.mark.parametrize("zero_stage", range(4))
def test_equals_the_plain_loop(results: Path, zero_stage: int) -> None:
    saved = torch.load(results / str(zero_stage) / "straight.pt", weights_only=True)
    expected, norms = engine_ranks.plain_loop()
    assert saved["norms"] == pytest.approx(norms, rel=1e-5)
    assert max(norms) > engine_ranks.GRAD_CLIP  # so the clip took part, and at its exact value
    assert set(saved["weights"]) == set(expected)
    for name, weight in expected.items():
        torch.testing.assert_close(saved["weights"][name], weight, atol=WEIGHT_TOLERANCE, rtol=0)


@pytest.mark.parametrize("zero_stage", [2, 3])
def test_bfloat16_follows_at_its_precision(results: Path, zero_stage: int) -> None:
    saved = torch.load(results / str(zero_stage) / "bfloat16.pt", weights_only=True)
    expected, norms = engine_ranks.plain_loop()
    assert saved["norms"] == pytest.approx(norms, rel=0.03)
    initial = dict(engine_ranks.build_model().named_parameters())
    for name, weight in saved["weights"].items():
        assert weight.dtype == torch.bfloat16
        moved, should = weight.float() - initial[name], expected[name] - initial[name]
        # Three Adam steps move each weight by up to 0.03; bfloat16 holds a weight to 1 in 256.
        assert torch.nn.functional.cosine_similarity(moved.flatten(), should.flatten(), 0) > 0.9


@pytest.mark.parametrize("zero_stage", range(4))
def test_resumed_in_new_processes_bit_for_bit(results: Path, zero_stage: int) -> None:
    straight = torch.load(results / str(zero_stage) / "straight.pt", weights_only=True)["weights"]
    resumed = torch.load(results / str(zero_stage) / "resumed.pt", weights_only=True)
    for name, weight in straight.items():
        assert torch.equal(resumed[name], weight), name


def test_the_plain_loop_would_notice_another_clip() -> None:
    """Adam forgives a scaled gradient; the test above must not."""
    expected, _ = engine_ranks.plain_loop()
    other, _ = engine_ranks.plain_loop(grad_clip=10 * engine_ranks.GRAD_CLIP)
    differences = [(expected[name] - other[name]).abs().max() for name in expected]
    assert max(differences) > 10 * WEIGHT_TOLERANCE


@pytest.mark.parametrize("zero_stage", [0, 1])
def test_bfloat16_without_float32_accumulation_is_refused(zero_stage: int) -> None:
    optim = OptimSection(
        lr=1e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0, grad_clip=1.0, warmup_steps=0
    )
    with pytest.raises(ConfigError, match=r"trainer\.zero_stage"):
        TrainEngine(torch.nn.Linear(2, 2), optim=optim, zero_stage=zero_stage, dtype="bfloat16")
