"""Refuse queries that cannot be prepared in time.

Preparing is the one phase that SQLite's limits and handlers leave open: no progress handler is
called, and two short patterns make it exponential. A common table expression is copied for every
mention, so that `c1 AS (SELECT … FROM c0, c0), c2 AS (SELECT … FROM c1, c1) …` doubles with every
line; and a subquery that is merged into its parent puts its expressions in place of its columns,
so that `SELECT x + x AS x FROM (SELECT x + x AS x FROM …)` doubles too. Thirty levels take hours.

So the size after all copying is estimated beforehand, from above: a query's own tokens, plus
what its subqueries and common table expressions weigh at every mention, times the number of
mentions of its most mentioned name. Queries as people write them weigh a few thousand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from rewards.sql.tokens import tokens, word_set

MAX_WEIGHT = 200_000

_STARTS = frozenset({"select", "with", "values"})
# Frequent words that are no columns; whatever is missing only makes the estimate larger.
_KEYWORDS = word_set("""
    all and as asc between by case cast collate cross desc distinct else end escape except exists
    false from full group having in inner intersect is join left like limit not null offset on or
    order outer over partition right select then true union using values when where with
""")
# How far back the name of a common table expression is looked for, past its columns.
_MAX_COLUMN_TOKENS = 500


class QueryTooCostly(Exception):
    """Says that the query would take, or took, more time, steps or memory than there are."""


@dataclass
class _Query:
    """Is one SELECT with the subqueries of its FROM clauses; those elsewhere count as its own."""

    size: int = 0
    names: Counter[str] = field(default_factory=Counter)
    children: list[_Query] = field(default_factory=list)


class _Reader:
    """Splits a query into nested ones, and keeps common table expressions by name."""

    def __init__(self, sql: str) -> None:
        self.found = tokens(sql)
        self.expressions: dict[str, list[_Query]] = defaultdict(list)
        self.top = _Query()
        self._read()

    def _read(self) -> None:
        open_queries = [self.top]
        for place, token in enumerate(self.found):
            current = open_queries[-1]
            if token.text == "(":
                open_queries.append(self._opened(place, current))
            elif token.text == ")":
                if len(open_queries) > 1:
                    open_queries.pop()
            else:
                current.size += 1
                if token.kind in ("name", "text") and token.word not in _KEYWORDS:
                    follows = self._word(place + 1)
                    # A function, or the table of a column.
                    if follows not in ("(", "."):
                        current.names[token.identifier] += 1

    def _word(self, place: int) -> str:
        return self.found[place].word if 0 <= place < len(self.found) else ""

    def _opened(self, place: int, current: _Query) -> _Query:
        """Return the query that the tokens after this parenthesis belong to."""
        if self._word(place + 1) not in _STARTS:
            return current
        before = self._word(place - 1)
        if before in ("as", "materialized"):
            inner = _Query()
            self.expressions[self._expression_name(place - 1)].append(inner)
            return inner
        if before in ("from", "join", ",", "("):
            inner = _Query()
            current.children.append(inner)
            return inner
        return current

    def _expression_name(self, place: int) -> str:
        """Return the name before `[(columns)] AS [[NOT] MATERIALIZED]`, which ends at `place`."""
        while self._word(place) in ("as", "materialized", "not"):
            place -= 1
        if self._word(place) == ")":
            depth: int = self.found[place].depth
            first = max(0, place - _MAX_COLUMN_TOKENS)
            while place > first and not self._opens(place, depth):
                place -= 1
            if not self._opens(place, depth):
                raise QueryTooCostly("a nested query without a name")
            place -= 1
        return self.found[place].identifier if place >= 0 else ""

    def _opens(self, place: int, depth: int) -> bool:
        return self.found[place].text == "(" and self.found[place].depth == depth


class _Weigher:
    def __init__(self, expressions: dict[str, list[_Query]]) -> None:
        self.expressions = expressions
        self.known: dict[str, int] = {}

    def weigh_all(self, top: _Query) -> None:
        self.weigh(top)
        for name in self.expressions:
            self._expression(name, ())

    def weigh(self, query: _Query, inside: tuple[str, ...] = ()) -> int:
        total = query.size + sum(self.weigh(child, inside) for child in query.children)
        for name, mentions in query.names.items():
            if name in self.expressions and name not in inside:
                total += mentions * self._expression(name, inside)
        total *= max(query.names.values(), default=1)
        if total > MAX_WEIGHT:
            raise QueryTooCostly("too much nested repetition")
        return total

    def _expression(self, name: str, inside: tuple[str, ...]) -> int:
        if name not in self.known:
            bodies = self.expressions[name]
            self.known[name] = sum(self.weigh(body, (*inside, name)) for body in bodies)
        return self.known[name]


def check_cost(sql: str) -> None:
    """Refuse a query whose preparation might not end in time.

    Raises:
        QueryTooCostly: the estimated size after copying is above `MAX_WEIGHT`.
    """
    try:
        reader = _Reader(sql)
        _Weigher(reader.expressions).weigh_all(reader.top)
    except RecursionError:
        raise QueryTooCostly("nested too deep") from None
