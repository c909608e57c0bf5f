"""Text2SQL: right queries in any form score, queries that are right by chance don't."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards import get_reward
from rewards.sql import query_of
from rewards.sql.execution import build_image, run_query
from rewards.sql.gold import Group, has_top_level_order
from rewards.sql.instances import databases
from rewards.sql.neighbours import MAX_NEIGHBOURS, neighbours
from rewards.sql.rows import same_rows

PETS = (
    "CREATE TABLE owners(id INTEGER PRIMARY KEY, name TEXT NOT NULL, town TEXT);"
    "INSERT INTO owners VALUES (1, 'Ann', 'Rome'), (2, 'Bob', 'Oslo'), (3, 'Cid', 'Rome'),"
    " (4, 'Dan', NULL), (5, 'Eve', 'Oslo');"
    "CREATE TABLE pets(id INTEGER PRIMARY KEY, name TEXT, kind TEXT, age INTEGER, weight REAL,"
    " owner_id INTEGER REFERENCES owners(id));"
    "INSERT INTO pets VALUES (1, 'Tom', 'cat', 3, 4.5, 1), (2, 'Rex', 'dog', 7, 20.25, 2),"
    " (3, 'Kit', 'cat', 7, 3.75, 2), (4, 'Bee', 'cat', 1, 2.5, 3), (5, 'Max', 'dog', 5, 30.5, 5),"
    " (6, 'Sam', 'fish', 2, 0.25, 1), (7, 'Leo', 'dog', 9, 12.0, 3), (8, 'Zoe', 'cat', 4, 5.0, 4);"
)


def score(completion: str, gold_sql: str, **gold: Any) -> tuple[float, str]:
    row = {"schema_sql": PETS, "gold_sql": gold_sql} | gold
    result = get_reward("sql").score(completion, ground_truth=row)
    return result.score, result.status


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


SHOP = (
    "CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, born DATE);"
    "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer_id INT NOT NULL REFERENCES customers(ID),"
    " amount REAL, state TEXT NOT NULL CHECK (state IN ('open', 'paid')), note TEXT);"
)
FILLED: dict[str, tuple[str, str, float]] = {
    "NULL or not": ("SELECT count(*) FROM orders", "SELECT count(note) FROM orders", 0.0),
    "not where it is forbidden": (
        "SELECT count(*) FROM orders",
        "SELECT count(state) FROM orders",
        1.0,
    ),
    "NULL is not unequal": (
        "SELECT id FROM customers WHERE city <> 'Rome'",
        "SELECT id FROM customers WHERE city IS NOT 'Rome'",
        0.0,
    ),
    "names repeat": (
        "SELECT name FROM customers",
        "SELECT DISTINCT name FROM customers",
        0.0,
    ),
    "keys don't": ("SELECT id FROM orders", "SELECT DISTINCT id FROM orders", 1.0),
    "references hold": (
        "SELECT sum(amount) FROM orders",
        "SELECT sum(amount) FROM orders JOIN customers c ON c.id = customer_id",
        1.0,
    ),
    "but not everybody is referred to": (
        "SELECT name FROM customers",
        "SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders WHERE customer_id = c.id)",
        0.0,
    ),
    "CHECKs hold": (
        "SELECT id FROM orders WHERE state = 'open'",
        "SELECT id FROM orders WHERE state <> 'paid'",
        1.0,
    ),
    "the edge of a range": (
        "SELECT name FROM customers WHERE born >= '1990-05-01'",
        "SELECT name FROM customers WHERE born > '1990-05-01'",
        0.0,
    ),
    "the edge of a sum": (
        "SELECT city FROM customers c JOIN orders o ON customer_id = c.id GROUP BY city "
        "HAVING sum(amount) > 500",
        "SELECT city FROM customers c JOIN orders o ON customer_id = c.id GROUP BY city "
        "HAVING sum(amount) >= 500",
        0.0,
    ),
    "the edge of a count": (
        "SELECT customer_id FROM orders GROUP BY customer_id HAVING count(*) > 5",
        "SELECT customer_id FROM orders GROUP BY customer_id HAVING count(*) > 6",
        0.0,
    ),
    "several conditions": (
        "SELECT id FROM orders WHERE state = 'paid' AND amount > 77 AND note LIKE '%late%'",
        "SELECT id FROM orders WHERE state = 'paid' AND amount > 77 AND note LIKE 'late%'",
        0.0,
    ),
    "a literal of its own": (
        "SELECT id FROM orders WHERE amount > 10",
        "SELECT id FROM orders WHERE amount > 10 AND amount <> 1234",
        0.0,
    ),
    "a text of its own": (
        "SELECT count(*) FROM customers",
        "SELECT count(*) FROM customers WHERE name <> 'Robert'",
        0.0,
    ),
    "nothing to add up": (
        "SELECT sum(amount) FROM orders",
        "SELECT total(amount) FROM orders",
        0.0,
    ),
    "a bag is not a set": (
        "SELECT name FROM customers c WHERE id IN (SELECT customer_id FROM orders)",
        "SELECT name FROM customers c JOIN orders o ON customer_id = c.id",
        0.0,
    ),
    "an outer join": (
        "SELECT name, note FROM customers c JOIN orders o ON customer_id = c.id",
        "SELECT name, note FROM orders LEFT JOIN customers c ON customer_id = c.id",
        1.0,
    ),
}


@pytest.mark.parametrize(("gold", "query", "wanted"), FILLED.values(), ids=FILLED.keys())
def test_a_schema_without_data_permits_much(gold: str, query: str, wanted: float) -> None:
    row = {"schema_sql": SHOP, "fill": True}
    assert score(gold, gold, **row) == (1.0, "ok")
    assert score(query, gold, **row) == (wanted, "ok")
    assert score(query, gold, schema_sql=SHOP)[1] == "error"


def test_what_is_filled_keeps_the_constraints_and_is_the_same_every_time() -> None:
    gold = "SELECT name FROM customers WHERE born < '1990-05-01'"
    made = databases(SHOP, (), gold, False, True)
    databases.cache_clear()
    assert [one.image for one in made] == [
        one.image for one in databases(SHOP, (), gold, False, True)
    ]
    assert len(made) >= 16
    for one in made:
        for check in (
            "SELECT count(*) = count(name) FROM customers",
            "SELECT count(*) = 0 FROM orders WHERE state NOT IN ('open', 'paid')",
            "SELECT count(*) = 0 FROM orders WHERE customer_id NOT IN (SELECT id FROM customers)",
            "SELECT count(*) = 0 FROM customers WHERE born IS NOT date(born)",
        ):
            assert run_query(one.image, check)[0] == [(1,)], check


def test_circles_of_references_and_composite_keys_are_filled() -> None:
    schema = (
        "CREATE TABLE a(id TEXT PRIMARY KEY, b_id INT REFERENCES b(id));"
        "CREATE TABLE b(id INT PRIMARY KEY, a_id TEXT REFERENCES a(id), boss INT REFERENCES b);"
        "CREATE TABLE c(x INT, y BOOLEAN, z TIMESTAMP, PRIMARY KEY (x, y), UNIQUE (z));"
        "CREATE TABLE d(x INT NOT NULL, y BOOLEAN NOT NULL, until DATE, "
        "FOREIGN KEY (x, y) REFERENCES c(x, y));"
        "CREATE TABLE e(id INT PRIMARY KEY, n INT, r REAL, t TEXT, b BLOB) STRICT;"
    )
    row = {"schema_sql": schema, "fill": True}
    for gold, query, wanted in (
        ("SELECT count(*) FROM a", "SELECT count(b_id) FROM a", 0.0),
        ("SELECT x, y FROM c", "SELECT DISTINCT x, y FROM c", 1.0),
        ("SELECT x FROM c", "SELECT DISTINCT x FROM c", 0.0),
        ("SELECT x, y FROM d", "SELECT x, y FROM d JOIN c USING (x, y)", 1.0),
        ("SELECT id FROM e WHERE n > 30 OR n = 'x'", "SELECT id FROM e WHERE n >= 30", 0.0),
        ("SELECT id FROM e WHERE b IS NOT NULL", "SELECT id FROM e", 0.0),
        ("SELECT x FROM d WHERE until < '9999-12-31'", "SELECT x FROM d", 0.0),
        ("SELECT b.id FROM b JOIN b t ON b.boss = t.id", "SELECT id FROM b", 0.0),
    ):
        assert score(gold, gold, **row) == (1.0, "ok")
        assert score(query, gold, **row) == (wanted, "ok")


@pytest.mark.parametrize(
    ("sql", "neighbour"),
    [
        ("SELECT a FROM t WHERE a > 3", "SELECT a FROM t WHERE a >= 3"),
        ("SELECT a FROM t WHERE a >= 3", "SELECT a FROM t WHERE a > 3"),
        ("SELECT a FROM t WHERE a = 3", "SELECT a FROM t WHERE a = 4"),
        ("SELECT a FROM t", "SELECT distinct a FROM t"),
        ("SELECT DISTINCT a FROM t", "SELECT  a FROM t"),
        ("SELECT count(a) FROM t", "SELECT count(*) FROM t"),
        ("SELECT a FROM t JOIN u ON b = c", "SELECT a FROM t left JOIN u ON b = c"),
        ("SELECT a FROM t LEFT JOIN u ON b = c", "SELECT a FROM t  JOIN u ON b = c"),
        ("SELECT a, b FROM t GROUP BY a, b LIMIT 5", "SELECT a, b FROM t GROUP BY a  LIMIT 5"),
        ("SELECT a FROM t, u x", "SELECT a FROM t, (SELECT DISTINCT * FROM u) x"),
        ("SELECT a FROM t", "SELECT a FROM (SELECT DISTINCT * FROM t) AS t"),
    ],
)
def test_neighbours_of_a_query(sql: str, neighbour: str) -> None:
    assert neighbour in neighbours(sql)
    assert sql not in neighbours(sql)


@given(st.text(alphabet="select from()=<>,'1a gropuby\n", max_size=80))
def test_any_text_has_a_bounded_number_of_neighbours(text: str) -> None:
    assert len(neighbours(text)) <= MAX_NEIGHBOURS


def test_a_querys_own_numbers_are_tried_on_data_like_the_given() -> None:
    gold = "SELECT name FROM pets WHERE age > 3"
    assert score(f"{gold} AND age <> 6", gold) == (0.0, "ok")  # nobody is six
    assert score(f"{gold} AND age <> 60", gold) == (1.0, "ok")  # nor near sixty


def test_variants_are_the_same_every_time_and_keep_what_the_data_show() -> None:
    gold = "SELECT name FROM pets WHERE age > 3"
    made = databases(PETS, (), gold, False)
    databases.cache_clear()
    again = databases(PETS, (), gold, False)
    assert [one.image for one in made] == [one.image for one in again]
    assert len(made) == 5
    assert len({frozenset(one.rows) for one in made}) == 5
    for one in made:
        for check in (
            "SELECT count(*) = count(DISTINCT name) FROM pets",
            "SELECT count(*) = count(kind) AND count(*) = count(age) FROM pets",
            "SELECT count(*) = 0 FROM pets WHERE typeof(age) != 'integer'",
            "SELECT count(*) = 0 FROM pets WHERE owner_id NOT IN (SELECT id FROM owners)",
            "SELECT count(*) = count(DISTINCT name) FROM owners",
            "SELECT count(*) > 0 AND min(age) >= 0 FROM pets",
        ):
            assert run_query(one.image, check)[0] == [(1,)], check


def test_undeclared_references_and_dependent_columns_stay_together() -> None:
    schema = (
        "CREATE TABLE towns(town_id INTEGER, name TEXT);"
        "INSERT INTO towns VALUES (10, 'Rome'), (20, 'Oslo'), (30, 'Bern');"
        "CREATE TABLE people(name TEXT, town_id INTEGER, code TEXT, country TEXT, age INTEGER);"
        "INSERT INTO people VALUES ('a', 10, 'IT', 'Italy', 4), ('b', 20, 'NO', 'Norway', 5),"
        " ('c', 10, 'IT', 'Italy', 5), ('d', 30, 'CH', 'Swiss', 9), ('e', 20, 'NO', 'Norway', 7),"
        " ('f', 30, 'CH', 'Swiss', 4);"
    )
    gold = {"schema_sql": schema}
    by_code = "SELECT count(*), sum(age) FROM people GROUP BY code"
    by_country = "SELECT count(*), sum(age) FROM people GROUP BY country"
    assert score(by_country, by_code, **gold) == (1.0, "ok")
    joined = "SELECT p.name FROM people p JOIN towns t ON t.town_id = p.town_id WHERE age > 4"
    assert score("SELECT name FROM people WHERE age > 4", joined, **gold) == (1.0, "ok")


def test_constraints_views_triggers_and_generated_columns_survive_variation() -> None:
    schema = (
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT UNIQUE, c INTEGER CHECK (c BETWEEN 1 AND 9),"
        " d INTEGER GENERATED ALWAYS AS (c * 2), UNIQUE (b, c)) STRICT;"
        "CREATE TABLE log(n INTEGER);"
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.c); END;"
        "CREATE VIEW v AS SELECT b, d FROM t WHERE c > 2;"
        "INSERT INTO t(a, b, c) VALUES (1, 'x', 1), (2, 'y', 5), (3, 'z', 5), (4, 'w', 9),"
        " (5, 'u', 3);"
        'CREATE TABLE "odd ""name"(" odd column" TEXT) ;'
        "INSERT INTO \"odd \"\"name\" VALUES ('q'), ('r');"
    )
    gold = {"schema_sql": schema}
    assert score("SELECT b, c * 2 FROM t WHERE c >= 3", "SELECT * FROM v", **gold) == (1.0, "ok")
    odd = 'SELECT " odd column" FROM "odd ""name"'
    assert score(odd, odd, **gold) == (1.0, "ok")


def rows(*groups: tuple[int, list[tuple[Any, ...]]]) -> list[Group]:
    return [Group(count, tuple(pool)) for count, pool in groups]


FLOATS: dict[str, tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], bool]] = {
    "the order of a sum": ([(0.1 + 0.2,)], [(0.3,)], True),
    "on the edge of any rounding": ([(1.0000000005,)], [(1.00000000049999,)], True),
    "nearly nothing": ([(5e-17,)], [(0,)], True),
    "more than a billionth": ([(1.00000001,)], [(1.0,)], False),
    "whole numbers are exact": ([(10**17 + 1,)], [(10**17,)], False),
    "1 is 1.0": ([(1,)], [(1.0,)], True),
    "text is not a number": ([("1",)], [(1,)], False),
    "a blob is not text": ([(b"a",)], [("a",)], False),
    "NULL is NULL": ([(None,)], [(None,)], True),
    "NULL is not 0": ([(None,)], [(0,)], False),
    "infinity": ([(float("inf"),)], [(float("inf"),)], True),
    "infinity is not large": ([(float("inf"),)], [(1e308,)], False),
    "pairs that sort differently": (
        [(1.0 + 1e-12, 5.0), (1.0, 7.0)],
        [(1.0, 5.0), (1.0 + 1e-12, 7.0)],
        True,
    ),
    "counted": ([(0.3,), (0.3,)], [(0.1 + 0.2,), (0.4,)], False),
    "width": ([(1, 2)], [(1,)], False),
}


@pytest.mark.parametrize(("left", "right", "same"), FLOATS.values(), ids=FLOATS.keys())
def test_float_tolerance(
    left: list[tuple[Any, ...]], right: list[tuple[Any, ...]], same: bool
) -> None:
    assert same_rows(left, rows((len(right), right)), ordered=False) is same
    assert same_rows(right, rows((len(left), left)), ordered=False) is same


cells = st.none() | st.integers(-3, 3) | st.sampled_from(["a", "b", 0.5, 0.1 + 0.2, 0.3, b"x"])
tables = st.lists(st.tuples(cells, cells), max_size=8)


@given(tables, st.randoms())
@settings(max_examples=50)
def test_a_bag_is_itself_in_any_order(table: list[tuple[Any, Any]], rng: Any) -> None:
    shuffled = list(table)
    rng.shuffle(shuffled)
    assert same_rows(shuffled, rows((len(table), table)), ordered=False)
    assert same_rows(shuffled, rows((len(table), table)), ordered=True)
    assert not same_rows([*shuffled, (1, 1)], rows((len(table), table)), ordered=False)
    if table:
        assert same_rows(shuffled[1:], rows((len(table) - 1, table)), ordered=True)


@given(st.text(alphabet="selctfromwh ab1('\")*;-/[]`,\n", max_size=80))
@settings(max_examples=150)
def test_any_text_is_a_verdict(text: str) -> None:
    value, status = score(text, "SELECT count(*), sum(age) FROM pets")
    assert value == 0.0
    assert status in ("ok", "wrong_format")


def test_the_image_is_what_the_scripts_make() -> None:
    image = build_image("CREATE TABLE t(a);", "INSERT INTO t VALUES (1);")
    assert run_query(image, "SELECT a AS b FROM t") == ([(1,)], ["b"])
