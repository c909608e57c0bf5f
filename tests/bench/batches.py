"""Makes prompt groups of random tokens with log-normal lengths, and times steps of several sides in
turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from granite_rl.training.packing import SampleTokens, StreamingPacker
from granite_rl.types import PackedBatch

MEDIAN, SIGMA, LONGEST = 16, 0.9, 128
"""Parameters of the responses' log-normal lengths, in tokens; the same as in `tests.bench.trl`."""

FIRST_TOKEN, VOCABULARY = 17, 1024


class TokenGroup(NamedTuple):
    """Holds a prompt and its sampled responses, as token ids."""

    prompt: list[int]
    responses: list[list[int]]


def random_groups(prompts: int, samples: int, seed: int = 0) -> list[TokenGroup]:
    """Make groups with prompts of 16 to 24 tokens."""
    random = np.random.default_rng(seed)

    def tokens(count: int) -> list[int]:
        ids: list[int] = random.integers(FIRST_TOKEN, VOCABULARY, count).tolist()
        return ids

    def length() -> int:
        return int(np.clip(np.ceil(random.lognormal(np.log(MEDIAN), SIGMA)), 1, LONGEST))

    return [
        TokenGroup(tokens(int(random.integers(16, 25))), [tokens(length()) for _ in range(samples)])
        for _ in range(prompts)
    ]


def packed_batches(groups: Sequence[TokenGroup], row_tokens: int, rows: int) -> list[PackedBatch]:
    """Pack the groups as the RL trainer does, with samples sharing their prompt."""
    packer = StreamingPacker(row_tokens, rows, pad_id=0)
    batches = []
    for group in groups:
        samples = [SampleTokens(ids, [True] * len(ids)) for ids in group.responses]
        batches += packer.add_group(group.prompt, samples)
    last = packer.flush()
    return batches if last is None else [*batches, last]


def medians_in_turn(sides: Sequence[Callable[[], None]], rounds: int) -> list[float]:
    """Return the median seconds of each side's calls, made in turn so that a disturbance hits all
    sides.

    One round of warm-up is not counted.
    """
    seconds: list[list[float]] = [[] for _ in sides]
    for round_ in range(rounds + 1):
        for side, taken in zip(sides, seconds, strict=True):
            begin = time.perf_counter()
            side()
            if round_:
                taken.append(time.perf_counter() - begin)
    return [statistics.median(taken) for taken in seconds]
