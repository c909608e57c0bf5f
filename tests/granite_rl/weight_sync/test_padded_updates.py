"""Tests matrices wide enough to be padded in their buckets, whose packed kernels must be right too.

The tiny model's rows are too short for it. An engine to itself, of a model with rows of 2 KB.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from granite_rl.actors.generator import Generator
from granite_rl.models.configs import granite_config
from granite_rl.models.loading import init_policy, load_policy, save_hf
from granite_rl.models.tokenizer import train_tokenizer
from granite_rl.weight_sync.bucket import CONFLICT_BYTES
from granite_rl.weight_sync.sender import BucketSender
from granite_rl.weight_sync.transports import create_sender
from tests.granite_rl.weight_sync.local import LocalReceivers, agrees, change, source

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = granite_config("tiny", vocab_size=512)
    config.hidden_size, config.intermediate_size, config.num_hidden_layers = 512, 1024, 2
    config.num_attention_heads, config.num_key_value_heads, config.head_dim = 8, 4, 64
    directory = tmp_path_factory.mktemp("wide")
    save_hf(init_policy(config, 0), config, train_tokenizer(["wide rows"], 300), directory)
    return directory


@pytest.mark.parametrize("limit", [3 << 20, 64 << 20], ids=["separated", "side by side"])
def test_generator_and_trainer_agree_on_padded_matrices(
    generator: Generator, tiny_checkpoint: Path, limit: int
) -> None:
    model = load_policy(tiny_checkpoint, "float32").eval()
    assert model.config.hidden_size * torch.float32.itemsize == CONFLICT_BYTES
    sender = create_sender("shared_memory", LocalReceivers(generator))
    assert isinstance(sender, BucketSender)
    sender._bucket_bytes = limit
    sender.connect()
    for version in (1, 2):
        change(model, version)
        report = sender.send(source(model), version)
        assert report.failed == {}
        assert report.bytes == sum(p.nbytes for p in model.parameters()), "without padding"
        agrees(generator, model, version)
    sender.close()
