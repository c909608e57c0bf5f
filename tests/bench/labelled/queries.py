"""Reads labelled pairs of SQL queries: equivalent or not.

Each query of a pair is the gold once and the answer once. There is no data with them, so the rows
say `fill`: both must give the same on whatever the schema permits.
"""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rewards.sql.cost import QueryTooCostly
from rewards.sql.execution import build_image, run_query
from tests.bench.labelled.answers import rows

# Calcite's names for columns without one, which SQLite takes for parameters.
_CALCITE_NAME = re.compile(r"(?<![\w$\"])\$f\d+")
_TYPES = {"INT": "INTEGER", "VARCHAR": "TEXT", "DATE": "DATE", "BOOLEAN": "BOOLEAN"}


def _schema(tables: Mapping[str, Mapping[str, str | None]], constraints: Sequence[Any]) -> str:
    """Write CREATE TABLE statements from VeriEQL's form, in which `T__C` is column C of table T."""
    columns = {
        table: {name: [name, _TYPES[(kind or "INT").upper()]] for name, kind in of.items()}
        for table, of in tables.items()
    }
    clauses: dict[str, list[str]] = {table: [] for table in tables}
    for constraint in constraints:
        ((kind, about),) = constraint.items()
        places = [
            p["value"].split("__", 1) for p in (about if isinstance(about, list) else [about])
        ]
        table, column = places[0]
        if kind == "primary":
            clauses[table].append(f"PRIMARY KEY ({', '.join(c for _, c in places)})")
            for _, name in places:
                columns[table][name].append("NOT NULL")
        elif kind == "foreign":
            parent, key = places[1]
            clauses[table].append(f"FOREIGN KEY ({column}) REFERENCES {parent}({key})")
        elif kind == "not_null":
            columns[table][column].append("NOT NULL")
        else:
            raise ValueError(f"unknown constraint {kind!r}")
    return "\n".join(
        f"CREATE TABLE {table} ({', '.join([*map(' '.join, of.values()), *clauses[table]])});"
        for table, of in columns.items()
    )


def refused(schema_sql: str, queries: Sequence[str]) -> str:
    """Return why SQLite does not run the queries on the schema; empty if it does."""
    try:
        image = build_image(schema_sql)
        for query in queries:
            run_query(image, query)
    except (sqlite3.Error, sqlite3.Warning, QueryTooCostly) as reason:
        return str(reason)
    return ""


def _pair(schema_sql: str, first: str, second: str, correct: bool) -> Iterator[dict[str, Any]]:
    for gold, given in ((first, second), (second, first)):
        yield {
            "reward": "sql",
            "completion": f"```sql\n{given}\n```",
            "ground_truth": {"schema_sql": schema_sql, "gold_sql": gold, "fill": True},
            "correct": correct,
        }


def verieql(path: Path) -> Iterator[dict[str, Any]]:
    """Read `experiments/*/*.out` of github.com/VeriEQL/VeriEQL: pairs with a model checker's
    verdict.

    A counterexample makes a pair not equivalent; one that none was found for within the time,
    for tables of one row and more, counts as equivalent.
    """
    for record in rows(path):
        states = record["states"] or []
        if not {"EQU", "NEQ"} & set(states):
            yield {"reward": "sql", "not_applicable": f"no verdict: {record['err']}"}
            continue
        schema = _schema(record["schema"], record["constraint"] or [])
        reason = refused(schema, record["pair"])
        if reason:
            yield {"reward": "sql", "not_applicable": f"SQLite: {reason}"}
            continue
        first, second = record["pair"]
        yield from _pair(schema, first, second, correct="NEQ" not in states)


def sqlsolver(path: Path) -> Iterator[dict[str, Any]]:
    """Read `sqlsolver_data` of github.com/SJTU-IPADS/SQLSolver (Apache-2.0): Calcite's rewrites.

    Every pair is equivalent; a query of another place in the file is taken for one that is not.
    """
    schema = (path / "schemas" / "calcite_test.base.schema.sql").read_text(encoding="utf-8")
    text = (path / "calcite" / "calcite_tests").read_text(encoding="utf-8")
    lines = _CALCITE_NAME.sub(r'"\g<0>"', text).splitlines()
    for place in range(0, len(lines), 2):
        first, second = lines[place : place + 2]
        # Neighbours in the file are variations of one query.
        other = lines[(place + len(lines) // 4 * 2) % len(lines)]
        reason = refused(schema, (first, second))
        if reason:
            yield {"reward": "sql", "not_applicable": f"SQLite: {reason}"}
            continue
        yield from _pair(schema, first, second, correct=True)
        if not refused(schema, (other,)):
            yield next(_pair(schema, first, other, correct=False))


_TABLE = re.compile(r"CREATE TABLE [^;]*;", re.IGNORECASE)


def defog(path: Path) -> Iterator[dict[str, Any]]:
    """Read the questions of github.com/defog-ai/sql-eval (Apache-2.0) on its databases' schemas.

    Each question's first query is the gold; right is the query itself, wrong that of the database's
    next question. Below `path` lie clones of sql-eval and of defog-data.
    """
    by_database: dict[str, list[str]] = {}
    questions = path / "sql-eval" / "data" / "questions_gen_sqlite.csv"
    with questions.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            query = row["query"].split(";")[0].strip()
            by_database.setdefault(row["db_name"], []).append(query)
    for database, queries in by_database.items():
        dump = path / "defog-data" / "defog_data" / database / f"{database}.sql"
        tables = _TABLE.findall(dump.read_text(encoding="utf-8"))
        schema = "\n".join(table.replace("public.", "") for table in tables)
        for query, other in zip(queries, [*queries[1:], queries[0]], strict=True):
            # Braces list columns of which any will do: a notation of the data's own.
            reason = "columns at will" if "{" in query + other else ""
            reason = reason or refused(schema, [query, other])
            for given, correct in ((query, True), (other, False)):
                if reason:
                    yield {"reward": "sql", "not_applicable": reason}
                    continue
                yield {
                    "reward": "sql",
                    "completion": f"```sql\n{given}\n```",
                    "ground_truth": {"schema_sql": schema, "gold_sql": query, "fill": True},
                    "correct": correct,
                }
