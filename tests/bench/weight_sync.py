"""Compares a weight update, from trainer parameters to a generator that can serve, with memcpy.

    python -m tests.bench.weight_sync [--only NAME] [--updates 9]

DeepSpeed's engine is in this process, vLLM in a child process, one thread each; the sender's calls
go through a pipe instead of Ray, which makes them 1 ms shorter (there are 25 in a large update).
Every update changes every weight first. The peer is one-thread memcpy of the same number of bytes,
measured between the updates, in windows of 128 MiB (far beyond the cache). One JSON line per size,
GB/s (a tied head counts once), median over updates; `weight_sync` is the 0.8 GB one. The peer's
number is a third of memcpy: a ratio over 1 means that the target is met.

Where the time goes on two Zen 4 cores (AVX-512 with bfloat16; memcpy 11 to 14), 822 MB in bfloat16:
2.6 GB/s. At 1.8, before the generator had one heap and under the timers that gave the rest, it
worked for 0.40 of 0.45 s: oneDNN's packing of the layers 0.24, the head and writing in place 0.09
(the head's 64 MiB of packed memory were mapped anew by each update), the hash 0.04, stacked
matrices that a bucket's end separates 0.01. The sender copies and hashes for about 0.15 s
meanwhile. Packing is the limit: alone and into warm memory it makes 3.8 to 5.0 GB/s of padded rows
on one thread (1.4 to 1.9 of dense ones of 2 or 8 KB, 2.7 to 3.9 of these on two). With the hash
(20) that leaves 3.2 to 4.0 on one thread, where a third of memcpy is 3.7 to 4.6.

Before rows were padded, on one core of an AVX2 EPYC (memcpy 7.6): the sender's copy and hash 5.1;
the generator's hash 15, hash and copy in place 6.6; packing 2.6, and 1.3 in fresh memory. There
oneDNN doesn't pack bfloat16, weights are written in place and the sender is the slower side.
vLLM's layer-wise reload, which this replaces, made 0.9.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import torch

from granite_rl.actors.generator import Generator, generator_environment
from granite_rl.actors.trainer import Trainer
from granite_rl.config import GeneratorSection, OptimSection
from granite_rl.models.configs import granite_config
from granite_rl.models.loading import init_policy, load_policy, save_hf
from granite_rl.models.tokenizer import train_tokenizer
from granite_rl.training.distributed import init_distributed
from granite_rl.training.engine import TrainEngine
from granite_rl.training.launch import free_port
from granite_rl.training.policy import TokenLogprobs
from tests.bench.result import Result
from tests.granite_rl.weight_sync.local import section

WINDOW = 128 << 20
TIMEOUT_S = 300.0
SHAPES: dict[str, dict[str, Any]] = {
    "weight_sync_1m": {},
    "weight_sync_100m": {
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "num_key_value_heads": 4,
        "intermediate_size": 2048,
        "vocab_size": 32_768,
    },
    "weight_sync": {
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "intermediate_size": 4096,
        "vocab_size": 32_768,
    },
}


class PipeReceivers:
    """Drives a generator in a child process."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.failed: dict[str, str] = {}

    @property
    def workers(self) -> Sequence[int]:
        """Return the workers of the one generator, which has one."""
        return [1]

    def begin(self) -> None:
        """Do nothing: a failure ends the benchmark, so there is none to forget."""

    def initialize(self, infos: Sequence[dict[str, Any]]) -> PipePending:
        """Initialise the one generator's engine."""
        return self._call("init_weight_transfer", infos[0])

    def start(self, version: int) -> PipePending:
        """Call the generator's ``start_weight_update``."""
        return self._call("start_weight_update", version)

    def update(self, info: dict[str, Any]) -> PipePending:
        """Call the generator's ``update_weights``."""
        return self._call("update_weights", info)

    def finish(self, version: int) -> PipePending:
        """Call the generator's ``finish_weight_update``."""
        return self._call("finish_weight_update", version)

    def _call(self, method: str, argument: Any) -> PipePending:
        self._pipe.send((method, argument))
        return PipePending(self._pipe)


