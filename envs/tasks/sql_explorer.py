"""Draw questions on a hidden database of two tables, answered by one number or one name.

Easy ones (1) take one query with the tables known, middle ones (2) a join or an aggregate, hard
ones (3) begin with finding out which tables there are, and look one thing up to ask about another.
Every database is its row's own, with more rows than a result shows: the answer has to be asked for.
Every gold query gives exactly one value, and no tie leaves it open.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing

from envs.sql_explorer import SqlExplorerEnv
from envs.tasks.base import Task, TaskDomain
from envs.tasks.text2sql import WORLDS, World, filling, restriction
from envs.tool_use import call_text

CHILDREN = 60

# (question, query, a query that counts the right answers where there could be several)
Drawn = tuple[str, str, str]


def _count(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    return (
        f"How many {w.child}s have {words}?",
        f"SELECT COUNT(*) FROM {w.child}s c WHERE {condition}",
        "",
    )


def _single(rng: random.Random, w: World) -> Drawn:
    number = rng.randint(1, CHILDREN)
    column = rng.choice((w.amount, "year"))
    return (
        f"What is the {column} of the {w.child} with the id {number}?",
        f"SELECT {column} FROM {w.child}s WHERE id = {number}",
        "",
    )


def _total(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    category = rng.choice(w.categories)
    return (
        f"What is the sum of the {w.amount} of all {w.child}s with {words} that belong to a"
        f" {w.parent} with {w.category} '{category}'?",
        f"SELECT SUM(c.{w.amount}) FROM {w.child}s c JOIN {w.parent}s p ON p.id = c.{w.parent}_id"
        f" WHERE p.{w.category} = '{category}' AND {condition}",
        "",
    )


def _owner(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    extra = rng.choice(w.extras)
    name, order = rng.choice((("smallest", "ASC"), ("largest", "DESC")))
    return (
        f"Of all {w.child}s with {words} and {w.extra} '{extra}', take the one with the {name}"
        f" {w.amount}. What is the {w.label} of the {w.parent} it belongs to?",
        f"SELECT p.{w.label} FROM {w.child}s c JOIN {w.parent}s p ON p.id = c.{w.parent}_id"
        f" WHERE {condition} AND c.{w.extra} = '{extra}' ORDER BY c.{w.amount} {order} LIMIT 1",
        "",
    )


def _largest_total(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    totals = (
        f"SELECT SUM(c.{w.amount}) AS total FROM {w.child}s c WHERE {condition}"
        f" GROUP BY c.{w.parent}_id"
    )
    return (
        f"Add up, for each {w.parent}, the {w.amount} of its {w.child}s with {words}. What is the"
        f" {w.label} of the {w.parent} with the largest sum?",
        f"SELECT p.{w.label} FROM {w.child}s c JOIN {w.parent}s p ON p.id = c.{w.parent}_id"
        f" WHERE {condition} GROUP BY p.id ORDER BY SUM(c.{w.amount}) DESC LIMIT 1",
        f"SELECT COUNT(*) FROM ({totals}) WHERE total = (SELECT MAX(total) FROM ({totals}))",
    )


def _siblings(rng: random.Random, w: World) -> Drawn:
    words, condition = restriction(rng, w)
    name, order = rng.choice((("smallest", "ASC"), ("largest", "DESC")))
    chosen = (
        f"SELECT c.{w.parent}_id FROM {w.child}s c WHERE {condition}"
        f" ORDER BY c.{w.amount} {order} LIMIT 1"
    )
    return (
        f"Find the {w.child} with the {name} {w.amount} among those with {words}. What do all"
        f" {w.child}s of the same {w.parent} have as the sum of their {w.amount}?",
        f"SELECT SUM({w.amount}) FROM {w.child}s WHERE {w.parent}_id = ({chosen})",
        "",
    )


KINDS: tuple[tuple[Callable[[random.Random, World], Drawn], ...], ...] = (
    (_count, _single),
    (_total, _owner),
    (_largest_total, _siblings),
)


def _answer(world: World, script: str, query: str, ties: str) -> str | None:
    """Return the one value that a query gives, or None where it gives none, 0, or several."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(script)
        (row,) = connection.execute(query).fetchall() or [(None,)]
        if ties and connection.execute(ties).fetchone() != (1,):
            return None
    return str(row[0]) if row[0] else None


def draw(rng: random.Random, difficulty: int, language: str) -> Task:
    """Draw a question with one answer, and an episode that finds it."""
    while True:
        world, function = rng.choice(WORLDS), rng.choice(KINDS[difficulty - 1])
        question, query, ties = function(rng, world)
        script = f"{world.schema}\n{filling(world, rng, CHILDREN)}"
        answer = _answer(world, script, query, ties)
        if answer is not None:
            break
    known = f"Its tables:\n\n{world.schema}" if difficulty < 3 else "You don't know its tables yet."
    gold = f"<answer>{answer}</answer>"
    calls = [call_text("list_tables")] if difficulty == 3 else []
    calls.append(call_text("run_sql", query=query))
    return Task(
        kind=function.__name__.strip("_"),
        prompt=f"A SQLite database is about {world.parent}s and their {world.child}s. {known}\n\n"
        f"{question}\n\nLook it up. When you know it, reply with <answer>, the number or name"
        " alone, and </answer>.",
        ground_truth=answer,
        gold_completion=gold,
        extra_info={"database": script, "gold_actions": [*calls, gold]},
    )


DOMAIN = TaskDomain(
    "sql_explorer",
    SqlExplorerEnv.reward,
    draw,
    tools=tuple(SqlExplorerEnv.declarations()),
)
