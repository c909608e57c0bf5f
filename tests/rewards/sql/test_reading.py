"""The query is found however a response wraps it, and not guessed where there are two."""

from __future__ import annotations

import time

import pytest

from rewards.sql.reading import query_of
from tests.rewards.sql.pets import score

QUERY = "SELECT name FROM pets WHERE kind = 'cat'"

WRAPPED = {
    "alone": QUERY,
    "with a semicolon": f"{QUERY};",
    "a fence": f"```sql\n{QUERY}\n```",
    "a fence without a name": f"```\n{QUERY}\n```",
    "a fence of a dialect": f"```sqlite\n{QUERY};\n```",
    "a fence of another": f"```postgresql\n{QUERY}\n```",
    "a fence in capitals": f"```SQL\n{QUERY}\n```",
    "a fence on one line": f"```sql {QUERY} ```",
    "a fence on one line, without a name": f"```{QUERY}```",
    "a fence that begins on its line": "```sql SELECT name\nFROM pets\nWHERE kind = 'cat'\n```",
    "a fence that is not closed": f"```sql\n{QUERY}",
    "a fence that is not closed, explained": f"```sql\n{QUERY};\n\nThis returns the cats' names.",
    "tildes": f"~~~sql\n{QUERY}\n~~~",
    "four backticks": f"````sql\n{QUERY}\n````",
    "Windows line ends": f"```sql\r\n{QUERY}\r\n```",
    "an indented fence": f"  ```sql\n  {QUERY}\n  ```",
    "an answer tag": f"<answer>{QUERY}</answer>",
    "an answer tag over lines": f"<answer>\n{QUERY};\n</answer>",
    "a fence in an answer tag": f"<answer>```sql\n{QUERY}\n```</answer>",
    "an answer tag behind a fence": f"```sql\nSELECT 1\n```\n<answer>{QUERY}</answer>",
    "a tag of its own": f"<sql>{QUERY}</sql>",
    "a label": f"SQL: {QUERY}",
    "a label in bold": f"**SQL Query:** {QUERY}",
    "a label in a sentence": f"The SQL query that you want is: {QUERY}",
    "a label behind words": f"Here is the query: {QUERY}",
    "a label and inline code": f"**Answer:** `{QUERY}`",
    "a label on its line": f"Final query:\n{QUERY}",
    "prose and a label": f"We need the cats.\nSQLQuery: {QUERY}\n\nThis returns their names.",
    "prose before": f"Here is the query:\n{QUERY}",
    "prose before and behind": f"Here is the query:\n\n{QUERY};\n\nIt lists the cats.",
    "prose behind the semicolon": f"{QUERY};\nThis query selects the names from the table.",
    "prose behind a blank line": f"{QUERY}\n\nThis query selects the cats' names.",
    "prose around a fence": f"Sure!\n```sql\n{QUERY}\n```\nIt's what you asked for.",
    "results behind it": f"```sql\n{QUERY}\n```\nThis gives:\n```\n| name |\n| Tom |\n```",
    "the schema before it": f"```text\npets(name, kind)\n```\n```sql\n{QUERY}\n```",
    "inline code": f"`{QUERY}`",
    "inline code in a sentence": f"You can use `{QUERY}` for that.",
    "a comment before": f"-- the cats\n{QUERY}",
    "a comment behind": f"{QUERY}; -- the cats",
    "lower case": QUERY.replace("SELECT", "select").replace("FROM", "from"),
    "blank lines inside": "SELECT name\n\nFROM pets\n\nWHERE kind = 'cat'",
    "a blank line in a text": f"{QUERY} AND name <> 'a\n\nThis'",
    "a semicolon in a text": f"{QUERY} AND name <> 'a;b'",
    "a CTE": f"So:\nWITH cats AS (\n{QUERY}\n)\nSELECT name FROM cats",
    "reasoning": f"<think>```sql\nSELECT 1\n```</think>```sql\n{QUERY}\n```",
    "a second thought": f"```sql\nSELECT 1\n```\nNo, that is wrong.\n```sql\n{QUERY}\n```",
}


@pytest.mark.parametrize("text", WRAPPED.values(), ids=WRAPPED.keys())
def test_a_query_is_read_in_any_wrapping(text: str) -> None:
    assert score(text, QUERY) == (1.0, "ok")


OTHER = "SELECT name FROM pets WHERE kind = 'dog'"

REFUSED = {
    "two statements": f"{QUERY}; {OTHER}",
    "two statements on two lines": f"{QUERY};\n{OTHER};",
    "two statements in a fence": f"```sql\n{QUERY};\n{OTHER};\n```",
    "two without semicolons": f"{QUERY}\n{OTHER}",
    "two paragraphs": f"{QUERY}\n\n{OTHER}",
    "one or the other": f"{QUERY};\nor\n{OTHER};",
    "one or the other, in a line": f"{QUERY}; or {OTHER}",
    "one or the other, in paragraphs": f"{QUERY}\n\nAlternatively:\n\n{OTHER}",
    "two in an answer tag": f"<answer>{QUERY}; {OTHER}</answer>",
    "two inline": f"Use `{QUERY}` or `{OTHER}`.",
    "a drop behind it": f"{QUERY}; DROP TABLE pets",
    "a drop behind it, on its line": f"{QUERY};\nDROP TABLE pets;",
    "an update behind it": f"```sql\n{QUERY};\n\nUPDATE pets SET name = 'x';\n```",
    "a pragma behind it": f"{QUERY}; PRAGMA writable_schema = 1",
    "prose only": "I would select the names of the cats from the table.",
    "a sentence that begins with it": "Select the names of the cats.",
    "an empty fence": "```sql\n```",
    "an empty tag": "<answer></answer>",
    "an empty label": "SQL:",
    "only in reasoning": f"<think>{QUERY}</think>",
    "another language": f'```python\ncursor.execute("{QUERY}")\n```',
    "prose within": "SELECT name, which is what you asked for, FROM pets WHERE it's a cat",
    "a list": f"1. {QUERY}\n2. {OTHER}",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_query_or_two_is_wrong_format(text: str) -> None:
    for gold in (QUERY, OTHER):
        assert score(text, gold) == (0.0, "wrong_format")


def test_the_last_of_several_fences_counts_alone() -> None:
    text = f"```sql\n{QUERY}\n```\nor\n```sql\n{OTHER}\n```"
    assert score(text, OTHER) == (1.0, "ok")
    assert score(text, QUERY) == (0.0, "ok")
    tagged = f"<answer>{QUERY}</answer> or <answer>{OTHER}</answer>"
    assert score(tagged, QUERY) == (0.0, "ok")


@pytest.mark.parametrize(
    "unit",
    [
        *("```", "~~~", "`", "``` ~~~ ", "<sql>", "SQL: ", "select ", "\n\n", "'", ";", "with a("),
        *(
            "--",
            "/*",
            "[",
            "(",
            "select 'a",
            "select [",
            "sqla",
            "sql: `select ",
            "insert ",
            "with a ",
            "select from ",
        ),
    ],
)
def test_long_and_odd_text_is_read_within_a_second(unit: str) -> None:
    start = time.process_time()
    query_of(unit * (300_000 // len(unit)))
    assert time.process_time() - start < 1.0
