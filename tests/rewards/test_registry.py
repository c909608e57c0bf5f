"""Rewards keep their contract: results are checked, and failures never look like wrong answers."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rewards import RewardResult, UnknownReward, get_reward, known_rewards
from rewards.registry import Reward


def made(function: Any, low: float = 0.0, high: float = 1.0) -> Reward:
    return Reward("probe", function, (low, high))


def test_arguments_are_injected_by_name() -> None:
    def probe(
        completion: str, prompt: list[Any], messages: list[Any], level: int
    ) -> dict[str, Any]:
        assert prompt == [{"role": "user", "content": "hi"}]
        assert messages[-1] == {"role": "assistant", "content": completion}
        return {"score": 1.0, "level": level}

    result = made(probe).score(
        "yo", prompt=[{"role": "user", "content": "hi"}], extra_info={"level": 3, "unused": 1}
    )
    assert (result.score, result.status, result.components) == (1.0, "ok", {"level": 3.0})


def test_extra_collects_what_was_not_asked_for() -> None:
    def probe(completion: str, **extra: Any) -> float:
        return float(extra["ground_truth"] == "7" and extra["difficulty"] == "easy")

    result = made(probe).score("x", ground_truth="7", extra_info={"difficulty": "easy"})
    assert result.score == 1.0


def test_extra_info_cannot_replace_the_completion_or_the_gold() -> None:
    def probe(completion: str, ground_truth: str, **extra: Any) -> float:
        return float(completion == ground_truth)

    hostile = {"ground_truth": "wrong", "completion": "7"}
    assert made(probe).score("wrong", ground_truth="7", extra_info=hostile).score == 0.0


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, 1.5, -0.1, "1.0", [1.0], {"score": math.nan}, {"score": 1.0, "x": "y"}],
)
def test_unusable_values_are_errors_not_scores(value: Any) -> None:
    result = made(lambda completion: value).score("x")
    assert result.status == "error"
    assert not result.teaches
    assert "probe" in result.message


def test_an_exception_is_an_error_that_names_itself() -> None:
    def probe(completion: str) -> float:
        raise KeyError("gold")

    result = made(probe).score("x")
    assert result.status == "error"
    assert "KeyError" in result.message


def test_none_is_skipped_and_components_without_score_are_summed() -> None:
    assert made(lambda completion: None).score("x").status == "skipped"
    parts = made(lambda completion: {"a": 0.25, "b": 0.5}).score("x")
    assert (parts.score, parts.components) == (0.75, {"a": 0.25, "b": 0.5})


def test_a_missing_argument_of_the_row_is_an_error_that_names_it() -> None:
    def probe(completion: str, level: int, *, style: str, tone: str = "") -> float:
        return 1.0

    result = made(probe).score("x", extra_info={"style": "dry"})
    assert result.status == "error"
    assert "extra_info has no level, which" in result.message
    assert made(probe).score("x", extra_info={"style": "dry", "level": 1}).score == 1.0


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (math.nan, "returned nan; wanted a finite number"),
        (-math.inf, "returned -inf; wanted a finite number"),
        (np.float32("nan"), "returned nan; wanted a finite number"),
        (10**400, "returned int; wanted a finite number"),
        ("1.0", "returned str"),
        ([1.0], "returned list"),
        (object(), "returned object"),
        (RewardResult(math.nan), "score is nan; wanted a finite number"),
        (RewardResult(2.0), "score 2.0 is outside its range [0.0, 1.0]"),
        ({"score": math.nan}, "component 'score' is nan"),
    ],
)
def test_what_is_no_number_is_called_what_it_is(value: Any, said: str) -> None:
    assert said in made(lambda completion: value).score("x").message


async def is_right(completion: str, ground_truth: str) -> float:
    await asyncio.sleep(0.001)
    return float(completion == ground_truth)


def test_an_asynchronous_reward_is_awaited() -> None:
    found = made(is_right)
    assert (found.score("a", ground_truth="a").score, found.score("b").score) == (1.0, 0.0)
    assert "asyncio" in found.imports, "its import does not count as a completion's time"
    assert made(lambda completion: is_right("a", "a")).score("x").score == 1.0

    async def broken(completion: str) -> float:
        await asyncio.sleep(0)
        raise KeyError("gold")

    async def absent(completion: str) -> None:
        return None

    assert "KeyError" in made(broken).score("x").message
    assert made(absent).score("x").status == "skipped"


@pytest.mark.parametrize(
    ("function", "needs"),
    [
        (lambda completion: 1.0, False),
        (lambda completion, ground_truth: 1.0, True),
        (lambda completion, ground_truth=None: 1.0, False),
        (lambda completion, **extra: 1.0, False),
        (is_right, True),
    ],
)
def test_a_reward_knows_whether_it_needs_a_ground_truth(function: Any, needs: bool) -> None:
    assert made(function).needs_ground_truth is needs


@pytest.mark.parametrize("bad", [(1.0, 0.0), (0.0, math.inf), (0.0, 0.0)])
def test_an_impossible_range_is_refused_when_declared(bad: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="range"):
        Reward("probe", lambda: 1.0, bad)


def test_unknown_names_come_with_the_nearest() -> None:
    with pytest.raises(UnknownReward, match=r"did you mean `math`.*known: .*temporal"):
        get_reward("maths")


# These judge the response alone.
NEED_NO_GOLD = {"repetition"}


@pytest.mark.parametrize("name", sorted(set(known_rewards()) - NEED_NO_GOLD))
def test_every_known_reward_loads_and_is_quiet_about_nonsense(name: str) -> None:
    found = get_reward(name)
    assert found.name == name
    assert found.timeout_s > 0
    # A row without a usable gold answer is the row's fault, whatever the completion says.
    assert found.score("anything", ground_truth={}).status == "error"


def test_a_function_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from rewards import reward\n"
        "@reward('shout', range=(0, 2), timeout_s=0.5)\n"
        "def shout(completion):\n    return 2.0 * completion.isupper()\n"
        "def plain(completion, ground_truth):\n    return completion == ground_truth\n"
    )
    shout = get_reward(f"{file}:shout")
    assert (shout.name, shout.range, shout.timeout_s) == ("shout", (0, 2), 0.5)
    assert shout.score("HEY").score == 2.0
    assert get_reward(f"{file}:plain").score("a", ground_truth="a").score == 1.0
    with pytest.raises(UnknownReward, match=r"no function 'absent'.*it has shout, plain$"):
        get_reward(f"{file}:absent")
    with pytest.raises(UnknownReward, match="no such file"):
        get_reward(f"{tmp_path}/nowhere.py:f")
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0\n")
    with pytest.raises(UnknownReward, match="ZeroDivisionError"):
        get_reward(f"{broken}:f")


def test_an_installed_entry_point_is_found_and_may_shadow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "third_party_rewards.py").write_text(
        "def always(completion):\n    return 1.0\n", encoding="utf-8"
    )
    info = tmp_path / "third_party-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: third-party\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[granite_rl.rewards]\nalways = third_party_rewards:always\n"
        "mcq = third_party_rewards:always\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    get_reward.cache_clear()
    try:
        assert "always" in known_rewards()
        assert get_reward("always").score("x").score == 1.0
        assert get_reward("mcq").score("nonsense", ground_truth="A").score == 1.0
        assert "shadows the built-in" in caplog.text
    finally:
        get_reward.cache_clear()
    monkeypatch.undo()
    assert get_reward("mcq").score("nonsense", ground_truth="A").score == 0.0
    get_reward.cache_clear()


def test_results_say_whether_they_teach() -> None:
    assert RewardResult(1.0).teaches
    assert RewardResult.wrong_format("no box").teaches
    assert not RewardResult.error("broken").teaches
    assert not RewardResult(0.0, "timeout").teaches


def test_rewards_load_without_ray_torch_or_sympy() -> None:
    code = (
        "import sys, rewards\n"
        "[rewards.get_reward(n) for n in rewards.known_rewards()]\n"
        "heavy = ('ray', 'torch', 'sympy', 'skyrl_gym', 'granite_rl')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
