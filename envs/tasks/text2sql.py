"""Draw text2SQL: questions on small databases of two or three tables, run on three of them.

Every gold query is run here: it must return something on each instance, not the same on all, and
not merely the whole table. Each bound in it matters: a query that is off by one there gives
something else on one of the instances. Where the order matters, no two rows tie, so there is one
right order.
"""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from envs.tasks.base import Task, TaskDomain, words

INSTANCES = 3
# Different fillings of each world; more only cost time.
VARIANTS = 12


@dataclass(frozen=True)
class World:
    """Is a parent table with a text label and a category, and children with numbers and a year."""

    parent: str
    label: str
    category: str
    categories: tuple[str, ...]
    labels: tuple[str, ...]
    child: str
    amount: str
    extra: str
    extras: tuple[str, ...]

    @property
    def schema(self) -> str:
        """Write its CREATE TABLE statements."""
        return (
            f"CREATE TABLE {self.parent}s (id INTEGER PRIMARY KEY, {self.label} TEXT NOT NULL, "
            f"{self.category} TEXT NOT NULL);\n"
            f"CREATE TABLE {self.child}s (id INTEGER PRIMARY KEY, "
            f"{self.parent}_id INTEGER NOT NULL REFERENCES {self.parent}s(id), "
            f"{self.amount} INTEGER NOT NULL, year INTEGER NOT NULL, {self.extra} TEXT);"
        )


_NAMES = words("Abel Berta Cora Dario Enzo Freya Gil Hedda Ivo Jana Kito Lotte Milo Nora Odil")
_TITLES = words("Amber Basalt Cedar Dune Ember Fjord Grove Harbor Isle Juniper Kelp Lagoon Marsh")
WORLDS = (
    World(
        "customer",
        "name",
        "city",
        ("Lyon", "Graz", "Turin", "Ghent"),
        _NAMES,
        "order",
        "amount",
        "status",
        ("open", "paid", "sent"),
    ),
    World(
        "author",
        "name",
        "country",
        ("Chile", "Kenya", "Japan", "Norway"),
        _NAMES,
        "book",
        "pages",
        "genre",
        ("crime", "poetry", "travel"),
    ),
    World(
        "team",
        "title",
        "league",
        ("north", "south", "east"),
        _TITLES,
        "game",
        "points",
        "place",
        ("home", "away"),
    ),
    World(
        "sensor",
        "title",
        "site",
        ("roof", "cellar", "yard"),
        _TITLES,
        "reading",
        "value",
        "quality",
        ("good", "poor"),
    ),
    World(
        "employee",
        "name",
        "department",
        ("sales", "design", "legal", "support"),
        _NAMES,
        "trip",
        "cost",
        "purpose",
        ("client", "training", "fair"),
    ),
)


def filling(world: World, rng: random.Random, children: int = 24) -> str:
    """Write an INSERT script: 8 parents, at most 99 children.

    Amounts are distinct; some parents have no children, some extras are NULL.
    """
    labels = rng.sample(world.labels, 8)
    parents = ", ".join(
        f"({number}, '{label}', '{rng.choice(world.categories)}')"
        for number, label in enumerate(labels, start=1)
    )
    amounts = rng.sample(range(1, 100), children)
    rows = ", ".join(
        f"({number}, {rng.randint(1, 6)}, {amount}, {rng.randint(2018, 2024)}, "
        + (f"'{rng.choice(world.extras)}')" if rng.random() < 0.85 else "NULL)")
        for number, amount in enumerate(amounts, start=1)
    )
    return (
        f"INSERT INTO {world.parent}s VALUES {parents};\nINSERT INTO {world.child}s VALUES {rows};"
    )


@lru_cache(maxsize=256)
def _instances(world: World, variant: int) -> tuple[str, ...]:
    """Write the scripts that fill the databases of a row."""
    return tuple(
        filling(world, random.Random(f"{world.parent}:{variant}:{instance}"))
        for instance in range(INSTANCES)
    )


# (question, query)
Drawn = tuple[str, str]


