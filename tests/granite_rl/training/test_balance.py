"""Tests the assignment of micro-batches: list-scheduling bound, equal counts in lockstep, no other
order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from granite_rl.training.balance import MicroBatchBalancer, work
from granite_rl.training.packing import empty_batch
from tests.granite_rl.training.packed import pack_all

jobs = st.lists(st.floats(0.1, 100.0), max_size=60)


@given(jobs, st.integers(1, 9))
def test_no_rank_is_further_ahead_than_one_micro_batch(sizes: list[float], ranks: int) -> None:
    """Graham 1969: the largest load is at most the mean plus one job's (ranks - 1) / ranks."""
    balancer, loads = MicroBatchBalancer(ranks, lockstep=False), np.zeros(ranks)
    for size in sizes:
        loads[balancer.assign(size)] += size
    if sizes:
        bound = loads.mean() + max(sizes) * (ranks - 1) / ranks
        assert loads.max() <= bound * (1 + 1e-9)


@given(jobs, st.integers(1, 9))
def test_without_lockstep_only_idle_ranks_get_empty_ones(sizes: list[float], ranks: int) -> None:
    balancer = MicroBatchBalancer(ranks, lockstep=False)
    used = {balancer.assign(size) for size in sizes}
    assert balancer.ranks_to_pad() == sorted(set(range(ranks)) - used)


@given(jobs, st.integers(1, 9))
def test_in_lockstep_every_round_has_one_for_each(sizes: list[float], ranks: int) -> None:
    balancer = MicroBatchBalancer(ranks, lockstep=True)
    assigned = [balancer.assign(size) for size in sizes]
    for start in range(0, len(assigned), ranks):
        part = assigned[start : start + ranks]
        assert len(set(part)) == len(part)
    complete = assigned + balancer.ranks_to_pad()
    counts = np.bincount(complete, minlength=ranks)
    assert set(counts) <= {-(-len(sizes) // ranks)}


def test_work_counts_computed_tokens_and_their_pairs() -> None:
    sequence = ([1] * 30, [False] * 30)
    (batch,) = pack_all([sequence] * 4, row_tokens=60, rows=2, pad_id=0)
    assert batch.input_ids.shape == (2, 60)
    assert work(batch, hidden=10) == 120 + 2 * 60 * 60 / 60
    assert work(empty_batch(0), hidden=10) < 2
