"""Shapes, parameter counts and initialisation of the named architectures."""

from __future__ import annotations

import math

import pytest
import torch

from granite_rl.errors import ConfigError
from granite_rl.models.configs import (
    MODEL_NAMES,
    granite_config,
    initial_std,
    mup_width,
    parameter_count,
)
from granite_rl.models.loading import init_policy


def _count_by_hand(vocab: int, hidden: int, layers: int, heads: int, size: int, mlp: int) -> int:
    """Tied embedding, then per layer q and o, k and v (8 heads), three MLP matrices, two norms."""
    attention = 2 * hidden * heads * size + 2 * hidden * 8 * size
    return vocab * hidden + layers * (attention + 3 * hidden * mlp + 2 * hidden) + hidden


@pytest.mark.parametrize(
    ("name", "billions", "by_hand"),
    [
        ("granite_3b", 3.403, _count_by_hand(100_352, 2560, 40, 40, 64, 8192)),
        ("granite_8b", 8.381, _count_by_hand(100_352, 4096, 40, 32, 128, 12800)),
        ("granite_30b", 28.866, _count_by_hand(100_352, 4096, 64, 32, 128, 32768)),
    ],
)
def test_parameter_counts_are_the_published_ones(name: str, billions: float, by_hand: int) -> None:
    count = parameter_count(granite_config(name))
    assert count == by_hand
    assert round(count / 1e9, 3) == billions


def test_tiny_is_one_to_two_million_parameters() -> None:
    assert 1_000_000 < parameter_count(granite_config("tiny")) < 2_000_000


@pytest.mark.parametrize(
    ("name", "scaling"), [("granite_3b", 10), ("granite_8b", 16), ("granite_30b", 16)]
)
def test_multipliers_of_the_released_models(name: str, scaling: float) -> None:
    config = granite_config(name)
    head_size = config.hidden_size // config.num_attention_heads
    assert config.attention_multiplier == 1 / head_size
    assert config.embedding_multiplier == 12
    assert config.residual_multiplier == 0.22
    assert config.logits_scaling == scaling == mup_width(config)
    assert config.rms_norm_eps == 1e-5
    assert config.tie_word_embeddings
    assert config.vocab_size == 100_352
    assert (config.pad_token_id, config.eos_token_id) == (100_256, 100_257)


def test_rope_base_is_where_transformers_reads_it() -> None:
    config = granite_config("tiny", rope_theta=5e6, max_position_embeddings=2048)
    assert config.rope_parameters == {"rope_type": "default", "rope_theta": 5e6}
    assert config.max_position_embeddings == 2048
    # A base that is not read would give the same rotations as the default.
    inverse = init_policy(config, 0).model.rotary_emb.inv_freq
    expected = 1.0 / 5e6 ** (torch.arange(0, 32, 2).float() / 32)
    torch.testing.assert_close(inverse, expected)


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_head_sizes_are_ones_that_vllm_serves_on_cpu(name: str) -> None:
    pytest.importorskip("vllm")
    from vllm.v1.attention.backends.cpu_attn import CPUAttentionBackend

    config = granite_config(name)
    head_size = config.hidden_size // config.num_attention_heads
    assert head_size in CPUAttentionBackend.get_supported_head_sizes()


def test_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(
        ConfigError, match=r"model\.name: unknown architecture 'granite_3B'\n.*`granite_3b`"
    ):
        granite_config("granite_3B")


def test_unknown_override_is_refused() -> None:
    with pytest.raises(ConfigError, match="no field 'hiden_size'"):
        granite_config("tiny", hiden_size=3)


def test_initial_weights_have_the_deviations_asked_for() -> None:
    config = granite_config("tiny", hidden_size=512, num_hidden_layers=2)
    model = init_policy(config, seed=1)
    expected = {
        "model.embed_tokens.weight": 0.1,
        "model.layers.0.self_attn.q_proj.weight": 0.1 / math.sqrt(2),
        "model.layers.1.mlp.down_proj.weight": 0.1 / math.sqrt(2) / 2,
        "model.layers.1.self_attn.o_proj.weight": 0.1 / math.sqrt(2) / 2,
    }
    parameters = dict(model.named_parameters())
    for name, std in expected.items():
        assert initial_std(config, name) == pytest.approx(std)
        assert parameters[name].std().item() == pytest.approx(std, rel=0.02)
        assert abs(parameters[name].mean().item()) < std / 50
    assert torch.all(parameters["model.norm.weight"] == 1)


def test_initial_policy_depends_on_the_seed_alone() -> None:
    config = granite_config("tiny", num_hidden_layers=1)
    torch.manual_seed(123)
    before = torch.get_rng_state()
    first = init_policy(config, seed=3).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(456)
    again = init_policy(config, seed=3).state_dict()
    other = init_policy(config, seed=4).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["model.embed_tokens.weight"], other["model.embed_tokens.weight"])


@pytest.mark.slow
def test_tiny_learns_to_copy() -> None:
    """100 AdamW steps: the second half of a sequence repeats the first, which needs attention."""
    model = init_policy(granite_config("tiny", vocab_size=32), seed=0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.95))
    generator = torch.Generator().manual_seed(0)
    losses = []
    for step in range(100):
        half = torch.randint(0, 32, (32, 12), generator=generator)
        ids = half.repeat(1, 2)
        logits = model(input_ids=ids).logits[:, 12:-1]
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 13:].flatten())
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1.0, (step + 1) / 20)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-5:]) / 5 < 0.5 * math.log(32)  # a model that can't copy stays at log 32
