"""Tests the DeepSpeed engine against a plain PyTorch loop on one big batch, in real processes."""

from __future__ import annotations

import json
import math
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from granite_rl.config import OptimSection
from granite_rl.training.engine import TrainEngine
from granite_rl.training.launch import free_port
from tests.granite_rl.training import engine_ranks
from tests.granite_rl.training.spawning import spawn

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
WEIGHT_TOLERANCE = 1e-5


def in_processes(target: Callable[..., None], world_size: int, out: Path) -> None:
    """Run a target in fresh processes, also for one rank: DeepSpeed's state is per process."""
    if world_size == 1:
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=target, args=(0, 1, free_port(), out))
        process.start()
        process.join(240)
        assert process.exitcode == 0
    else:
        spawn(target, world_size, (world_size, free_port(), out))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run three steps of every layout, straight, and resumed in new processes of every other
    layout."""
    root = tmp_path_factory.mktemp("engine")
    for world_size in (1, 2):
        in_processes(engine_ranks.run_all_stages, world_size, root)
    for world_size in (1, 2):
        in_processes(engine_ranks.resume_everywhere, world_size, root)
    return root


def result(root: Path, dtype: str, ranks: int, zero_stage: int) -> dict[str, Any]:
    path = root / dtype / str(ranks) / str(zero_stage) / "straight.pt"
    saved: dict[str, Any] = torch.load(path, weights_only=True)
    return saved


def layouts(dtype: str) -> list[tuple[int, int]]:
    """List (ranks, ZeRO stage) of everything that runs in a dtype."""
    return [(ranks, stage) for ranks in (1, 2) for stage in engine_ranks.layouts(dtype)]


@pytest.mark.parametrize(("ranks", "zero_stage"), layouts("float32"))
def test_equals_the_plain_loop(root: Path, ranks: int, zero_stage: int) -> None:
    saved = result(root, "float32", ranks, zero_stage)
    expected, norms = engine_ranks.plain_loop()
    assert saved["norms"] == pytest.approx(norms, rel=1e-5)
    assert max(norms) > engine_ranks.GRAD_CLIP  # so the clip took part, and at its exact value
    assert set(saved["weights"]) == set(expected)
    for name, weight in expected.items():
        torch.testing.assert_close(saved["weights"][name], weight, atol=WEIGHT_TOLERANCE, rtol=0)


@pytest.mark.parametrize(("ranks", "zero_stage"), layouts("bfloat16"))
def test_bfloat16_follows_at_its_precision(root: Path, ranks: int, zero_stage: int) -> None:
    saved = result(root, "bfloat16", ranks, zero_stage)
    expected, norms = engine_ranks.plain_loop()
    assert saved["norms"] == pytest.approx(norms, rel=0.03)
    initial = dict(engine_ranks.build_model().named_parameters())
    for name, weight in saved["weights"].items():
        assert weight.dtype == torch.bfloat16
        moved, should = weight.float() - initial[name], expected[name] - initial[name]
        # Three Adam steps move each weight by up to 0.03; bfloat16 holds a weight to 1 in 256.
        assert torch.nn.functional.cosine_similarity(moved.flatten(), should.flatten(), 0) > 0.9


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("zero_stage", [0, 1])
def test_ranks_may_differ_in_micro_batches_without_lockstep(
    root: Path, ranks: int, zero_stage: int
) -> None:
    weights = torch.load(root / f"uneven_{ranks}_{zero_stage}.pt", weights_only=True)
    expected, _ = engine_ranks.plain_loop()
    for name, weight in expected.items():
        torch.testing.assert_close(weights[name], weight, atol=WEIGHT_TOLERANCE, rtol=0)


def whole_state(directory: Path) -> dict[str, torch.Tensor]:
    """Put masters and moments together from all ranks' files, every element exactly once."""
    values: dict[str, torch.Tensor] = {}
    for path in directory.glob("*.safetensors"):
        with safe_open(path, framework="pt") as file:
            values["step"] = torch.tensor(int(file.metadata()["step"]))
            ranges = json.loads(file.metadata()["ranges"])
            for key in file.keys():  # noqa: SIM118  (safe_open is no mapping)
                start, shape = ranges[key.split(".", 1)[1]]
                whole = values.setdefault(key, torch.full((math.prod(shape),), math.nan))
                piece = file.get_tensor(key)
                assert torch.isnan(whole[start : start + len(piece)]).all(), key
                whole[start : start + len(piece)] = piece
    assert len(values) > 1
    assert not any(torch.isnan(value).any() for value in values.values())
    return values


def resumed(root: Path, dtype: str, to: tuple[int, int], source: tuple[int, int]) -> Path:
    return root / f"{dtype}_{to[0]}_{to[1]}" / f"{source[0]}_{source[1]}"


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_resumed_in_new_processes_bit_for_bit(root: Path, dtype: str) -> None:
    for layout in layouts(dtype):
        straight = result(root, dtype, *layout)
        path = resumed(root, dtype, layout, layout) / "resumed.pt"
        weights = torch.load(path, weights_only=True)["weights"]
        engine_ranks.assert_same_bits(weights, straight["weights"])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_another_layout_takes_over_every_bit_of_the_state(root: Path, dtype: str) -> None:
    for source in layouts(dtype):
        saved = whole_state(root / dtype / str(source[0]) / str(source[1]) / "saved")
        assert saved["step"] == 1
        for to in layouts(dtype):
            again = whole_state(resumed(root, dtype, to, source) / "saved")
            engine_ranks.assert_same_bits(again, saved)


@pytest.mark.parametrize(
    ("dtype", "loss_tolerance", "weight_tolerance"),
    [("float32", 1e-6, 1e-6), ("bfloat16", 1e-4, 0.004)],
)
def test_the_next_step_in_another_layout_is_the_same(
    root: Path, dtype: str, loss_tolerance: float, weight_tolerance: float
) -> None:
    """Gradients are summed in another order: 1e-7 in float32; in bfloat16 the sums of two ranks are
    rounded before they are added, which moves a few weights of up to 0.5 to a neighbouring value.
    """
    for source in layouts(dtype):
        straight = result(root, dtype, *source)
        for to in layouts(dtype):
            after = torch.load(resumed(root, dtype, to, source) / "resumed.pt", weights_only=True)
            loss, norm = straight["second"]
            assert after["second"][0] == pytest.approx(loss, abs=loss_tolerance)
            assert after["second"][1] == pytest.approx(norm, rel=10 * loss_tolerance)
            for name, weight in straight["after_second"].items():
                torch.testing.assert_close(
                    after["after_second"][name], weight, atol=weight_tolerance, rtol=0
                )


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
    with pytest.raises(ValueError, match=f"zero_stage {zero_stage} with dtype=bfloat16"):
        TrainEngine(torch.nn.Linear(2, 2), optim=optim, zero_stage=zero_stage, dtype="bfloat16")
