"""A tokenizer and a policy small enough to build in well under a second."""

from __future__ import annotations

import pytest
from transformers import GraniteForCausalLM, PreTrainedTokenizerFast

from granite_rl.models.configs import granite_config
from granite_rl.models.loading import init_policy
from granite_rl.models.tokenizer import train_tokenizer

TEXTS = (
    "What is 12 + 34? The answer is 46.\n",
    "def area(width, height):\n    return width * height\n",
    "Grüße aus München, こんにちは世界, 안녕하세요, مرحبا.",
    "Numbers such as 2024, 3.1415 and 100 352 are common: 2024, 2024, 2024.",
)


@pytest.fixture(scope="package")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_tokenizer(TEXTS * 50, vocab_size=512)


@pytest.fixture(scope="package")
def policy(tokenizer: PreTrainedTokenizerFast) -> GraniteForCausalLM:
    config = granite_config(
        "tiny",
        vocab_size=len(tokenizer),
        max_position_embeddings=128,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
    )
    return init_policy(config, seed=7)
