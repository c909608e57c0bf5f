"""Provide a small database of pets, and score queries on it against a gold query."""

from __future__ import annotations

from typing import Any

from rewards import get_reward

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
