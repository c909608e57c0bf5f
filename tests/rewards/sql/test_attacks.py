"""Hostile SQL writes nothing, outlives no query, and does not run on."""

from __future__ import annotations

import hashlib
import os
import resource
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from rewards import get_reward
from rewards.sql.cost import QueryTooCostly, check_cost
from rewards.sql.execution import (
    QUERY_TIMEOUT_S,
    build_image,
    open_copy,
    run_query,
)

SCHEMA = (
    "CREATE TABLE pets(name TEXT, age INTEGER);"
    "INSERT INTO pets VALUES ('Tom', 3), ('Ann', 7), ('Bob', 7), ('Eve', 1);"
    "CREATE VIEW old AS SELECT * FROM pets WHERE age > 5;"
)
GOLD = {"schema_sql": SCHEMA, "gold_sql": "SELECT age FROM pets"}
ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
# Rows of about 19,000 characters, as many as wanted.
LONG = (
    "WITH RECURSIVE k(s) AS (SELECT 'aaaaaaaaaa' UNION ALL SELECT s || s FROM k "
    "WHERE length(s) < 9000), m AS MATERIALIZED (SELECT s || substr(s, 1, 8000) s FROM k "
    "WHERE length(s) > 9000), c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 50000) "
)


def nested_ctes(levels: int) -> str:
    """Write a query whose every level mentions the one below twice: preparing it is exponential."""
    parts = ["c0 AS (SELECT 1 x)"]
    parts += [f"c{i} AS (SELECT p.x FROM c{i - 1} p, c{i - 1} q)" for i in range(1, levels)]
    return f"WITH {', '.join(parts)} SELECT x FROM c{levels - 1}"


