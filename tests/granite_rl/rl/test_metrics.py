"""A step's numbers, worked out by hand: every name is the catalogue's, every mean over the right
samples."""

from __future__ import annotations

from dataclasses import replace

import pytest

from granite_rl.actors.trainer import StepReport, TokenSums
from granite_rl.rl.batching import GroupOutcome
from granite_rl.rl.metrics import (
    LOST_SAMPLE,
    engine_metrics,
    failures,
    policy_metrics,
    rollout_metrics,
)
from granite_rl.runs.catalogue import lookup
from granite_rl.types import Completion, PromptGroup, PromptRow, ScoredGroup
from rewards.result import RewardResult


def outcome(results: list[RewardResult], rewards: list[float | None]) -> GroupOutcome:
    row = PromptRow(
        "t", ({"role": "user", "content": "q"},), "e", {}, {}, "math", "f:1", token_ids=(7, 8, 9)
    )
    completions = [Completion([5, 6], None, "text", truncated=False) for _ in results]
    scored = ScoredGroup(PromptGroup(0, row, 0), completions, results, 3)
    return GroupOutcome(scored, rewards, [0.0] * len(rewards), False, None)


def test_penalties_are_apart_from_what_the_verifiers_said() -> None:
    parts = {"format/clean": 0.5}
    results = [RewardResult(1.0, components=parts), RewardResult(0.5), RewardResult.error("broke")]
    metrics = rollout_metrics([outcome(results, [0.4, 0.5, None])])
    assert metrics["reward/mean"] == metrics["reward/math/mean"] == 0.75
    assert metrics["reward/std"] == 0.25
    assert metrics["mismatch/weight_version"] == 3
    assert metrics["reward/overlong_penalty"] == pytest.approx(-0.3)
    assert metrics["reward/math/component/format.clean"] == 0.5
    assert metrics["rollout/failed"] == pytest.approx(1 / 3)
    assert [name for name in metrics if lookup(name) is None] == []


def test_a_kl_penalty_is_no_overlong_punishment() -> None:
    one = outcome([RewardResult(1.0), RewardResult(0.5)], [1.0 - 0.2 - 0.3, 0.5 - 0.1])
    one = replace(one, scored=replace(one.scored, kl_penalty=[0.2, 0.1]))
    assert rollout_metrics([one])["reward/overlong_penalty"] == pytest.approx(-0.15)


def test_rewards_by_language_where_rows_name_one() -> None:
    found = [
        outcome([RewardResult(score), RewardResult.error("broke")], [score, None])
        for score in (0.25, 0.75, 1.0, 0.0)
    ]
    names: list[object] = ["de", "de", "zh-Hant", "../../etc"]
    for one, name in zip(found, names, strict=True):
        one.scored.group.row.extra_info["language"] = name
    metrics = rollout_metrics(found)
    by_language = {name: value for name, value in metrics.items() if "/language/" in name}
    assert by_language == {
        "reward/math/language/de": 0.5,
        "reward/math/language/zh-Hant": 1.0,
    }
    assert [name for name in metrics if lookup(name) is None] == []


def test_sums_of_ranks_are_divided_once() -> None:
    def report(tokens: int, mismatch: int, scale: float) -> StepReport:
        sums = TokenSums(
            tokens=tokens,
            loss=2 * scale,
            clipped_low=3,
            clipped_high=1,
            ratio_max=scale,
            mismatch_tokens=mismatch,
            mismatch_abs=4 * scale,
            mismatch_exp=6 * scale,
            mismatch_kl=8 * scale,
            mismatch_max=scale,
            reference_s=scale,
            domain_tokens={"math": tokens},
            domain_kl={"math": scale},
        )
        return StepReport(sums, 40, 0.5, False, 0.1, None)

    metrics = policy_metrics([report(30, 20, 1.0), report(10, 20, 3.0)], lr=1e-6)
    expected = {
        "policy/loss": 8 / 40,
        "policy/clip_fraction_low": 6 / 40,
        "policy/clip_fraction_high": 2 / 40,
        "policy/ratio_max": 3.0,
        "policy/math/kl": 4 / 40,
        "mismatch/logprob_abs_diff_mean": 16 / 40,
        "mismatch/logprob_abs_diff_max": 3.0,
        "mismatch/token_mult_prob_error": 24 / 40,
        "mismatch/kl": 32 / 40,
        "time/reference_s": 3.0,
    }
    assert {name: metrics[name] for name in expected} == pytest.approx(expected)
    assert [name for name in metrics if lookup(name) is None] == []


def test_generators_are_added_averaged_or_maximised_as_the_catalogue_says() -> None:
    first = {
        "busy_s": 4.0,
        "idle_s": 6.0,
        "kv_cache_usage": 0.5,
        "requests_running": 8.0,
        "requests_waiting": 2.0,
        "preemptions": 1.0,
        "prefix_queries": 100.0,
        "prefix_hits": 90.0,
        "generated_tokens": 1000.0,
    }
    second = dict.fromkeys(first, 0.0) | {"kv_cache_usage": 0.75, "prefix_queries": 100.0}
    metrics = engine_metrics([first, second], 1, 2)
    assert metrics == {
        "time/generate_s": 2.0,
        "time/generators_idle_s": 3.0,
        "engine/kv_cache_usage": 0.75,
        "engine/requests_running": 8.0,
        "engine/requests_waiting": 2.0,
        "engine/preemptions": 1.0,
        "engine/prefix_cache_hit_rate": 0.45,
        "engine/generated_tokens": 1000.0,
        "engine/generators_alive": 2.0,
        "engine/generator_restarts": 1.0,
        "engine/reward_worker_restarts": 2.0,
    }
    assert [name for name in metrics if lookup(name) is None] == []
    idle = engine_metrics([dict.fromkeys(first, 0.0)], 0, 0)
    assert "engine/prefix_cache_hit_rate" not in idle, "nothing was looked up"


def test_the_first_failure_is_named_with_its_row() -> None:
    failed = [RewardResult(1.0), RewardResult.error("no answers"), RewardResult.error("later")]
    lost = outcome([], [])
    lost = replace(lost, scored=replace(lost.scored, lost=4))
    assert failures([lost, outcome(failed, [1.0, None, None])]) == (
        6,
        "e (f:1): error: no answers",
    )
    assert failures([lost]) == (4, LOST_SAMPLE)
