"""Make the demo's text2SQL: one table, one condition, one column; run on three databases."""

from __future__ import annotations

import random
from functools import cache

from envs.demo.task import DemoDomain, Problem, problems
from envs.demo.world import COLOURS, NAMES

TABLES = ("pets", "cars", "hats", "cups", "keys", "eggs")
# What fills a text column; all ten values of a table differ, so every row shows in a result.
LABELS = {"name": NAMES, "color": (*COLOURS, "brown", "cyan")}
NUMBERS = ("age", "size", "cost")
CONDITIONS = (("over", ">"), ("under", "<"), ("equal to", "="))


@cache
def _instances(table: str, label: str, number: str) -> tuple[str, ...]:
    """Fill three databases with every digit in the numeric column, so that > and >= differ."""
    scripts = []
    for instance in range(3):
        rng = random.Random(f"{table}:{label}:{number}:{instance}")
        numbers = list(range(10))
        rng.shuffle(numbers)
        labels = rng.sample(LABELS[label], 10)
        values = ", ".join(f"('{text}', {n})" for text, n in zip(labels, numbers, strict=True))
        scripts.append(f"INSERT INTO {table} VALUES {values};")
    return tuple(scripts)


def problem(rng: random.Random) -> Problem:
    """Ask for one column of the rows that satisfy one comparison with a digit."""
    table, number = rng.choice(TABLES), rng.choice(NUMBERS)
    label = rng.choice(tuple(LABELS))
    words, sign = rng.choice(CONDITIONS)
    value = rng.randint(1, 8)
    wording = rng.randrange(4)
    prompt = (
        f"SQL for {label} from {table} with {number} {words} {value}.",
        f"Write SQL: {label} from {table}, {number} {words} {value}.",
        f"Table {table}: which {label} has {number} {words} {value}? Use SQL.",
        f"SQL please. In {table} show {label} where {number} is {words} {value}.",
    )[wording]
    _, other_sign = rng.choice([pair for pair in CONDITIONS if pair[1] != sign])
    return Problem(
        prompt=prompt,
        ground_truth={
            "schema_sql": f"CREATE TABLE {table} ({label} TEXT, {number} INTEGER);",
            "gold_sql": f"SELECT {label} FROM {table} WHERE {number} {sign} {value}",
            "instances": list(_instances(table, label, number)),
        },
        wanted=f"SELECT {label} FROM {table} WHERE {number} {sign} {value}",
        others=(
            f"Take {label} where {number} {sign} {value}",
            f"{table}: {number} {sign} {value}",
        ),
        wrong=f"SELECT {label} FROM {table} WHERE {number} {other_sign} {value}",
        wording=wording,
    )


def fact(rng: random.Random) -> str:
    """Write a query with a comment that says what it selects."""
    if rng.random() < 0.5:
        one = next(problems(DOMAIN, "train", rng))
        return f"-- {one.prompt}\n{one.wanted};"
    table, label, number = rng.choice(TABLES), rng.choice(tuple(LABELS)), rng.choice(NUMBERS)
    words, sign = rng.choice(CONDITIONS)
    value = rng.randint(1, 8)
    return (
        f"-- {label} with {number} {words} {value}\n"
        f"SELECT {label} FROM {table} WHERE {number} {sign} {value};"
    )


DOMAIN = DemoDomain("text2sql", "sql", problem, fact)
