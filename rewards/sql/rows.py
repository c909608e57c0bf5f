"""Compare rows: column names don't count, the order of columns does, duplicates do.

Numbers that are not integers on both sides are equal within `REL_TOL` of the larger, or within
`ABS_TOL`, since the order of a sum's terms is the query planner's choice. 1 is 1.0, as in SQL;
text is not a number and a blob is not text; NULL equals NULL.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from typing import Any

from rewards.sql.execution import Row
from rewards.sql.expected import Group

REL_TOL = 1e-9
ABS_TOL = 1e-12
# Rows that are equal but for their numbers are matched in all ways up to this many.
_MAX_MATCHED = 200


def _same_cell(left: Any, right: Any) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        if isinstance(left, int | float) and isinstance(right, int | float):
            return math.isclose(left, right, rel_tol=REL_TOL, abs_tol=ABS_TOL)
        return False
    return bool(left == right)


def same_row(left: Row, right: Row) -> bool:
    """Tell whether two rows are equal within the tolerance for floats."""
    return len(left) == len(right) and all(map(_same_cell, left, right))


def _kind(row: Row) -> Hashable:
    """Return what the tolerance can't change: two rows of different kinds are different."""
    return tuple("number" if isinstance(c, int | float) else (c,) for c in row)


def _fits_within(given: Sequence[Row], pool: Sequence[Row]) -> bool:
    """Tell whether every given row has a row of its own in the pool."""
    if len(given) > len(pool):
        return False
    surplus = Counter(given) - Counter(pool)
    if not surplus:
        return True
    by_kind: dict[Hashable, list[Row]] = defaultdict(list)
    for row in pool:
        by_kind[_kind(row)].append(row)
    wanted: dict[Hashable, list[Row]] = defaultdict(list)
    for row in given:
        wanted[_kind(row)].append(row)
    return all(_fits_numbers(rows, by_kind.get(kind, [])) for kind, rows in wanted.items())


def _numbers(row: Row) -> tuple[float, ...]:
    return tuple(float(cell) for cell in row if isinstance(cell, int | float))


def _fits_numbers(given: list[Row], pool: list[Row]) -> bool:
    if len(given) > len(pool):
        return False
    given, pool = sorted(given, key=_numbers), sorted(pool, key=_numbers)
    if len(given) == len(pool) and all(map(same_row, given, pool)):
        return True
    if len(pool) > _MAX_MATCHED:
        return False
    owner: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for spot, candidate in enumerate(pool):
            if spot not in seen and same_row(given[row], candidate):
                seen.add(spot)
                if spot not in owner or place(owner[spot], seen):
                    owner[spot] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(given)))


def same_rows(given: Sequence[Row], groups: Sequence[Group], ordered: bool) -> bool:
    """Tell whether the rows are what the gold demands: in its order if `ordered`, else as a bag.

    Where a LIMIT cuts through ties, any of the tied rows will do.
    """
    if len(given) != sum(group.count for group in groups):
        return False
    if ordered:
        place = 0
        for group in groups:
            if not _fits_within(given[place : place + group.count], group.pool):
                return False
            place += group.count
        return True
    whole = [row for group in groups if group.count == len(group.pool) for row in group.pool]
    every = [row for group in groups for row in group.pool]
    return _fits_within(given, every) and (len(whole) == len(every) or _fits_within(whole, given))
