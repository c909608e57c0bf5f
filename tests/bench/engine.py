"""Compares the DeepSpeed engine with a plain PyTorch loop on the same packed micro-batches.

    python -m tests.bench.engine [--prompts 32] [--rounds 9] [--threads 1]

Prints the line `engine`: seconds of a step with our `TrainEngine` as a CPU stage uses it (one rank,
ZeRO 0, float32), and as its peer the limit, 1.05 x the plain loop: the same module, torch's AdamW,
gradients of token sums divided once, clipped. A step is 32 prompts x 16 responses with log-normal
lengths in shared-prompt rows, forward, backward and update; both sides step in turn. After the
first step both must have the same weights to 1e-6, or what is timed is not the same work.
"""

from __future__ import annotations

import argparse

import torch

from granite_rl.config import OptimSection
from granite_rl.models.configs import granite_config
from granite_rl.models.loading import init_policy
from granite_rl.training.distributed import init_distributed, shutdown_distributed
from granite_rl.training.engine import TrainEngine, batch_tensors
from granite_rl.training.launch import free_port
from granite_rl.training.policy import TokenLogprobs
from granite_rl.types import PackedBatch
from tests.bench.batches import medians_in_turn, packed_batches, random_groups
from tests.bench.result import Result

LIMIT = 1.05
OPTIM = OptimSection(
    lr=1e-5, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0, grad_clip=1.0, warmup_steps=0
)


class Plain:
    """Steps a module with plain PyTorch, as one would without a framework."""

    def __init__(self, module: TokenLogprobs) -> None:
        self.module = module.train()
        self._optimizer = torch.optim.AdamW(
            module.parameters(),
            lr=OPTIM.lr,
            betas=OPTIM.betas,
            eps=OPTIM.eps,
            weight_decay=OPTIM.weight_decay,
        )

    def step(self, batches: list[PackedBatch]) -> None:
        """Do one optimizer step."""
        for batch in batches:
            (-self.module(**batch_tensors(batch))[0].sum()).backward()
        gradients = [p.grad for p in self.module.parameters() if p.grad is not None]
        torch._foreach_div_(gradients, float(sum(batch.targets for batch in batches)))
        torch.nn.utils.clip_grad_norm_(self.module.parameters(), OPTIM.grad_clip)
        self._optimizer.step()
        self._optimizer.zero_grad()


class Ours:
    """Steps a module with our engine, as the trainer drives it."""

    def __init__(self, module: TokenLogprobs) -> None:
        self.engine = TrainEngine(module, optim=OPTIM, zero_stage=0, dtype="float32")

    def step(self, batches: list[PackedBatch]) -> None:
        """Do one optimizer step."""
        for batch in batches:
            self.engine.backward(-self.engine(**batch_tensors(batch))[0].sum())
        self.engine.step(float(sum(batch.targets for batch in batches)), OPTIM.lr)


def measure(prompts: int, rounds: int, threads: int) -> Result:
    """Time both sides in turn."""
    init_distributed(0, 1, "127.0.0.1", free_port(), threads)
    batches = packed_batches(random_groups(prompts, 16), row_tokens=192, rows=16)
    ours = Ours(TokenLogprobs(init_policy(granite_config("tiny"), 0)))
    plain = Plain(TokenLogprobs(init_policy(granite_config("tiny"), 0)))
    ours.step(batches)
    plain.step(batches)
    for mine, theirs in zip(
        ours.engine.module.parameters(), plain.module.parameters(), strict=True
    ):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-6)
    seconds = medians_in_turn([lambda: ours.step(batches), lambda: plain.step(batches)], rounds)
    shutdown_distributed()
    return Result("engine", seconds[0], LIMIT * seconds[1], "s/step", lower_is_better=True)


def main() -> None:
    """Measure and print the result."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--prompts", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    measure(arguments.prompts, arguments.rounds, arguments.threads).print()


if __name__ == "__main__":
    main()
