"""Tests a real vLLM engine after real updates: it gives the trainer's logprobs, or refuses.

The oracle is the transformers forward of the very weights that were sent. One engine serves all
tests of this module; the network transport gets its vLLM engine swapped in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from transformers import GraniteForCausalLM

from granite_rl.actors.generator import Generator, StaleWeightsError
from granite_rl.weight_sync.sender import BucketSender
from granite_rl.weight_sync.transports import create_sender
from tests.granite_rl.weight_sync.local import (
    PROMPT,
    LocalReceivers,
    TensorSource,
    agrees,
    change,
    logprobs,
    sample,
    source,
)

pytestmark = pytest.mark.slow


def test_generator_and_trainer_agree_after_every_update(
    generator: Generator, sender: BucketSender, model: GraniteForCausalLM
) -> None:
    loader = None
    for version in (1, 2, 3):
        before = generator._weight_version
        change(model, version)
        report = sender.send(source(model), version)
        assert report.failed == {}
        unique = sum(p.numel() * p.itemsize for p in model.parameters())
        assert unique <= report.bytes < unique * 1.001
        completion = agrees(generator, model, version)
        if version > 1:
            with pytest.raises(StaleWeightsError):
                sample(generator, PROMPT, before)
            # The test can fail: other weights say something else.
            old = logprobs(model, PROMPT, completion.token_ids)
            change(model, 100 + version)
            assert (logprobs(model, PROMPT, completion.token_ids) - old).abs().max() > 1e-2
        worker = generator._llm.llm_engine.model_executor.driver_worker.worker
        loader = worker.weight_transfer_engine._loader
    assert type(loader).__name__ == "InPlaceLoader"


@pytest.mark.parametrize("damage", ["flip", "lost", "last lost", "stale", "gone", "in front"])
def test_after_a_bad_update_nothing_is_served_until_a_good_one(
    generator: Generator,
    sender: BucketSender,
    receivers: LocalReceivers,
    model: GraniteForCausalLM,
    damage: str,
) -> None:
    sender.send(source(model), 20)
    agrees(generator, model, 20)
    last = 0

    def count(info: dict[str, Any]) -> dict[str, Any]:
        nonlocal last
        last = info["index"]
        return info

    def intercept(info: dict[str, Any]) -> dict[str, Any] | None:
        if info["index"] == {"lost": 1, "last lost": last}.get(damage):
            return None
        if info["index"] == 2 and damage == "flip":
            sender.allocate(1)  # the other piece, then this one again
            sender.allocate(1)[17] ^= 1
        if info["index"] == 2 and damage == "stale":
            return info | {"version": 20}
        if info["index"] == 2 and damage == "gone":
            return info | {"location": info["location"] + ".gone"}
        return info

    receivers.intercept = count
    sender.send(source(model), 20)
    assert last > 2
    receivers.intercept = intercept
    if damage == "in front":
        receivers.intercept = lambda info: info | {"index": info["index"] + 1}
    report = sender.send(source(model), 21)
    assert "BucketError" in report.failed["generator"] or "Stale" in report.failed["generator"]
    for version in (-1, 20, 21):
        with pytest.raises(StaleWeightsError):
            sample(generator, PROMPT, version)
    receivers.intercept = lambda info: info
    change(model, 22)
    assert sender.send(source(model), 22).failed == {}
    agrees(generator, model, 22)


def test_an_update_that_brings_too_little_is_refused(
    generator: Generator, sender: BucketSender, model: GraniteForCausalLM
) -> None:
    tensors = list(source(model))
    report = sender.send(TensorSource(tensors[:-2] + tensors[-1:]), 30)
    assert "did not bring" in report.failed["generator"]
    with pytest.raises(StaleWeightsError):
        sample(generator, PROMPT, 30)
    # Another dtype takes the way through scratch memory.
    assert sender.send(TensorSource([(n, t.double()) for n, t in tensors]), 31).failed == {}
    agrees(generator, model, 31)


def test_the_version_that_is_finished_is_the_one_that_was_started(generator: Generator) -> None:
    generator.start_weight_update(40)
    with pytest.raises(StaleWeightsError, match="under way is of 40"):
        generator.finish_weight_update(41)


@pytest.fixture(scope="module")
def object_store() -> Iterator[None]:
    import ray

    ray.init(address="local", num_cpus=1, include_dashboard=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.mark.ray
@pytest.mark.usefixtures("object_store")
def test_through_the_object_store(
    generator: Generator, receivers: LocalReceivers, model: GraniteForCausalLM
) -> None:
    from vllm.config import WeightTransferConfig
    from vllm.distributed.weight_transfer.factory import WeightTransferEngineFactory

    worker = generator._llm.llm_engine.model_executor.driver_worker.worker
    shared = worker.weight_transfer_engine
    worker.weight_transfer_engine = WeightTransferEngineFactory.create_engine(
        WeightTransferConfig(backend="network"), worker.vllm_config, shared.device, shared.model
    )
    worker.weight_transfer_engine._loader = shared._loader
    try:
        sender = create_sender("network", receivers)
        assert isinstance(sender, BucketSender)
        sender._bucket_bytes = 300_000
        sender.connect()
        for version in (50, 51):
            change(model, version)
            assert sender.send(source(model), version).failed == {}
            agrees(generator, model, version)
        receivers.intercept = lambda info: info | {"size": info["size"] + 1}
        assert "expected" in sender.send(source(model), 52).failed["generator"]
        receivers.intercept = lambda info: info
        assert sender.send(source(model), 53).failed == {}
        agrees(generator, model, 53)
        sender.close()
    finally:
        worker.weight_transfer_engine = shared
