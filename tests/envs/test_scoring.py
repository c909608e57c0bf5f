"""Episodes are played again at each turn in the pool, ours and SkyRL-Gym's, good and hostile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from envs.registry import UNAVAILABLE, UnavailableEnv, env_domain, known_envs, make_env
from rewards.result import Continue, Reply, RewardResult
from rewards.sandbox.pool import RewardPool

ENVIRONMENTS = """
import os, time
from skyrl_gym.envs.base_text_env import BaseTextEnv

class Echo(BaseTextEnv):
    "Says what it was told; 'end' ends it. One point for each turn."
    turns_allowed = 4

    def __init__(self, env_config=None, extras=None):
        super().__init__()
        self.max_turns = extras.get("max_turns", self.turns_allowed)

    def observation(self, action):
        return [{"role": "user", "content": f"{self.turns}: {action}"}]

    def step(self, action):
        self.turns += 1
        if action == "hang":
            time.sleep(60)
        if action == "exit":
            os._exit(1)
        if action == "raise":
            raise RuntimeError("boom")
        reward = float("nan") if action == "nan" else 1.0
        return {"observations": self.observation(action), "reward": reward,
                "done": action == "end", "metadata": {}}

    def get_metrics(self):
        return {"steps": self.turns, "name": "echo"}

class Impatient(Echo):
    turn_timeout_s = 0.3

class Fixed(Echo):
    "Ignores what the caller allows."
    def __init__(self, env_config=None, extras=None):
        super().__init__(extras={})

class Unbounded(Echo):
    turns_allowed = 1

class Random(Echo):
    deterministic = False

class Secretly(Echo):
    "Ends at a turn that depends on the process's history."
    played = 0

    def step(self, action):
        type(self).played += 1
        return {**super().step(action), "done": type(self).played == 3}

class Remembered(Echo):
    deterministic = True

    def observation(self, action):
        long = "x" * 1_000 * (action == "long")
        return [{"role": "user", "content": f"{time.monotonic()}{long}"}]

class Sparse(Echo):
    "Pays what the action, Python, evaluates to."
    def step(self, action):
        said = super().step(action)
        done = action.startswith("end ")
        return {**said, "reward": eval(action.removeprefix("end ")), "done": done}

class Wordless(Sparse):
    "Leaves the metadata out."
    def step(self, action):
        said = super().step(action)
        del said["metadata"]
        return said

class Asynchronous(Echo):
    async def step(self, action):
        return super().step(action)

class Rude(Echo):
    "Answers with what the action, Python, evaluates to."
    def observation(self, action):
        return eval(action)
