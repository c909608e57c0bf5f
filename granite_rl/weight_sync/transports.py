"""Lists the transports by name with what each needs, and creates their senders and readers.

- ``shared_memory``: memory that both sides map; one host, no GPUs needed.
- ``network``: Ray's object store; any host of the cluster, no GPUs needed.
- ``nccl``: vLLM's own engine, a broadcast between GPUs; any host.
- ``ipc``: vLLM's own engine, CUDA handles; generators that share the trainers' GPUs.

``nccl`` and ``ipc`` are driven as vLLM's source asks for; they have been tested as far as that goes
without GPUs, and have not been run on any.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from granite_rl.errors import ConfigError, PreflightError
from granite_rl.weight_sync.sender import BucketReader, Receivers, SyncReport, WeightSender
from granite_rl.weight_sync.source import CheckpointWeights


@dataclass(frozen=True)
class Transport:
    """Names a transport's classes and what it needs."""

    module: str
    sender: str
    reader: str | None = None
    """Class of the generator's side; None: vLLM has an engine of its own."""
    needs_gpus: bool = False
    one_host: bool = False
    tensor_parallel: bool = True


TRANSPORTS = {
    "shared_memory": Transport(
        "shared_memory", "SharedMemorySender", "SharedMemoryReader", one_host=True
    ),
    # A worker that is not a Ray process of its own can't read Ray's objects.
    "network": Transport("network", "NetworkSender", "NetworkReader", tensor_parallel=False),
    "nccl": Transport("nccl", "NcclSender", needs_gpus=True),
    "ipc": Transport("ipc", "IpcSender", needs_gpus=True, one_host=True),
}


def create_sender(name: str, receivers: Receivers, rank: int = 0) -> WeightSender:
    """Create the trainer's side of a transport.

    Args:
        name: a key of `TRANSPORTS`.
        receivers: the generators.
        rank: rank in the trainer's process group.
    """
    transport = TRANSPORTS[name]
    return cast(WeightSender, _load(transport.module, transport.sender)(receivers, rank=rank))


def send_checkpoint(name: str, directory: Path, version: int, receivers: Receivers) -> SyncReport:
    """Send a Hugging Face checkpoint once, from this process.

    Args:
        name: a key of `TRANSPORTS`.
        directory: the checkpoint.
        version: weight version that the generators get.
        receivers: the generators.
    """
    sender = create_sender(name, receivers)
    try:
        sender.connect()
        return sender.send(CheckpointWeights(directory), version)
    finally:
        sender.close()


def create_reader(name: str) -> BucketReader:
    """Create the generator's side of a transport of buckets."""
    transport = TRANSPORTS[name]
    assert transport.reader is not None, f"{name} is an engine of vLLM's own"
    return cast(BucketReader, _load(transport.module, transport.reader)())


def _load(module: str, name: str) -> type:
    return cast(type, getattr(importlib.import_module(f"granite_rl.weight_sync.{module}"), name))


def check_resources(
    name: str, *, trainer_gpus: float, generator_gpus: float, tensor_parallel: int
) -> None:
    """Refuse a transport that this configuration can't use, before anything starts.

    Args:
        name: ``generator.weight_sync``.
        trainer_gpus: GPUs of one trainer rank.
        generator_gpus: GPUs of one generator.
        tensor_parallel: workers of one generator.

    Raises:
        ConfigError: the transport can't be used; the message says what would be right.
    """
    transport = TRANSPORTS[name]
    if transport.needs_gpus and not (trainer_gpus > 0 and generator_gpus > 0):
        raise ConfigError(
            f"generator.weight_sync: {name} moves weights between GPUs, but "
            f"cluster.trainer_gpus is {trainer_gpus:g} and cluster.generator_gpus is "
            f"{generator_gpus:g}",
            "use shared_memory on one host, network across hosts",
        )
    if tensor_parallel > 1 and not transport.tensor_parallel:
        raise ConfigError(
            f"generator.weight_sync: {name} can't feed generator.tensor_parallel="
            f"{tensor_parallel}: each worker would have to be a Ray process",
            "use nccl with GPUs, shared_memory on one host, or generator.tensor_parallel=1",
        )


def check_hosts(name: str, nodes: Collection[str]) -> None:
    """Refuse a transport that doesn't reach all hosts.

    Args:
        name: ``generator.weight_sync``.
        nodes: nodes on which trainers and generators run.

    Raises:
        PreflightError: the hosts are too many; the message says what would be right.
    """
    hosts = len(set(nodes))
    if TRANSPORTS[name].one_host and hosts > 1:
        other = "nccl" if TRANSPORTS[name].needs_gpus else "network"
        raise PreflightError(
            f"generator.weight_sync: {name} needs trainers and generators on one host, "
            f"they are on {hosts}",
            f"use generator.weight_sync={other}, or place the job on a single node",
        )