def restriction(rng: random.Random, w: World) -> tuple[str, str]:
    """Draw a restriction of the children, in words and as a condition on `c`; there are many."""
    parts = []
    low = rng.randint(2, 60)
    high = low + rng.randint(15, 38)
    year = rng.randint(2019, 2023)
    parts.append(
        rng.choice(
            (
                (f"a {w.amount} above {low}", f"c.{w.amount} > {low}"),
                (f"a {w.amount} of at least {low}", f"c.{w.amount} >= {low}"),
                (f"a {w.amount} below {high}", f"c.{w.amount} < {high}"),
                (f"a {w.amount} from {low} to {high}", f"c.{w.amount} BETWEEN {low} AND {high}"),
            )
        )
    )
    parts.append(
        rng.choice(
            (
                (f"a year from {year} on", f"c.year >= {year}"),
                (f"a year before {year + 1}", f"c.year <= {year}"),
                (f"a year other than {year}", f"c.year <> {year}"),
            )
        )
    )
    if rng.random() < 0.5:
        parts = [rng.choice(parts)]
    words, conditions = zip(*parts, strict=True)
    return " and ".join(words), " AND ".join(conditions)


def _filter(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    extra = rng.choice(w.extras)
    return (
        f"List the id and {w.amount} of every {w.child} with {words} whose {w.extra} is '{extra}'.",
        f"SELECT id, {w.amount} FROM {w.child}s c WHERE {condition} AND {w.extra} = '{extra}'",
    )


def _count(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    return (
        f"How many {w.child}s have {words}?",
        f"SELECT COUNT(*) FROM {w.child}s c WHERE {condition}",
    )


def _missing(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    return (
        f"List the ids of all {w.child}s with {words} for which no {w.extra} is recorded.",
        f"SELECT id FROM {w.child}s c WHERE {w.extra} IS NULL AND {condition}",
    )


def _join(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    category = rng.choice(w.categories)
    return (
        f"For every {w.child} with {words} that belongs to a {w.parent} with {w.category}"
        f" '{category}', give the {w.label} of the {w.parent} and the {w.amount}.",
        f"SELECT p.{w.label}, c.{w.amount} FROM {w.child}s c JOIN {w.parent}s p ON"
        f" c.{w.parent}_id = p.id WHERE p.{w.category} = '{category}' AND {condition}",
    )


def _group(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    function, name = rng.choice((("SUM", "total"), ("MAX", "largest"), ("MIN", "smallest")))
    return (
        f"What is the {name} {w.amount} of the {w.child}s with {words}, per {w.category} of their"
        f" {w.parent}? Give the {w.category} and the number.",
        f"SELECT p.{w.category}, {function}(c.{w.amount}) FROM {w.child}s c JOIN {w.parent}s p ON"
        f" c.{w.parent}_id = p.id WHERE {condition} GROUP BY p.{w.category}",
    )


def _top(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    count = rng.randint(2, 6)
    name, order = rng.choice((("smallest", "ASC"), ("largest", "DESC")))
    return (
        f"Of the {w.child}s with {words}, which {count} have the {name} {w.amount}? Give id and"
        f" {w.amount}, {name} first.",
        f"SELECT id, {w.amount} FROM {w.child}s c WHERE {condition} ORDER BY {w.amount} {order}"
        f" LIMIT {count}",
    )


def _having(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    count = rng.randint(2, 4)
    return (
        f"Which {w.parent}s have at least {count} {w.child}s with {words}? Give the {w.label} and"
        f" how many such {w.child}s.",
        f"SELECT p.{w.label}, COUNT(*) FROM {w.parent}s p JOIN {w.child}s c ON c.{w.parent}_id ="
        f" p.id WHERE {condition} GROUP BY p.id HAVING COUNT(*) >= {count}",
    )


def _childless(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    return (
        f"List the {w.label}s of all {w.parent}s that have no {w.child} with {words}.",
        f"SELECT {w.label} FROM {w.parent}s p WHERE NOT EXISTS (SELECT 1 FROM {w.child}s c WHERE"
        f" c.{w.parent}_id = p.id AND {condition})",
    )


def _above_average(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    return (
        f"Which {w.child}s with {words} have a {w.amount} above the average {w.amount} of all"
        f" {w.child}s? Give their ids.",
        f"SELECT id FROM {w.child}s c WHERE {condition} AND {w.amount} >"
        f" (SELECT AVG({w.amount}) FROM {w.child}s)",
    )


def _best_each(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    inner = condition.replace("c.", "d.")
    return (
        f"For each {w.parent} that has any {w.child} with {words}, give its {w.label} and the id"
        f" of that one of them with the largest {w.amount}.",
        f"SELECT p.{w.label}, c.id FROM {w.parent}s p JOIN {w.child}s c ON c.{w.parent}_id = p.id"
        f" WHERE {condition} AND c.{w.amount} = (SELECT MAX(d.{w.amount}) FROM {w.child}s d"
        f" WHERE d.{w.parent}_id = p.id AND {inner})",
    )


def _share(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    count = rng.randint(1, 3)
    return (
        f"Per year with more than {count} {w.child}s, how many of its {w.child}s have {words}? Give"
        " the year and the number, which may be 0, the latest year first.",
        f"SELECT year, SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) FROM {w.child}s c"
        f" GROUP BY year HAVING COUNT(*) > {count} ORDER BY year DESC",
    )


KINDS: tuple[tuple[Callable[[random.Random, World], Drawn], ...], ...] = (
    (_filter, _count, _missing),
    (_join, _group, _top),
    (_having, _childless, _above_average, _best_each, _share),
)


@lru_cache(maxsize=256)
def _databases(world: World, variant: int) -> tuple[sqlite3.Connection, ...]:
    """Build its databases, filled; only this module's own SELECTs run on them."""
    connections = []
    for instance in _instances(world, variant):
        connection = sqlite3.connect(":memory:")
        connection.executescript(f"{world.schema}\n{instance}")
        connections.append(connection)
    return tuple(connections)


_BOUND = re.compile(r"(?<![<>])(?:>=|<=|>|<)(?= \d)")
_RANGE = re.compile(r"BETWEEN (\d+) AND (\d+)")
_OFF_BY_ONE = {">=": ">", ">": ">=", "<=": "<", "<": "<="}


def off_by_one(query: str) -> list[str]:
    """Write the query anew with each of its bounds off by one, one at a time."""
    found = [(match.span(), _OFF_BY_ONE[match[0]]) for match in _BOUND.finditer(query)]
    for match in _RANGE.finditer(query):
        found.append((match.span(1), str(int(match[1]) + 1)))
        found.append((match.span(2), str(int(match[2]) - 1)))
    return [query[:start] + bound + query[end:] for (start, end), bound in found]


def _answers(query: str, databases: Sequence[sqlite3.Connection]) -> list[list[Any]]:
    return [base.execute(query).fetchall() for base in databases]


def draw(rng: random.Random, difficulty: int, language: str) -> Task:
    """Draw a question whose query is informative on every instance."""
    while True:
        world, function = rng.choice(WORLDS), rng.choice(KINDS[difficulty - 1])
        question, query = function(rng, world)
        variant = rng.randrange(VARIANTS)
        databases = _databases(world, variant)
        answers = _answers(query, databases)
        informative = all(answers) and any(answer != answers[0] for answer in answers[1:])
        if informative and all(_answers(q, databases) != answers for q in off_by_one(query)):
            break
    return Task(
        kind=function.__name__.strip("_"),
        prompt=f"The database is SQLite:\n\n{world.schema}\n\n{question}\n\nReply with one SQL"
        " query only.",
        ground_truth={
            "schema_sql": world.schema,
            "gold_sql": query,
            "order_matters": " ORDER BY " in query,
            "instances": list(_instances(world, variant)),
        },
        gold_completion=query,
    )


DOMAIN = TaskDomain("text2sql", "sql", draw)
