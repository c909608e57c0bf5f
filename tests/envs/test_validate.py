"""`python -m envs validate` plays episodes twice, and finds what is random without a seed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from envs.__main__ import main

# Each starts processes of its own, twice.
pytestmark = pytest.mark.slow

TOOLS = """
import datetime, os, random, time
from envs.base import SingleTurnEnv
from envs.tool_use import ToolEnv, tool
from rewards import reward

class Base(ToolEnv):
    domain, reward = "probe", "logic_exact"

    @tool()
    def look(self) -> str:
        "Look."
        return self.seen()

class Steady(Base):
    def seen(self):
        rng = random.Random(self.extra_info["seed"])
        return str([rng.random(), sorted({"a", "b", "c"}), self.counts["calls"]])

class Dice(Base):
    def seen(self):
        return str(random.random())

class OneOfTwo(Base):
    "The same half of the time: several rows tell."
    def seen(self):
        return random.choice("ab")

class Seconds(Base):
    def seen(self):
        return str(int(time.time()))

class SeededByTime(Base):
    def seen(self):
        return str(random.Random(int(time.time())).random())

class Now(Base):
    def seen(self):
        return datetime.datetime.now().isoformat(timespec="seconds")

class Sets(Base):
    def seen(self):
        return " ".join({"tea", "bread", "jam", "salt", "rice"})

class Hashes(Base):
    def seen(self):
        return str(hash("tea") % 1000)

class Process(Base):
    def seen(self):
        return str(os.getpid())

class Remembers(Base):
    "Tells how often this process was asked: no episode is alone in it."
    asked = 0
    def seen(self):
        type(self).asked += 1
        return str(type(self).asked)

DRAWS = random.Random(0)

class SharedGenerator(Base):
    "Seeded once for all: what comes depends on what was drawn before."
    def seen(self):
        return str(DRAWS.random())

class Confessed(Base):
    "Says that it isn't deterministic: refused beyond its first turn, whatever it answers."
    deterministic = False
    def seen(self):
        return "x"

@reward("moody", range=(0.0, 2.0))
def moody(completion):
    return {"score": 2.0, "mood": random.random()}

@reward("moody_and_says_so", range=(0.0, 2.0), deterministic=False)
def moody_and_says_so(completion):
    return {"score": 2.0, "mood": random.random()}

class Moody(SingleTurnEnv):
    domain, reward = "probe", __file__ + ":moody"

class MoodyAndSaysSo(SingleTurnEnv):
    domain, reward = "probe", __file__ + ":moody_and_says_so"
"""
CALL = '<tool_call>\n{"name": "look", "arguments": {}}\n</tool_call>'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tools.py"
    path.write_text(TOOLS)
    return path


def rows(file: Path, name: str, count: int = 3, **extra: Any) -> Path:
    """Rows that play two calls and an answer."""
    path = file.with_name("rows.jsonl")
    gold = {"gold_actions": [CALL, CALL, "<answer>x</answer>"]}
    row = {
        "prompt": [{"role": "user", "content": "?"}],
        "env_class": f"{file}:{name}",
        "reward_spec": {"method": "rule", "ground_truth": "x"},
    }
    lines = [row | {"extra_info": {"seed": seed, **(extra or gold)}} for seed in range(count)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(
    "name",
    [
        "Dice",
        "OneOfTwo",
        "Seconds",
        "SeededByTime",
        "Now",
        "Sets",
        "Hashes",
        "Process",
        "Remembers",
        "SharedGenerator",
    ],
)
def test_a_tool_that_says_something_else_is_found(
    file: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(rows(file, name)), "--workers", "1"]) == 1
    said = capsys.readouterr().err
    assert re.search(r"turn [12] is answered differently when it is played again", said)
    assert "seed what is random from the row" in said


@pytest.mark.parametrize("name", ["Dice", "SharedGenerator", "Remembers"])
def test_one_row_is_enough(file: Path, name: str) -> None:
    assert main(["validate", str(rows(file, name, count=1)), "--workers", "1"]) == 1


def test_a_score_that_differs_is_found(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = rows(file, "Moody", gold_completion="x")
    assert main(["validate", str(path), "--workers", "1"]) == 1
    assert "turn 1 is answered differently" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["Steady"])
def test_what_repeats_itself_passes(
    file: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(rows(file, name)), "--workers", "1"]) == 0
    assert "3  full" in capsys.readouterr().out


def test_who_says_so_may_differ(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = rows(file, "MoodyAndSaysSo", gold_completion="x")
    assert main(["validate", str(path), "--workers", "1"]) == 0
    assert main(["validate", str(rows(file, "Confessed")), "--workers", "1"]) == 1
    assert "says it is not deterministic" in capsys.readouterr().err


def test_a_row_without_gold_takes_its_rewards(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    spec = {"method": "rule", "ground_truth": "4"}
    row = {"prompt": [{"role": "user", "content": "?"}], "env_class": "math", "reward_spec": spec}
    nothing = {**row, "env_class": "instruction_following"}
    nothing["reward_spec"] = {
        "method": "rule",
        "ground_truth": {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]},
    }
    path.write_text("".join(json.dumps(line) + "\n" for line in (row, nothing)))
    assert main(["validate", str(path)]) == 1
    captured = capsys.readouterr()
    assert "1  full" in captured.out
    assert "rows.jsonl:2: no extra_info.gold_actions" in captured.err


def test_of_several_rewards_the_first_gold_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    no_comma = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    form = {"name": "ifeval", "ground_truth": no_comma}
    rows = [
        {"method": ["repetition", "math", form], "ground_truth": "4"},
        {"method": [form, {"name": "mcq", "ground_truth": "B"}], "ground_truth": "4"},
        {"method": ["math", {"name": "mcq", "ground_truth": "B"}], "ground_truth": "4"},
    ]
    start = {"prompt": [{"role": "user", "content": "?"}], "env_class": "math"}
    path.write_text("".join(json.dumps(start | {"reward_spec": row}) + "\n" for row in rows))
    assert main(["validate", str(path)]) == 1
    captured = capsys.readouterr()
    assert "2  full" in captured.out
    assert "rows.jsonl:3: turn 1 of the gold's 1 ends with 0.5, wanted 1" in captured.err


def test_a_row_needs_a_ground_truth_only_where_its_reward_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    row = {
        "prompt": [{"role": "user", "content": "?"}],
        "env_class": "math",
        "extra_info": {"gold_completion": "no word twice in here"},
    }
    made = [row | {"reward_spec": {"method": name}} for name in ("repetition", "math")]
    path.write_text("".join(json.dumps(line) + "\n" for line in made))
    assert main(["validate", str(path)]) == 1
    captured = capsys.readouterr()
    assert "1  full" in captured.out
    assert "rows.jsonl:2: math: the row has no reward_spec with a ground_truth" in captured.err
