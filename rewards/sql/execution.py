"""Run one hostile query on a private copy of a small SQLite database.

Every query gets a fresh in-memory database made from bytes, so nothing it does can outlive it and
there is no file to reach. What contains it:

* an authorizer that permits SELECT, READ, FUNCTION and RECURSIVE; of tables only those of the
  database (no `json_each`, `pragma_…`, `dbstat`), of functions only those of `FUNCTIONS`;
* SQLite's limits on lengths, columns, depth, compound selects and LIKE patterns;
* a budget of virtual machine steps, and behind it one of the thread's own time, so that verdicts
  do not depend on the machine's load;
* an estimate of what preparing it takes (`rewards.sql.cost`), since neither applies then;
* caps on rows and on bytes fetched.

Functions that can allocate without limit in one call, where no limit and no deadline is looked
at, are not permitted: `printf` and `format` (`'%.*c'` with 900,000,000 takes 1.8 s and 900 MB),
`zeroblob`, `randomblob`, `json_group_array` and `json_group_object`. `hex`, `quote`, `replace`,
`group_concat` and `||` obey the limit on lengths. `trim` with a set of characters is quadratic in
one call and is replaced by a linear one. What remains is memory that is filled step by step, by
materialised or sorted intermediate rows, until the deadline. Processes that run hostile queries
must therefore have a memory limit; reaching it raises `QueryTooCostly`.

Not permitted either, since their results change between runs: `random`, `changes`, and the like.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

from rewards.sql.cost import QueryTooCostly, check_cost
from rewards.sql.tokens import word_set

QUERY_TIMEOUT_S = 0.5
MAX_STEPS = 5_000_000
MAX_ROWS = 10_000
MAX_BYTES = 10_000_000
MAX_SQL_CHARS = 20_000
MAX_CELL_CHARS = 20_000
SCRIPT_TIMEOUT_S = 2.0

Row = tuple[Any, ...]
Rows = list[Row]

# Few, because one step can be a search through one long text for another: 5 ms.
_STEPS_PER_CHECK = 20
# How many times the authorizer may be asked: once for every SELECT, column and function.
_MAX_QUESTIONS = 20_000

_LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL_CHARS),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, MAX_SQL_CHARS),
    (sqlite3.SQLITE_LIMIT_COLUMN, 200),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 200),
    (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 50),
    (sqlite3.SQLITE_LIMIT_VDBE_OP, 250_000),
    (sqlite3.SQLITE_LIMIT_FUNCTION_ARG, 100),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200),
    (sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 0),
    (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0),
    (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
)
_ACTIONS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE})
FUNCTIONS = (
    word_set("char concat concat_ws glob group_concat hex instr length like lower ltrim")
    | word_set("octet_length quote replace rtrim soundex string_agg substr substring trim typeof")
    | word_set("unhex unicode upper")
    | word_set("abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling cos cosh count degrees")
    | word_set("exp floor ln log log10 log2 max median min mod pi pow power radians round sign")
    | word_set("sin sinh sqrt sum tan tanh total trunc")
    | word_set("coalesce if ifnull iif likelihood likely nullif unlikely")
    | word_set("current_date current_time current_timestamp date datetime julianday strftime time")
    | word_set("timediff unixepoch")
    | word_set("cume_dist dense_rank first_value lag last_value lead nth_value ntile")
    | word_set("percent_rank rank row_number")
    | word_set("-> ->> json_array_length json_extract json_type json_valid")
)


class _Budget:
    """Holds the deadline and the steps of one query, for SQLite's two kinds of callbacks."""

    def __init__(self, timeout_s: float, steps: int, tables: frozenset[str]) -> None:
        self.timeout_s, self.steps, self.tables = timeout_s, steps, tables
        self.renew()

    def renew(self) -> None:
        """Start anew, for another query on the same connection."""
        self.deadline = time.monotonic() + self.timeout_s
        self.own_deadline = time.thread_time() + self.timeout_s
        self.checks = self.steps // _STEPS_PER_CHECK
        self.questions = _MAX_QUESTIONS
        self.spent = ""

    def _late(self) -> bool:
        """Tell whether the thread itself, and not only the clock, has run for too long."""
        # The clock first: asking for the thread's time takes ten times as long.
        return time.monotonic() > self.deadline and time.thread_time() > self.own_deadline

    def progress(self) -> bool:
        """Count steps as SQLite's progress handler; true interrupts."""
        self.checks -= 1
        if self.checks < 0:
            self.spent = "takes too many steps"
        elif self._late():
            self.spent = f"ran longer than {self.timeout_s} s"
        return bool(self.spent)

    def authorize(
        self,
        action: int,
        first: str | None,
        second: str | None,
        _database: str | None,
        _source: str | None,
    ) -> int:
        """Decide as SQLite's authorizer what a query may do, and whether preparing it goes on."""
        self.questions -= 1
        if self.questions < 0 or self._late():
            self.spent = "takes too long to prepare"
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_READ:
            # A name without a column is also what counting the rows of a CTE asks for.
            allowed = not second or (first or "").lower() in self.tables
        elif action == sqlite3.SQLITE_FUNCTION:
            allowed = (second or "").lower() in FUNCTIONS
        else:
            allowed = action in _ACTIONS
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _strip(method: Callable[[str, str], str]) -> Callable[[Any, Any], str | None]:
    def strip(text: Any, chars: Any) -> str | None:
        if text is None or chars is None:
            return None
        if isinstance(text, float | bytes) or not isinstance(chars, str):
            raise TypeError("wants text and a set of characters")
        return method(str(text), "".join(set(chars)))

    return strip