ATTACKS = {
    # Writing.
    "delete": "DELETE FROM pets",
    "delete returning": "DELETE FROM pets RETURNING age",
    "delete in a CTE": "WITH d AS (SELECT 1) DELETE FROM pets",
    "truncate": "DELETE FROM pets WHERE 1",
    "insert": "INSERT INTO pets VALUES ('x', 1)",
    "insert returning": "INSERT INTO pets SELECT name, age FROM pets RETURNING age",
    "replace": "REPLACE INTO pets VALUES ('x', 1)",
    "upsert": "INSERT INTO pets VALUES ('x', 1) ON CONFLICT DO UPDATE SET age = 0",
    "update": "UPDATE pets SET age = 0",
    "update returning": "UPDATE pets SET age = age RETURNING age",
    "drop": "DROP TABLE pets",
    "delete behind a query": "SELECT 1; DELETE FROM pets",
    "an empty comment": "--",
    "a product of many tables": "SELECT count(*) FROM "
    + ", ".join(f"pets p{n}" for n in range(18)),
    "drop view": "DROP VIEW old",
    "alter": "ALTER TABLE pets RENAME TO cats",
    "create table": "CREATE TABLE x(a)",
    "create temporary table": "CREATE TEMP TABLE pets AS SELECT 1 AS age",
    "create view": "CREATE TEMP VIEW pets AS SELECT 1 AS age",
    "create trigger": "CREATE TRIGGER t AFTER INSERT ON pets BEGIN DELETE FROM pets; END",
    "create index": "CREATE INDEX i ON pets(age)",
    "create virtual table": "CREATE VIRTUAL TABLE v USING fts5(a)",
    "write to sqlite_master": "UPDATE sqlite_master SET sql = ''",
    "reindex": "REINDEX",
    "analyze": "ANALYZE",
    # Files.
    "attach": "ATTACH 'stolen.db' AS s",
    "attach by URI": "ATTACH 'file:stolen.db?mode=rwc' AS s",
    "attach in memory": "ATTACH ':memory:' AS s",
    "detach": "DETACH main",
    "vacuum": "VACUUM",
    "vacuum into": "VACUUM INTO 'copy.db'",
    "vacuum into a URI": "VACUUM INTO 'file:copy.db'",
    "load_extension": "SELECT load_extension('x')",
    "load_extension, quoted": "SELECT \"load_extension\"('./x.so', 'init')",
    "writefile": "SELECT writefile('out.txt', 'x')",
    "readfile": "SELECT readfile('/etc/passwd')",
    "edit": "SELECT edit('x', 'touch out.txt')",
    "fsdir": "SELECT * FROM fsdir('/')",
    "csv": "SELECT * FROM csv('/etc/passwd')",
    "fts3_tokenizer": "SELECT fts3_tokenizer('simple')",
    # Settings.
    "pragma write": "PRAGMA writable_schema = 1",
    "pragma user_version": "PRAGMA user_version = 7",
    "pragma temp_store_directory": "PRAGMA temp_store_directory = '.'",
    "pragma query_only": "PRAGMA query_only = OFF",
    "pragma hard_heap_limit": "PRAGMA hard_heap_limit = 1",
    "pragma as a function": "SELECT * FROM pragma_table_info('pets')",
    "pragma database_list": "SELECT file FROM pragma_database_list",
    "dbstat": "SELECT * FROM dbstat",
    "sqlite_stmt": "SELECT * FROM sqlite_stmt",
    "begin": "BEGIN EXCLUSIVE",
    "savepoint": "SAVEPOINT s",
    "commit": "COMMIT",
    # Second statements.
    "two statements": "SELECT age FROM pets; DELETE FROM pets",
    "two selects": "SELECT age FROM pets; SELECT age FROM pets",
    "a statement behind a comment": "SELECT 1 -- harmless\n; DELETE FROM pets",
    "a statement behind a block comment": "SELECT 1 /* ; */; /* */ DELETE FROM pets",
    "a statement behind an unclosed quote": "SELECT '; DELETE FROM pets; --",
    "a statement after a null character": "SELECT age FROM pets\0; DELETE FROM pets",
    "commands of the shell": ".shell touch out.txt",
    ".read": "SELECT 1;\n.output out.txt",
    # Time.
    "endless rows": ENDLESS + "SELECT x FROM c",
    "endless count": ENDLESS + "SELECT count(*) FROM c",
    "endless sort": ENDLESS + "SELECT x FROM c ORDER BY -x",
    "sort of many": ENDLESS.replace("FROM c)", "FROM c LIMIT 400000)")
    + "SELECT x FROM c ORDER BY x * 7919 % 100003",
    "cartesian": "SELECT count(*) FROM " + ", ".join(f"pets p{i}" for i in range(18)),
    "cartesian of 64 tables": "SELECT count(*) FROM " + ", ".join(f"pets p{i}" for i in range(64)),
    "cartesian of 200 tables": "SELECT 1 FROM " + ", ".join(f"pets p{i}" for i in range(200)),
    "cartesian, sorted": "SELECT a.name FROM "
    + ", ".join(f"pets {c}" for c in "abcdefghijkl")
    + " ORDER BY a.age + l.age",
    "nested CTEs, 30 levels": nested_ctes(30),
    "nested CTEs, 200 levels": nested_ctes(200),
    "doubled columns in CTEs": "WITH c0 AS (SELECT age x FROM pets)"
    + "".join(f", c{i} AS (SELECT x + x AS x FROM c{i - 1})" for i in range(1, 40))
    + " SELECT x FROM c39",
    "doubled columns in subqueries": "SELECT x+x+x+x x FROM (" * 14
    + "SELECT age x FROM pets"
    + ")" * 14,
    "doubled columns, quoted names": 'WITH "c0" AS (SELECT age x FROM pets)'
    + "".join(f", [c{i}] (x) AS (SELECT x + `x` FROM 'c{i - 1}')" for i in range(1, 40))
    + " SELECT x FROM c39",
    "an alias repeated": "SELECT max("
    + ",".join(["age"] * 90)
    + ") IN ("
    + ",".join(["age"] * 2000)
    + ") AS a FROM pets ORDER BY a IN ("
    + ",".join("a" * 2000)
    + ")",
    "nested views in one query": "SELECT * FROM " + "(SELECT * FROM " * 60 + "old" + ")" * 60,
    "windows": ENDLESS.replace("FROM c)", "FROM c LIMIT 100000)")
    + "SELECT max(v) FROM (SELECT max(x) OVER (ORDER BY -x ROWS BETWEEN 50000 PRECEDING AND "
    "50000 FOLLOWING EXCLUDE TIES) v FROM c)",
    "deep parentheses": "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "deep operators": "SELECT " + "1+" * 9000 + "1",
    "deep NOT": "SELECT " + "NOT " * 4000 + "1",
    "deep CASE": "SELECT " + "CASE WHEN 1 THEN " * 400 + "1" + " END" * 400,
    "many unions": " UNION ALL ".join(["SELECT 1"] * 1200),
    "many columns": "SELECT " + ",".join(["1"] * 9000),
    "many arguments": "SELECT max(" + ",".join(["1"] * 9000) + ")",
    "LIKE bomb": LONG + f"SELECT s LIKE '{'%a_' * 60}%b' FROM m, c",
    "GLOB bomb": LONG + f"SELECT s GLOB '{'*[a-z]' * 30}*b' FROM m, c",
    "instr bomb": LONG + "SELECT instr(s, substr(s, 1, 9000) || 'b') FROM m, c",
    "instr bomb, many at once": LONG
    + ", n AS MATERIALIZED (SELECT s, substr(s, 1, 9000) || 'b' t FROM m) SELECT "
    + " + ".join(["instr(s, t)"] * 150)
    + " FROM n, c",
    "trim bomb": LONG + "SELECT sum(length(trim(s, 'bcdefg' || replace(s, 'a', 'h') || 'a'))) "
    "FROM m, c",
    "soundex bomb": LONG + "SELECT sum(length(soundex(s))) FROM m, c",
    "json bomb": LONG + "SELECT sum(json_valid('[' || replace(substr(s, 1, 9000), 'a', '1,') "
    "|| '1]')) FROM m, c",
    "round bomb": "SELECT round(1e308, 2000000000)",
    "regexp": "SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' REGEXP '^(a+)+$'",
    # Memory.
    "printf": "SELECT printf('%.*c', 900000000, 'x')",
    "printf, upper case": "SELECT PRINTF('%900000000d', 1)",
    "format": "SELECT format('%.*c', 900000000, 'x')",
    "zeroblob": "SELECT zeroblob(900000000)",
    "zeroblob inside": "SELECT length(zeroblob(900000000))",
    "randomblob": "SELECT randomblob(900000000)",
    "hex of zeroblob": "SELECT hex(zeroblob(400000000))",
    "replace of zeroblob": "SELECT replace(hex(zeroblob(1000000)), '00', 'aaaaaaaaaa')",
    "replace, doubling": "SELECT " + "replace(" * 40 + "'a'" + ", 'a', 'aaaaaaaaaa')" * 40,
    "hex, doubling": "SELECT " + "hex(" * 60 + "'a'" + ")" * 60,
    "quote, doubling": "SELECT " + "quote(" * 60 + "''''" + ")" * 60,
    "concatenation": "WITH RECURSIVE k(s) AS (SELECT 'aaaaaaaa' UNION ALL SELECT s || s FROM k) "
    "SELECT max(length(s)) FROM k",
    "group_concat": LONG + "SELECT length(group_concat(s, '')) FROM m, c",
    "json_group_array": LONG + "SELECT length(json_group_array(s)) FROM m, c",
    "json_group_object": LONG + "SELECT length(json_group_object(x, s)) FROM m, c",
    "json_each": "SELECT * FROM json_each('[1,2]')",
    "long rows": LONG + "SELECT s, s || x FROM m, c",
    "long rows, sorted": LONG + "SELECT s || x v FROM m, c ORDER BY v",
    "long rows, distinct": LONG + "SELECT count(*) FROM (SELECT DISTINCT s || x FROM m, c)",
    "long rows, materialised": LONG
    + ", z AS MATERIALIZED (SELECT s || x v FROM m, c) SELECT count(*) FROM z a, z b",
    "long rows, grouped": LONG + "SELECT count(*) FROM (SELECT max(s || x) FROM m, c GROUP BY x)",
    "long rows, doubled in the queue": "WITH RECURSIVE k(s) AS (SELECT 'a' UNION ALL "
    "SELECT substr(s || s || 'b', 1, 19000) FROM k, pets) SELECT count(*) FROM k",
    # Nothing.
    "a semicolon": ";",
    "a comment": "-- SELECT age FROM pets",
    "a null character": "SELECT '\0'",
    "a lone surrogate": "SELECT '\ud800'",
    "a parameter": "SELECT ?1",
    "many parameters": "SELECT ?999999999",
    "explain": "EXPLAIN SELECT age FROM pets",
    "random": "SELECT abs(random()) % 9 FROM pets",
}


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_attacks_score_nothing_and_leave_nothing(attack: str, tmp_path: Path) -> None:
    image = build_image(SCHEMA)
    before = hashlib.sha256(image).digest()
    reward = get_reward("sql")
    assert reward.score("SELECT age FROM pets", ground_truth=GOLD).score == 1.0

    start = time.monotonic()
    result = reward.score(attack, ground_truth=GOLD)
    took = time.monotonic() - start

    assert result.score == 0.0
    assert result.status in ("ok", "wrong_format")
    # Measured maxima lie less than 0.1 s above the limit; the margin is for busy machines.
    assert took < QUERY_TIMEOUT_S + 4.0
    assert os.listdir(tmp_path) == []
    assert hashlib.sha256(image).digest() == before
    assert reward.score("SELECT age FROM pets", ground_truth=GOLD).score == 1.0


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_not_even_the_private_copy_changes(attack: str) -> None:
    image = build_image(SCHEMA)
    connection, _ = open_copy(image, timeout_s=0.05)
    with closing(connection):
        with suppress(sqlite3.Error, sqlite3.Warning, ValueError, QueryTooCostly):
            check_cost(attack)
            connection.execute(attack).fetchmany(3)
        connection.set_progress_handler(None, 0)
        connection.set_authorizer(None)
        assert connection.serialize() == image
        assert not connection.in_transaction


