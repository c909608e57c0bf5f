"""Fill databases for a schema without data with whatever the schema permits.

Where nothing is known of the data, everything may be there that no constraint forbids: NULL in
columns that allow it, the same row twice in tables without a key, keys that nothing refers to, a
table without rows. A query is right if it gives the gold's rows there as well. Twenty small
databases tell queries apart better than a large one, for in a small one values meet: numbers come
from a handful of whole numbers, texts from a handful of letters, and half of what stands in a
column that the queries compare with a literal is that literal or next to it. What one database in
a hundred meets is found again in changed copies of that one.

After Chandra et al. 2015, "Data generation for testing and grading SQL queries", but by chance in
place of a constraint solver: quicker and simpler, and blind to what needs many coincidences.
"""

from __future__ import annotations

import random
import re
import sqlite3
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from rewards.sql.tables import Column, Database, Table, read, rewritten
from rewards.sql.tokens import Token, tokens, word_set

# Rows per table, of which every sixth database has enough for groups that HAVING lets through.
_SIZES = (1, 2, 3, 4, 5, 7, 8, 10, 14, 40)
_LARGE = (8, 14, 40)
# Of tables that the queries don't name: a schema may have a hundred.
_ASIDE = (1, 2, 3)
_CANDIDATES = 120
_NULLS = (0.0, 0.15, 0.3, 0.5)
# How many rows are made from an earlier one, and how much of it they keep.
_REPEATED = 0.3
_KEPT = 0.7
# Of the rows of a database that another one is made from.
_DROPPED = 0.1
_CHANGED = 0.2
# Added to a literal: mostly nothing or one, now and then enough for groups of different values.
_STEPS = (0, 0, 0, 0, -1, -1, 1, 1, -2, 2, -5, 3, 7, -11)
_LITERALS = 0.5
# How often a column without literals takes one that is compared with something else.
_STRAY = 0.15
_FAR = (1_000_000, -1_000_000)
_SIZED = word_set(
    "varchar char character nvarchar nchar decimal numeric number int float double bit"
)
_DAY = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:\Z|[ T])")
# How many tokens may stand between a column and the literal that it is compared with.
_REACH = 12


@dataclass
class _Pools:
    """Holds literals by the column (lower case) that they are compared with; "" has all others."""

    numbers: dict[str, list[float | int]] = field(default_factory=lambda: defaultdict(list))
    texts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def _number(text: str) -> float | int | None:
    try:
        value = float(text)
    except ValueError:  # hexadecimal
        return None
    if abs(value) >= 1e15:
        return None
    return int(value) if value.is_integer() else value


def _is_length(found: Sequence[Token], place: int) -> bool:
    """Tell whether a number says how long a type is, as in `VARCHAR(20)` or `DECIMAL(10, 2)`."""
    while place > 0 and (found[place].kind == "number" or found[place].text == ","):
        place -= 1
    return found[place].text == "(" and place > 0 and found[place - 1].word in _SIZED


def _column_of(found: Sequence[Token], place: int, names: frozenset[str]) -> str:
    """Return the column nearest to a literal, before or else after it; empty if none is near."""
    before = range(place - 1, max(-1, place - _REACH), -1)
    after = range(place + 1, min(len(found), place + 4))
    for spot in (*before, *after):
        token = found[spot]
        if token.kind == "name" and token.identifier in names:
            return str(token.identifier)
    return ""


