"""Tests schedules against values computed by hand from the published formulas, and muP's groups."""

from __future__ import annotations

import math

import pytest
import torch
from transformers import GraniteConfig, GraniteForCausalLM

from granite_rl.training.policy import TokenLogprobs
from granite_rl.training.schedules import (
    exponential_to,
    linear_to,
    parameter_groups,
    power,
    warmup,
    warmup_then_linear,
)


@pytest.mark.parametrize(
    ("batch", "tokens", "rate"),
    [
        (1024, 0, 0.02),
        (1024, 25.9e9, 0.02),
        (1024, 100e9, 1.005e-2),
        (1024, 1e12, 3.107e-3),
        (1024, 10e12, 9.602e-4),
        (1024, 12e12, 8.749e-4),
        (4096, 392e9, 0.02),
        (4096, 12e12, 3.500e-3),
    ],
)
def test_power(batch: int, tokens: float, rate: float) -> None:
    assert power(tokens, batch) == pytest.approx(rate, rel=5e-4)


@pytest.mark.parametrize(("batch", "edge"), [(1024, 26.0e9), (4096, 393e9)])
def test_power_leaves_its_cap(batch: int, edge: float) -> None:
    assert power(edge * 0.995, batch) == 0.02
    assert power(edge * 1.005, batch) < 0.02


@pytest.mark.parametrize(
    ("progress", "factor"), [(0, 1), (0.25, 0.6501), (0.5, 0.3775), (0.75, 0.1653), (1, 0), (2, 0)]
)
def test_exponential_to_zero(progress: float, factor: float) -> None:
    assert exponential_to(progress, 0.0) == pytest.approx(factor, abs=5e-5)


@pytest.mark.parametrize("end", [0.0, 0.1, 0.5, 1.0])
def test_exponential_meets_both_ends_and_decays_at_rate_one(end: float) -> None:
    assert exponential_to(0, end) == pytest.approx(1)
    assert exponential_to(1, end) == pytest.approx(end)
    # f' = f'(0) * exp(-r): the ratio of two equal differences one half apart is exp(1/2).
    if end < 1:
        early = exponential_to(0.1, end) - exponential_to(0.2, end)
        late = exponential_to(0.6, end) - exponential_to(0.7, end)
        assert early / late == pytest.approx(math.exp(0.5))


def test_straight_lines() -> None:
    assert [linear_to(r) for r in (-1, 0, 0.5, 1, 2)] == [1, 1, 0.5, 0, 0]
    assert linear_to(0.5, 0.2) == pytest.approx(0.6)
    assert [warmup(done, 4) for done in (0, 1, 4, 9)] == [0, 0.25, 1, 1]
    assert warmup(0, 0) == 1


def test_warmup_then_linear_wastes_no_step() -> None:
    factors = [warmup_then_linear(step, 10, 2) for step in range(10)]
    assert factors[:3] == [0.5, 1.0, 1.0]
    assert factors[-1] == pytest.approx(1 / 8)
    assert all(factor > 0 for factor in factors)
    assert warmup_then_linear(0, 1, 1) == 1


def test_mup_scales_block_matrices_only() -> None:
    config = GraniteConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
    )
    with torch.device("meta"):
        module = TokenLogprobs(GraniteForCausalLM(config))
    groups = parameter_groups(module, 0.1, mup_width=4.0)
    names = {id(p): name for name, p in module.named_parameters()}
    seen = [id(p) for group in groups for p in group["params"]]
    assert sorted(seen) == sorted(names)
    for group in groups:
        for p in group["params"]:
            name = names[id(p)]
            assert (group["weight_decay"] == 0.0) == ("norm" in name)
            assert (group["lr_scale"] == 0.25) == name.endswith("_proj.weight")
