"""Tests TokenLogprobs against float64 log-softmax, and packed documents against each other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import GraniteConfig, GraniteForCausalLM

from granite_rl.training.engine import batch_tensors
from granite_rl.training.packing import SampleTokens, StreamingPacker, empty_batch
from granite_rl.training.policy import TokenLogprobs, _ChosenLogprobs
from granite_rl.types import PackedBatch
from tests.granite_rl.training import logprob_memory

VOCABULARY = 211


@pytest.fixture(scope="module")
def model() -> GraniteForCausalLM:
    torch.manual_seed(1)
    config = GraniteConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        logits_scaling=1.7,
        attention_multiplier=0.2,
        residual_multiplier=0.6,
        embedding_multiplier=5.0,
        initializer_range=0.1,
        use_cache=False,
    )
    return GraniteForCausalLM(config)


def some_sequences() -> list[list[int]]:
    random = np.random.default_rng(3)
    return [random.integers(1, VOCABULARY, n).tolist() for n in (9, 14, 5, 11, 7, 2)]


def pack(sequences: list[list[int]]) -> PackedBatch:
    packer = StreamingPacker(24, 3, 0)
    for tokens in sequences:
        assert packer.add(tokens, [False] + [True] * (len(tokens) - 1)) is None
    batch = packer.flush()
    assert batch is not None
    return batch


def oracle(
    model: GraniteForCausalLM, tokens: list[int], temperature: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute log-probabilities and entropies of one sequence on its own, everything in float64."""
    double = GraniteForCausalLM(model.config).double()
    double.load_state_dict(model.state_dict())
    with torch.no_grad():
        logits = double(input_ids=torch.tensor([tokens])).logits[0] / temperature
    table = torch.log_softmax(logits.double(), -1)
    chosen = table[:-1].gather(1, torch.tensor(tokens[1:]).unsqueeze(1)).squeeze(1)
    return chosen, -(table.exp() * table).sum(-1)[:-1]


@pytest.mark.parametrize("temperature", [1.0, 0.7])
@pytest.mark.parametrize("chunk", [None, 7])
def test_equals_float64_log_softmax_of_each_alone(
    model: GraniteForCausalLM, chunk: int | None, temperature: float
) -> None:
    sequences = some_sequences()
    batch = pack(sequences)
    assert batch.input_ids.shape[0] > 1
    logprobs, entropies = TokenLogprobs(model, chunk)(
        **batch_tensors(batch), temperature=temperature, entropy=True
    )
    assert entropies is not None
    assert logprobs.dtype == torch.float32
    assert not entropies.requires_grad
    for index, tokens in enumerate(sequences):
        mine = torch.from_numpy(batch.target_sequence == index)
        expected, expected_entropies = oracle(model, tokens, temperature)
        torch.testing.assert_close(logprobs[mine].double(), expected, atol=1e-5, rtol=0)
        torch.testing.assert_close(entropies[mine].double(), expected_entropies, atol=1e-5, rtol=0)


@pytest.fixture(scope="module", params=["sdpa", "eager"])
def attention(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=[torch.float32, torch.bfloat16], ids=str)
def variant(
    model: GraniteForCausalLM, attention: str, request: pytest.FixtureRequest
) -> GraniteForCausalLM:
    """Make the model with each attention and in each dtype."""
    config = type(model.config).from_dict(model.config.to_dict())
    other = GraniteForCausalLM._from_config(config, attn_implementation=attention)
    other.load_state_dict(model.state_dict())
    assert other.config._attn_implementation == attention
    cast_model: GraniteForCausalLM = other.to(request.param)
    return cast_model


def assert_only_changed(
    model: GraniteForCausalLM, before: PackedBatch, after: PackedBatch, changed: int
) -> None:
    """Check that between two batches that differ in one sequence, all others keep every bit."""
    policy = TokenLogprobs(model)
    with torch.no_grad():
        first, _ = policy(**batch_tensors(before))
        second, _ = policy(**batch_tensors(after))
    others = torch.from_numpy(before.target_sequence != changed)
    assert torch.equal(first[others], second[others])
    assert not torch.equal(first[~others], second[~others])


@pytest.mark.parametrize("changed", range(6))
def test_packed_sequences_do_not_see_each_other(variant: GraniteForCausalLM, changed: int) -> None:
    sequences = some_sequences()
    before = pack(sequences)
    sequences[changed] = [(token % (VOCABULARY - 1)) + 1 for token in sequences[changed]]
    after = pack(sequences)
    assert_only_changed(variant, before, after, changed)


