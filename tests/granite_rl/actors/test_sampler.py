"""The sampler's arithmetic, without an engine: distribution, nucleus, independence."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from vllm.v1.sample.logits_processor import BatchUpdate, MoveDirectionality

from granite_rl.actors.sampler import (
    EXTRA,
    SAMPLING_STATES,
    SamplingState,
    SeededSampler,
    pick,
    uniforms,
)

pytestmark = pytest.mark.slow  # vLLM's import alone takes seconds


def splitmix64(state: int) -> int:
    """The reference implementation's next() for an already advanced state, in plain integers."""
    mask = (1 << 64) - 1
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & mask
    return state ^ (state >> 31)


def test_uniforms_are_splitmix64() -> None:
    # The first outputs for seed 1234567, as published with the reference implementation.
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    golden = 0x9E3779B97F4A7C15
    mask = (1 << 64) - 1
    ours = [splitmix64((1234567 + (n + 1) * golden) & mask) for n in range(3)]
    assert ours == published
    numbers = uniforms(np.full(3, 1234567, dtype=np.uint64), np.arange(3, dtype=np.uint64))
    assert numbers.tolist() == [((value >> 32) + 0.5) / 2**32 for value in published]


def test_uniforms_look_uniform_over_seeds_and_positions() -> None:
    """Consecutive seeds are what the samples of a group have; consecutive positions its tokens."""
    seeds = np.arange(200, dtype=np.uint64) + np.uint64(2**61)
    grid = np.stack([uniforms(seeds, np.full(200, t, dtype=np.uint64)) for t in range(200)])
    ordered = np.sort(grid.ravel())
    distance = np.abs(ordered - (np.arange(ordered.size) + 0.5) / ordered.size).max()
    assert distance < 1.95 / np.sqrt(ordered.size), "Kolmogorov-Smirnov at 0.1 %"
    for lagged in (
        np.corrcoef(grid[:-1].ravel(), grid[1:].ravel()),
        np.corrcoef(grid[:, :-1].ravel(), grid[:, 1:].ravel()),
    ):
        assert abs(lagged[0, 1]) < 4 / np.sqrt(grid.size)


def test_tokens_come_out_as_often_as_their_probability() -> None:
    generator = torch.Generator().manual_seed(0)
    logprobs = torch.log_softmax(3 * torch.randn(1, 40, generator=generator), -1)
    count = 200_000
    uniform = torch.from_numpy(
        uniforms(np.arange(count, dtype=np.uint64), np.zeros(count, dtype=np.uint64))
    )
    tokens = pick(logprobs.expand(count, -1), uniform, None).squeeze(1)
    observed = torch.bincount(tokens, minlength=40).double()
    expected = logprobs.double().exp().squeeze(0) * count
    often = expected > 5
    chi2 = float(((observed - expected)[often] ** 2 / expected[often]).sum())
    freedom = int(often.sum()) - 1
    assert chi2 < freedom + 4 * np.sqrt(2 * freedom), "mean and four standard deviations"


def test_a_token_of_no_probability_is_never_picked() -> None:
    logprobs = torch.tensor([[-torch.inf, 0.0, -torch.inf]])
    for value in (2.0**-33, 0.5, 1 - 2.0**-33):
        assert pick(logprobs, torch.tensor([value], dtype=torch.float64), None).item() == 1


@pytest.mark.parametrize(("top_p", "allowed"), [(0.5, {2}), (0.75, {2, 0}), (0.95, {2, 0, 1})])
def test_the_nucleus_is_the_smallest_set_of_enough_mass(top_p: float, allowed: set[int]) -> None:
    logprobs = torch.tensor([[0.25, 0.15, 0.6]]).log().expand(999, -1)
    uniform = (torch.arange(999, dtype=torch.float64) + 0.5) / 999
    tokens = pick(logprobs, uniform, torch.full((999, 1), top_p)).squeeze(1).tolist()
    assert set(tokens) == allowed
    assert tokens.count(2) / 999 == pytest.approx(
        0.6 / sum([0.25, 0.15, 0.6][at] for at in allowed), abs=0.01
    )


