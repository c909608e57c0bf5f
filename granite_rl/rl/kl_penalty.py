"""Takes the KL divergence to the reference off the rewards of scored groups (``kl_in: reward``).

A pass between rollouts and batching: groups in, groups out, each with the price of its samples' KL,
which the batch builder subtracts before it computes advantages (Ouyang et al. 2022, arXiv
2203.02155, eq. 2). It is the one place where a step asks the trainers something about a group
before it trains on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from granite_rl.rl.batching import BatchBuilder
from granite_rl.types import PackedBatch, ScoredGroup

SequenceKL = Callable[[PackedBatch], list[float]]
"""Gives [sequences] of a micro-batch the sum over each response of the per-token KL estimate, in
nats."""


def with_kl_penalty(
    groups: Iterable[ScoredGroup], builder: BatchBuilder, sequence_kl: SequenceKL
) -> Iterator[ScoredGroup]:
    """Yield the groups with the KL penalty of their samples, each as soon as it comes.

    Args:
        groups: of a step.
        builder: that will take them; it knows which of them train, and how they are packed.
        sequence_kl: asked once for each packed part of a group that trains with a KL term.
    """
    for scored in groups:
        beta = builder.reward_kl_beta(scored)
        if beta == 0:
            yield scored
            continue
        sums = iter([kl for packed in builder.packed_alone(scored) for kl in sequence_kl(packed)])
        divergence = [next(sums) if item.token_ids else 0.0 for item in scored.completions]
        yield replace(scored, kl_penalty=[beta * kl for kl in divergence])
