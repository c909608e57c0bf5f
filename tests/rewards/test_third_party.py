"""A reward and an environment of another package are installed, found by name, and used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "palindromes"

USE = """
import json, sys
import skyrl_gym
from envs.registry import env_domain, make_env
from rewards import get_reward, known_rewards
from rewards.sandbox.pool import RewardPool

row = {"prompt": [{"role": "user", "content": "A palindrome of 5 letters?"}],
       "reward_spec": {"method": "rule", "ground_truth": {"length": 5}}}
with RewardPool(1, target="envs.scoring:prepare") as pool:
    verdicts = pool.score([{"env_class": "palindromes", "row": row, "actions": [text]}
                           for text in ("level", "lever", "aaaaa")])
print(json.dumps({
    "known": "palindrome" in known_rewards(),
    "domain": env_domain("palindromes"),
    "scores": [verdict.score for verdict in verdicts],
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Install the package, and return the variables of an environment that has it."""
    target = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source")
    for path in EXAMPLE.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = source / path.relative_to(EXAMPLE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    uv = str(Path(sys.executable).with_name("uv"))
    options = ["--quiet", "--offline", "--no-deps", "--no-build-isolation", "--target", str(target)]
    subprocess.run(
        [uv, "pip", "install", "--python", sys.executable, *options, str(source)], check=True
    )
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(target), str(ROOT)])}


def run(installed: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], env=installed, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_found_and_scores(installed: dict[str, str]) -> None:
    said = json.loads(run(installed, "-c", USE).splitlines()[-1])
    assert said == {"known": True, "domain": "words", "scores": [1.0, 0.0, 0.0]}


def test_its_cases_pass_and_it_can_not_be_fooled(installed: dict[str, str]) -> None:
    cases = str(EXAMPLE / "palindrome.cases.jsonl")
    out = run(installed, "-m", "rewards", "test", "palindrome", "--cases", cases)
    assert "palindrome: 17 of 17 checks pass" in out
    run(installed, "-m", "rewards", "stress", "palindrome", "--cases", cases)


@pytest.mark.slow
def test_its_rows_are_validated(installed: dict[str, str], tmp_path: Path) -> None:
    out = run(installed, "-m", "envs", "validate", str(EXAMPLE / "rows.jsonl"))
    assert "3  full" in out
    named = tmp_path / "named.jsonl"
    lines = (EXAMPLE / "rows.jsonl").read_text().splitlines()[1:]
    named.write_text("\n".join(lines))
    assert "2  full" in run(installed, "-m", "rewards", "validate", str(named))


def test_the_examples_page_is_what_was_tested() -> None:
    """Installing apart, its commands are those above."""
    page = (EXAMPLE / "README.md").read_text()
    commands = [line.split("#")[0].split() for line in page.splitlines() if "python -m" in line]
    assert [command[2:4] for command in commands] == [
        ["rewards", "list"],
        ["rewards", "test"],
        ["rewards", "stress"],
        ["envs", "validate"],
    ]
    for command in commands:
        assert all((ROOT / part).is_file() for part in command if part.startswith("examples/"))


def test_a_plugin_of_another_trainers_signature_is_named_and_the_others_are_listed(
    tmp_path: Path,
) -> None:
    (tmp_path / "their_rewards.py").write_text("def exact(completions, **kwargs):\n    return []\n")
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[granite_rl.rewards]\nexact = their_rewards:exact\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "rewards", "list"],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "reward 'exact'" in done.stderr
    assert "TRL's signature" in done.stderr
    assert "mcq" in done.stdout
    assert "\nexact " not in done.stdout


def test_without_it_the_name_is_unknown() -> None:
    from rewards import UnknownReward, get_reward

    with pytest.raises(UnknownReward, match="palindrome"):
        get_reward("palindrome")