def open_copy(
    image: bytes, *, timeout_s: float = QUERY_TIMEOUT_S, steps: int = MAX_STEPS
) -> tuple[sqlite3.Connection, _Budget]:
    """Open a guarded connection to a private copy of the database, for one query."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(image)
    connection.execute("PRAGMA query_only = ON")
    # Intermediate results must not become temporary files.
    connection.execute("PRAGMA temp_store = MEMORY")
    names = connection.execute("SELECT lower(name) FROM sqlite_master").fetchall()
    for name, method in (("trim", str.strip), ("ltrim", str.lstrip), ("rtrim", str.rstrip)):
        connection.create_function(name, 2, _strip(method), deterministic=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    for category, value in _LIMITS:
        connection.setlimit(category, value)
    tables = frozenset({"sqlite_master", "sqlite_schema", *(name for (name,) in names)})
    budget = _Budget(timeout_s, steps, tables)
    connection.set_authorizer(budget.authorize)
    connection.set_progress_handler(budget.progress, _STEPS_PER_CHECK)
    return connection, budget


def _size(row: Row) -> int:
    return sum(len(cell) if isinstance(cell, str | bytes) else 16 for cell in row)


def run_query(
    image: bytes, query: str, timeout_s: float = QUERY_TIMEOUT_S, steps: int = MAX_STEPS
) -> tuple[Rows, list[str]]:
    """Run one read-only query on a private copy of the database; return its rows and column names.

    Raises:
        QueryTooCostly: past `timeout_s` seconds, `steps`, or the memory there is, or refused
            beforehand for its nested repetition.
        sqlite3.Error, sqlite3.Warning: SQLite refused it (syntax, authorisation, limits, a second
            statement), it returns nothing, or too many rows or bytes.
    """
    connection, budget = open_copy(image, timeout_s=timeout_s, steps=steps)
    with closing(connection):
        try:
            check_query(query)
            check_cost(query)
            cursor = connection.execute(query)
            rows: Rows = []
            size = 0
            for row in cursor:
                rows.append(row)
                size += _size(row)
                if len(rows) > MAX_ROWS or size > MAX_BYTES:
                    raise sqlite3.DataError(f"more than {MAX_ROWS} rows or {MAX_BYTES} bytes")
        except sqlite3.DatabaseError:
            if budget.spent:
                raise QueryTooCostly(budget.spent) from None
            raise
        except MemoryError:
            raise QueryTooCostly("needs too much memory") from None
        if cursor.description is None:
            raise sqlite3.ProgrammingError("not a query that returns rows")
        return rows, [column[0] for column in cursor.description]


def run_each(image: bytes, queries: Sequence[str], steps: int) -> Iterator[Rows | None]:
    """Yield the rows of many queries that are ours; None for one that is refused or too costly.

    They share one copy of the database, since opening one takes longer than most queries: not for
    a model's query, whose traces the next one could see.
    """
    connection, budget = open_copy(image, steps=steps)
    with closing(connection):
        for query in queries:
            budget.renew()
            try:
                yield connection.execute(query).fetchmany(MAX_ROWS)
            except (sqlite3.Error, sqlite3.Warning, MemoryError):
                yield None


def check_query(query: str) -> None:
    """Refuse what Python's sqlite3 would answer with other exceptions than its own.

    Raises:
        sqlite3.ProgrammingError: the query holds a null character or a lone surrogate.
    """
    if "\0" in query:
        raise sqlite3.ProgrammingError("a null character")
    try:
        query.encode()
    except UnicodeEncodeError:
        raise sqlite3.ProgrammingError("a lone surrogate") from None


def _authorize_script(action: int, first: str | None, second: str | None, *_: Any) -> int:
    refused = action == sqlite3.SQLITE_ATTACH or (
        action == sqlite3.SQLITE_FUNCTION and (second or "").lower() == "load_extension"
    )
    return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK


def build_image(*scripts: str) -> bytes:
    """Build the serialised in-memory database that a row's scripts make.

    They are the data's, not the model's, and may use all of SQL but for what reaches files.

    Raises:
        sqlite3.Error: a script fails or takes longer than `SCRIPT_TIMEOUT_S`.
    """
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.set_authorizer(_authorize_script)
        deadline = time.monotonic() + SCRIPT_TIMEOUT_S
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
        for script in scripts:
            check_query(script)
            connection.executescript(script)
        connection.set_authorizer(None)
        connection.commit()
        return connection.serialize()
