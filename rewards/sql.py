"""Text2SQL: execution match on SQLite databases, for hostile queries.

The gold and the model's query run on each of several database instances (one is easily matched
by hard-coding its answer), and their rows are compared as bags; in order only if the gold query
has a top-level ORDER BY. Each instance is an in-memory database made from the row, serialised
once and opened anew for every query, so nothing a query does can outlive it.

What contains a query: an authorizer that permits SELECT, READ, FUNCTION and RECURSIVE only, a
progress handler with a deadline, SQLite's own limits on lengths, depth and operations, and a cap
on rows. What it does not contain is one function call that allocates a lot at once
(`printf('%.*c', …)`): `printf`/`format`, `randomblob` and `zeroblob` are therefore not permitted.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rewards.registry import reward
from rewards.result import RewardResult
from rewards.text import after_reasoning

QUERY_TIMEOUT_S = 0.5
MAX_ROWS = 10_000
MAX_SQL_CHARS = 20_000

_FENCE = re.compile(r"```[a-zA-Z]*\n(.*?)```", re.DOTALL)
_ALLOWED_ACTIONS = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)
_REFUSED_FUNCTIONS = frozenset(
    {"format", "load_extension", "printf", "random", "randomblob", "zeroblob"}
)
_LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, MAX_SQL_CHARS),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_VDBE_OP, 250_000),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 200),
)

Rows = list[tuple[Any, ...]]


class QueryTooSlow(Exception):
    """The query ran past its deadline."""


def _authorize(
    action: int, first: str | None, second: str | None, _database: str | None, _from: str | None
) -> int:
    if action not in _ALLOWED_ACTIONS:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _REFUSED_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


@lru_cache(maxsize=256)
def _image(schema_sql: str, instance_sql: str) -> bytes:
    """The serialised database that the row's own SQL makes. Raises sqlite3.Error."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(schema_sql)
        connection.executescript(instance_sql)
        connection.commit()
        return connection.serialize()
    finally:
        connection.close()


def run_query(image: bytes, query: str, timeout_s: float = QUERY_TIMEOUT_S) -> Rows:
    """Run one read-only query on a private copy of the database.

    Raises:
        QueryTooSlow: past `timeout_s` seconds.
        sqlite3.Error: SQLite refused it (syntax, authorisation, limits), or too many rows.
    """
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.deserialize(image)
        for category, value in _LIMITS:
            connection.setlimit(category, value)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        connection.set_authorizer(_authorize)
        deadline = time.monotonic() + timeout_s
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 1000)
        try:
            cursor = connection.execute(query)
            rows = cursor.fetchmany(MAX_ROWS + 1)
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise QueryTooSlow(f"ran longer than {timeout_s} s") from None
            raise
        if cursor.description is None:
            raise sqlite3.ProgrammingError("not a query that returns rows")
        if len(rows) > MAX_ROWS:
            raise sqlite3.DataError(f"more than {MAX_ROWS} rows")
        return rows
    finally:
        connection.close()


def query_of(completion: str) -> str:
    """The query: what the last code fence holds, or the whole response."""
    text = after_reasoning(completion)
    fences = _FENCE.findall(text)
    return (fences[-1] if fences else text).strip()


def has_top_level_order(query: str) -> bool:
    """Whether ORDER BY occurs outside parentheses, strings and comments."""
    bare = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", " ", query, flags=re.S)
    depth, outside = 0, []
    for char in bare:
        depth += (char == "(") - (char == ")")
        outside.append(char if depth == 0 else " ")
    return re.search(r"\border\s+by\b", "".join(outside), re.IGNORECASE) is not None


def _comparable(rows: Rows) -> Rows:
    # 1 and 1.0 are equal in Python as in SQL; floats are compared to nine significant digits,
    # because the order of a sum's terms is the query planner's choice.
    return [
        tuple(float(f"{cell:.9g}") if isinstance(cell, float) else cell for cell in row)
        for row in rows
    ]


def same_rows(given: Rows, gold: Rows, ordered: bool) -> bool:
    """Equality as lists if `ordered`, else as bags: duplicates count."""
    left, right = _comparable(given), _comparable(gold)
    return left == right if ordered else Counter(left) == Counter(right)


@reward("sql", range=(0.0, 1.0), timeout_s=4.0)
def sql(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """1 if the query gives the gold query's rows on every instance, else 0.

    `ground_truth` is `{"schema_sql", "gold_sql"}`, optionally `order_matters` and `instances`, a
    list of SQL scripts that fill the schema (without it `schema_sql` holds the data as well).
    """
    schema_sql, gold_sql = ground_truth.get("schema_sql"), ground_truth.get("gold_sql")
    if not isinstance(schema_sql, str) or not isinstance(gold_sql, str):
        return RewardResult.error("sql: ground_truth wants 'schema_sql' and 'gold_sql' strings")
    ordered = ground_truth.get("order_matters")
    ordered = has_top_level_order(gold_sql) if ordered is None else bool(ordered)
    query = query_of(completion)
    if not query:
        return RewardResult.wrong_format("no query")
    if len(query) > MAX_SQL_CHARS:
        return RewardResult.wrong_format(f"longer than {MAX_SQL_CHARS} characters")
    some_rows = False
    for instance in ground_truth.get("instances") or [""]:
        try:
            image = _image(schema_sql, instance)
            gold = run_query(image, gold_sql)
        except (sqlite3.Error, sqlite3.Warning, QueryTooSlow) as problem:
            return RewardResult.error(f"sql: the row's own SQL fails: {problem}")
        some_rows = some_rows or bool(gold)
        try:
            given = run_query(image, query)
        except QueryTooSlow as problem:
            return RewardResult(0.0, extracted=query[:500], message=str(problem))
        except (sqlite3.Error, sqlite3.Warning, ValueError) as problem:
            return RewardResult.wrong_format(f"SQLite: {problem}"[:200], extracted=query[:500])
        if not same_rows(given, gold, ordered):
            return RewardResult(0.0, extracted=query[:500], message="other rows than the gold's")
    if not some_rows:
        return RewardResult.error("sql: the gold query is empty on every instance")
    return RewardResult(1.0, extracted=query[:500])
