"""The pages about writing a reward work when they are followed to the letter."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from rewards import get_reward
from rewards.__main__ import main

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "rewards.md"
JSONL = ("shout.cases.jsonl", "rows.jsonl", "both.jsonl", "answers.jsonl")
"""What the page's blocks of JSON lines are called, in their order."""


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Every block of code with its language."""
    yield from re.findall(r"^```(\w+)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_five_minutes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jsonl = iter(JSONL)
    ran, shown = [], {}
    for language, text in blocks(PAGE):
        if language == "python":
            (here / text.splitlines()[0].removeprefix("# ")).write_text(text)
        elif language == "jsonl":
            (here / next(jsonl)).write_text(text)
        elif language == "json":
            shown = json.loads(text)
        elif language == "bash":
            for line in text.splitlines():
                python, dash_m, module, *arguments = shlex.split(line)
                assert (python, dash_m, module) == ("python", "-m", "rewards")
                assert main(arguments) == 0, capsys.readouterr()
                ran.append(arguments[0])
    assert next(jsonl, None) is None
    assert ran == ["new", "test", "stress", "validate", "validate", "score"]
    out = capsys.readouterr().out
    assert "13 of 13 checks pass" in out
    attacks = int(re.search(r"shout\.py:shout\s+(\d+)", out)[1])  # type: ignore[index]
    assert 2 * 65 <= attacks <= 2 * 75, "the page says some 70 a row"
    assert "1  full" in out
    assert "2  full" in out
    (scored,) = (json.loads(line) for line in (here / "scored.jsonl").read_text().splitlines())
    assert scored["score"] == 0.625
    assert scored["components"] == shown
    assert "= 0.625" in PAGE.read_text()
    for name, extra in (("exact", {"solution": "4"}), ("compute_score", {})):
        found = get_reward(f"theirs.py:{name}_of_one")
        for text, score in (("4", 1.0), ("5", 0.0)):
            result = found.score(text, ground_truth="4", extra_info=extra)
            assert (result.status, result.score) == ("ok", score), result.message


def test_the_readmes_reward_passes_its_own_commands(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its example and its rows, followed by the commands below them, with the name it gives."""
    page = ROOT / "README.md"
    (source,) = (text for language, text in blocks(page) if "@reward" in text)
    (here / "short.py").write_text(source)
    commands = next(text for _, text in blocks(page) if "-m rewards new" in text)
    (here / "rows.jsonl").write_text(
        json.dumps({"reward_spec": {"method": "short.py:short", "ground_truth": "4"}}) + "\n"
    )
    for line in commands.splitlines():
        arguments = shlex.split(line, comments=True)[3:]
        assert main(arguments) == 0, capsys.readouterr()
