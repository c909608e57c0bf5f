"""Databases made for a schema, and variants of given data, tell a gold from its neighbours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.sql.execution import build_image, run_query
from rewards.sql.instances import databases
from rewards.sql.neighbours import MAX_NEIGHBOURS, neighbours
from tests.rewards.sql.pets import PETS, score

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


def test_the_image_is_what_the_scripts_make() -> None:
    image = build_image("CREATE TABLE t(a);", "INSERT INTO t VALUES (1);")
    assert run_query(image, "SELECT a AS b FROM t") == ([(1,)], ["b"])
