"""Rows are compared as bags, numbers within a tolerance."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.sql.expected import Group
from rewards.sql.rows import same_rows


def rows(*groups: tuple[int, list[tuple[Any, ...]]]) -> list[Group]:
    return [Group(count, tuple(pool)) for count, pool in groups]


FLOATS: dict[str, tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], bool]] = {
    "the order of a sum": ([(0.1 + 0.2,)], [(0.3,)], True),
    "on the edge of any rounding": ([(1.0000000005,)], [(1.00000000049999,)], True),
    "nearly nothing": ([(5e-17,)], [(0,)], True),
    "more than a billionth": ([(1.00000001,)], [(1.0,)], False),
    "whole numbers are exact": ([(10**17 + 1,)], [(10**17,)], False),
    "1 is 1.0": ([(1,)], [(1.0,)], True),
    "text is not a number": ([("1",)], [(1,)], False),
    "a blob is not text": ([(b"a",)], [("a",)], False),
    "NULL is NULL": ([(None,)], [(None,)], True),
    "NULL is not 0": ([(None,)], [(0,)], False),
    "infinity": ([(float("inf"),)], [(float("inf"),)], True),
    "infinity is not large": ([(float("inf"),)], [(1e308,)], False),
    "pairs that sort differently": (
        [(1.0 + 1e-12, 5.0), (1.0, 7.0)],
        [(1.0, 5.0), (1.0 + 1e-12, 7.0)],
        True,
    ),
    "counted": ([(0.3,), (0.3,)], [(0.1 + 0.2,), (0.4,)], False),
    "width": ([(1, 2)], [(1,)], False),
}


@pytest.mark.parametrize(("left", "right", "same"), FLOATS.values(), ids=FLOATS.keys())
def test_float_tolerance(
    left: list[tuple[Any, ...]], right: list[tuple[Any, ...]], same: bool
) -> None:
    assert same_rows(left, rows((len(right), right)), ordered=False) is same
    assert same_rows(right, rows((len(left), left)), ordered=False) is same


cells = st.none() | st.integers(-3, 3) | st.sampled_from(["a", "b", 0.5, 0.1 + 0.2, 0.3, b"x"])


tables = st.lists(st.tuples(cells, cells), max_size=8)


@given(tables, st.randoms())
@settings(max_examples=50)
def test_a_bag_is_itself_in_any_order(table: list[tuple[Any, Any]], rng: Any) -> None:
    shuffled = list(table)
    rng.shuffle(shuffled)
    assert same_rows(shuffled, rows((len(table), table)), ordered=False)
    assert same_rows(shuffled, rows((len(table), table)), ordered=True)
    assert not same_rows([*shuffled, (1, 1)], rows((len(table), table)), ordered=False)
    if table:
        assert same_rows(shuffled[1:], rows((len(table) - 1, table)), ordered=True)