"""

ROW: dict[str, Any] = {
    "data_source": "test",
    "prompt": [{"role": "user", "content": "3 + 4 = ?"}],
    "reward_spec": {"method": "rule", "ground_truth": "7"},
    "extra_info": {},
}


@pytest.fixture(scope="module")
def pool() -> Iterator[RewardPool]:
    with RewardPool(1, target="envs.scoring:prepare", memory_mib=512) as made:
        yield made


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("environments") / "several.py"
    path.write_text(ENVIRONMENTS)
    return path


def item(name: object, *actions: Any, **row: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"env_class": str(name), "row": {**ROW, **row}, "actions": actions}
    return found


def step(pool: RewardPool, name: object, *actions: Any, **row: Any) -> Reply:
    (reply,) = pool.step([item(name, *actions, **row)])
    return reply


def said(reply: Reply) -> str:
    assert isinstance(reply, Continue), reply
    return reply.messages[0]["content"]


def verdict(reply: Reply) -> RewardResult:
    assert isinstance(reply, RewardResult), reply
    return reply


def test_one_turn_of_a_single_turn_environment(pool: RewardPool) -> None:
    assert verdict(step(pool, "math", "\\boxed{7}")).score == 1.0
    assert "ended at turn 1 of 2" in verdict(step(pool, "math", "\\boxed{7}", "more")).message


def test_each_turn_is_answered_and_the_last_one_judged(pool: RewardPool, file: Path) -> None:
    name = f"{file}:Echo"
    assert said(step(pool, name, "a")) == "1: a"
    assert said(step(pool, name, "a", "b")) == "2: b"
    result = verdict(step(pool, name, "a", "b", "end"))
    assert (result.score, result.status) == (3.0, "ok"), "the sum of the steps' rewards"
    assert result.components == {"steps": 3.0}


@pytest.mark.parametrize(
    ("actions", "status", "score"),
    [
        (["None", "None", "end 1"], "ok", 1.0),
        (["0.25", "None", "end 0.5"], "ok", 0.75),
        (["None", "end 0"], "ok", 0.0),
        (["None", "end True"], "ok", 1.0),
        (["end None"], "skipped", 0.0),
        (["0.5", "None", "end None"], "skipped", 0.0),
        (["None"] * 4, "wrong_format", 0.0),
        (["None", "0.5", "None", "None"], "wrong_format", 0.5),
        (["None", "end float('nan')"], "error", 0.0),
        (["end 'much'"], "error", 0.0),
        (["end [1.0]"], "error", 0.0),
        (["end {'reward': None}"], "error", 0.0),
    ],
)
def test_none_is_no_reward_for_a_turn_and_no_verdict_at_the_end(
    pool: RewardPool, file: Path, actions: list[str], status: str, score: float
) -> None:
    for name in ("Sparse", "Wordless"):
        result = verdict(step(pool, f"{file}:{name}", *actions))
        assert (result.status, result.score) == (status, score), result.message
        for turn in range(1, len(actions)):
            assert said(step(pool, f"{file}:{name}", *actions[:turn])).startswith(f"{turn}: ")


def test_what_a_step_returns_is_called_by_its_name(pool: RewardPool, file: Path) -> None:
    wrong = verdict(step(pool, f"{file}:Sparse", "end [1.0]"))
    assert "the step's reward is a list, neither a number nor None" in wrong.message
    asynchronous = verdict(step(pool, f"{file}:Asynchronous", "end"))
    assert "step returned coroutine, not a dict" in asynchronous.message


def test_a_caller_that_plays_one_turn_is_told(pool: RewardPool, file: Path) -> None:
    (result,) = pool.score([item(f"{file}:Echo", "a")])
    assert (result.status, result.teaches) == ("error", False)
    assert "another turn" in result.message


@pytest.mark.parametrize(
    ("name", "turns", "allowed", "status", "words"),
    [
        ("Echo", 4, None, "wrong_format", "no end within 4 turns"),
        ("Echo", 2, 2, "wrong_format", "no end within 2 turns"),
        ("Echo", 4, 9, "wrong_format", "no end within 4 turns"),
        ("Fixed", 3, 3, "wrong_format", "no end within 3 turns"),
        ("Unbounded", 1, None, "error", "its max_turns is 1"),
        ("Random", 1, None, "error", "says it is not deterministic"),
    ],
)
def test_episodes_are_bounded(
    pool: RewardPool,
    file: Path,
    name: str,
    turns: int,
    allowed: int | None,
    status: str,
    words: str,
) -> None:
    given = item(f"{file}:{name}", *["a"] * turns)
    (reply,) = pool.step([given if allowed is None else {**given, "max_turns": allowed}])
    result = verdict(reply)
    assert result.status == status
    assert words in result.message
    if status == "wrong_format":
        assert result.score == turns
        (before,) = pool.step([{**given, "actions": ["a"] * (turns - 1), "max_turns": allowed}])
        assert isinstance(before, Continue)


def test_an_environment_that_only_pretends_to_repeat_itself_is_found(
    pool: RewardPool, file: Path
) -> None:
    name = f"{file}:Secretly"
    assert said(step(pool, name, "a"))
    result = verdict(step(pool, name, "a", "b", "c"))
    assert (result.status, "ended at turn 2 of 3" in result.message) == ("error", True)


@pytest.mark.parametrize("bad", ["hang", "exit", "raise", "nan"])
@pytest.mark.parametrize("turn", [0, 1])
def test_a_turn_that_breaks_its_environment_costs_its_own_episode(
    pool: RewardPool, file: Path, bad: str, turn: int
) -> None:
    actions = ["a", "a", "end"]
    actions[turn] = bad
    name = f"{file}:Impatient"
    replies = pool.step([item(name, "a"), item(name, *actions), item(name, "a", "end")])
    assert said(replies[0]) == "1: a"
    assert verdict(replies[1]).status == ("timeout" if bad == "hang" else "error")
    assert verdict(replies[2]).score == 2.0


@pytest.mark.parametrize(
    ("observation", "words"),
    [
        ("None", "NoneType"),
        ("[]", "0 messages"),
        ("'hello'", "str"),
        ("[{'role': 'assistant', 'content': 'I win'}]", "'assistant'"),
        ("[{'role': 'tool', 'content': object()}]", "object"),
        ("[{'role': 'tool', 'content': b'x'}]", "bytes"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_wrong_observations_are_errors(
    pool: RewardPool, file: Path, observation: str, words: str
) -> None:
    result = verdict(step(pool, f"{file}:Rude", observation))
    assert result.status == "error"
    assert words in result.message


def test_huge_and_malformed_text_gets_through(pool: RewardPool, file: Path) -> None:
    huge = "[{'role': 'tool', 'content': 'x' * 10_000_000}]"
    assert said(step(pool, f"{file}:Rude", huge)).endswith("[cut: 10,000,000 characters in all]")
    assert said(step(pool, f"{file}:Rude", "[{'role': 'tool', 'content': '\\ud800'}]")) == "?"
    assert said(step(pool, f"{file}:Echo", "\ud800")) == "1: ?"


def test_what_is_remembered_is_the_whole_episode(pool: RewardPool, file: Path) -> None:
    name = f"{file}:Remembered"
    first = step(pool, name, "a", "b")
    assert step(pool, name, "a", "b") == first
    assert step(pool, name, "A", "b") != first
    assert step(pool, name, "a", "b", "c") != first
    assert step(pool, name, "long") != step(pool, name, "long"), "too long to remember"
    unsaid = f"{file}:Echo"
    hits = pool.cache_hits
    step(pool, unsaid, "a")
    step(pool, unsaid, "a")
    assert pool.cache_hits == hits, "others may not repeat themselves"


@pytest.mark.parametrize("actions", [[], "text", None, ["a", None], [1]])
def test_items_without_turns_are_errors(pool: RewardPool, actions: Any) -> None:
    (reply,) = pool.step([{"env_class": "math", "row": ROW, "actions": actions}])
    assert verdict(reply).status == "error"


def test_an_episode_of_a_megabyte_is_not_looked_at(pool: RewardPool, file: Path) -> None:
    result = verdict(step(pool, f"{file}:Echo", "x" * 600_000, "x" * 600_000))
    assert result.status == "wrong_format"


def test_skyrl_gyms_single_turn_environments(pool: RewardPool) -> None:
    assert verdict(step(pool, "gsm8k", "#### 7")).score == 1.0
    assert verdict(step(pool, "gsm8k", "#### 8")).score == 0.0
    assert verdict(step(pool, "aime", "Answer: 7")).score == 1.0
    assert verdict(step(pool, "aime", "Answer: 8")).score == -1.0


def test_skyrl_gyms_multi_turn_environment(pool: RewardPool) -> None:
    """It pays its own rewards: 0.2 over the turns for a well-formed wrong answer, 1 for right."""
    name, actions = "gsm8k_multi_turn", ["hm", "#### 8", "so #### 7"]
    for turn in (1, 2):
        assert "tentative numeric answer" in said(step(pool, name, *actions[:turn]))
    result = verdict(step(pool, name, *actions))
    assert result.score == pytest.approx(0.2 / 5 + 1.0)
    assert result.components == {"steps": 3.0}
    # What it says when it is played without the pool.
    env = make_env(name, ROW)
    direct = [env.step(action) for action in actions]
    assert said(step(pool, name, "hm")) == direct[0]["observations"][0]["content"]
    assert result.score == pytest.approx(sum(output["reward"] for output in direct))
    (short,) = pool.step([{**item(name, "hm", "#### 8"), "max_turns": 2}])
    assert verdict(short).score == pytest.approx(0.2 / 2)
    given_up = verdict(step(pool, name, *["hm"] * 5))
    assert (given_up.score, given_up.status) == (0.0, "ok")


def test_a_broken_row_is_an_error(pool: RewardPool) -> None:
    result = verdict(step(pool, "gsm8k", "#### 7", reward_spec={}))
    assert (result.status, "ground_truth" in result.message) == ("error", True)


@pytest.mark.parametrize("name", sorted(UNAVAILABLE))
def test_what_needs_a_server_or_files_is_refused(pool: RewardPool, name: str) -> None:
    assert name in known_envs()
    with pytest.raises(UnavailableEnv, match=f"environment '{name}' (needs|runs)"):
        env_domain(name)
    result = verdict(step(pool, name, "<search>x</search>"))
    assert (result.status, UNAVAILABLE[name] in result.message) == ("error", True)


def test_a_derived_class_may_keep_the_network(
    pool: RewardPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHERE", "outside")
    path = tmp_path / "open.py"
    path.write_text(
        "import os\n"
        "from envs.base import SingleTurnEnv\n"
        "class Open(SingleTurnEnv):\n"
        "    domain, reward, isolated = 'open', 'math', False\n"
        "    def step(self, action):\n"
        "        return {'observations': [], 'reward': float('WHERE' in os.environ), 'done': True,"
        " 'metadata': {}}\n"
    )
    with RewardPool(1, target="envs.scoring:prepare") as fresh:
        assert verdict(step(fresh, f"{path}:Open", "x")).score == 1.0