class PipePending:
    """Represents a call under way; there is one at a time."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def wait(self) -> None:
        """Wait until the child has answered."""
        if not self._pipe.poll(TIMEOUT_S):
            raise TimeoutError("the generator does not answer")
        self._pipe.recv()


def serve(pipe: Connection, model: str, config: GeneratorSection) -> None:
    """Run one generator in the child, driven through the pipe."""
    generator = Generator(model, config, 64, gpu=False)
    pipe.send("ready")
    while True:
        method, argument = pipe.recv()
        if method == "stop":
            os._exit(0)  # vLLM's threads would keep the process
        getattr(generator, method)(argument)
        pipe.send(None)


class BenchTrainer(Trainer):
    """Implements a trainer without reference and data."""

    def prepare(self, model: Path, dtype: str) -> None:
        """Make the policy's engine."""
        policy = load_policy(model, dtype)
        self._tied = bool(policy.config.tie_word_embeddings)
        self._policy = TrainEngine(
            TokenLogprobs(policy),
            optim=OptimSection(
                lr=1e-5,
                betas=(0.9, 0.95),
                eps=1e-8,
                weight_decay=0.0,
                grad_clip=1.0,
                warmup_steps=0,
            ),
            zero_stage=0 if dtype == "float32" else 2,
            dtype=dtype,
        )

    def change(self, factor: float) -> None:
        """Change every weight by a factor."""
        with torch.no_grad():
            for parameter in self._engine.module.parameters():
                parameter.mul_(factor)


def memcpy(size: int, source: np.ndarray, target: np.ndarray) -> float:
    """Measure the bytes a second of one thread's copy."""
    begin = time.perf_counter()
    done = 0
    while done < size:
        part = min(size - done, len(source))
        np.copyto(target[:part], source[:part])
        done += part
    return size / (time.perf_counter() - begin)


def make_checkpoint(shape: dict[str, Any], dtype: str, directory: Path) -> None:
    """Write a checkpoint with random weights."""
    tokenizer = train_tokenizer(["Weights are all that is looked at here."], 300)
    config = granite_config("tiny", vocab_size=512)
    for key, value in shape.items():
        setattr(config, key, value)
    if shape:
        config.head_dim = shape["hidden_size"] // shape["num_attention_heads"]
    model = init_policy(config, 0).to(getattr(torch, dtype))
    save_hf(model, config, tokenizer, directory)


def measure(name: str, updates: int) -> None:
    """Measure one size of model, and print its line."""
    dtype = "float32" if name == "weight_sync_1m" else "bfloat16"
    generator_config = section("shared_memory", dtype, TIMEOUT_S)
    with tempfile.TemporaryDirectory() as directory:
        model = Path(directory) / "hf"
        make_checkpoint(SHAPES[name], dtype, model)
        ours_end, theirs = multiprocessing.get_context("spawn").Pipe()
        os.environ.update(generator_environment(generator_config, gpu=False))
        child = multiprocessing.get_context("spawn").Process(
            target=serve, args=(theirs, str(model), generator_config)
        )
        child.start()
        trainer = BenchTrainer(0)
        trainer.prepare(model, dtype)
        PipePending(ours_end).wait()
        receivers = PipeReceivers(ours_end)
        trainer.connect_generators("shared_memory", receivers)
        source, target = np.ones(WINDOW, np.uint8), np.zeros(WINDOW, np.uint8)
        ours, peer, size = [], [], 0
        for version in range(updates + 2):
            trainer.change(1.01 if version % 2 else 1 / 1.01)
            begin = time.perf_counter()
            report = trainer.send_weights(version)
            seconds = time.perf_counter() - begin
            assert report is not None
            size = report.bytes
            if version >= 2:  # files, heaps and scratch memory have been mapped by then
                ours.append(size / seconds / 1e9)
            peer.append(memcpy(size, source, target) / 1e9)
        ours_end.send(("stop", None))
        child.join()
        print(
            f"# {name}: {size / 1e6:.0f} MB, best {max(ours):.2f}, "
            f"all {[round(x, 2) for x in ours]}; memcpy best {max(peer):.2f} "
            f"median {statistics.median(peer):.2f}",
            file=sys.stderr,
        )
        Result(
            name,
            statistics.median(ours),
            statistics.median(peer) / 3,
            "GB/s; peer is a third of one-thread memcpy",
        ).print()


def main() -> None:
    """Measure and print the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--updates", type=int, default=9)
    parser.add_argument("--only", choices=tuple(SHAPES))
    arguments = parser.parse_args()
    init_distributed(0, 1, "127.0.0.1", free_port(), 1)
    for name in [arguments.only] if arguments.only else SHAPES:
        measure(name, arguments.updates)


if __name__ == "__main__":
    main()