def some_groups() -> list[tuple[list[int], list[list[int]]]]:
    """Make three prompts with 5, 1 and 3 samples of different lengths."""
    random = np.random.default_rng(4)

    def tokens(n: int) -> list[int]:
        return [int(token) for token in random.integers(1, VOCABULARY, n)]

    return [
        (tokens(7), [tokens(n) for n in (3, 1, 8, 5, 2)]),
        (tokens(1), [tokens(4)]),
        (tokens(11), [tokens(n) for n in (6, 6, 1)]),
    ]


def pack_groups(groups: list[tuple[list[int], list[list[int]]]], row_tokens: int) -> PackedBatch:
    packer = StreamingPacker(row_tokens, 4, 0)
    for prompt, samples in groups:
        assert packer.add_group(prompt, [SampleTokens(s, [True] * len(s)) for s in samples]) == []
    batch = packer.flush()
    assert batch is not None
    return batch


@pytest.mark.parametrize("row_tokens", [64, 19])
def test_shared_prompts_give_the_numbers_of_separate_copies(
    model: GraniteForCausalLM, row_tokens: int
) -> None:
    """Log-probabilities against float64 of every sequence alone, gradients against separate copies;
    with rows that hold whole groups, and with rows that groups are split over."""
    groups = some_groups()
    sequences = [(prompt, sample) for prompt, samples in groups for sample in samples]
    batch = pack_groups(groups, row_tokens)
    assert batch.tokens < sum(len(prompt) + len(sample) for prompt, sample in sequences)
    weights = torch.linspace(-1, 1, batch.targets)
    gradients = []
    logprobs, _ = TokenLogprobs(model)(**batch_tensors(batch))
    model.zero_grad()
    (logprobs * weights).sum().backward()
    gradients.append([p.grad.clone() for p in model.parameters() if p.grad is not None])
    for index, (prompt, sample) in enumerate(sequences):
        mine = torch.from_numpy(batch.target_sequence == index)
        expected, _ = oracle(model, [*prompt, *sample], 1.0)
        torch.testing.assert_close(
            logprobs[mine].double(), expected[len(prompt) - 1 :], atol=1e-5, rtol=0
        )
    packer = StreamingPacker(64, 8, 0)
    for prompt, sample in sequences:
        mask = [False] * len(prompt) + [True] * len(sample)
        assert packer.add([*prompt, *sample], mask) is None
    separate = packer.flush()
    assert separate is not None
    assert separate.target_ids.tolist() == batch.target_ids.tolist()
    model.zero_grad()
    (TokenLogprobs(model)(**batch_tensors(separate))[0] * weights).sum().backward()
    gradients.append([p.grad.clone() for p in model.parameters() if p.grad is not None])
    for shared, copied in zip(*gradients, strict=True):
        torch.testing.assert_close(shared, copied, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("changed", range(9))
def test_samples_of_a_prompt_do_not_see_each_other(
    variant: GraniteForCausalLM, changed: int
) -> None:
    groups = some_groups()
    before = pack_groups(groups, 64)
    sample = [sample for _, samples in groups for sample in samples][changed]
    sample[:] = [(token % (VOCABULARY - 1)) + 1 for token in sample]
    after = pack_groups(groups, 64)
    assert_only_changed(variant, before, after, changed)


@pytest.mark.parametrize("changed", range(3))
def test_groups_in_a_row_do_not_see_each_others_prompts(
    variant: GraniteForCausalLM, changed: int
) -> None:
    """Another prompt changes only its own samples' numbers."""
    groups = some_groups()
    before = pack_groups(groups, 64)
    prompt = groups[changed][0]
    prompt[:] = [(token % (VOCABULARY - 1)) + 1 for token in prompt]
    after = pack_groups(groups, 64)
    owners = np.repeat(range(len(groups)), [len(samples) for _, samples in groups])
    policy = TokenLogprobs(variant)
    with torch.no_grad():
        first, _ = policy(**batch_tensors(before))
        second, _ = policy(**batch_tensors(after))
    others = torch.from_numpy(owners[before.target_sequence] != changed)
    assert torch.equal(first[others], second[others])
    assert not torch.equal(first[~others], second[~others])


def test_chunks_change_memory_not_gradients(model: GraniteForCausalLM) -> None:
    inputs = batch_tensors(pack(some_sequences()))
    gradients = []
    for chunk in (None, 5):
        model.zero_grad()
        logprobs, entropies = TokenLogprobs(model, chunk)(**inputs)
        assert entropies is None
        logprobs.sum().backward()
        gradients.append([p.grad.clone() for p in model.parameters() if p.grad is not None])
    for whole, chunked in zip(*gradients, strict=True):
        torch.testing.assert_close(whole, chunked, atol=1e-5, rtol=1e-5)


def test_gradient_checkpointing_changes_no_bit(model: GraniteForCausalLM) -> None:
    """Log-probabilities and gradients keep every bit, with shared prompts, in each dtype."""
    inputs = batch_tensors(pack_groups(some_groups(), 64))
    for dtype in (torch.float32, torch.bfloat16):
        runs = []
        for checkpointing in (False, True):
            copied = GraniteForCausalLM(model.config).to(dtype).train()
            copied.load_state_dict(model.state_dict())
            if checkpointing:
                copied.gradient_checkpointing_enable({"use_reentrant": False})
            assert copied.is_gradient_checkpointing == checkpointing
            logprobs, _ = TokenLogprobs(copied)(**inputs)
            (logprobs * torch.linspace(-1, 1, len(logprobs))).sum().backward()
            gradients = [p.grad for p in copied.parameters() if p.grad is not None]
            runs.append([logprobs.detach(), *gradients])
        assert len(runs[0]) == len(list(model.parameters())) + 1
        for plain, recomputed in zip(*runs, strict=True):
            assert torch.equal(plain, recomputed)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_heads_own_gradient_is_autograds_to_the_bit(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    raw = (8 * torch.randn(6, VOCABULARY, generator=generator)).to(dtype)
    ids = torch.randint(VOCABULARY, (6,), generator=generator)
    weights = torch.randn(6, generator=generator)
    results = []
    for own in (True, False):
        leaf = raw.clone().requires_grad_()
        if own:
            logprobs, _ = _ChosenLogprobs.apply(leaf, ids, 1.7)  # type: ignore[no-untyped-call]
        else:
            logits = leaf.float() / 1.7
            chosen = logits.gather(-1, ids.unsqueeze(-1)).squeeze(-1)
            logprobs = chosen - torch.logsumexp(logits, -1)
        (logprobs * weights).sum().backward()
        results.append((logprobs.detach(), leaf.grad))
    assert torch.equal(results[0][0], results[1][0])
    assert results[0][1] is not None
    assert results[1][1] is not None
    torch.testing.assert_close(results[0][1], results[1][1], atol=0, rtol=0)


@pytest.mark.slow
def test_peak_memory_at_the_real_vocabulary_is_three_chunks() -> None:
    """8,192 tokens x 100,352 entries: at most 3 chunks of float32 logits (256 x 100,352 each here)
    and 64 MiB, for a forward pass with entropies and for one with a backward pass. All logits at
    once would be 3.3 GB."""
    chunk = 256
    run = subprocess.run(
        [sys.executable, "-m", "tests.granite_rl.training.logprob_memory", str(chunk)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    measured = json.loads(run.stdout.splitlines()[-1])
    logits = chunk * logprob_memory.VOCABULARY * 4
    bound = 3 * logits + 64 * 2**20
    assert measured["targets"] > 0.99 * logprob_memory.TOKENS
    for what in ("forward", "backward"):
        assert logits < measured[what] < bound, what


def test_no_tensor_of_tokens_by_vocabulary_survives_the_forward(model: GraniteForCausalLM) -> None:
    """Counts the elements that autograd keeps for the backward pass, with 10 chunks."""
    inputs = batch_tensors(pack(some_sequences()))
    targets = int(inputs["target_ids"].shape[0])
    largest = 0

    def note(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal largest
        if tensor.shape[-1:] == (VOCABULARY,):
            largest = max(largest, tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        TokenLogprobs(model, 5)(**inputs)
    assert targets > 5
    assert largest <= 5 * VOCABULARY


def test_empty_batch_gives_zero_gradients_to_every_parameter(model: GraniteForCausalLM) -> None:
    model.zero_grad()
    logprobs, _ = TokenLogprobs(model)(**batch_tensors(empty_batch(0)))
    assert logprobs.shape == (0,)
    (-logprobs.sum()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert not parameter.grad.any(), name
