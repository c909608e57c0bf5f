"""`python -m rewards` works as a reward author meets it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rewards import get_reward
from rewards.__main__ import main
from rewards.registry import UnknownReward


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
    assert "short.py and short.cases.jsonl exist; they are left alone" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["short.py", "short.cases.jsonl"])
def test_what_is_missing_is_written(
    author: Path, missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (present,) = {"short.py", "short.cases.jsonl"} - {missing}
    written = (author / missing).read_text()
    (author / missing).unlink()
    (author / present).write_text("mine")
    capsys.readouterr()
    assert main(["new", "short"]) == 0
    assert (author / missing).read_text() == written
    assert (author / present).read_text() == "mine"
    said = capsys.readouterr().out
    assert f"{present} exists and is left alone" in said
    assert "example" in said, "what was written does not fit what was there"


@pytest.mark.parametrize("name", ["Not-A-Name", "class", "json", "1st", ""])
def test_names_that_can_not_be_or_hide_pythons_own_are_refused(author: Path, name: str) -> None:
    assert main(["new", name]) == 2
    assert not (author / f"{name}.py").exists()


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


def test_stress_says_what_fails_in_a_reward_that_answers_nothing(
    author: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (author / "broken.py").write_text("def broken(completion):\n    return float('nan')\n")
    assert main(["test", "broken.py:broken"]) == 2
    assert "python -m rewards new broken --directory . begins it" in capsys.readouterr().err
    write(author / "broken.cases.jsonl", {"completion": "x", "expect": "full"})
    main(["stress", "broken.py:broken"])
    assert "first error: broken: returned nan" in capsys.readouterr().out


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


def test_score_asks_for_a_ground_truth_only_where_the_reward_does(author: Path) -> None:
    (author / "mine.py").write_text(
        "def brief(completion):\n    return float(len(completion) < 5)\n"
        "def same(completion, ground_truth):\n    return float(completion == ground_truth)\n"
        "def either(completion, ground_truth=None):\n    return float(ground_truth is None)\n"
    )
    own = [{"name": "mine.py:same", "ground_truth": "a"}, "mine.py:brief"]
    rows = [
        {"completion": "a", "method": "mine.py:brief"},
        {"completion": "a", "method": "mine.py:either"},
        {"completion": "a", "method": "mine.py:same"},
        {"completion": "a", "method": own},
        {"completion": "b", "method": {"mine.py:same": 3, "mine.py:brief": 1}, "ground_truth": "a"},
        {"completion": "b", "method": {"mine.py:same": 3, "mine.py:brief": 1}},
        {"completion": "b", "method": {"mine.py:same": 0}},
        {"completion": "b", "method": {"nobody": 1}},
        {"completion": "b", "method": "rule"},
        {"completion": "b", "method": 7},
    ]
    source, target = write(author / "in.jsonl", *rows), author / "out.jsonl"
    assert main(["score", "--input", str(source), "--output", str(target)]) == 1
    scored = [json.loads(line) for line in target.read_text().splitlines()]
    assert [(row["status"], row["score"]) for row in scored[:5]] == [
        ("ok", 1.0),
        ("ok", 1.0),
        ("error", 0.0),
        ("ok", 1.0),
        ("ok", 0.25),
    ]
    assert "no ground_truth" in scored[2]["message"]
    assert scored[4]["components"] == {"same/score": 0.0, "brief/score": 1.0}
    assert {row["status"] for row in scored[5:]} == {"error"}
    for row, said in zip(
        scored[5:], ("no ground_truth", "not finite", "nobody", "envs validate", "7"), strict=True
    ):
        assert said in row["message"]


def test_validate_asks_each_part_of_a_composition(
    author: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = {"method": {"short.py:short": 1.0, "repetition": 0.5}, "ground_truth": "4"}
    other = {"name": "short.py:short", "ground_truth": " 5", "label": "second"}
    path = write(
        author / "rows.jsonl",
        {"prompt": [], "reward_spec": spec},
        {"reward_spec": {**spec, "method": ["short.py:short", other]}},
        {"reward_spec": spec, "extra_info": {"gold_completion": "<answer>4</answer>"}},
        {"reward_spec": spec, "extra_info": {"gold_completion": "<answer>5</answer>"}},
        {"reward_spec": {**spec, "method": {"repetition": 1.0}}},
        {"reward_spec": {**spec, "method": {"shrt": 1.0}}},
        {"reward_spec": spec, "extra_info": "none"},
    )
    assert main(["validate", str(path)]) == 1
    captured = capsys.readouterr()
    assert [line.split(":")[1] for line in captured.err.splitlines()] == ["2", "4", "6", "7"]
    assert "2  full" in captured.out
    assert "1  understood" in captured.out


def test_what_a_reward_prints_is_shown_on_stderr_and_not_without_end(
    author: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (author / "loud.py").write_text(
        "def loud(completion):\n"
        "    print('seen', repr(completion))\n"
        "    if completion == 'more':\n"
        "        print('line\\n' * 300)\n"
        "    return 1.0\n"
    )
    write(
        author / "loud.cases.jsonl",
        {"completion": "x", "expect": "full"},
        {"completion": "more", "expect": "full"},
    )
    assert main(["test", "loud.py:loud"]) == 1, "no zero, no malformed"
    captured = capsys.readouterr()
    assert captured.err.count("loud.py:loud prints: seen 'x'\n") == 1, "of two runs, once"
    assert "seen" not in captured.out
    assert len(captured.err.splitlines()) == 100
    assert captured.err.splitlines()[-1] == "… and more that is not shown"
    source, target = write(author / "in.jsonl", {"completion": "x"}), author / "out.jsonl"
    arguments = ["score", "--reward", "loud.py:loud", "--input", str(source)]
    assert main([*arguments, "--output", str(target)]) == 0
    assert "loud.py:loud prints: seen 'x'" in capsys.readouterr().err


def test_a_reward_that_depends_on_the_order_of_a_set_is_found(
    author: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (author / "sets.py").write_text(
        "def sets(completion):\n"
        "    order = sum(place * ord(word) for place, word in enumerate(set(completion.split())))\n"
        "    return {'score': 1.0, 'order': order}\n"
    )
    write(author / "sets.cases.jsonl", {"completion": "a b c d e f g h i j", "expect": "full"})
    assert main(["test", "sets.py:sets"]) == 1
    assert "not deterministic" in capsys.readouterr().out


def test_the_commands_leave_out_what_needs_a_package_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rewards.commands import cases
    from rewards.reasoning_gym import tasks

    monkeypatch.setattr(tasks, "DISTRIBUTION", "no-such-distribution")
    monkeypatch.setattr(cases, "known_rewards", lambda: ["math", "reasoning_gym"])
    tasks.load.cache_clear()
    try:
        assert main(["test"]) == 0
    finally:
        tasks.load.cache_clear()
    out = capsys.readouterr().out
    assert "reasoning_gym: skipped, no-such-distribution is not installed" in out
    assert "extra `reasoning`" in out


def test_list_knows_every_built_in(capsys: pytest.CaptureFixture[str]) -> None:
    from rewards import known_rewards

    assert main(["list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == known_rewards()
    assert all(row["what"] for row in rows)
    assert main(["list"]) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["bench", "math", "--samples", "0"],
        ["bench", "math", "--workers", "0"],
        ["stress", "math", "--rows", "-1"],
        ["validate", "rows.jsonl", "--show", "-1"],
    ],
)
def test_numbers_below_one_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "is not at least 1" in capsys.readouterr().err


def test_score_says_why_there_are_no_verdicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    row = {"completion": "x", "reward_spec": {"method": "sql", "ground_truth": 5}}
    path.write_text((json.dumps(row) + "\n") * 3)
    assert main(["score", "--input", str(path), "--output", str(tmp_path / "out.jsonl")]) == 1
    assert "  3 x error: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "named", "says"),
    [
        ("raise SystemExit(5)", "mine.py:mine", "fails to import: SystemExit: 5"),
        (
            "from rewards import reward\n@reward\ndef mine(c): ...",
            "mine.py:mine",
            'write @reward("',
        ),
        ("", "mine.py", "did you mean mine.py:mine"),
        ("", "mine", "did you mean mine.py:mine"),
    ],
)
def test_a_file_that_is_named_or_written_wrongly(
    source: str, named: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(source)
    with pytest.raises(UnknownReward, match=re.escape(says)):
        get_reward(named)
