"""Read the tables of a small database: what they hold and what their schema demands."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

Column = tuple[str, str]  # table, column


@dataclass
class Table:
    """Is one table with its rows."""

    name: str
    columns: list[str]
    rows: list[tuple[Any, ...]]
    types: dict[str, str]  # as declared, in lower case
    fixed: set[str]  # primary keys and unique columns stay where they are
    unique: set[str]  # those of them that are unique alone, not as a part
    required: set[str]  # without NULL
    strict: bool = False  # whether cells must be of their column's type
    keys: set[str] = field(default_factory=set)  # may move, but only to values that exist

    def values(self, column: str) -> list[Any]:
        """Return the cells of a column, from the first row to the last."""
        place = self.columns.index(column)
        return [row[place] for row in self.rows]


@dataclass
class Database:
    """Holds all tables, and which columns refer to which."""

    tables: dict[str, Table]
    references: set[tuple[Column, Column]]  # child, parent
    # Whole keys: a reference of two columns needs both values in one row of the parent.
    foreign_keys: list[tuple[str, tuple[str, ...], str, tuple[str, ...]]]


def quoted(name: str) -> str:
    """Write a name as SQL has it, whatever its characters."""
    return '"' + name.replace('"', '""') + '"'


def _read_table(connection: sqlite3.Connection, name: str, strict: bool) -> Table:
    info = connection.execute(f"PRAGMA table_info({quoted(name)})").fetchall()
    columns = [column[1] for column in info]
    key = {column[1] for column in info if column[5]}
    fixed = set(key)
    unique = key if len(key) == 1 else set()
    for index in connection.execute(f"PRAGMA index_list({quoted(name)})").fetchall():
        if index[2]:
            parts = connection.execute(f"PRAGMA index_info({quoted(index[1])})").fetchall()
            names = {part[2] for part in parts if part[2]}
            fixed |= names
            # A partial index (the fifth field) binds some of the rows only.
            if len(parts) == 1 and not index[4]:
                unique = unique | names
    select = ", ".join(map(quoted, columns))
    return Table(
        name,
        columns,
        connection.execute(f"SELECT {select} FROM {quoted(name)}").fetchall(),
        types={column[1]: str(column[2]).lower() for column in info},
        fixed=fixed,
        unique=unique,
        # SQLite lets NULL into keys that are no integers, which schemas do not mean.
        required=key | {column[1] for column in info if column[3]},
        strict=strict,
    )


def read(connection: sqlite3.Connection) -> Database:
    """Read the tables of a database with the references that it declares."""
    found = connection.execute(
        "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
        "AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"
    ).fetchall()
    tables = {name: _read_table(connection, name, bool(strict)) for name, strict in found}
    by_name = {name.lower(): table for name, table in tables.items()}
    references: set[tuple[Column, Column]] = set()
    whole: dict[tuple[str, int, str], list[tuple[str, str]]] = {}
    for name, table in tables.items():
        own = {column.lower(): column for column in table.columns}
        for key in connection.execute(f"PRAGMA foreign_key_list({quoted(name)})").fetchall():
            parent = by_name.get(str(key[2]).lower())
            if parent is None:
                continue
            theirs = {column.lower(): column for column in parent.columns}
            child = own.get(str(key[3]).lower())
            # Without a name the reference is to the primary key.
            column = theirs.get(key[4].lower()) if key[4] else min(parent.fixed, default=None)
            if child is not None and column is not None:
                references.add(((name, child), (parent.name, column)))
                table.keys.add(child)
                whole.setdefault((name, key[0], parent.name), []).append((child, column))
    foreign_keys = [
        (name, tuple(c for c, _ in pairs), parent, tuple(p for _, p in pairs))
        for (name, _, parent), pairs in whole.items()
    ]
    return Database(tables, references, foreign_keys)


def rewritten(
    image: bytes, database: Database, rows: Mapping[str, Sequence[Sequence[Any]]]
) -> bytes:
    """Build the same schema with other rows; those that a constraint refuses are left out."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(image)
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {quoted(name)}")
        for name, wanted in rows.items():
            columns = database.tables[name].columns
            connection.execute(f"DELETE FROM {quoted(name)}")
            connection.executemany(
                f"INSERT OR IGNORE INTO {quoted(name)} ({', '.join(map(quoted, columns))}) "
                f"VALUES ({', '.join('?' * len(columns))})",
                wanted,
            )
        connection.commit()
        return connection.serialize()
