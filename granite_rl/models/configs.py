"""Define Granite architectures by name: the recipe's three dense sizes and a `tiny` one for CPUs.

Everything is a plain `transformers.GraniteConfig`, so any checkpoint made here loads with
`AutoModelForCausalLM` and in vLLM. Shapes and multipliers of the 3B, 8B and 30B are those of the
released Granite models (the 30B's `logits_scaling` is inferred from its width: 4096 / 256 = 16).

Trade-offs
- The multipliers are muP's (Yang et al. 2022, arXiv 2203.03466, as IBM's public training code
  parametrises it): m_width = hidden / 256 divides the logits and the learning rate of the block
  matrices, and each residual branch is scaled by 1.4 / sqrt(layers), which is 0.22 at 40 layers.
  `tiny` follows both rules for itself: 1.4 / sqrt(4) = 0.7 and m_width = 0.5, clamped to 1.
- `initializer_range` 0.1 is ours: no number is published for these models. With tied embeddings
  it makes the first loss high (a token predicts itself until the blocks have learnt), which costs
  a few dozen steps and pays afterwards: see `initial_std`.
- Defaults describe the *start* of pre-training (4,096 positions, RoPE base 10,000); longer contexts
  are explicit overrides, because their RoPE bases are unpublished.
- `tiny` has head size 32, the smallest that vLLM's CPU attention kernels support.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from transformers import GraniteConfig, GraniteForCausalLM

from granite_rl.errors import ConfigError
from granite_rl.models.tokenizer import END_OF_TEXT_ID, PAD_ID
from rewards.nearest import did_you_mean

RELEASED_VOCAB_SIZE = 100_352
"""Vocabulary of the released Granite models, padding included."""

RELEASED_PAD_ID, RELEASED_END_OF_TEXT_ID = 100_256, 100_257
"""Special-token ids of the released vocabulary."""

MUP_BASE_WIDTH = 256
"""Width at which muP's m_width is 1."""


@dataclass(frozen=True)
class _Shape:
    """Holds the numbers in which the sizes differ."""

    hidden_size: int
    layers: int
    heads: int
    kv_heads: int
    intermediate_size: int
    residual_multiplier: float
    logits_scaling: float
    vocab_size: int
    max_position_embeddings: int

    @property
    def head_size(self) -> int:
        return self.hidden_size // self.heads


_SHAPES: dict[str, _Shape] = {
    "granite_3b": _Shape(2560, 40, 40, 8, 8192, 0.22, 10.0, RELEASED_VOCAB_SIZE, 4096),
    "granite_8b": _Shape(4096, 40, 32, 8, 12800, 0.22, 16.0, RELEASED_VOCAB_SIZE, 4096),
    "granite_30b": _Shape(4096, 64, 32, 8, 32768, 0.22, 16.0, RELEASED_VOCAB_SIZE, 4096),
    "tiny": _Shape(128, 4, 4, 2, 512, 0.7, 1.0, 1024, 1024),
}

MODEL_NAMES: tuple[str, ...] = tuple(_SHAPES)
"""Names that `granite_config` knows."""


def granite_config(
    name: str,
    *,
    vocab_size: int | None = None,
    max_position_embeddings: int | None = None,
    rope_theta: float = 10_000.0,
    **overrides: Any,
) -> GraniteConfig:
    """Build the configuration of a named Granite architecture.

    Args:
        name: one of `MODEL_NAMES`.
        vocab_size: rows of the (tied) embedding. Default: the released 100,352; 1,024 for `tiny`.
        max_position_embeddings: longest context in tokens. Default 4,096; 1,024 for `tiny`.
        rope_theta: RoPE base, stored where transformers 5 wants it (`config.rope_parameters`).
        overrides: any other field of `GraniteConfig`, set as given.

    The pad and end-of-text ids follow the vocabulary: at the released size the released ids,
    otherwise those of `granite_rl.models.tokenizer.train_tokenizer`.

    Raises:
        ConfigError: unknown name, or an override that `GraniteConfig` does not have.
    """
    shape = _SHAPES.get(name)
    if shape is None:
        known = f"known: {', '.join(MODEL_NAMES)}"
        raise ConfigError(
            f"model.name: unknown architecture {name!r}",
            f"{did_you_mean(name, MODEL_NAMES)} {known}".lstrip(),
        )
    unknown = sorted(set(overrides) - set(GraniteConfig().to_dict()) - {"dtype"})
    if unknown:
        raise ConfigError(f"GraniteConfig has no field {unknown[0]!r}.")

    vocabulary = shape.vocab_size if vocab_size is None else vocab_size
    released = vocabulary == RELEASED_VOCAB_SIZE
    end_of_text = RELEASED_END_OF_TEXT_ID if released else END_OF_TEXT_ID
    fields: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": shape.hidden_size,
        "intermediate_size": shape.intermediate_size,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "max_position_embeddings": max_position_embeddings or shape.max_position_embeddings,
        "rope_parameters": {"rope_type": "default", "rope_theta": rope_theta},
        "rms_norm_eps": 1e-5,
        "initializer_range": 0.1,
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "attention_dropout": 0.0,
        "embedding_multiplier": 12.0,
        "attention_multiplier": 1.0 / shape.head_size,
        "residual_multiplier": shape.residual_multiplier,
        "logits_scaling": shape.logits_scaling,
        # Granite has no separate beginning-of-text token: documents are divided by end-of-text.
        "bos_token_id": end_of_text,
        "eos_token_id": end_of_text,
        "pad_token_id": RELEASED_PAD_ID if released else PAD_ID,
        "use_cache": True,
        "architectures": ["GraniteForCausalLM"],
        "dtype": "float32" if name == "tiny" else "bfloat16",
    }
    return GraniteConfig(**{**fields, **overrides})


def parameter_count(config: GraniteConfig) -> int:
    """Count the trainable parameters of `config`, tied embeddings once.

    Builds the model on the meta device: no memory is allocated, whatever the size.
    """
    with torch.device("meta"):
        model = GraniteForCausalLM(config)
    return sum(parameter.numel() for parameter in model.parameters())


def mup_width(config: GraniteConfig) -> float:
    """Return muP's m_width, by which the learning rate of a model's block matrices is divided.

    In the released configurations this equals `logits_scaling`; below the base width it is 1.
    """
    return max(1.0, float(config.hidden_size) / MUP_BASE_WIDTH)


def initial_std(config: GraniteConfig, parameter_name: str) -> float | None:
    """Return the standard deviation of a weight's initial values, None for norms (ones).

    Embeddings: `initializer_range`. Block matrices: divided by sqrt(m_width), and those that write
    to the residual stream (`o_proj`, `down_proj`) further by sqrt(2 * layers): muP with GPT-2's
    depth scaling. transformers' own initialisation knows only the first number. On 200 steps of a
    mixed copy, lookup and arithmetic task `tiny` reaches a loss of 0.90 with it against 1.04 with
    transformers' (at 0.02), both at learning rate 3e-3.
    """
    if "norm" in parameter_name:
        return None
    if "embed_tokens" in parameter_name or "lm_head" in parameter_name:
        return float(config.initializer_range)
    std = float(config.initializer_range) / math.sqrt(mup_width(config))
    if parameter_name.endswith(("o_proj.weight", "down_proj.weight")):
        std /= math.sqrt(2 * config.num_hidden_layers)
    return std
