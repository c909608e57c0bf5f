"""The prompt stream: exact proportions, every row once an epoch, resumable from a position."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from granite_rl.data.stream import PromptStream
from granite_rl.errors import ConfigError
from granite_rl.types import PromptRow


def rows(sizes: dict[str, int]) -> list[PromptRow]:
    return [
        PromptRow(
            "t",
            ({"role": "user", "content": "x"},),
            domain,
            {"ground_truth": ""},
            {},
            domain,
            f"{domain}:{i}",
        )
        for domain, size in sizes.items()
        for i in range(size)
    ]


sizes = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 40), min_size=1, max_size=5)


@given(sizes, st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_an_epoch_serves_every_row_once(sizes: dict[str, int], seed: int) -> None:
    data = rows(sizes)
    stream = PromptStream(data, seed=seed, mixture=None)
    for epoch in range(3):
        served = stream.take(epoch * len(data), len(data))
        assert sorted(row.origin for row in served) == sorted(row.origin for row in data)


@given(sizes, st.integers(1, 7), st.integers(0, 90))
@settings(max_examples=50, deadline=None)
def test_resuming_at_any_position_continues_the_same_stream(
    sizes: dict[str, int], batch: int, at: int
) -> None:
    """Positions beyond an epoch's end are included: a fresh stream and a used one agree."""
    data = rows(sizes)
    used = PromptStream(data, seed=3, mixture=None)
    straight = [row.origin for row in used.take(0, at + 3 * batch)]
    fresh = PromptStream(data, seed=3, mixture=None)
    resumed = [row.origin for step in range(3) for row in fresh.take(at + step * batch, batch)]
    assert resumed == straight[at:]


def test_a_mixture_is_kept_within_one_prompt_in_every_batch() -> None:
    stream = PromptStream(rows({"a": 90, "b": 10}), seed=0, mixture={"a": 1.0, "b": 3.0})
    for step in range(30):
        counts = Counter(row.domain for row in stream.take(step * 20, 20))
        assert abs(counts["b"] - 15) <= 1
    total = Counter(row.domain for row in stream.take(0, 100))
    assert total == {"a": 25, "b": 75}


def test_a_small_domain_repeats_only_after_all_its_rows_were_seen() -> None:
    stream = PromptStream(rows({"a": 50, "b": 7}), seed=0, mixture={"a": 1.0, "b": 1.0})
    seen = [row.origin for row in stream.take(0, 400) if row.domain == "b"]
    for start in range(0, 7 * (len(seen) // 7), 7):
        assert len(set(seen[start : start + 7])) == 7
    assert seen[:7] != seen[7:14], "each pass has a shuffle of its own"


def test_order_depends_on_the_seed() -> None:
    data = rows({"a": 50})
    first, second = (PromptStream(data, seed=seed, mixture=None).take(0, 50) for seed in (0, 1))
    assert [r.origin for r in first] != [r.origin for r in second]


@pytest.mark.parametrize("mixture", [{"a": 1.0}, {"a": 1.0, "b": 1.0, "c": 1.0}])
def test_a_mixture_must_name_the_domains_of_the_data(mixture: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=r"data\.mixture"):
        PromptStream(rows({"a": 2, "b": 2}), seed=0, mixture=mixture)


def test_every_batch_of_nine_equal_domains_holds_each_equally() -> None:
    data = rows({f"d{i}": 70 for i in range(9)})
    stream = PromptStream(data, seed=0, mixture=None)
    for step in range(17):
        counts = Counter(row.domain for row in stream.take(step * 36, 36))
        assert np.ptp(list(counts.values())) == 0
