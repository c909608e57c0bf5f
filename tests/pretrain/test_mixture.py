"""The order of data against brute force: exact shares, every window once an epoch, any stretch."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pretrain.mixture import Order, apportion, permuted

COUNTS = st.lists(st.integers(0, 40), min_size=1, max_size=6).filter(lambda counts: sum(counts) > 0)


def order_of(counts: list[int], available: int = 7, offset: int = 0, seed: int = 0) -> Order:
    names = [f"s{i}" for i in range(len(counts))]
    return Order(
        counts=dict(zip(names, counts, strict=True)),
        available=dict.fromkeys(names, available),
        offsets=dict.fromkeys(names, offset),
        seed=seed,
        context=16,
    )


@given(st.integers(0, 10**6), st.lists(st.floats(0.01, 100), min_size=1, max_size=12))
def test_apportion_is_exact(total: int, weights: list[float]) -> None:
    named = {str(i): weight for i, weight in enumerate(weights)}
    counts = apportion(total, named)
    assert sum(counts.values()) == total
    for name, weight in named.items():
        assert abs(counts[name] - total * weight / sum(weights)) < 1 + 1e-6


def test_apportion_by_hand() -> None:
    assert apportion(10, {"a": 16.67, "b": 16.67, "c": 16.67}) == {"a": 4, "b": 3, "c": 3}
    assert apportion(1000, {"a": 59, "b": 20, "c": 21}) == {"a": 590, "b": 200, "c": 210}


@settings(deadline=None)
@given(st.integers(1, 3000), st.integers(0, 5))
def test_permuted_is_a_permutation(size: int, key: int) -> None:
    images = permuted(np.arange(size), size, str(key))
    assert sorted(images.tolist()) == list(range(size))


def test_permuted_shuffles() -> None:
    size = 10_000
    images = permuted(np.arange(size), size, "k")
    other = permuted(np.arange(size), size, "other")
    # Correlations of a random permutation are of order 1 / sqrt(size) = 0.01.
    assert abs(np.corrcoef(images, np.arange(size))[0, 1]) < 0.05
    assert abs(np.corrcoef(images[1:], images[:-1])[0, 1]) < 0.05
    assert abs(np.corrcoef(images, other)[0, 1]) < 0.05
    assert (images == other).sum() < 10


def test_permuted_is_pinned() -> None:
    """The order is part of the product: a changed constant would change every resumed run."""
    assert permuted(np.arange(8), 8, "0/math/4096/0").tolist() == [2, 7, 1, 4, 6, 0, 3, 5]


def test_permuted_at_scale_needs_no_memory() -> None:
    size = 2_441_406_250  # 10 T tokens in windows of 4,096
    images = permuted(np.array([0, 1, size - 1]), size, "k")
    assert len(set(images.tolist())) == 3
    assert images.max() < size


def test_permuted_refuses_what_is_outside() -> None:
    with pytest.raises(ValueError, match=r"range\(5\)"):
        permuted(np.array([5]), 5, "k")


def brute_force(order: Order) -> list[tuple[str, int]]:
    """All rows by one sort: (position, source), with the running number in the source."""
    rows = [
        ((i + 0.5) / count, rank, name, i)
        for rank, (name, count) in enumerate(order.counts.items())
        for i in range(count)
    ]
    return [(name, i) for _, _, name, i in sorted(rows)]


@settings(deadline=None, max_examples=60)
@given(COUNTS, st.data())
def test_any_stretch_equals_the_sorted_whole(counts: list[int], data: st.DataObject) -> None:
    order = order_of(counts)
    whole = brute_force(order)
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, len(whole)))
    assert order._between(start, stop) == whole[start:stop]


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(COUNTS)
def test_every_prefix_is_in_proportion(counts: list[int]) -> None:
    order = order_of(counts)
    total = sum(counts)
    for rows in range(total + 1):
        begun = Counter(name for name, _ in order._between(0, rows))
        for name in order.counts:
            assert abs(begun[name] - rows * order.counts[name] / total) <= len(counts)


def test_each_window_once_per_epoch_and_across_phases() -> None:
    """A phase of 10 rows after one of 4: together two epochs of 7 windows."""
    first = order_of([4])
    second = order_of([10], offset=4)
    windows = [w for _, w in first.rows(0, 4)] + [w for _, w in second.rows(0, 10)]
    assert sorted(windows[:7]) == list(range(7))
    assert sorted(windows[7:]) == list(range(7))
    assert windows[:7] != windows[7:]


def test_steps_join_to_the_whole_and_seeds_differ() -> None:
    order = order_of([13, 5, 21], available=50)
    stepped = [row for at in range(0, 39, 3) for row in order.rows(at, at + 3)]
    assert stepped == order.rows(0, 39)
    assert order_of([13, 5, 21], available=50, seed=1).rows(0, 39) != stepped


def test_rows_outside_the_phase_are_refused() -> None:
    with pytest.raises(IndexError, match="phase of 3"):
        order_of([3]).rows(2, 4)
