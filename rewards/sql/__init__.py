"""The reward `sql` executes Text2SQL queries, hostile ones too, on several SQLite databases.

The model's query must give the gold's rows on every database of the row and on variants of it
(`rewards.sql.instances`), so that hard-coded answers fail. Rows are compared as bags, in order
only if the gold has a top-level ORDER BY (`rewards.sql.rows` and `.expected`; ties are free).
Queries run on private in-memory copies and can do nothing but read (`rewards.sql.execution`).

The query is what an answer tag or the last code fence holds, or the response (`.reading`). One that
SQLite refuses is `wrong_format`; one that is too costly, or gives other rows, scores 0.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from itertools import chain
from typing import Any

from rewards.registry import reward
from rewards.result import RewardResult
from rewards.sql.cost import QueryTooCostly
from rewards.sql.execution import MAX_SQL_CHARS, run_query
from rewards.sql.expected import has_top_level_order
from rewards.sql.instances import BadRow, databases, with_literals_of
from rewards.sql.reading import query_of
from rewards.sql.rows import same_rows


def _problem(ground_truth: Mapping[str, Any]) -> str:
    for name in ("schema_sql", "gold_sql"):
        if not isinstance(ground_truth.get(name), str):
            return f"ground_truth has no string {name!r}"
    if not isinstance(ground_truth.get("order_matters"), bool | None):
        return "'order_matters' is neither true, false nor null"
    if not isinstance(ground_truth.get("fill", False), bool):
        return "'fill' is no boolean"
    instances = ground_truth.get("instances") or []
    if not isinstance(instances, list) or not all(isinstance(one, str) for one in instances):
        return "'instances' is not a list of SQL scripts"
    return ""


def gold(ground_truth: Mapping[str, Any], extra_info: Mapping[str, Any]) -> str:
    """Write the gold query."""
    return str(ground_truth["gold_sql"])


@reward("sql", range=(0.0, 1.0), timeout_s=6.0, gold=gold)
def sql(completion: str, ground_truth: Mapping[str, Any]) -> RewardResult:
    """Score 1 if the query gives the gold query's rows on every database, else 0.

    `ground_truth` is `{"schema_sql", "gold_sql"}`, optionally `order_matters` (default: whether
    the gold has a top-level ORDER BY) and `instances`, a list of SQL scripts that fill the schema
    (without it `schema_sql` holds the data as well). With `fill: true` no data is needed: tables
    are filled with what the schema permits, so it should say what is NOT NULL, UNIQUE or a key.
    """
    problem = _problem(ground_truth)
    if problem:
        return RewardResult.error(f"sql: {problem}")
    gold_sql = ground_truth["gold_sql"]
    ordered = ground_truth.get("order_matters")
    if ordered is None:
        ordered = has_top_level_order(gold_sql)
    query = query_of(completion)
    if not query:
        return RewardResult.wrong_format("no query")
    if len(query) > MAX_SQL_CHARS:
        return RewardResult.wrong_format(f"longer than {MAX_SQL_CHARS} characters")
    scripts = tuple(ground_truth.get("instances") or ())
    fill = ground_truth.get("fill", False)
    schema_sql = ground_truth["schema_sql"]
    try:
        checks = databases(schema_sql, scripts, gold_sql, ordered, fill)
    except BadRow as reason:
        return RewardResult.error(f"sql: {reason}"[:300])
    more = with_literals_of(query, schema_sql, checks, gold_sql, ordered, fill)
    for check in chain(checks, more):
        try:
            given, _ = run_query(check.image, query)
        except QueryTooCostly as reason:
            return RewardResult(0.0, extracted=query[:500], message=str(reason))
        except (sqlite3.Error, sqlite3.Warning) as reason:
            return RewardResult.wrong_format(f"SQLite: {reason}"[:200], extracted=query[:500])
        if not same_rows(given, check.groups, ordered):
            return RewardResult(0.0, extracted=query[:500], message="other rows than the gold's")
    return RewardResult(1.0, extracted=query[:500])
