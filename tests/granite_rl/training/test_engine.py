"""The DeepSpeed engine against a plain PyTorch loop on one big batch, in real processes."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from granite_rl.training.distributed import free_port, spawn

sys.path.insert(0, str(Path(__file__).parent))

import engine_ranks


def in_processes(target: Callable[..., None], world_size: int, arguments: tuple[object, ...]) -> None:
    """Always fresh processes, also for one rank: DeepSpeed's state is per process."""
    if world_size == 1:
        process = multiprocessing.get_context("spawn").Process(
            target=target, args=(0, 1, free_port(), *arguments)
        )
        process.start()
        process.join(240)
        assert process.exitcode == 0
    else:
        spawn(target, world_size, (world_size, free_port(), *arguments))


@pytest.mark.slow
@pytest.mark.parametrize("world_size", [1, 2])
@pytest.mark.parametrize("zero_stage", [0, 1, 2, 3])
def test_equals_plain_loop_and_resumes(zero_stage: int, world_size: int, tmp_path: Path) -> None:
    checkpointing = zero_stage == 3
    in_processes(engine_ranks.run_straight, world_size, (zero_stage, tmp_path, checkpointing))
    saved = torch.load(tmp_path / "straight.pt", weights_only=True)
    expected, norms = engine_ranks.plain_loop()
    assert saved["norms"] == pytest.approx(norms, rel=1e-5)
    assert max(norms) > 0.5  # so clipping did happen
    assert set(saved["weights"]) == set(expected)
    for name, weight in expected.items():
        torch.testing.assert_close(saved["weights"][name], weight, atol=1e-5, rtol=0)
    if zero_stage in (0, 3) and world_size == 2:
        in_processes(engine_ranks.run_resumed, world_size, (zero_stage, tmp_path))
        resumed = torch.load(tmp_path / "resumed.pt", weights_only=True)
        if not checkpointing:
            for name in expected:
                assert torch.equal(resumed[name], saved["weights"][name]), name
