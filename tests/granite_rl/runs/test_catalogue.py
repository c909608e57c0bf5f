"""The catalogue is complete, unambiguous, and the same as its page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from granite_rl.runs.catalogue import CATALOGUE, SECTIONS, dashboard_order, lookup, markdown

ROOT = Path(__file__).resolve().parents[3]
PREFIX = re.compile(rf"(?:{'|'.join(SECTIONS)})/[a-z_]+(?:/[a-z_]+)*")


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text()
    assert page == markdown(), "run: python -m granite_rl.runs.catalogue > docs/metrics.md"


def test_entries_are_unique_sorted_by_section_and_documented() -> None:
    names = [metric.name for metric in CATALOGUE]
    assert len(set(names)) == len(names)
    order = list(SECTIONS)
    positions = [order.index(metric.section) for metric in CATALOGUE]
    assert positions == sorted(positions)
    assert set(positions) == set(range(len(order)))
    for metric in CATALOGUE:
        assert metric.unit, metric.name
        assert metric.meaning.endswith("."), metric.name
        assert not metric.bad or metric.bad.endswith("."), metric.name
        assert "|" not in metric.bad + metric.unit, metric.name


def test_every_entry_is_found_under_a_concrete_name() -> None:
    for metric in CATALOGUE:
        concrete = re.sub(r"<\w+>", "text2sql", metric.name)
        assert lookup(concrete) is metric, concrete


@pytest.mark.parametrize(
    "name", ["reward/maen", "reward/a/b/mean", "reward//mean", "mean", "loss", "reward/mean/x"]
)
def test_an_unknown_name_is_not_found(name: str) -> None:
    assert lookup(name) is None


def test_dashboard_order_follows_the_sections() -> None:
    names = ["run/epoch", "zzz/x", "reward/math/mean", "policy/kl", "reward/mean"]
    assert sorted(names, key=dashboard_order) == [
        "reward/mean",
        "reward/math/mean",
        "policy/kl",
        "run/epoch",
        "zzz/x",
    ]


def literals() -> Iterator[tuple[str, str]]:
    """Every string in the source, with its place; an f-string's values are asterisks."""
    for package in ("granite_rl", "pretrain", "sft"):
        for path in (ROOT / package).rglob("*.py"):
            if path.name in ("catalogue.py", "alarms.py"):
                continue  # they name metrics, and emit none
            for node in ast.walk(ast.parse(path.read_text())):
                text = ""
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    text = node.value
                elif isinstance(node, ast.JoinedStr):
                    text = "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "*"
                        for part in node.values
                    )
                yield text, f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def test_every_metric_name_in_the_source_is_in_the_catalogue() -> None:
    """A literal that looks like a metric key, anywhere in the code, must be a catalogue name."""
    unknown = [
        f"{place}: {text}"
        for text, place in literals()
        if PREFIX.fullmatch(text) and lookup(text) is None
    ]
    assert not unknown


def test_supervised_training_can_emit_every_entry_of_its_section() -> None:
    """What an RL stage emits is tested by running one (test_stage.py)."""
    written = {text for text, _ in literals()}
    ours = {metric.name for metric in CATALOGUE if metric.section == "train"}
    assert ours <= written