EXPONENTIAL = [name for name in ATTACKS if name.startswith(("nested CTEs", "doubled", "an alias"))]


@pytest.mark.parametrize("name", EXPONENTIAL)
def test_queries_that_take_hours_to_prepare_are_refused_beforehand(name: str) -> None:
    with pytest.raises(QueryTooCostly, match="nested"):
        check_cost(ATTACKS[name])


@pytest.mark.parametrize(
    "query",
    [
        "SELECT age FROM pets",
        "WITH a AS (SELECT name, age FROM pets), b AS (SELECT p.age, q.age FROM a p JOIN a q ON "
        "p.name = q.name WHERE p.age > 3) SELECT count(*), sum(b.age) FROM b, a WHERE b.age > 1",
        "SELECT name FROM (SELECT name, age FROM (SELECT name, age FROM (SELECT * FROM pets WHERE "
        "age > 1) WHERE age > 2) WHERE age > 3) WHERE age IN (SELECT age FROM pets WHERE age > 4)",
        "SELECT "
        + ", ".join(f"sum(CASE WHEN age = {i} THEN 1 ELSE 0 END)" for i in range(60))
        + " FROM pets",
        "SELECT age FROM pets WHERE name IN (" + ", ".join(f"'n{i}'" for i in range(1000)) + ")",
        ENDLESS.replace("FROM c)", "FROM c WHERE x < 9)") + "SELECT a.x, b.x FROM c a, c b",
    ],
)
def test_ordinary_queries_are_far_from_being_refused(query: str) -> None:
    check_cost(query)
    run_query(build_image(SCHEMA), query)