def update(**changes: Any) -> BatchUpdate:
    return BatchUpdate(**{"batch_size": 3, "removed": [], "added": [], "moved": []} | changes)


def parameters(name: str) -> Any:
    draw = SAMPLING_STATES[name]
    described = {"id": name, "seed": draw.seed, "temperature": draw.temperature, "top_p": 1.0}
    return SimpleNamespace(extra_args={EXTRA: described})


@pytest.fixture
def sampler() -> SeededSampler:
    SAMPLING_STATES.clear()
    return SeededSampler(None, torch.device("cpu"), False)


def test_a_token_does_not_depend_on_the_rest_of_the_batch(sampler: SeededSampler) -> None:
    """Alone, beside others, after moving to another row, and after a restart: the same draws."""
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(5, 3, 50, generator=generator)
    for name in "abc":
        SAMPLING_STATES[name] = SamplingState(
            seed=ord(name), temperature=0.7, top_p=1.0, logprobs=[]
        )
    outputs: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    added = [(row, parameters(name), None, outputs[name]) for row, name in enumerate("abc")]
    sampler.update_state(update(added=added))
    together = []
    for step in range(5):
        if step == 3:
            sampler.update_state(update(moved=[(0, 2, MoveDirectionality.SWAP)]))
        order = [0, 1, 2] if step < 3 else [2, 1, 0]
        tokens = sampler.apply(logits[step][order].clone()).argmax(-1)[order].tolist()
        for name, token in zip("abc", tokens, strict=True):
            outputs[name].append(token)
        together.append(tokens)
    kept = {name: list(SAMPLING_STATES[name].logprobs or []) for name in "abc"}

    for row, name in enumerate("abc"):
        SAMPLING_STATES[name] = SamplingState(
            seed=ord(name), temperature=0.7, top_p=1.0, logprobs=[]
        )
        alone: list[int] = []
        sampler.update_state(update(removed=[0, 1, 2]))
        sampler.update_state(update(added=[(0, parameters(name), None, alone)]))
        for step in range(5):
            alone.append(int(sampler.apply(logits[step][row : row + 1].clone()).argmax()))
        assert alone == [tokens[row] for tokens in together]
        expected = torch.log_softmax(logits[:, row].double() / 0.7, -1)
        chosen = expected[torch.arange(5), torch.tensor(alone)]
        assert torch.allclose(torch.tensor(kept[name]).double(), chosen, atol=1e-6)


def test_a_request_without_a_draw_is_left_alone(sampler: SeededSampler) -> None:
    SAMPLING_STATES["a"] = SamplingState(seed=3, temperature=1.0, top_p=1.0, logprobs=None)
    plain = SimpleNamespace(extra_args=None)
    sampler.update_state(update(added=[(0, plain, None, []), (1, parameters("a"), None, [])]))
    logits = torch.randn(2, 20)
    changed = sampler.apply(logits.clone())
    assert torch.equal(changed[0], logits[0])
    assert int(changed[1].isinf().sum()) == 1


def test_a_preempted_request_goes_on_where_it_was(sampler: SeededSampler) -> None:
    SAMPLING_STATES["a"] = SamplingState(seed=3, temperature=1.0, top_p=1.0, logprobs=[])
    logits = torch.randn(4, 1, 20)
    said: list[int] = []
    sampler.update_state(update(added=[(0, parameters("a"), None, said)]))
    for step in range(3):
        said.append(int(sampler.apply(logits[step].clone()).argmax()))
    sampler.update_state(update(removed=[0]))
    again = said[:2]
    sampler.update_state(update(added=[(0, parameters("a"), None, again)]))
    assert int(sampler.apply(logits[2].clone()).argmax()) == said[2]
    assert len(SAMPLING_STATES["a"].logprobs or []) == 3
