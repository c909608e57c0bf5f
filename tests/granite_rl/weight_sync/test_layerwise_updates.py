"""Tests vLLM's own reload behind our buckets, which GPUs and layers unknown to `InPlaceLoader` use.

It has an engine to itself: an engine has one loader for all its life, and the two don't take turns.
"""

from __future__ import annotations

import pytest
from transformers import GraniteForCausalLM

from granite_rl.actors.generator import Generator
from granite_rl.weight_sync.sender import BucketSender
from tests.granite_rl.weight_sync.local import LocalReceivers, agrees, change, source

pytestmark = pytest.mark.slow


def test_layerwise_reload_agrees_too_and_survives_an_abandoned_update(
    generator: Generator,
    sender: BucketSender,
    receivers: LocalReceivers,
    model: GraniteForCausalLM,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """GPUs and layers unknown to `InPlaceLoader` are loaded this way."""
    from granite_rl.weight_sync import loader

    engine = generator._llm.llm_engine.model_executor.driver_worker.worker.weight_transfer_engine
    monkeypatch.setattr(
        engine, "_loader", loader.LayerwiseLoader(engine.model, engine.model_config)
    )
    change(model, 11)
    receivers.intercept = lambda info: info if info["index"] < 2 else info | {"checksum": "0"}
    assert "checksum" in sender.send(source(model), 11).failed["generator"]
    receivers.intercept = lambda info: info
    for version in (12, 13):
        change(model, version)
        assert sender.send(source(model), version).failed == {}
        agrees(generator, model, version)
