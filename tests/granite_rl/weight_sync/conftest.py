"""Provides one vLLM engine per test module, and the sender and the model that update it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from transformers import GraniteForCausalLM

from granite_rl.actors.generator import Generator
from granite_rl.models.loading import load_policy
from granite_rl.weight_sync.sender import BucketSender
from granite_rl.weight_sync.transports import create_sender
from tests.granite_rl.weight_sync.local import LocalReceivers, section

SMALL = 300_000
"""Bytes of a bucket: a tiny model makes a dozen, and some end between stacked matrices."""


@pytest.fixture(scope="module")
def generator(tiny_checkpoint: Path) -> Iterator[Generator]:
    before = dict(os.environ)
    yield Generator(str(tiny_checkpoint), section("shared_memory"), 64, gpu=False)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def receivers(generator: Generator) -> LocalReceivers:
    return LocalReceivers(generator)


@pytest.fixture
def sender(receivers: LocalReceivers) -> Iterator[BucketSender]:
    sender = create_sender("shared_memory", receivers)
    assert isinstance(sender, BucketSender)
    sender._bucket_bytes = SMALL
    sender.connect()
    yield sender
    sender.close()


@pytest.fixture(scope="module", params=["tied", "untied"])
def model(request: pytest.FixtureRequest, tiny_checkpoint: Path) -> GraniteForCausalLM:
    model = load_policy(tiny_checkpoint, "float32").eval()
    if request.param == "untied":
        torch.manual_seed(0)
        model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight) * 0.05)
        model.config.tie_word_embeddings = False
    return model
