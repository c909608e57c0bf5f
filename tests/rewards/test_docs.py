"""The page about writing a reward works when it is followed to the letter."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from rewards.__main__ import main

PAGE = Path(__file__).parents[2] / "docs" / "rewards.md"


def test_the_five_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    jsonl = iter(["shout.cases.jsonl", "rows.jsonl"])
    ran = []
    for language, text in blocks:
        if language == "python":
            name = text.splitlines()[0].removeprefix("# ")
            (tmp_path / name).write_text(text)
        elif language == "jsonl":
            (tmp_path / next(jsonl)).write_text(text)
        elif language == "bash":
            for line in text.splitlines():
                python, dash_m, module, *arguments = shlex.split(line)
                assert (python, dash_m, module) == ("python", "-m", "rewards")
                assert main(arguments) == 0, capsys.readouterr().out
                ran.append(arguments[0])
    assert ran == ["new", "test", "stress", "validate"]
    out = capsys.readouterr().out
    assert "13 of 13 checks pass" in out
    attacks = int(re.search(r"shout\.py:shout\s+(\d+)", out)[1])  # type: ignore[index]
    assert 2 * 65 <= attacks <= 2 * 75, "the page says some 70 a row"
    assert "1  full" in out
