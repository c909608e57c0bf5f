"""Right queries in any form score; queries that are right by chance don't."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards import get_reward
from rewards.sql.expected import has_top_level_order
from rewards.sql.instances import databases
from rewards.sql.reading import query_of
from tests.rewards.sql.pets import PETS, score

RIGHT = {
    "column names don't count": ("SELECT name FROM pets", "SELECT name AS x FROM pets"),
    "order doesn't count": ("SELECT name FROM pets", "SELECT name FROM pets ORDER BY age"),
    "another way to join": (
        "SELECT o.name FROM owners o JOIN pets p ON p.owner_id = o.id WHERE p.kind = 'dog'",
        "SELECT (SELECT name FROM owners WHERE id = owner_id) FROM pets WHERE kind = 'dog'",
    ),
    "a join that is not needed": (
        "SELECT count(*) FROM pets",
        "SELECT count(*) FROM pets JOIN owners ON owners.id = pets.owner_id",
    ),
    "IN or EXISTS": (
        "SELECT name FROM owners WHERE id IN (SELECT owner_id FROM pets WHERE age > 4)",
        "SELECT name FROM owners o WHERE EXISTS (SELECT 1 FROM pets p WHERE p.owner_id = o.id AND "
        "p.age > 4)",
    ),
    "a CTE": (
        "SELECT kind, count(*) FROM pets GROUP BY kind",
        "WITH c AS (SELECT kind k, 1 one FROM pets) SELECT k, sum(one) FROM c GROUP BY k",
    ),
    "counting a CTE": (
        "SELECT count(*) FROM pets WHERE age > 3",
        "WITH c AS (SELECT * FROM pets WHERE age > 3) SELECT count(*) FROM c",
    ),
    "whole numbers have no values between": (
        "SELECT name FROM pets WHERE age > 3",
        "SELECT name FROM pets WHERE age >= 4",
    ),
    "names are unique in the data and stay so": (
        "SELECT name FROM pets",
        "SELECT DISTINCT name FROM pets",
    ),
    "columns without NULL stay so": (
        "SELECT count(*) FROM pets",
        "SELECT count(weight) FROM pets",
    ),
    "NULL is kept": (
        "SELECT name FROM owners WHERE town IS NULL",
        "SELECT name FROM owners WHERE coalesce(town, '') = ''",
    ),
    "average by hand": ("SELECT avg(weight) FROM pets", "SELECT sum(weight) / count(*) FROM pets"),
    "integers as floats": ("SELECT sum(age) FROM pets", "SELECT total(age) FROM pets"),
    "a window": (
        "SELECT name FROM pets WHERE weight = (SELECT max(weight) FROM pets)",
        "SELECT name FROM (SELECT name, rank() OVER (ORDER BY weight DESC) r FROM pets) "
        "WHERE r = 1",
    ),
    "a comment": ("SELECT name FROM pets", "-- all of them\nSELECT name FROM pets; -- done"),
    "trim with characters": (
        "SELECT trim(name, 'Tm') FROM pets",
        "SELECT ltrim(rtrim(name, 'mT'), 'mT') FROM pets",
    ),
}


@pytest.mark.parametrize(("gold", "query"), RIGHT.values(), ids=RIGHT.keys())
def test_right_queries_score_in_any_form(gold: str, query: str) -> None:
    assert score(query, gold) == (1.0, "ok")
    assert score(f"So:\n```sql\n{query}\n```", gold) == (1.0, "ok")


WRONG = {
    "the answer, hard-coded": (
        "SELECT max(age) FROM pets",
        "SELECT 9",
    ),
    "rows, hard-coded": (
        "SELECT name FROM pets WHERE age > 6",
        "SELECT 'Rex' UNION ALL SELECT 'Kit' UNION ALL SELECT 'Leo'",
    ),
    "a count, hard-coded": ("SELECT count(*) FROM owners", "SELECT 5"),
    "a look-up, hard-coded": ("SELECT age FROM pets WHERE name = 'Tom'", "SELECT 3"),
    "the whole table, hard-coded": (
        "SELECT kind FROM pets",
        "VALUES ('cat'), ('dog'), ('cat'), ('cat'), ('dog'), ('fish'), ('dog'), ('cat')",
    ),
    ">= instead of >": (
        "SELECT name FROM pets WHERE age > 5",
        "SELECT name FROM pets WHERE age >= 5",
    ),
    "> 7 instead of > 8, equal on the given data": (
        "SELECT name FROM pets WHERE age > 8",
        "SELECT name FROM pets WHERE age > 7",
    ),
    "a condition too many": (
        "SELECT name FROM pets WHERE kind = 'fish'",
        "SELECT name FROM pets WHERE kind = 'fish' AND age = 2",
    ),
    "a set instead of a bag": ("SELECT kind FROM pets", "SELECT DISTINCT kind FROM pets"),
    "duplicates": ("SELECT kind FROM pets", "SELECT kind FROM pets UNION ALL SELECT 'cat'"),
    "another order of columns": ("SELECT name, kind FROM pets", "SELECT kind, name FROM pets"),
    "another column too": ("SELECT name FROM pets", "SELECT name, kind FROM pets"),
    "text is not a number": ("SELECT age FROM pets", "SELECT CAST(age AS TEXT) FROM pets"),
    "whole division": ("SELECT avg(age) FROM pets", "SELECT sum(age) / count(*) FROM pets"),
    "rounded": ("SELECT avg(weight) FROM pets", "SELECT round(avg(weight), 2) FROM pets"),
    "empty": ("SELECT name FROM pets", "SELECT name FROM pets WHERE 0"),
    "the edge of a count": (
        "SELECT kind FROM pets GROUP BY kind HAVING count(*) > 2",
        "SELECT kind FROM pets GROUP BY kind HAVING count(*) >= 2",
    ),
    "an outer join": (
        "SELECT o.name, p.name FROM owners o LEFT JOIN pets p ON p.owner_id = o.id AND age < 6",
        "SELECT o.name, p.name FROM owners o JOIN pets p ON p.owner_id = o.id AND age < 6",
    ),
    "everything NULL": ("SELECT name FROM pets", "SELECT NULL FROM pets"),
}


@pytest.mark.parametrize(("gold", "query"), WRONG.values(), ids=WRONG.keys())
def test_wrong_queries_score_nothing(gold: str, query: str) -> None:
    assert score(gold, gold) == (1.0, "ok")
    assert score(query, gold) == (0.0, "ok")


TIES = "SELECT name FROM pets ORDER BY kind"


ORDERED: dict[str, tuple[str, str, dict[str, Any], float]] = {
    "the other way round": (
        "SELECT name FROM pets ORDER BY age, name",
        "SELECT name FROM pets ORDER BY age DESC, name",
        {},
        0.0,
    ),
    "no order": ("SELECT name FROM pets ORDER BY weight", "SELECT name FROM pets", {}, 0.0),
    "no order, and the row doesn't mind": (
        "SELECT name FROM pets ORDER BY weight",
        "SELECT name FROM pets",
        {"order_matters": False},
        1.0,
    ),
    "an order by the row's will": (
        "SELECT name FROM pets",
        "SELECT name FROM pets ORDER BY name DESC",
        {"order_matters": True},
        0.0,
    ),
    "ties are free": (TIES, "SELECT name FROM pets ORDER BY kind, name DESC", {}, 1.0),
    "but only ties": (TIES, "SELECT name FROM pets ORDER BY kind DESC", {}, 0.0),
    "ties by an expression": (
        "SELECT name FROM pets ORDER BY age % 2, length(kind) DESC",
        "SELECT name FROM pets ORDER BY age % 2, length(kind) DESC, name DESC",
        {},
        1.0,
    ),
    "ties by an alias": (
        "SELECT name, kind AS k FROM pets ORDER BY k",
        "SELECT name, kind FROM pets ORDER BY kind, weight",
        {},
        1.0,
    ),
    "ties by a column's number": (
        "SELECT kind, name FROM pets ORDER BY 1 DESC NULLS LAST",
        "SELECT kind, name FROM pets ORDER BY kind DESC, weight",
        {},
        1.0,
    ),
    "ties in a compound": (
        "SELECT kind, name FROM pets WHERE age > 3 UNION ALL SELECT kind, name FROM pets "
        "WHERE age < 4 ORDER BY kind",
        "SELECT kind, name FROM pets ORDER BY kind, name DESC",
        {},
        1.0,
    ),
    "ties by an aggregate": (
        "SELECT owner_id FROM pets GROUP BY owner_id ORDER BY count(*) DESC",
        "SELECT owner_id FROM pets GROUP BY owner_id ORDER BY count(*) DESC, owner_id DESC",
        {},
        1.0,
    ),
    "a tie that LIMIT cuts": (
        "SELECT name FROM pets ORDER BY kind LIMIT 2",
        "SELECT name FROM pets ORDER BY kind, name DESC LIMIT 2",
        {},
        1.0,
    ),
    "a tie that OFFSET cuts": (
        "SELECT name FROM pets ORDER BY kind LIMIT 2 OFFSET 1",
        "SELECT name FROM pets ORDER BY kind, name DESC LIMIT 1, 2",
        {},
        1.0,
    ),
    "not the same row twice": (
        "SELECT name FROM pets ORDER BY kind LIMIT 2",
        "SELECT min(name) FROM pets WHERE kind = 'cat' UNION ALL "
        "SELECT min(name) FROM pets WHERE kind = 'cat'",
        {},
        0.0,
    ),
    "rows behind the tie": (
        "SELECT name FROM pets ORDER BY kind LIMIT 1",
        "SELECT name FROM pets WHERE kind = 'dog' LIMIT 1",
        {},
        0.0,
    ),
    "any rows where nothing sorts": (
        "SELECT name FROM pets LIMIT 3",
        "SELECT name FROM pets ORDER BY name LIMIT 3",
        {},
        1.0,
    ),
    "but as many": ("SELECT name FROM pets LIMIT 3", "SELECT name FROM pets LIMIT 2", {}, 0.0),
    "a tie is found although max() picks the row": (
        "SELECT name, max(age) FROM pets GROUP BY kind ORDER BY min(age)",
        "SELECT name, max(age) FROM pets GROUP BY kind ORDER BY min(age)",
        {},
        1.0,
    ),
}


@pytest.mark.parametrize(("gold", "query", "more", "wanted"), ORDERED.values(), ids=ORDERED.keys())
def test_order(gold: str, query: str, more: dict[str, Any], wanted: float) -> None:
    assert score(gold, gold, **more) == (1.0, "ok")
    assert score(query, gold, **more) == (wanted, "ok")


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("SELECT a FROM t ORDER BY a", True),
        ("SELECT a FROM t order/* by */\nBY a;", True),
        ("WITH c AS (SELECT 1 a) SELECT a FROM c ORDER BY a LIMIT 1", True),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a)", False),
        ("SELECT rank() OVER (ORDER BY a) FROM t", False),
        ("SELECT 'order by' FROM t -- order by a", False),
        ("SELECT \"order by\", 'it''s' FROM t /* ORDER BY a", False),
        ("SELECT [order], by FROM t", False),
    ],
)
def test_top_level_order(sql: str, ordered: bool) -> None:
    assert has_top_level_order(sql) is ordered


BROKEN: dict[str, dict[str, Any]] = {
    "no gold": {"gold_sql": None},
    "no schema": {"schema_sql": 3},
    "a gold that fails": {"gold_sql": "SELECT nothing FROM pets"},
    "a gold that writes": {"gold_sql": "DELETE FROM pets"},
    "a schema that fails": {"schema_sql": "CREATE TABEL x"},
    "an instance that fails": {"instances": ["INSERT INTO cats VALUES (1)"]},
    "instances that are no list": {"instances": "INSERT"},
    "order_matters is no boolean": {"order_matters": "yes"},
    "fill is no boolean": {"fill": "yes"},
    "empty whatever the schema permits": {
        "fill": True,
        "gold_sql": "SELECT name FROM pets WHERE age > 3 AND age < 3",
    },
    "empty on all data": {"gold_sql": "SELECT name FROM pets WHERE kind = 'cow'"},
    "the same on all data": {"gold_sql": "SELECT 1"},
    "no data": {"schema_sql": "CREATE TABLE t(a)", "gold_sql": "SELECT count(*) FROM t"},
    "a gold that is too slow": {
        "gold_sql": "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT x FROM c"
    },
}


@pytest.mark.parametrize("gold", BROKEN.values(), ids=BROKEN.keys())
def test_broken_rows_are_errors(gold: dict[str, Any]) -> None:
    row = {"schema_sql": PETS, "gold_sql": "SELECT age FROM pets"} | gold
    assert get_reward("sql").score("SELECT 1", ground_truth=row).status == "error"


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "  ",
        "<think>SELECT age FROM pets</think>",
        "```sql\n```",
        "I don't know.",
        "SELECT",
        "x" * 30_000,
    ],
)
def test_what_is_no_query_is_wrong_format(completion: str) -> None:
    assert score(completion, "SELECT age FROM pets") == (0.0, "wrong_format")


def test_the_last_fence_is_the_query() -> None:
    assert query_of("```sql\nSELECT 1\n```\nor\n```sql\nSELECT 2\n```") == "SELECT 2"
    assert query_of("<think>```sql\nSELECT 1\n```</think>\nSELECT 2") == "SELECT 2"


def test_given_instances_are_used() -> None:
    gold = {
        "schema_sql": "CREATE TABLE t(a INTEGER);",
        "instances": ["INSERT INTO t VALUES (1), (5);", "INSERT INTO t VALUES (2), (9);"],
    }
    assert score("SELECT 5", "SELECT max(a) FROM t", **gold) == (0.0, "ok")
    assert score("SELECT max(a) FROM t", "SELECT max(a) FROM t", **gold) == (1.0, "ok")
    made = databases(gold["schema_sql"], tuple(gold["instances"]), "SELECT max(a) FROM t", False)
    assert len(made) == 2
    # On these two a count is 2: others are made.
    assert score("SELECT 2", "SELECT count(*) FROM t", **gold) == (0.0, "ok")


@given(st.text(alphabet="selctfromwh ab1('\")*;-/[]`,\n", max_size=80))
@settings(max_examples=150)
def test_any_text_is_a_verdict(text: str) -> None:
    value, status = score(text, "SELECT count(*), sum(age) FROM pets")
    assert value == 0.0
    assert status in ("ok", "wrong_format")
