"""The shipped cases of built-in rewards pass, and so do the golds of generated rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from envs.demo import DOMAINS, generate
from rewards import get_reward
from rewards.__main__ import main
from rewards.commands.cases import cases_of, chosen
from rewards.commands.stress import ROWS
from rewards.commands.validate import gold_completion
from rewards.registry import BUILTIN_MODULES

OFFLINE = sorted(name for name in BUILTIN_MODULES if get_reward(name).isolated)
GRADING = [name for name in OFFLINE if get_reward(name).grades_answers]
NO_GOLD = {"chat_rubric", "ifeval", "language", "repetition"}


def test_only_the_judge_needs_a_server_and_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert set(BUILTIN_MODULES) - set(OFFLINE) == {"judge"}
    assert set(chosen([])) >= set(OFFLINE)
    assert "judge: skipped" in capsys.readouterr().out
    assert chosen(["judge"]) == ["judge"]


@pytest.mark.parametrize("name", OFFLINE)
def test_every_built_in_has_cases(name: str) -> None:
    cases = cases_of(name, None)
    assert len({case.name for case in cases}) == len(cases) >= 8
    full = [case for case in cases if case.expect == "full"]
    assert len(
        {json.dumps([c.row["ground_truth"], c.row.get("extra_info")]) for c in full}
    ) >= 3 or (name == "repetition")
    if get_reward(name).grades_answers:
        assert sum(case.attackable for case in cases) >= min(3, ROWS), "hedges need several golds"


@pytest.mark.slow
def test_every_built_in_passes_its_cases(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["test", *OFFLINE])
    out = capsys.readouterr().out
    assert code == 0, out
    assert out.count("checks pass") == len(OFFLINE)


@pytest.mark.parametrize("name", GRADING)
def test_golds_of_full_cases_score_full(name: str) -> None:
    reward = get_reward(name)
    reward.load()
    golds = 0
    for case in cases_of(name, None):
        gold = gold_completion(name, dict(case.row))
        if gold is None:
            continue
        golds += 1
        result = reward.score(
            gold,
            ground_truth=case.row["ground_truth"],
            prompt=case.row.get("prompt"),
            extra_info=case.row.get("extra_info"),
        )
        assert result.score == reward.full_score, (case.name, gold, result)
    assert (golds == 0) == (name in NO_GOLD)


@pytest.mark.slow
@pytest.mark.parametrize("name", GRADING)
def test_hostile_text_scores_nothing(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["stress", name, "--rows", "1"])  # all of them take a minute
    assert code == 0, capsys.readouterr().out


def test_parts_are_not_attacked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", "language", "repetition"]) == 0
    assert capsys.readouterr().out.count("skipped: a part, it grades no answer") == 2


def test_golds_of_generated_rows_score_full(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    per_domain = 50
    path = tmp_path / "rows.jsonl"
    known = 0
    with path.open("w", encoding="utf-8") as out:
        for domain in DOMAINS:
            for row in generate(domain, "train", per_domain, seed=3):
                known += gold_completion(DOMAINS[domain].reward, row) is not None
                out.write(json.dumps(row) + "\n")
    assert main(["validate", str(path)]) == 0, capsys.readouterr().err
    said = {line[11:]: int(line[:9]) for line in capsys.readouterr().out.splitlines()}
    without = sum(domain.reward in NO_GOLD for domain in DOMAINS.values())
    assert known == said["full"] == per_domain * (len(DOMAINS) - without)
    assert said["bad"] == 0


def write(path: Path, *rows: object) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


FIRST_WORD = """
from rewards import RewardResult, reward
@reward('first')
def first(completion: str, ground_truth: str) -> float:
    return float(completion.replace('.', '').split()[:1] == [ground_truth])
"""


def test_taking_one_of_several_answers_is_no_hedging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "first.py").write_text(FIRST_WORD)
    rows = [{"completion": word, "ground_truth": word, "expect": "full"} for word in ("up", "down")]
    write(tmp_path / "first.cases.jsonl", *rows)
    assert main(["stress", "first.py:first"]) == 0, capsys.readouterr().out


def test_rows_that_any_text_answers_are_not_attacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "any.py").write_text(
        "from rewards import reward\n"
        "@reward('any')\n"
        "def any(completion: str, ground_truth: str) -> float:\n"
        "    return float(ground_truth == 'anything' or completion == ground_truth)\n"
    )
    free = {"completion": "x", "ground_truth": "anything", "expect": "full"}
    write(tmp_path / "any.cases.jsonl", free)
    assert main(["stress", "any.py:any"]) == 1
    write(tmp_path / "any.cases.jsonl", {**free, "stress": False})
    assert main(["stress", "any.py:any"]) == 0
    assert "any.py:any                   0" in capsys.readouterr().out