def _equated(found: Sequence[Token], names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Return pairs of columns with an `=` between them."""
    for place, token in enumerate(found):
        if token.text != "=" or place == 0:
            continue
        left = found[place - 1].identifier
        after = [t for t in found[place + 1 : place + 4] if t.kind == "name"]
        right = next((t.identifier for t in after if t.identifier in names), "")
        if left in names and right:
            yield left, right


def _pools(scripts: Sequence[str], names: frozenset[str]) -> _Pools:
    pools = _Pools()
    same: dict[str, set[str]] = {name: {name} for name in names}
    for sql in scripts:
        found = tokens(sql)
        for place, token in enumerate(found):
            if token.kind not in ("number", "text") or _is_length(found, place):
                continue
            column = _column_of(found, place, names)
            if token.kind == "number":
                value = _number(token.text)
                if value is not None:
                    negative = place > 0 and found[place - 1].text == "-"
                    pools.numbers[column].append(-value if negative else value)
            else:
                pools.texts[column].append(token.text.strip("'"))
        for left, right in _equated(found, names):
            if same[left] is not same[right]:
                same[left] |= same[right]
                for name in same[right]:
                    same[name] = same[left]
    # What one column is compared with matters to the columns that it is joined with.
    numbers, texts = dict(pools.numbers), dict(pools.texts)
    for name in sorted(names):
        others = sorted(same[name])
        pools.numbers[name] = list(dict.fromkeys(n for o in others for n in numbers.get(o, [])))
        pools.texts[name] = list(dict.fromkeys(t for o in others for t in texts.get(o, [])))
    return pools


@lru_cache(maxsize=1024)
def _kind(declared: str) -> str:
    """Say what a column of a declared type should hold."""
    for kind, words in (
        ("boolean", ("bool",)),
        ("moment", ("datetime", "timestamp")),
        ("day", ("date",)),
        ("blob", ("blob",)),
        ("text", ("char", "text", "clob", "string", "enum")),
        ("real", ("real", "floa", "doub", "dec", "num", "money")),
    ):
        if any(word in declared for word in words):
            return kind
    return "whole"


def _day(text: str) -> date | None:
    match = _DAY.match(text)
    try:
        return date(*(int(part or 1) for part in match.groups())) if match else None
    except ValueError:
        return None


class _Values:
    """Draws the cells of one database."""

    def __init__(self, pools: _Pools, rng: random.Random) -> None:
        self.pools, self.rng = pools, rng
        self.span = rng.choice((1, 1, 2, 3, 6))
        self.literals = rng.choice((_LITERALS, _LITERALS, 0.9, 0.1))

    def draw(self, column: str, kind: str, strict: bool = False) -> Any:
        """Draw a cell of a kind; `strict` says that the database refuses other kinds."""
        if not strict and kind in ("whole", "real") and self._holds_text(column):
            kind = "text"
        if kind == "boolean":
            return self.rng.randint(0, 1)
        if kind in ("day", "moment"):
            day = self._draw_day(column).isoformat()
            return day if kind == "day" else f"{day} {self.rng.choice((0, 12, 23)):02}:00:00"
        if kind == "blob":
            return self._draw_text(column).encode()
        return self._draw_text(column) if kind == "text" else self._draw_number(column, kind)

    def _holds_text(self, column: str) -> bool:
        """Tell whether a column declared as a number is compared with words only."""
        texts = self.pools.texts[column]
        return (
            bool(texts)
            and not any(_number(t) is not None for t in texts)
            and not (self.pools.numbers[column])
        )

    def _literal(self) -> bool:
        return self.rng.random() < self.literals

    def _stray(self, near: list[Any], others: list[Any]) -> list[Any]:
        return others if not near and others and self.rng.random() < _STRAY else near

    def _draw_number(self, column: str, kind: str) -> float | int:
        near = self.pools.numbers[column]
        texts = (_number(text) for text in self.pools.texts[column])
        near = near or [number for number in texts if number is not None]
        near = self._stray(near, self.pools.numbers[""])
        if near and self._literal():
            value: float | int = self.rng.choice(near)
            if self.rng.random() < 0.1:
                value /= 2  # two of them make a sum that is the literal
            else:
                value += self.rng.choice(_STEPS)
        elif self.rng.random() < 0.03:
            value = self.rng.choice(_FAR)
        else:
            value = self.rng.randint(0, self.span)
        if kind == "real":
            return float(value) + self.rng.choice((0.0, 0.0, 0.5, 0.25))
        # Between whole numbers there is nothing: 2.5 in a query means 2 and 3.
        return int(value // 1)

    def _draw_text(self, column: str) -> str:
        near = self.pools.texts[column] or list(map(str, self.pools.numbers[column]))
        near = self._stray(near, self.pools.texts[""])
        if near and self._literal():
            text = self.rng.choice(near)
            if "%" in text or "_" in text:
                filled = self.rng.choice(("", "x", "yz"))
                text = text.replace("%", filled).replace("_", self.rng.choice("pq"))
            change = self.rng.random()
            # Case and what follows, for comparisons that should not or should mind them.
            return text.swapcase() if change < 0.05 else text + "s" if change < 0.1 else text
        return "abcdefgh"[self.rng.randint(0, self.span)]

    def _draw_day(self, column: str) -> date:
        near = [*self.pools.texts[column], *map(str, self.pools.numbers[column])]
        near = self._stray(near, self.pools.texts[""])
        days = [day for day in map(_day, near) if day is not None]
        if days and self._literal():
            day = self.rng.choice(days)
            step = self.rng.choice((0, 0, 0, -1, 1, 40))
            # 9999-12-31 has no day after it.
            return day + timedelta(step if 1 < day.year < 9999 else 0)
        return date(2020, 1 + self.rng.randint(0, self.span), 1 + self.rng.randint(0, self.span))


def _in_order(database: Database) -> list[Table]:
    """Return tables after those that they refer to, as far as there is such an order."""
    waiting = dict(database.tables)
    order: list[Table] = []
    while waiting:
        free = [
            name
            for name in waiting
            if not any(
                child == name and parent != name and parent in waiting
                for (child, _), (parent, _) in database.references
            )
        ]
        for name in free or list(waiting)[:1]:
            order.append(waiting.pop(name))
    return order


class _Filler:
    def __init__(self, database: Database, pools: _Pools, named: frozenset[str]) -> None:
        self.database, self.pools, self.named = database, pools, named
        self.order = _in_order(database)
        self.parents: dict[Column, Column] = dict(sorted(database.references, reverse=True))

    def fill(self, number: int) -> dict[str, list[list[Any]]]:
        rng = random.Random(f"filled {number}")
        values = _Values(self.pools, rng)
        nulls = _NULLS[number % len(_NULLS)]
        rows: dict[str, list[list[Any]]] = {}
        # Every fifth database has a table without rows.
        empty = rng.choice(self.order).name if self.order and number % 5 == 4 else ""
        for table in self.order:
            named = table.name.lower() in self.named
            sizes = _LARGE if number % 6 == 5 else _SIZES
            size = rng.choice(sizes if named else _ASIDE) + rng.randint(0, 2)
            rows[table.name] = []
            seen: set[tuple[str, Any]] = set()
            for _ in range(0 if table.name == empty else size):
                row = self._row(table, rows, values, nulls, seen)
                if row is not None:
                    rows[table.name].append(row)
        self._repair(rows)
        return rows

    def _repair(self, rows: dict[str, list[list[Any]]]) -> None:
        """Drop rows that refer to nothing, and then those that refer to them."""
        changed = True
        while changed:
            changed = False
            for child, columns, parent, others in self.database.foreign_keys:
                table, above = self.database.tables[child], self.database.tables[parent]
                places = [table.columns.index(column) for column in columns]
                spots = [above.columns.index(column) for column in others]
                there = {tuple(row[spot] for spot in spots) for row in rows[parent]}
                keys = [tuple(row[place] for place in places) for row in rows[child]]
                kept = [
                    row
                    for row, key in zip(rows[child], keys, strict=True)
                    if None in key or key in there
                ]
                changed = changed or len(kept) < len(rows[child])
                rows[child] = kept

    def change(
        self, number: int, given: Mapping[str, Sequence[Sequence[Any]]]
    ) -> dict[str, list[list[Any]]]:
        """Return the rows of a database with some dropped, repeated or changed in one cell."""
        rng = random.Random(f"changed {number}")
        values = _Values(self.pools, rng)
        rows: dict[str, list[list[Any]]] = {}
        for table in self.order:
            kept = [list(row) for row in given[table.name] if rng.random() > _DROPPED]
            rows[table.name] = kept
            free = [c for c in range(len(table.columns)) if table.columns[c] not in table.unique]
            for row in kept:
                if free and rng.random() < _CHANGED:
                    place = rng.choice(free)
                    column = table.columns[place]
                    cell = self._cell(table, column, row[:place], rows, values, set())
                    row[place] = None if self._may_lack(table, column, rng) else cell
            if kept and rng.random() < 0.5:
                kept.append(list(rng.choice(kept)))
        self._repair(rows)
        return rows

    @staticmethod
    def _may_lack(table: Table, column: str, rng: random.Random) -> bool:
        return column not in table.required and rng.random() < _NULLS[1]

    def _row(
        self,
        table: Table,
        rows: dict[str, list[list[Any]]],
        values: _Values,
        nulls: float,
        seen: set[tuple[str, Any]],
    ) -> list[Any] | None:
        """Draw one row, or None if a column that is unique or a reference has no value left."""
        row: list[Any] = []
        model = None
        if rows[table.name] and values.rng.random() < _REPEATED:
            model = values.rng.choice(rows[table.name])
        for place, column in enumerate(table.columns):
            cell = None
            free = column not in table.required
            repeats = model is not None and column not in table.unique
            if model is not None and repeats and values.rng.random() < _KEPT:
                cell = model[place]
            elif not (free and values.rng.random() < nulls):
                cell = self._cell(table, column, row, rows, values, seen)
                if cell is None and not free:
                    return None
            row.append(cell)
        seen.update((c, row[i]) for i, c in enumerate(table.columns) if c in table.unique)
        return row

    def _cell(
        self,
        table: Table,
        column: str,
        row: list[Any],
        rows: dict[str, list[list[Any]]],
        values: _Values,
        seen: set[tuple[str, Any]],
    ) -> Any:
        parent = self.parents.get((table.name, column))
        choices: list[Any] = []
        if parent is not None:
            place = self.database.tables[parent[0]].columns.index(parent[1])
            choices = [above[place] for above in rows.get(parent[0], [])]
            if parent[0] == table.name and place < len(row):
                choices.append(row[place])  # a row may refer to itself
            choices = [c for c in choices if c is not None and (column, c) not in seen]
            return values.rng.choice(choices) if choices else None
        kind = _kind(table.types[column])
        # Elsewhere SQLite does not mind; row numbers are what such a column of integers holds.
        numbers = column in table.unique and table.types[column] == "integer"
        strict = table.strict or numbers
        for _ in range(8 if column in table.unique else 1):
            cell = values.draw(column.lower(), kind, strict)
            if (column, cell) not in seen:
                return cell
        if kind == "whole":  # the next that is free
            return next(n for n in range(len(seen) + 1) if (column, n) not in seen)
        return f"{cell}{len(seen)}" if kind == "text" else None


def filled(
    image: bytes, schema_sql: str, queries: Sequence[str], first: int = 0
) -> Generator[bytes, bool, None]:
    """Return databases that an empty one's schema permits, the same for the same answers.

    It is sent whether the last database was of use; every other one is then a changed copy of one
    that was, for conditions that one in a hundred meets are mostly still met in it.

    Args:
        image: the database; its rows are not looked at.
        schema_sql: its schema, for the literals in CHECKs.
        queries: what the data should be able to tell apart: their literals and tables matter.
        first: the number of the first database; other numbers are other databases.
    """
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(image)
        database = read(connection)
    columns = frozenset(c.lower() for table in database.tables.values() for c in table.columns)
    named = frozenset(t.identifier for query in queries for t in tokens(query) if t.kind == "name")
    filler = _Filler(database, _pools((schema_sql, *queries), columns), named)
    useful: list[dict[str, list[list[Any]]]] = []
    for number in range(first, first + _CANDIDATES):
        if useful and number % 2:
            rows = filler.change(number, useful[number // 2 % len(useful)])
        else:
            rows = filler.fill(number)
        if (yield rewritten(image, database, rows)):
            useful.append(rows)
