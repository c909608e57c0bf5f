"""Choose the databases on which a query must give the gold's rows.

One database is easily matched by hard-coding its answer, and by queries that are right by chance.
So a row is checked on its own databases and, where it has only one or the gold gives the same on
all of them, on variants made from the first: deterministic for a row, and kept only if the gold
gives rows there that it gives on no other. After Zhong et al. 2020, "Semantic Evaluation for
Text-to-SQL with Distilled Test Suites", numbers next to the gold's own literals are mixed in, so
that `>` and `>=` differ, and variants are added that tell the gold from neighbours of it
(`rewards.sql.neighbours`) which no other tells from it.

A variant must not punish a query that is right for data like the given ones. It therefore keeps
what the data show: keys and references (declared, or by the name `…id` and their values), columns
without NULL, columns without repeated values, whole numbers, and columns that depend on each
other (those move together). It permutes values within columns, changes numbers, and drops rows
together with the rows that refer to them.

A row may say instead that whatever its schema permits is to be expected (`rewards.sql.filled`).
A query that would be paid is also run on databases made with its own literals in view, if the gold
has others: `age > 3 AND age != 8` needs an 8 to be told from `age > 3`.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Generator, Hashable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Any

from rewards.sql.cost import QueryTooCostly
from rewards.sql.execution import build_image, run_each, run_query
from rewards.sql.expected import (
    Expected,
    Group,
    groups_of,
    has_top_level_order,
    literals_in,
    numbers_in,
)
from rewards.sql.filled import filled
from rewards.sql.neighbours import neighbours
from rewards.sql.rows import same_rows
from rewards.sql.tables import Database, Table, read, rewritten

GENERATED = 4
FILLED = 16
_MIN_FILLED = 4
# Of databases on which the gold gives nothing, or what it gives elsewhere.
_FILLED_ALIKE = 8
_CANDIDATES = 24
# A gold that is slow gets fewer variants.
_GENERATION_S = 2.0
_MAX_CELLS = 200_000
# How many rows must repeat a value before what comes with it counts as dependent on it.
_REPETITIONS = 3
# How many databases in a row that tell no neighbour of the gold from it end the search.
_PATIENCE = 12
# And how many that tell nothing new at all, once the gold has given rows on some.
_LAST_PATIENCE = 40
# A neighbour that takes more is left out: on large tables looking at forty would take seconds.
_NEIGHBOUR_STEPS = 30_000
# What databases may take together that are kept for their neighbours alone.
_MAX_TOLD_BYTES = 2_000_000
# For a query's own literals: the number of the first database, seconds, and the largest image.
_OWN = 1_000
_OWN_S = 0.5
_MAX_OWN_BYTES = 1_000_000


class BadRow(ValueError):
    """Says that the row's own SQL fails, or cannot tell right answers from wrong ones."""


def _add_undeclared_references(database: Database) -> None:
    """Let columns called `…id` refer to distinct `…id` columns that hold all their values."""
    ids = {
        (table.name, column): set(table.values(column)) - {None}
        for table in database.tables.values()
        for column in table.columns
        if column.lower().endswith("id")
    }
    for (name, column), values in ids.items():
        table = database.tables[name]
        table.keys.add(column)
        for (parent, other), known in ids.items():
            distinct = len(known) == len(database.tables[parent].rows)
            if name != parent and values and distinct and values <= known:
                database.references.add(((name, column), (parent, other)))


def _depends(left: list[Any], right: list[Any]) -> bool:
    """Tell whether repeated values on the left always come with the same value on the right."""
    seen: dict[Any, Any] = {}
    return all(seen.setdefault(a, b) == b for a, b in zip(left, right, strict=True))


def _blocks(table: Table) -> list[list[str]]:
    """Group columns that depend on each other, without those that must stay in place."""
    values = {column: table.values(column) for column in table.columns}
    distinct = {column: len(set(cells)) for column, cells in values.items()}
    size = len(table.rows)
    block = {column: {column} for column in table.columns}
    for left in table.columns:
        # One value says nothing about other columns, and few repetitions are chance.
        if distinct[left] < 2 or size - distinct[left] < _REPETITIONS:
            continue
        for right in table.columns:
            if distinct[right] < 2 or block[left] is block[right]:
                continue
            if _depends(values[left], values[right]):
                block[left] |= block[right]
                for column in block[right]:
                    block[column] = block[left]
    unique = {id(columns): columns for columns in block.values()}.values()
    return [
        [c for c in table.columns if c in columns]
        for columns in unique
        if not columns & table.fixed
    ]


def _numeric(cells: list[Any]) -> bool:
    return any(isinstance(c, int | float) for c in cells) and all(
        c is None or isinstance(c, int | float) for c in cells
    )


