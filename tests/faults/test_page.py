"""The table of faults names tests that exist, and every test of this directory is in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
KEY = re.compile(r"`((?:cluster|generator|rollout|rewards|checkpoint|algorithm)\.\w+)`")


def table() -> list[list[str]]:
    """Cells of every row that is about a fault."""
    page = (ROOT / "docs" / "faults.md").read_text()
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    return [row for row in rows[2:] if not row[0].strip().startswith("**")]


def functions_of(path: Path) -> set[str]:
    """Names of a file's test functions."""
    tree = ast.parse(path.read_text())
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {name for name in functions if name.startswith("test_")}


def test_every_fault_has_a_test_that_exists() -> None:
    for row in table():
        assert len(row) == 4, row
        (found,) = NAMED.findall(row[3])
        path, name = found
        assert name in functions_of(ROOT / path), f"{row[0].strip()}: no {path}::{name}"


def test_every_test_of_this_directory_has_its_fault() -> None:
    named = {name for row in table() for _, name in NAMED.findall(row[3])}
    for path in Path(__file__).parent.glob("test_*.py"):
        if path != Path(__file__):
            assert functions_of(path) <= named, path.name


def test_every_key_is_one_of_the_configuration() -> None:
    from granite_rl.config import StageConfig

    for section, key in (name.split(".") for row in table() for name in KEY.findall("|".join(row))):
        model = StageConfig.model_fields[section].annotation
        assert key in model.model_fields, f"{section}.{key}"  # type: ignore[union-attr]
