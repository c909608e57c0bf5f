"""Ask a question about a database that the model searches with SQL before it states the answer.

Other than in `text2sql`, the rows come back to the model and its answer is what it found, so the
verifier is exact and needs no SQL of its own. The database is in the row (`extra_info.database`, an
SQL script); queries run on private copies that can only be read (`rewards.sql.execution`), so
nothing that the model does outlives its turn, and playing an episode again gives the same.

Results are JSON, one row a line, with tags escaped: text in the database can't close the tool's
message or forge a call.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

from envs.tool_use import MAX_CALLS_PER_TURN, ToolEnv, ToolError, tool, without_tags
from rewards.sql.cost import QueryTooCostly
from rewards.sql.execution import build_image, run_query

MAX_RESULT_ROWS = 20
QUERY_TIMEOUT_S = 1.0
MAX_QUERY_STEPS = 200_000
"""Some 50 ms, so that a query is refused by its steps, which are the same on every machine, and not
by the clock."""


@lru_cache(maxsize=64)
def _image(script: str) -> bytes:
    return build_image(script)


def _line(row: tuple[Any, ...] | list[str]) -> str:
    cells = [cell.hex() if isinstance(cell, bytes) else cell for cell in row]
    return without_tags(json.dumps(cells, ensure_ascii=False))


class SqlExplorerEnv(ToolEnv):
    """Scores exact match of the tagged answer after queries on the row's database."""

    domain: ClassVar[str] = "sql_explorer"
    reward: ClassVar[str] = "logic_exact"
    turn_timeout_s: ClassVar[float] = MAX_CALLS_PER_TURN * QUERY_TIMEOUT_S + 1.0

    def __init__(self, env_config: Any = None, extras: Mapping[str, Any] | None = None) -> None:
        """Build the row's database.

        Raises:
            ValueError: as other environments, or there is no database, or its script fails.
        """
        super().__init__(env_config, extras)
        script = self.extra_info.get("database")
        if not isinstance(script, str):
            raise ValueError("sql_explorer: the row has no extra_info.database, an SQL script")
        try:
            self.image = _image(script)
        except sqlite3.Error as problem:
            raise ValueError(f"sql_explorer: extra_info.database: {problem}") from None

    @tool()
    def list_tables(self) -> str:
        """See the CREATE statements of the database's tables, as JSON."""
        rows, _ = run_query(self.image, "SELECT sql FROM sqlite_master WHERE type = 'table'")
        return "\n".join(_line(row) for row in rows)

    @tool(query={"type": "string", "description": "one SELECT"})
    def run_sql(self, query: str) -> str:
        """Run one SQLite query and see the names of its columns and its first rows, as JSON."""
        try:
            rows, columns = run_query(
                self.image, query, timeout_s=QUERY_TIMEOUT_S, steps=MAX_QUERY_STEPS
            )
        except (QueryTooCostly, sqlite3.Error, sqlite3.Warning) as problem:
            raise ToolError(f"SQLite: {problem}") from None
        lines = [_line(columns), *map(_line, rows[:MAX_RESULT_ROWS])]
        if len(rows) > MAX_RESULT_ROWS:
            lines.append(f"… {len(rows) - MAX_RESULT_ROWS} more rows")
        elif not rows:
            lines.append("no rows")
        return "\n".join(lines)