def _change_numbers(cells: list[Any], literals: list[int | float], rng: random.Random) -> None:
    """Replace some of the numbers by neighbours of the gold's literals, or others in range."""
    present = [cell for cell in cells if cell is not None]
    low, high = min(present), max(present)
    whole = all(isinstance(cell, int) for cell in present)
    near = [n + step for n in literals for step in (-1, 0, 1) if low - 1 <= n <= high + 1]
    if whole:
        near = [n for n in near if isinstance(n, int)]
    repeats = len(set(present)) < len(present)
    taken = set(present)
    for place, cell in enumerate(cells):
        if cell is None or rng.random() > 0.3:
            continue
        if near and rng.random() < 0.7:
            value = rng.choice(near)
        elif whole:
            value = rng.randint(low, high + len(present) // 4 + 1)
        else:
            value = round(rng.uniform(low, high), 2)
        if (low >= 0) and value < 0:
            continue
        if not repeats and value in taken:
            continue
        taken.add(value)
        cells[place] = value if whole else float(value)


def _vary(table: Table, literals: list[int | float], rng: random.Random) -> list[list[Any]]:
    columns = {column: table.values(column) for column in table.columns}
    for block in _blocks(table):
        if rng.random() < 0.8:
            order = list(range(len(table.rows)))
            rng.shuffle(order)
            for column in block:
                columns[column] = [columns[column][place] for place in order]
        cells = columns[block[0]]
        if len(block) == 1 and block[0] not in table.keys and _numeric(cells):
            _change_numbers(cells, literals, rng)
    return [list(row) for row in zip(*columns.values(), strict=True)]


def _drop(
    database: Database, varied: dict[str, list[list[Any]]], share: float, rng: random.Random
) -> None:
    """Drop rows, and then the rows that refer to them."""
    for name in varied:
        varied[name] = [row for row in varied[name] if rng.random() >= share]
    changed = True
    while changed:
        changed = False
        for (child, column), (parent, other) in sorted(database.references):
            table, above = database.tables[child], database.tables[parent]
            place, spot = table.columns.index(column), above.columns.index(other)
            gone = set(above.values(other)) - {row[spot] for row in varied[parent]}
            kept = [row for row in varied[child] if row[place] is None or row[place] not in gone]
            changed = changed or len(kept) < len(varied[child])
            varied[child] = kept


def variants(
    image: bytes, literals: list[int | float], first: int = 0
) -> Generator[bytes, bool, None]:
    """Yield databases like the given one, always the same ones in the same order.

    Args:
        image: the database.
        literals: numbers that are mixed in with their neighbours where they are in range.
        first: the number of the first variant; other numbers are other variants.

    Raises:
        BadRow: the database is too large for that.
    """
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(image)
        database = read(connection)
    cells = sum(len(t.rows) * len(t.columns) for t in database.tables.values())
    if cells > _MAX_CELLS:
        raise BadRow(f"more than {_MAX_CELLS} cells: give several 'instances'")
    _add_undeclared_references(database)
    for number in range(first, first + _CANDIDATES):
        rng = random.Random(f"variant {number}")
        varied = {name: _vary(table, literals, rng) for name, table in database.tables.items()}
        # Every third variant keeps all rows; small tables need a large share to lose one.
        _drop(database, varied, (0.0, 0.15, 0.35)[number % 3], rng)
        # Queries that are the same otherwise differ on empty tables, as sum() and total() do.
        if not any(len(t.rows) > 1 and not varied[name] for name, t in database.tables.items()):
            yield rewritten(image, database, varied)


def _expected(image: bytes, gold_sql: str, ordered: bool) -> Expected:
    rows, names = run_query(image, gold_sql)
    strict = tuple(Group(1, (row,)) for row in rows)
    if ordered and not has_top_level_order(gold_sql):
        return Expected(image, tuple(rows), strict)  # the row says so, and no ties are known
    groups = groups_of(image, gold_sql, rows, names)
    # Additional columns can change what a query means (bare columns beside max() do).
    explained = same_rows(rows, groups, ordered=True)
    return Expected(image, tuple(rows), groups if explained else strict)


def _look(expected: Expected, ordered: bool) -> Hashable:
    """Return what a hard-coded answer would have to give."""
    return expected.rows if ordered else frozenset(Counter(expected.rows).items())


def _next(images: Generator[bytes, bool, None], useful: bool) -> bytes | None:
    try:
        return images.send(useful)
    except StopIteration:
        return None


class _Collection:
    """Keeps databases with the gold's rows, as long as they tell something new."""

    def __init__(
        self, gold_sql: str, ordered: bool, images: Sequence[bytes], others: Sequence[str] = ()
    ) -> None:
        self.gold_sql, self.ordered = gold_sql, ordered
        self.found = [_expected(image, gold_sql, ordered) for image in images]
        self.seen = {_look(expected, ordered) for expected in self.found}
        self.alike = list(others)  # queries not told from the gold by any database so far
        for expected in self.found:
            self._tell_apart(expected)

    @property
    def informative(self) -> int:
        """Count the databases on which the gold gives rows."""
        return sum(bool(expected.rows) for expected in self.found)

    def _tell_apart(self, expected: Expected) -> bool:
        """Tell whether the database tells neighbours from the gold that no other did."""
        if not self.alike:
            return False
        # A neighbour that SQLite refuses is no answer that could be taken for a right one.
        every = run_each(expected.image, self.alike, _NEIGHBOUR_STEPS)
        alike = [
            query
            for query, rows in zip(self.alike, every, strict=True)
            if rows is not None and same_rows(rows, expected.groups, self.ordered)
        ]
        new = len(alike) < len(self.alike)
        self.alike = alike
        return new

    def add(
        self, images: Generator[bytes, bool, None], wanted: int, known: int, seconds: float
    ) -> None:
        """Take databases until there are enough and more tell no more neighbours apart.

        Args:
            images: databases to choose from; it is sent whether the last one was of use.
            wanted: how many to take on which the gold gives rows that it gives on no other.
            known: how many to take besides on which its rows are none, or known; with 0, those
                without rows are never taken.
            seconds: when to stop looking.
        """
        deadline = time.monotonic() + seconds
        idle, dull, room, empty = 0, 0, _MAX_TOLD_BYTES, known > 0
        image = next(images, None)
        while image is not None:
            try:
                expected = _expected(image, self.gold_sql, self.ordered)
            except (sqlite3.Error, sqlite3.Warning, QueryTooCostly):
                if time.monotonic() > deadline:
                    break
                # On data like the given ones a gold must not fail; a self-join of what fills a
                # table may well give too many rows.
                if not empty:
                    raise
                image = _next(images, useful=False)
                continue
            look = _look(expected, self.ordered)
            new = bool(expected.rows) and look not in self.seen
            enough = wanted <= 0 if new else known <= 0
            useful = (room > 0 or not enough) and (bool(expected.rows) or empty)
            told = useful and self._tell_apart(expected)
            idle = 0 if told else idle + 1
            dull = 0 if told or new else dull + 1
            if told or not enough:
                self.seen.add(look)
                self.found.append(expected)
                wanted -= new
                known -= not new
                room -= len(image) if enough else 0
            done = wanted <= 0 and (idle >= _PATIENCE or not self.alike)
            given_up = dull >= _LAST_PATIENCE and self.informative >= _MIN_FILLED
            if done or given_up or time.monotonic() > deadline:
                break
            image = _next(images, useful=bool(expected.rows) and (told or new))


@lru_cache(maxsize=64)
def databases(
    schema_sql: str, scripts: tuple[str, ...], gold_sql: str, ordered: bool, fill: bool = False
) -> tuple[Expected, ...]:
    """Return the databases to check a query on, each with what the gold gives there.

    Args:
        schema_sql: the tables, with or without data.
        scripts: SQL that fills them, one script for each database; empty if `schema_sql` does.
        gold_sql: the right query.
        ordered: whether the order of rows counts.
        fill: whether to expect whatever the schema permits, in place of data like the given.

    Raises:
        BadRow: the row's SQL fails or is too slow, the gold gives no rows on any database, or the
            same on all of them, so that its hard-coded result would pass.
    """
    try:
        images = [build_image(schema_sql, script) for script in scripts or ("",)]
        made = _Collection(gold_sql, ordered, images, neighbours(gold_sql))
        if fill:
            new = filled(images[0], schema_sql, (gold_sql,))
            made.add(new, FILLED, _FILLED_ALIKE, _GENERATION_S)
        elif len(made.seen) == 1:
            made.add(variants(images[0], numbers_in(gold_sql)), GENERATED, 0, _GENERATION_S)
    except (sqlite3.Error, sqlite3.Warning, QueryTooCostly) as problem:
        raise BadRow(f"the row's own SQL fails: {problem}") from None
    if not made.informative:
        raise BadRow("the gold query is empty on every instance")
    if fill and made.informative < _MIN_FILLED:
        raise BadRow("the gold query is empty on almost all data that the schema permits")
    if len(made.seen) == 1:
        raise BadRow("the gold query gives the same on all data: its result could be hard-coded")
    return tuple(made.found)


def with_literals_of(
    query: str,
    schema_sql: str,
    checks: Sequence[Expected],
    gold_sql: str,
    ordered: bool,
    fill: bool,
) -> Iterator[Expected]:
    """Return more databases, made to meet the literals of a query that the gold has not.

    Large databases get none: making them takes longer than a query may.
    """
    known = set(literals_in(gold_sql))
    if all(literal in known for literal in literals_in(query)):
        return
    image = checks[0].image
    if len(image) > _MAX_OWN_BYTES:
        return
    if fill:
        images = filled(image, schema_sql, (gold_sql, query), _OWN)
    else:
        images = variants(image, numbers_in(f"{query}\n{gold_sql}"), _OWN)
    try:
        made = _Collection(gold_sql, ordered, ())
        made.add(images, FILLED if fill else GENERATED, 1, _OWN_S)
    except (sqlite3.Error, sqlite3.Warning, QueryTooCostly):
        return  # the gold is too slow on more data: what it was checked on must do
    yield from made.found
