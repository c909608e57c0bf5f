"""Reward workers that hang, crash or raise: a poisoned sample costs its own verdict only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from granite_rl.actors.answers import wait_for
from granite_rl.actors.reward_model_client import RewardModelClient
from granite_rl.actors.scoring import ScorerPool
from granite_rl.errors import InfrastructureError, PreflightError
from granite_rl.types import PromptRow
from rewards.result import RewardResult

pytestmark = [pytest.mark.slow, pytest.mark.ray]

ENVIRONMENT = """
import os, time
from envs.base import SingleTurnEnv
from rewards import reward

@reward("hostile", range=(0.0, 1.0), timeout_s=60.0)
def hostile(completion: str) -> float:
    if completion == "hang":
        while True:
            time.sleep(0.01)
    if completion == "exit":
        os._exit(3)
    if completion == "raise":
        raise RuntimeError("boom")
    if completion == "nan":
        return float("nan")
    return 1.0 if completion == "good" else 0.0

class HostileEnv(SingleTurnEnv):
    domain = "hostile"
    reward = __file__ + ":hostile"

class CrashingEnv(SingleTurnEnv):
    domain = "hostile"
    reward = __file__ + ":hostile"

    def step(self, action):
        raise ValueError("the environment itself is broken")

class ChattyEnv(SingleTurnEnv):
    domain = "hostile"
    reward = __file__ + ":hostile"
    deterministic = True

    def __init__(self, env_config=None, extras=None):
        super().__init__(env_config, extras)
        self.max_turns = 3

    def step(self, action):
        if action == "good":
            return super().step(action)
        said = [{"role": "user", "content": "Go on."}]
        return {"observations": said, "reward": 0.0, "done": False, "metadata": {}}
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A private Ray instance; yields the configuration that started it."""
    from granite_rl.actors.placement import ray_session
    from granite_rl.config import StageConfig
    from granite_rl.entry import compose, validate

    given = ["stage=math", "recipe=demo", "model.path=M", "data.train=D"]
    config = validate(StageConfig, compose("rl", given))
    with ray_session(config.cluster):
        yield config


def prompt_row(environment: str) -> PromptRow:
    prompt = ({"role": "user", "content": "hi"},)
    spec = {"method": "rule", "ground_truth": ""}
    return PromptRow("test", prompt, environment, spec, {}, "hostile", "here:1")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An environment that pays for "good"."""
    path = tmp_path_factory.mktemp("hostile") / "hostile_env.py"
    path.write_text(ENVIRONMENT)
    return f"{path}:HostileEnv"


Score = Callable[..., list[RewardResult]]
ScoreGroups = Callable[..., list[list[RewardResult]]]


