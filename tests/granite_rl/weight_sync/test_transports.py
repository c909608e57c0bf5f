"""Tests that every transport of the configuration exists, and reports early what it can't do."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from vllm.distributed.weight_transfer.factory import WeightTransferEngineFactory

from granite_rl.config import GeneratorSection
from granite_rl.errors import ConfigError, PreflightError
from granite_rl.weight_sync import plugin
from granite_rl.weight_sync.transports import (
    TRANSPORTS,
    check_hosts,
    check_resources,
    create_reader,
    create_sender,
)


def test_the_configuration_names_the_transports() -> None:
    assert set(get_args(GeneratorSection.model_fields["weight_sync"].annotation)) == set(TRANSPORTS)


@pytest.mark.parametrize("name", TRANSPORTS)
def test_both_sides_can_be_made(name: str) -> None:
    no_receivers: Any = None
    sender = create_sender(name, no_receivers)
    sender.close()
    if TRANSPORTS[name].reader is not None:
        create_reader(name).close()


@pytest.mark.parametrize(
    ("name", "trainer_gpus", "generator_gpus", "tensor_parallel", "complaint"),
    [
        ("shared_memory", 0, 0, 1, None),
        ("shared_memory", 0, 0, 2, None),
        ("network", 0, 0, 1, None),
        ("network", 1, 1, 4, "tensor_parallel=4"),
        ("nccl", 0, 0, 1, "trainer_gpus is 0 and cluster.generator_gpus is 0"),
        ("nccl", 1, 0, 1, "generator_gpus is 0"),
        ("nccl", 1, 4, 4, None),
        ("ipc", 0, 1, 1, "trainer_gpus is 0"),
        ("ipc", 0.5, 0.5, 1, None),
    ],
)
def test_resources(
    name: str,
    trainer_gpus: float,
    generator_gpus: float,
    tensor_parallel: int,
    complaint: str | None,
) -> None:
    resources: dict[str, Any] = {
        "trainer_gpus": trainer_gpus,
        "generator_gpus": generator_gpus,
        "tensor_parallel": tensor_parallel,
    }
    if complaint is None:
        check_resources(name, **resources)
        return
    with pytest.raises(ConfigError, match=complaint) as error:
        check_resources(name, **resources)
    assert f"generator.weight_sync: {name}" in str(error.value)
    assert error.value.fix


@pytest.mark.parametrize(
    ("name", "instead"),
    [("shared_memory", "network"), ("ipc", "nccl"), ("network", None), ("nccl", None)],
)
def test_hosts(name: str, instead: str | None) -> None:
    check_hosts(name, ["a", "a"])
    if instead is None:
        check_hosts(name, ["a", "b"])
        return
    with pytest.raises(PreflightError, match="they are on 2") as error:
        check_hosts(name, ["a", "b"])
    assert f"generator.weight_sync={instead}" in str(error.value)


@pytest.mark.slow
def test_vllm_finds_the_engines_of_buckets() -> None:
    plugin.register()
    plugin.register()
    assert set(TRANSPORTS) <= set(WeightTransferEngineFactory._registry)
    engine = WeightTransferEngineFactory._registry["network"]()
    assert engine.__name__ == "BucketWeightTransferEngine"
    assert "granite" not in WeightTransferEngineFactory._registry["nccl"]().__module__
