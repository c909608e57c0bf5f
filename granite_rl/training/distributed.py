"""Join process groups of trainers, and exchange numbers between ranks.

RL trainers are Ray actors and call `init_distributed` themselves; the ranks of supervised runs are
started by `granite_rl.training.launch` and use `joined`.

DeepSpeed compiles a shared-memory all-reduce at start-up on CPU. Only its inference engine uses it,
and the compiler's lock file makes every later start hang when a process was killed while building
it, so it is switched off here.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch

from granite_rl.errors import first_line
from granite_rl.training.launch import LostPeerError, RankContext

JOIN_TIMEOUT = timedelta(minutes=10)
"""Longest wait for the other ranks, at start and in any collective, before a rank gives up."""

_ENVIRONMENT = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
_before: dict[str, str | None] = {}
"""Former values of the environment variables that `init_distributed` sets."""


def device() -> torch.device:
    """Return the device of this rank's tensors: its own GPU if there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("cpu")


def init_distributed(
    rank: int,
    world_size: int,
    master_address: str,
    master_port: int,
    threads: int,
    local_rank: int | None = None,
) -> None:
    """Join the process group of a trainer: gloo on CPU, nccl on GPUs, one rank or many.

    Args:
        rank: 0 .. world_size - 1.
        world_size: number of ranks.
        master_address: host of rank 0.
        master_port: free port on that host (`free_port` called there).
        threads: CPU threads of this rank.
        local_rank: number of this rank on its host, where it is not ``rank``. Modulo the number of
            visible GPUs it chooses the GPU; a Ray actor sees only its own.

    Raises:
        torch.distributed.DistError: not all ranks came within `JOIN_TIMEOUT`.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    local = rank if local_rank is None else local_rank
    _before.update({name: os.environ.get(name) for name in _ENVIRONMENT})
    os.environ.update(
        RANK=str(rank),
        WORLD_SIZE=str(world_size),
        LOCAL_RANK=str(local % gpus if gpus else local),
        MASTER_ADDR=master_address,
        MASTER_PORT=str(master_port),
    )
    torch.set_num_threads(threads)
    if not gpus:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")  # otherwise it guesses, and says so
    logging.getLogger("DeepSpeed").setLevel(logging.WARNING)
    # DeepSpeed still calls collectives that torch has renamed; it says so on every one of them.
    warnings.filterwarnings(
        "ignore", category=FutureWarning, module=r"torch\.distributed\.c10d_logger"
    )
    import deepspeed
    import deepspeed.ops

    logging.getLogger("DeepSpeed").setLevel(logging.WARNING)
    if gpus:
        torch.cuda.set_device(device())
    else:
        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    if torch.distributed.is_initialized():
        return
    deepspeed.init_distributed(
        "nccl" if gpus else "gloo",
        auto_mpi_discovery=False,
        verbose=False,
        timeout=JOIN_TIMEOUT,
        rank=rank,
        world_size=world_size,
    )


def shutdown_distributed() -> None:
    """Leave the process group, if any, so that the process can end or join another one."""
    if torch.distributed.is_initialized():
        import deepspeed.comm

        if deepspeed.comm.comm.cdb is None:
            torch.distributed.destroy_process_group()
        else:
            deepspeed.comm.destroy_process_group()  # and forgets its own groups
            deepspeed.comm.comm.cdb = None  # otherwise it would not join again
    for name, value in _before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    _before.clear()


@contextmanager
def joined(rank: int, context: RankContext, threads: int) -> Iterator[None]:
    """Join the process group of a supervised run within the block, and leave it afterwards.

    Raises:
        LostPeerError: the connection to another rank broke.
    """
    meeting = context.meeting
    try:
        with naming_lost_peers(rank):
            init_distributed(
                rank, meeting.ranks, meeting.address, meeting.port, threads, context.local_rank
            )
            yield
    finally:
        shutdown_distributed()


@contextmanager
def naming_lost_peers(rank: int) -> Iterator[None]:
    """Turn what a broken connection between ranks raises into an error that says so.

    Raises:
        LostPeerError: the connection to another rank broke.
    """
    try:
        yield
    except RuntimeError as error:
        if not _is_lost_connection(error):
            raise
        raise LostPeerError(
            f"rank {rank} lost the connection to another rank: {first_line(error)}",
            "its own message says why; the same command with run.resume=auto continues",
        ) from error


def _is_lost_connection(error: RuntimeError) -> bool:
    """Return whether an error comes from a collective operation; gloo has no class for it."""
    return isinstance(error, torch.distributed.DistError) or "gloo" in str(error)


def all_reduce_sums(*values: float) -> list[float]:
    """Sum numbers over all ranks, in float64; without a process group return them unchanged."""
    if not torch.distributed.is_initialized() or torch.distributed.get_world_size() == 1:
        return [float(value) for value in values]
    sums = torch.tensor(values, dtype=torch.float64, device=device())
    torch.distributed.all_reduce(sums)
    return [float(value) for value in sums.tolist()]


def all_reduce_max(value: float) -> float:
    """Return the largest value of a number over all ranks, in float64."""
    if not torch.distributed.is_initialized() or torch.distributed.get_world_size() == 1:
        return float(value)
    largest = torch.tensor([value], dtype=torch.float64, device=device())
    torch.distributed.all_reduce(largest, op=torch.distributed.ReduceOp.MAX)
    return float(largest.item())
