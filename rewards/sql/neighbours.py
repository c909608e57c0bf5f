"""Make queries that differ from a gold by one token or two, as wrong answers often do.

A database that gives the same for a gold and for a neighbour of it cannot tell a wrong answer from
a right one, so databases are chosen by which neighbours they tell from the gold. After Zhong et al.
2020, "Semantic Evaluation for Text-to-SQL with Distilled Test Suites". Some neighbours mean what
the gold means and are never told apart, some are no SQL. Neither does harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from rewards.sql.tokens import Token, tokens, word_set

MAX_NEIGHBOURS = 50

_COMPARISONS = {
    ">": (">=",),
    "<": ("<=",),
    ">=": (">",),
    "<=": ("<",),
    "=": (">=", "<="),
    "<>": (">", "<"),
    "!=": (">", "<"),
}
_WORDS = {
    "distinct": "",
    "and": "or",
    "or": "and",
    "not": "",
    "left": "",
    "inner": "left",
    "max": "min",
    "min": "max",
    "sum": "max",
    "avg": "max",
    "union": "union all",
    "all": "",
    "desc": "",
    "in": "not in",
    "exists": "not exists",
    "intersect": "union",
    "except": "union",
}
_JOINED = word_set("left right full outer inner cross natural")
_ENDING = word_set("where group having order limit window union intersect except select")
_AFTER_TABLE = _JOINED | _ENDING | word_set("join on using indexed not")
_SYNTAX = (
    _AFTER_TABLE
    | word_set(
        "from as asc by desc and or in is null exists between like case when then else end all"
    )
    | word_set("distinct count sum avg min max total coalesce cast natural")
)
# Names that are no columns make no query, which does no harm.
_MAX_ADDED = 8
_CLOSING = word_set("having order limit window union intersect except ;")

Change = tuple[int, int, str]  # from, to, what stands there instead


def _comparisons(found: Sequence[Token]) -> Iterator[Change]:
    """Yield other comparisons in the place of one; its signs are one token each."""
    place = 0
    for is_sign, run in groupby(found, key=lambda token: token.text in ("<", ">", "=", "!")):
        signs = list(run)
        place += len(signs)
        text = "".join(sign.text for sign in signs)
        for other in _COMPARISONS.get(text, ()) if is_sign else ():
            yield signs[0].start, signs[-1].end, other


def _group_terms(found: Sequence[Token]) -> Iterator[Change]:
    """Yield GROUP BY with one term less, or one more."""
    for place, token in enumerate(found[:-1]):
        if token.word != "group" or found[place + 1].word != "by":
            continue
        commas = []
        last = place + 1
        for spot in range(place + 2, len(found)):
            here = found[spot]
            if here.depth < token.depth or (here.depth == token.depth and here.word in _CLOSING):
                break
            if here.depth == token.depth and here.text == ",":
                commas.append(spot)
            last = spot
        known = {t.identifier for t in found[place + 2 : last + 1]}
        names = dict.fromkeys(
            token.text
            for before, token in pairwise(found)
            if token.kind == "name"
            and token.identifier not in known
            and before.word not in ("from", "join", "as")
        )
        for name in [name for name in names if name.lower() not in _SYNTAX][:_MAX_ADDED]:
            yield found[last].end, found[last].end, f", {name}"
        if commas:
            yield found[place + 2].start, found[commas[0]].end, " "
            yield found[commas[-1]].start, found[last].end, " "


def _words(found: Sequence[Token]) -> Iterator[Change]:
    for place, token in enumerate(found):
        before = found[place - 1].word if place else ""
        after = found[place + 1].word if place + 1 < len(found) else ""
        if token.word in _WORDS:
            yield token.start, token.end, _WORDS[token.word]
        if token.word == "select" and after not in ("distinct", "all"):
            yield token.end, token.end, " distinct"
        if token.word == "join" and before not in _JOINED:
            yield token.start, token.start, "left "
        if token.word == "count" and after == "(" and place + 2 < len(found):
            inner = found[place + 2]
            close = next((t for t in found[place + 2 :] if t.depth == token.depth), None)
            if close is not None and inner.text != "*":
                yield inner.start, close.start, "*"
                if inner.word != "distinct":
                    yield inner.start, inner.start, "distinct "
        if token.kind == "number" and token.text.isdecimal():
            for step in (1, -1):
                yield token.start, token.end, str(int(token.text) + step)


def _tables(found: Sequence[Token]) -> Iterator[Change]:
    """Return tables without their duplicates."""
    sources: set[int] = set()  # depths at which a list of tables goes on
    for place, token in enumerate(found[:-1]):
        if token.word in ("from", "join"):
            sources.add(token.depth)
        elif token.word in _ENDING or token.text == ")":
            sources.discard(token.depth)
        if not (token.word in ("from", "join") or (token.text == "," and token.depth in sources)):
            continue
        table = found[place + 1]
        after = found[place + 2] if place + 2 < len(found) else None
        if table.kind == "name" and (after is None or after.text != "("):
            named = after is not None and after.kind == "name" and after.word not in _AFTER_TABLE
            alias = "" if named else f" AS {table.text}"
            yield table.start, table.end, f"(SELECT DISTINCT * FROM {table.text}){alias}"


def neighbours(sql: str) -> list[str]:
    """Return at most `MAX_NEIGHBOURS` queries next to this one, spread over its length."""
    found = tokens(sql)
    changes = sorted({*_comparisons(found), *_group_terms(found), *_words(found), *_tables(found)})
    step = -(-len(changes) // MAX_NEIGHBOURS) or 1
    made = (f"{sql[:start]}{text}{sql[end:]}" for start, end, text in changes[::step])
    return list(dict.fromkeys(made))
