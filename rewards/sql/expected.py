"""Derive from a gold query what it demands of an answer's rows: order, and which ties are free.

An ORDER BY leaves the order of rows with equal sort keys open, and a LIMIT that cuts through such
rows leaves open which of them are taken. So the gold's rows are described as a sequence of
groups: an answer must have, in each group's place, `count` rows out of the group's pool. The sort
keys are found by running the gold once more, without its LIMIT and with the sort terms as
additional columns. Where that cannot be done (DISTINCT or compound queries sorted by something
that they don't select, a LIMIT that is no number), the gold's own order is the only right one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from rewards.sql.cost import QueryTooCostly
from rewards.sql.execution import Row, Rows, run_query
from rewards.sql.tokens import Token, tokens

_COMPOUND = frozenset({"union", "except", "intersect"})


def literals_in(sql: str) -> list[str]:
    """Return the literals of a query as they are written, in order of appearance."""
    return [token.text for token in tokens(sql) if token.kind in ("number", "text")]


def numbers_in(sql: str) -> list[int | float]:
    """Return the literal numbers of a query, in order of appearance and each once."""
    found: list[int | float] = []
    for token in tokens(sql):
        if token.kind == "number":
            try:
                value = float(token.text)
            except ValueError:  # hexadecimal
                continue
            if abs(value) < 1e15:
                found.append(int(value) if value.is_integer() else value)
    return list(dict.fromkeys(found))


def _order_by(top: Sequence[Token]) -> int | None:
    for place, (first, second) in enumerate(pairwise(top)):
        if first.word == "order" and second.word == "by":
            return place
    return None


def has_top_level_order(sql: str) -> bool:
    """Tell whether ORDER BY occurs outside parentheses, strings and comments."""
    return _order_by([token for token in tokens(sql) if token.depth == 0]) is not None


@dataclass(frozen=True)
class Group:
    """Demands `count` rows of the pool, in any order."""

    count: int
    pool: tuple[Row, ...]


@dataclass(frozen=True)
class Expected:
    """Holds one database with what the gold query gives there."""

    image: bytes
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class _Plan:
    """Says how to see the gold's sort keys: a query without LIMIT, and where its keys will be."""

    sql: str
    terms: int
    columns: tuple[int, ...]
    offset: int


def _window(limit: Sequence[Token]) -> int | None:
    """Return the offset of `LIMIT n [OFFSET m]` or `LIMIT m, n`; None if not plain numbers."""
    words = [token.word for token in limit if token.text != ";"]
    digits = [word for word in words if word.isdecimal()]
    if words == ["limit", *digits] and len(digits) == 1:
        return 0
    if len(digits) == 2 and words == ["limit", digits[0], "offset", digits[1]]:
        return int(digits[1])
    if len(digits) == 2 and words == ["limit", digits[0], ",", digits[1]]:
        return int(digits[0])
    return None


def _terms(sql: str, part: Sequence[Token]) -> list[list[Token]]:
    """Split sort terms at top-level commas, without direction and collation."""
    terms: list[list[Token]] = [[]]
    for token in part:
        if token.text == "," and token.depth == 0:
            terms.append([])
        else:
            terms[-1].append(token)
    for term in terms:
        if len(term) > 2 and term[-2].word == "nulls":
            del term[-2:]
        if len(term) > 1 and term[-1].word in ("asc", "desc"):
            del term[-1]
    return [term for term in terms if term]


def _plan(sql: str, names: Sequence[str]) -> _Plan | None:
    """Say how to run `sql` with its sort keys visible, or None if that is not possible."""
    every = tokens(sql)
    while every and every[-1].text == ";":
        every.pop()
    if not every:
        return None
    top = [token for token in every if token.depth == 0]
    words = [token.word for token in top]
    order = _order_by(top)
    limit = next((i for i, w in enumerate(words) if w == "limit"), None)
    offset = 0
    if limit is not None:
        found = _window([t for t in every if t.start >= top[limit].start])
        if found is None:
            return None
        offset = found
    end = top[limit].start if limit is not None else every[-1].end
    if order is None:
        return _Plan(sql[:end], 0, (), offset) if limit is not None else None
    part = [t for t in every if top[order + 1].end <= t.start < end]
    lowered = [name.lower() for name in names]
    columns: list[int] = []
    added: list[str] = []
    for term in _terms(sql, part):
        only = term[0].identifier if len(term) == 1 else ""
        if len(term) == 1 and term[0].kind == "number" and only.isdecimal():
            columns.append(int(only) - 1)
        elif only in lowered:
            columns.append(lowered.index(only))
        else:
            columns.append(len(names) + len(added))
            added.append(f", ({sql[term[0].start : term[-1].end]})")
    if not added:
        return _Plan(sql[:end], 0, tuple(columns), offset)
    start = words.index("select") if "select" in words else None
    source = next((t for t in top if t.word == "from"), None)
    if start is None or source is None or _COMPOUND & set(words) or "distinct" in words[start:][:2]:
        return None
    selected = sql[: source.start] + "".join(added) + " " + sql[source.start : end]
    return _Plan(selected, len(added), tuple(columns), offset)


def _strict(rows: Rows) -> tuple[Group, ...]:
    return tuple(Group(1, (row,)) for row in rows)


def groups_of(image: bytes, sql: str, rows: Rows, names: Sequence[str]) -> tuple[Group, ...]:
    """Return the gold's rows as groups of ties, in order; one group if nothing sorts them."""
    sorted_somehow = has_top_level_order(sql)
    fallback = _strict(rows) if sorted_somehow else (Group(len(rows), tuple(rows)),)
    plan = _plan(sql, names)
    if plan is None:
        return fallback
    width = len(names)
    try:
        full, _ = run_query(image, plan.sql)
        keyed = [(tuple(row[c] for c in plan.columns), row[:width]) for row in full]
    except (sqlite3.Error, sqlite3.Warning, QueryTooCostly, IndexError):
        return fallback
    groups, place, stop = [], 0, plan.offset + len(rows)
    for _, run in groupby(keyed, key=lambda pair: pair[0]):
        pool = tuple(row for _, row in run)
        count = min(place + len(pool), stop) - max(place, plan.offset)
        place += len(pool)
        if count > 0:
            groups.append(Group(count, pool))
    return tuple(groups) if sum(group.count for group in groups) == len(rows) else fallback
