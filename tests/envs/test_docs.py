"""The page about environments with tools works when it is followed to the letter."""

from __future__ import annotations

import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

from envs.__main__ import main

PAGE = Path(__file__).parents[2] / "docs" / "environments.md"


def test_the_five_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    ran = []
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    for language, text in blocks:
        if language == "python":
            (tmp_path / text.splitlines()[0].removeprefix("# ")).write_text(text)
            continue
        for line in text.splitlines():
            python, *arguments = shlex.split(line)
            assert (language, python) == ("bash", "python")
            if arguments[0] == "-m":
                assert arguments.pop(1) == "envs"
                assert main(arguments[1:]) == 0, capsys.readouterr()
            else:
                runpy.run_path(arguments[0], run_name="__main__")
            ran.append(line)
    sys.modules.pop("shop", None)
    assert len(ran) == 2
    assert "1  full" in capsys.readouterr().out
    rows = (tmp_path / "rows.jsonl").read_text()
    (tmp_path / "rows.jsonl").write_text(rows.replace("<answer>530", "<answer>531"))
    assert main(["validate", "rows.jsonl"]) == 1
    assert re.search(r"rows.jsonl:1: turn 2 of the gold's 2 ends with 0", capsys.readouterr().err)