@pytest.fixture(scope="module")
def score_groups(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> ScoreGroups:
    """Score groups of completions on a pool of two workers with a deadline of 8 s a job."""
    import ray

    from granite_rl.actors import placement

    path = tmp_path_factory.mktemp("environments") / "hostile_env.py"
    path.write_text(ENVIRONMENT)
    pool = ScorerPool(
        lambda: placement.start_reward_worker(cluster.rewards, cluster.cluster),
        2,
        8.0,
    )

    ray.get(list(pool.ready().values()), timeout=120)

    def run(
        groups: list[tuple[str, ...]], environment: str = "HostileEnv"
    ) -> list[list[RewardResult]]:
        row = prompt_row(f"{path}:{environment}")
        for key, completions in enumerate(groups):
            samples = tuple(range(len(completions)))
            said = [(text,) for text in completions]
            pool.submit(((0, key), samples), row, said, max_turns=1, evaluation=False)
        verdicts: dict[int, list[RewardResult]] = {}
        while len(verdicts) < len(groups):
            ready, _ = ray.wait(pool.references(), timeout=0.2)
            for ((_, key), samples), results in pool.collect(ready):
                assert key not in verdicts, "a group is scored once"
                assert len(samples) == len(results)
                verdicts[key] = [item for item in results if isinstance(item, RewardResult)]
        assert not pool.references()
        return [verdicts[key] for key in range(len(groups))]

    return run


@pytest.fixture
def score(score_groups: ScoreGroups) -> Score:
    """Score completions of one group."""

    def run(*completions: str, environment: str = "HostileEnv") -> list[RewardResult]:
        return score_groups([completions], environment)[0]

    return run


def test_verdicts_come_back_in_order(score: Score) -> None:
    assert [result.score for result in score("good", "bad", "good")] == [1.0, 0.0, 1.0]


def test_many_groups_keep_their_verdicts_apart(score_groups: ScoreGroups) -> None:
    groups = [("good",) * (key % 5) + ("bad", "raise") for key in range(200)]
    for said, results in zip(groups, score_groups(groups), strict=True):
        expected = [1.0] * (len(said) - 2) + [0.0]
        assert [result.score for result in results[:-1]] == expected
        assert results[-1].status == "error"


def test_poisoned_groups_do_not_spoil_their_neighbours(score_groups: ScoreGroups) -> None:
    groups = [("good", "bad")] * 40
    groups[7] = ("good", "exit")
    groups[30] = ("hang", "good")
    results = score_groups(groups)
    assert [result.status for result in results[7]] == ["ok", "error"]
    assert [result.status for result in results[30]] == ["timeout", "ok"]
    for key in set(range(40)) - {7, 30}:
        assert [result.score for result in results[key]] == [1.0, 0.0]


def test_a_hanging_sample_times_out_alone(score: Score) -> None:
    results = score("good", "hang", "bad", "good")
    assert [result.status for result in results] == ["ok", "timeout", "ok", "ok"]
    assert [result.score for result in results if result.teaches] == [1.0, 0.0, 1.0]


def test_a_sample_that_kills_its_worker_is_an_error_alone(score: Score) -> None:
    results = score("good", "exit", "good")
    assert [result.status for result in results] == ["ok", "error", "ok"]


def test_exceptions_and_nan_are_errors_not_zeros(score: Score) -> None:
    results = score("raise", "nan", "good")
    assert [result.status for result in results] == ["error", "error", "ok"]
    assert "boom" in str(results[0].message)


def test_a_broken_environment_is_an_error(score: Score) -> None:
    (result,) = score("good", environment="CrashingEnv")
    assert result.status == "error"
    assert "the environment itself is broken" in str(result.message)


def test_an_episode_that_goes_on_is_no_verdict(score: Score) -> None:
    results = score("good", "hm", "good", environment="ChattyEnv")
    # The caller allows one turn, and the environment has no last word of its own.
    assert [result.status for result in results] == ["ok", "wrong_format", "ok"]
    assert "no end within 1 turns" in str(results[1].message)


class Mortal:
    """A reward worker that dies when it is asked to score."""

    def describe(self) -> dict[str, int]:
        return {}

    def score(self, items: list[Any]) -> None:
        os._exit(1)


class Stillborn(Mortal):
    """One that dies at the start, as on a node without memory."""

    def describe(self) -> dict[str, int]:
        os._exit(1)


class ScoreModel:
    """A reward model that does as the completions say."""

    def __init__(self, refuses: bool = False) -> None:
        if refuses:
            raise PreflightError("M is not a reward model", "train one")

    def describe(self) -> dict[str, int]:
        return {}

    def score(self, prompt: list[Any], completions: list[str]) -> list[RewardResult]:
        if "exit" in completions:
            os._exit(1)
        if "raise" in completions:
            raise OverflowError("too large")
        return [RewardResult(float(len(completion))) for completion in completions]


def model_pool(cluster: Any, max_restarts: int, refuses: bool = False) -> ScorerPool:
    """A pool of one real reward worker and a reward model."""
    import ray

    from granite_rl.actors import placement
    from granite_rl.actors.hosting import hosted

    model = RewardModelClient(
        lambda: ray.remote(hosted(ScoreModel)).options(num_cpus=0.1).remote(refuses),
        lambda name: True,
        timeout_s=20.0,
        start_timeout_s=60.0,
        max_restarts=max_restarts,
        on_event=lambda kind, message: None,
    )
    worker = partial(placement.start_reward_worker, cluster.rewards, cluster.cluster)
    return ScorerPool(worker, 1, 20.0, model)


def model_scores(pool: ScorerPool, environment: str, *completions: str) -> list[RewardResult]:
    """Verdicts of one group."""
    import ray

    said = [(text,) for text in completions]
    key = ((0, 0), tuple(range(len(said))))
    pool.submit(key, prompt_row(environment), said, max_turns=1, evaluation=False)
    while True:
        ready, _ = ray.wait(pool.references(), timeout=30)
        for _, results in pool.collect(ready):
            return [item for item in results if isinstance(item, RewardResult)]


def test_a_reward_model_that_keeps_dying_ends_the_run(cluster: Any, hostile: str) -> None:
    pool = model_pool(cluster, max_restarts=1)
    wait_for(pool.ready(), 60, "starting")
    (good,) = model_scores(pool, hostile, "good")
    assert (good.score, good.components["rubric"]) == (4.0, 1.0)
    (failed,) = model_scores(pool, hostile, "raise")
    assert failed.status == "error"
    assert failed.message == "reward model: OverflowError: too large"
    with pytest.raises(InfrastructureError, match=r"the reward model died: .*1 times in this run"):
        model_scores(pool, hostile, "exit")
    assert pool.restarts == 1


def test_a_reward_model_that_refuses_its_checkpoint_says_so(cluster: Any) -> None:
    pool = model_pool(cluster, max_restarts=1, refuses=True)
    with pytest.raises(PreflightError) as caught:
        wait_for(pool.ready(), 60, "starting")
    assert (caught.value.message, caught.value.fix) == ("M is not a reward model", "train one")


def test_a_worker_that_cannot_be_replaced_ends_the_run_by_name(cluster: Any) -> None:
    import ray

    kinds = iter((Mortal, Stillborn))
    pool = ScorerPool(
        lambda: ray.remote(next(kinds)).options(num_cpus=0.1).remote(),
        1,
        30.0,
    )
    ray.get(list(pool.ready().values()), timeout=60)
    pool.submit(((0, 0), (0,)), prompt_row("any"), [("said",)], max_turns=1, evaluation=False)
    ready, _ = ray.wait(pool.references(), num_returns=1, timeout=60)
    with pytest.raises(
        InfrastructureError, match="replacing a reward worker: reward worker 0 died"
    ):
        pool.collect(ready)
