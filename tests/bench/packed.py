"""Compares packed micro-batches with padded ones: forward and backward of the same responses.

    python -m tests.bench.packed [--prompts 16] [--rounds 5] [--threads 1]

Prints the line `packed`: response tokens a second. 16 prompts of 16 to 24 tokens with 16 responses
each, log-normal lengths. Ours: rows in which the samples of a group share their prompt, as the RL
trainer gets them. The peer: one row a sample, prompts padded on the left and responses on the
right, an attention mask, the head on the responses' positions only, as TRL's trainer does it; but
padded to the longest of the micro-batch, where TRL pads to the longest of the whole batch, and in
several micro-batch sizes, of which the fastest counts. Both sides must agree on the sum of all
log-probabilities to 1e-4 relative and on every gradient.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor
from transformers import GraniteForCausalLM

from granite_rl.models.configs import granite_config
from granite_rl.models.loading import init_policy
from granite_rl.training.engine import batch_tensors
from granite_rl.training.policy import TokenLogprobs
from tests.bench.batches import TokenGroup, medians_in_turn, packed_batches, random_groups
from tests.bench.result import Result

PADDED_SIZES = (16, 64)
PACKED_ROWS = ((192, 16), (256, 8))
"""(row_tokens, rows) of the packed side's settings; the best setting of each side counts."""


class Padded:
    """Runs padded micro-batches, laid out beforehand."""

    def __init__(self, model: GraniteForCausalLM, groups: Sequence[TokenGroup], size: int) -> None:
        self._model = model
        samples = [(group.prompt, ids) for group in groups for ids in group.responses]
        self._batches = [_pad(samples[at : at + size]) for at in range(0, len(samples), size)]

    def run(self) -> Tensor:
        """Run forward and backward of all; returns the sum of log-probabilities."""
        total = torch.zeros(())
        for input_ids, attention_mask, response_mask in self._batches:
            keep = response_mask.shape[1]
            logits = self._model(
                input_ids=input_ids, attention_mask=attention_mask, logits_to_keep=keep + 1
            ).logits[:, :-1]
            targets = input_ids[:, -keep:].unsqueeze(-1)
            logprobs = logits.gather(-1, targets).squeeze(-1) - logits.logsumexp(-1)
            loss = (logprobs * response_mask).sum()
            loss.backward()
            total += loss.detach()
        return total


def _pad(samples: Sequence[tuple[list[int], list[int]]]) -> tuple[Tensor, Tensor, Tensor]:
    """Pad to token ids and their mask [samples, prompt + response], and a response mask [samples,
    response]."""
    before = max(len(prompt) for prompt, _ in samples)
    after = max(len(response) for _, response in samples)
    input_ids = torch.zeros(len(samples), before + after, dtype=torch.long)
    mask = torch.zeros_like(input_ids)
    for row, (prompt, response) in enumerate(samples):
        here = slice(before - len(prompt), before + len(response))
        input_ids[row, here] = torch.tensor([*prompt, *response])
        mask[row, here] = 1
    return input_ids, mask, mask[:, before:].float()


class Packed:
    """Runs shared-prompt rows, laid out beforehand."""

    def __init__(
        self, model: GraniteForCausalLM, groups: Sequence[TokenGroup], row_tokens: int, rows: int
    ) -> None:
        self._module = TokenLogprobs(model)
        packed = packed_batches(groups, row_tokens, rows)
        self._batches = [batch_tensors(batch) for batch in packed]

    def run(self) -> Tensor:
        """Run forward and backward of all; returns the sum of log-probabilities."""
        total = torch.zeros(())
        for batch in self._batches:
            loss = self._module(**batch)[0].sum()
            loss.backward()
            total += loss.detach()
        return total


def check(model: GraniteForCausalLM, sides: Sequence[Packed | Padded]) -> None:
    """Check that all sides give the same sum and the same gradients."""
    found = []
    for side in sides:
        model.zero_grad()
        total = side.run()
        found.append((total, [p.grad.clone() for p in model.parameters() if p.grad is not None]))
    (total, gradients), *others = found
    for other, other_gradients in others:
        torch.testing.assert_close(other, total, rtol=1e-4, atol=0)
        for mine, theirs in zip(gradients, other_gradients, strict=True):
            torch.testing.assert_close(theirs, mine, rtol=1e-3, atol=1e-3 * float(mine.abs().max()))
    model.zero_grad()


def measure(prompts: int, rounds: int, threads: int) -> Result:
    """Time all layouts in turn, and compare the best of each side."""
    torch.set_num_threads(threads)
    groups = random_groups(prompts, 16)
    model = init_policy(granite_config("tiny"), 0)
    sides: dict[str, Packed | Padded] = {
        f"padded, {size} samples": Padded(model, groups, size) for size in PADDED_SIZES
    } | {
        f"packed, {rows} rows of {row_tokens}": Packed(model, groups, row_tokens, rows)
        for row_tokens, rows in PACKED_ROWS
    }
    check(model, list(sides.values()))
    tokens = sum(len(ids) for group in groups for ids in group.responses)

    def timed(side: Packed | Padded) -> None:
        model.zero_grad()
        side.run()

    seconds = medians_in_turn([partial(timed, side) for side in sides.values()], rounds)
    rates = {name: tokens / taken for name, taken in zip(sides, seconds, strict=True)}
    for name, rate in rates.items():
        print(f"# {name}: {rate:,.0f} tokens/s", file=sys.stderr)
    best = {
        kind: max(rate for name, rate in rates.items() if name.startswith(kind))
        for kind in ("packed", "padded")
    }
    return Result("packed", best["packed"], best["padded"], "response tokens/s")


def main() -> None:
    """Measure and print the result."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--prompts", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    measure(arguments.prompts, arguments.rounds, arguments.threads).print()


if __name__ == "__main__":
    main()
