"""Sample tables: which samples, complete, and harmless wherever they are shown."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from granite_rl.runs.samples import (
    COLUMNS,
    TABLE_CHARACTERS,
    by_reward,
    extremes,
    markdown_table,
    spread,
    table_row,
)

from .test_rollout_files import record


def rewards_of(records: list[Any]) -> list[Any]:
    return [item["reward"] for item in records]


def test_order_by_reward_keeps_the_unscored_last() -> None:
    records = [record(reward=value) for value in (0.5, None, 1.0, 0.0)]
    assert rewards_of(by_reward(records, "best")) == [1.0, 0.5, 0.0, None]
    assert rewards_of(by_reward(records, "worst")) == [0.0, 0.5, 1.0, None]


def test_every_domain_shows_its_best_and_its_worst() -> None:
    records = [record(domain="math", reward=float(n)) for n in range(5)]
    records += [record(domain="logic", reward=float(n)) for n in range(10, 12)]
    chosen = extremes(records, 5)
    assert sorted(rewards_of(chosen)) == [0.0, 3.0, 4.0, 10.0, 11.0]
    assert len(extremes(records, 100)) == 7
    assert [item["domain"] for item in spread(records, 3)] == ["math", "logic", "math"]


def test_a_row_has_every_column_and_long_texts_are_cut() -> None:
    long = "a" * TABLE_CHARACTERS
    row = table_row(7, record(prompt="START" + long, completion=long + "END", message="why"))
    values = dict(zip(COLUMNS, row, strict=True))
    assert values["prompt"] == values["completion"] == long
    assert values["components"] == "format 1.000"
    assert (values["step"], values["reward"], values["message"]) == (7, 1.0, "why")


def test_markup_stays_text_in_tensorboard() -> None:
    """Through TensorBoard's own renderer: no element and no link comes out of a completion."""
    from tensorboard.plugin_util import markdown_to_safe_html

    hostile = (
        "<script>alert(1)</script>\n\n# big\n[x](http://e.vil)\n\n<img src=x>\n    | a |\x1b[2J"
    )
    page = markdown_to_safe_html(
        markdown_table(1, [record(completion=hostile, prompt=hostile), record()])
    )
    assert set(re.findall(r"<(\w+)", page)) <= {"pre", "code", "hr", "p"}
    assert "&lt;script&gt;" in page
    assert "# big" in page
    assert "\\x1b[2J" in page
    assert "\x1b" not in page


@given(st.text(), st.text())
def test_a_sample_never_leaves_its_block(completion: str, message: str) -> None:
    text = markdown_table(1, [record(completion=completion, message=message)])
    lines = text.split("\n")
    assert all(line.startswith("    ") and line.isprintable() for line in lines)
