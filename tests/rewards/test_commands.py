"""`python -m rewards` works as a reward author meets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rewards.__main__ import main


def write(path: Path, *rows: Any) -> Path:
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    )
    return path


@pytest.fixture
def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a directory of one's own, with a fresh reward in it."""
    monkeypatch.chdir(tmp_path)
    assert main(["new", "short"]) == 0
    return tmp_path


def test_a_new_reward_passes_its_tests_and_can_not_be_fooled(
    author: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", "short.py:short"]) == 0
    assert main(["stress", "short.py:short"]) == 0
    assert main(["bench", "short.py:short", "--samples", "50"]) == 0
    out = capsys.readouterr().out
    assert "short.py:short: 13 of 13 checks pass" in out
    assert "isolation: memory" in out


def test_nothing_is_overwritten(author: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (author / "short.py").write_text("mine")
    assert main(["new", "short"]) == 2
    assert (author / "short.py").read_text() == "mine"
    assert "short.py exists" in capsys.readouterr().err
    assert main(["new", "Not-A-Name"]) == 2


def test_failing_cases_are_named(author: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        author / "short.cases.jsonl",
        {"case": "lenient", "completion": "42", "ground_truth": "42", "expect": "full"},
        {"completion": "<answer>1</answer>", "ground_truth": "42", "expect": "zero"},
    )
    assert main(["test", "short.py:short"]) == 1
    out = capsys.readouterr().out
    assert "short.cases.jsonl:1 (lenient): expected full, got score 0, wrong_format" in out
    assert "no case that expects 'malformed'" in out


def test_a_reward_that_is_not_deterministic_is_found(
    author: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (author / "moody.py").write_text(
        "import os\nfrom rewards import reward\n"
        "@reward('moody')\n"
        "def moody(completion: str) -> dict:\n"
        "    return {'score': 0.0, 'pid': float(os.getpid())}\n"
    )
    write(author / "moody.cases.jsonl", {"completion": "x", "expect": "zero"})
    assert main(["test", "moody.py:moody"]) == 1
    assert "not deterministic" in capsys.readouterr().out


def test_a_gullible_reward_is_found_out(author: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (author / "gullible.py").write_text(
        "from rewards import reward\n"
        "@reward('gullible')\n"
        "def gullible(completion: str, ground_truth: str) -> float:\n"
        "    return float(ground_truth in completion)\n"
    )
    write(
        author / "gullible.cases.jsonl",
        {"completion": "42", "ground_truth": "42", "expect": "full"},
        {"completion": "blue", "ground_truth": "blue", "expect": "full"},
    )
    assert main(["stress", "gullible.py:gullible"]) == 1
    assert "hedged: '42 or blue' scores 1" in capsys.readouterr().out


def test_bad_input_is_named(author: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(author / "short.cases.jsonl", {"completion": "x", "expect": "full"}, "{")
    assert main(["test", "short.py:short"]) == 2
    assert "short.cases.jsonl:2: not JSON" in capsys.readouterr().err
    write(author / "short.cases.jsonl", {"completion": "x", "expect": "good"})
    assert main(["test", "short.py:short"]) == 2
    assert "expect is 'good'; wanted \"full\"" in capsys.readouterr().err
    assert main(["test", "no_such_reward"]) == 2
    assert main(["validate", "no_such_file.jsonl"]) == 2


def test_validate_names_every_bad_row(author: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = {"method": "short.py:short", "ground_truth": "4"}
    path = write(
        author / "rows.jsonl",
        {"prompt": [], "reward_spec": spec},
        "not json",
        {"prompt": [], "reward_spec": {**spec, "ground_truth": " 4"}},
        {"prompt": [], "reward_spec": {"method": "rule", "ground_truth": "4"}},
        {"prompt": [], "reward_spec": {"method": "short.py:short"}},
        {"prompt": [], "reward_spec": {**spec, "method": "shrt"}},
        {"reward_spec": spec, "extra_info": {"gold_completion": "<answer>5</answer>"}},
    )
    assert main(["validate", str(path)]) == 1
    captured = capsys.readouterr()
    bad = [line.split(":")[1] for line in captured.err.splitlines()]
    assert bad == ["2", "3", "4", "5", "6", "7"]
    assert "scores 0, not 1" in captured.err
    assert "        1  full" in captured.out
    assert "        6  bad" in captured.out
    good = write(author / "good.jsonl", {"prompt": [], "reward_spec": spec})
    assert main(["validate", str(good)]) == 0


def test_score_adds_the_verdict_and_keeps_the_row(
    author: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = write(
        author / "in.jsonl",
        {"completion": "<answer>4</answer>", "ground_truth": "4", "mine": [1], "score": 0.0},
        {"completion": "4", "ground_truth": "4"},
        {"completion": "\u001b[31m", "ground_truth": "4", "extra_info": None},
        "[]",
        {"completion": 7, "ground_truth": "4"},
        {"ground_truth": "4"},
    )
    out = author / "deep" / "out.jsonl"
    code = main(["score", "--reward", "short.py:short", "--input", str(rows), "--output", str(out)])
    assert code == 1, "rows that could not be scored"
    scored = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["status"] for row in scored] == [
        "ok",
        "wrong_format",
        "wrong_format",
        "error",
        "error",
        "error",
    ]
    assert scored[0]["mine"] == [1]
    assert scored[0]["score"] == 1.0
    assert set(scored[1]) >= {"score", "status", "components", "extracted", "message"}
    assert "in.jsonl:4" in scored[3]["message"]
    said = capsys.readouterr().out
    assert "1 of 1 scores differ" in said
    assert "error 3" in said


def test_list_knows_every_built_in(capsys: pytest.CaptureFixture[str]) -> None:
    from rewards import known_rewards

    assert main(["list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == known_rewards()
    assert all(row["what"] for row in rows)
    assert main(["list"]) == 0
