"""Find the query in a response: in tags, in a code fence of any kind, behind a label, or alone.

What stands in `<answer>` or `<sql>` tags is the answer. Otherwise it is the last fence (``` or ~~~,
on one line or several, named or not, closed or not) that holds a query, so that a table of results
behind it does no harm; otherwise what follows the last "SQL:", or the response from the line on
that begins a query. Prose behind a query is cut off, another statement is not: SQLite refuses two.
"""

from __future__ import annotations

import re

from rewards.reading.text import after_reasoning, last_answer_tag
from rewards.sql.execution import MAX_SQL_CHARS
from rewards.sql.tokens import tokens

_FENCE = re.compile(r"(?P<mark>`{3,}|~{3,})(?P<body>.*?)(?:(?P=mark)|\Z)", re.DOTALL)
_DIALECT = (
    r"(?:sql(?:ite3?)?|(?:my|ms|pl|t|p|hive|spark)[-_]?sql|postgres(?:ql)?|mariadb|duckdb|bigquery"
    r"|snowflake|oracle|query)"
)
# The name of a fence: whatever is alone on its line, a dialect also in front of the query.
_NAMED = re.compile(
    rf"[ \t]*(?:(?!(?:select|with|values)\b)[a-z][\w+#.-]*[ \t]*\r?\n|{_DIALECT}\s+)", re.IGNORECASE
)
_SQL_TAG = re.compile(r"<(/?)(?:sql|query|sql_query)>", re.IGNORECASE)
# "SQL:", "**Final query:**", "The query you want is:", in front of a query.
_LABEL = re.compile(
    r"^[^\n:]{0,60}\b(?:\w{0,10}sql\w{0,10}|query|answer|statement|solution|code)\b[^\n:]{0,40}:[\s*]*"
    r"(?P<tick>`?)(?=select\b|with\b|values\b|\()",
    re.IGNORECASE | re.MULTILINE,
)
_INLINE = re.compile(r"(?<!`)`((?:select|with|values)\b[^`]{1,4000})`(?!`)", re.IGNORECASE)
# "Select a city" and "With this query" begin no query, but SQLite finds that out for the first.
_BEGINS = re.compile(
    r"^[ \t(]*(?:select\b|values\s*\("
    r"|with\s+(?:recursive\s+)?[\w\"`\[\]]+\s*(?:\([^)]{0,500}\)\s*)?as\b)",
    re.IGNORECASE | re.MULTILINE,
)
_STATEMENT = re.compile(
    r"^[^\w\n]*(?:select\b|values\s*\(|with\s.{1,200}?\bas\b|insert\s|update\s|delete\s+from|drop\s"
    r"|create\s"
    r"|alter\s+table|attach\b|detach\b|pragma\b|replace\s+into|vacuum\b|explain\s+(?:query|select))"
    r"|\bselect\b[^\n]{1,200}\bfrom\b",
    re.IGNORECASE | re.MULTILINE,
)
# A paragraph that goes on with the query begins with one of these, or with a sign.
_GOES_ON = re.compile(
    r"[^\w'\"\[]|(?:select|from|where|group|order|having|limit|offset|join|left|right|inner|outer"
    r"|full"
    r"|cross|natural|on|and|or|union|intersect|except|with|as|case|when|then|else|end|values|window"
    r"|using|not|in|exists|between|like|is|collate|over|partition)\b",
    re.IGNORECASE,
)
_PARAGRAPH = re.compile(r"\n[ \t\r]*\n")


def query_of(completion: str) -> str:
    """Return the query that a response gives; what can't be read comes as it stands."""
    text = after_reasoning(completion)
    marked = last_answer_tag(text)
    if marked is None:
        marked = _last_tagged(text)
    text = (text if marked is None else marked).strip()
    bodies = [_NAMED.sub("", found["body"], count=1).strip() for found in _FENCE.finditer(text)]
    if bodies:
        queries = [body for body in bodies if _BEGINS.search(body)]
        return _without_prose(queries[-1] if queries else bodies[-1])
    if not _BEGINS.match(text):
        labels = list(_LABEL.finditer(text))
        inline = _INLINE.findall(text)
        begins = _BEGINS.search(text)
        if labels and _BEGINS.match(text[labels[-1].end() :]):
            text = text[labels[-1].end() :]
            text = text.partition("`")[0] if labels[-1]["tick"] else text
        elif len(set(inline)) == 1:
            text = inline[0]
        elif begins:
            text = text[begins.start() :]
    if text.startswith("`") and text.endswith("`"):
        text = text.strip("`")
    return _without_prose(text)


def _last_tagged(text: str) -> str | None:
    start, content = -1, None
    for tag in _SQL_TAG.finditer(text):
        if not tag[1]:
            start = tag.end()
        elif start >= 0:
            content, start = text[start : tag.start()], -1
    return content


def _without_prose(query: str) -> str:
    """Cut off what explains the query: behind its semicolon, or in a paragraph of its own.

    Nothing is cut where another statement follows: which one is the answer is not ours to choose.
    """
    query = query.strip()
    if len(query) > MAX_SQL_CHARS:
        return query  # which is refused
    last = 0
    for token in tokens(query):
        goes_on = _GOES_ON.match(query, token.start)
        if last and not goes_on and _PARAGRAPH.search(query, last, token.start):
            break
        last = token.end
        if token.word == ";":
            break
    return query if _STATEMENT.search(query[last:]) else query[:last]