def test_a_budget_of_steps_ends_a_query_on_any_machine() -> None:
    with pytest.raises(QueryTooCostly, match="steps"):
        run_query(build_image(SCHEMA), ENDLESS + "SELECT count(*) FROM c", timeout_s=60.0)


def test_a_rows_own_scripts_reach_no_file(tmp_path: Path) -> None:
    for script in ("ATTACH 'x.db' AS x; CREATE TABLE x.t(a);", "VACUUM INTO 'x.db';"):
        gold = {"schema_sql": SCHEMA + script, "gold_sql": "SELECT age FROM pets"}
        assert get_reward("sql").score("SELECT 1", ground_truth=gold).status == "error"
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="address space limits are Linux's")
def test_memory_that_is_filled_step_by_step_meets_the_process_limit() -> None:
    """Bombs made of many rows end as a verdict, also where memory ends before the deadline."""
    bomb = ATTACKS["long rows, materialised"]
    program = (
        "import resource, sys\n"
        "from rewards.sql.execution import QueryTooCostly, build_image, run_query\n"
        "image = build_image('CREATE TABLE t(a)')\n"
        "resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))\n"
        "try:\n"
        "    run_query(image, sys.argv[1], timeout_s=60.0, steps=10**12)\n"
        "except QueryTooCostly as problem:\n"
        "    print(problem)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, bomb],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert "memory" in done.stdout, done.stderr


def test_bombs_of_one_call_allocate_nothing() -> None:
    """They are refused, or meet the limit on lengths, before the memory is asked for."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("printf", "zeroblob", "json_group_array", "replace, doubling"):
        get_reward("sql").score(ATTACKS[name], ground_truth=GOLD)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    assert grown < 100 * 1024 * (1024 if sys.platform == "darwin" else 1)
