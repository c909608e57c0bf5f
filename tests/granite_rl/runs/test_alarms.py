"""Each alarm fires on its condition, once, and stays silent otherwise."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from granite_rl.runs.alarms import CONDITIONS, Alarms, markdown
from granite_rl.runs.catalogue import lookup


def raised(alarms: Alarms, step: int, metrics: dict[str, float]) -> list[str]:
    assert all(lookup(name) is not None for name in metrics)
    return [alarm.name for alarm in alarms.check(step, metrics)]


def feed(alarms: Alarms, name: str, values: list[float]) -> list[int]:
    """Steps (from 1) at which an alarm begins."""
    return [step for step, v in enumerate(values, start=1) if raised(alarms, step, {name: v})]


def test_a_healthy_run_raises_nothing() -> None:
    alarms, noise = Alarms(logprob_threshold=1e-4), random.Random(0)
    for step in range(1, 301):
        metrics = {
            "rollout/zero_variance_fraction": noise.uniform(0.2, 0.95),
            "rollout/truncated_fraction": noise.uniform(0, 0.5),
            "rollout/failed": 0.05,
            "mismatch/logprob_abs_diff_mean": 1e-5,
            "policy/entropy": 1.0 - 0.4 * step / 300,
            "policy/grad_norm": noise.lognormvariate(0, 0.3),
            "run/disk_free_checkpoints": 2.0,
        }
        assert raised(alarms, step, metrics) == []


def test_zero_variance_must_last_ten_steps() -> None:
    name = "rollout/zero_variance_fraction"
    assert feed(Alarms(), name, [0.95] * 9 + [0.9] + [0.95] * 9) == []
    assert feed(Alarms(), name, [0.95] * 15 + [0.5] + [0.95] * 15) == [10, 26]


def test_truncation() -> None:
    assert feed(Alarms(), "rollout/truncated_fraction", [0.5, 0.51, 0.6, 0.4, 0.6]) == [2, 5]


def test_rollout_errors() -> None:
    assert feed(Alarms(), "rollout/failed", [0.0, 0.05, 0.06, 0.9, 0.0, 0.06]) == [3, 6]


@pytest.mark.parametrize("threshold", [1e-2, 1e-4])
def test_logprob_mismatch(threshold: float) -> None:
    values = [threshold, threshold * 1.01, threshold * 2, 0.0, threshold * 2]
    alarms = Alarms(logprob_threshold=threshold)
    assert feed(alarms, "mismatch/logprob_abs_diff_mean", values) == [2, 5]


def test_tokens_past_the_bound_of_the_kl_estimate() -> None:
    assert feed(Alarms(), "policy/kl_bounded_fraction", [0.0, 1e-6, 0.1, 0.0, 0.2]) == [2, 5]


def test_entropy_halved_against_the_first_steps() -> None:
    name = "policy/entropy"
    # Mean of the last five falls below half the first five's when 3 of 5 are at 0.1: (2 + 0.3) / 5
    assert feed(Alarms(), name, [1.0] * 12 + [0.1] * 6) == [15]
    assert feed(Alarms(), name, [1.0] * 5 + [0.51] * 50) == []


def test_gradient_norm_outlier() -> None:
    noise = random.Random(1)
    calm = [1.0 + 0.1 * noise.gauss(0, 1) for _ in range(40)]
    assert feed(Alarms(), "policy/grad_norm", [*calm, 1.5]) == []
    assert feed(Alarms(), "policy/grad_norm", [*calm, 1.8]) == [41]
    assert feed(Alarms(), "train/grad_norm", [*calm, 1.8]) == [41]
    assert feed(Alarms(), "policy/grad_norm", [1.0] * 40 + [1.2]) == []
    assert feed(Alarms(), "policy/grad_norm", [1.0, 100.0]) == []  # no history yet


def test_disk_running_full() -> None:
    assert feed(Alarms(), "run/disk_free_checkpoints", [9.0, 2.0, 1.9, 0.1, 3.0, 1.0]) == [3, 6]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_non_finite(value: float) -> None:
    alarms = Alarms()
    (alarm,) = alarms.check(3, {"policy/loss": value, "policy/entropy": 1.0})
    assert (alarm.name, alarm.step, alarm.message) == ("non_finite", 3, "not finite: policy/loss")
    assert alarms.check(4, {"policy/loss": value}) == []


def test_messages_say_what_to_do() -> None:
    alarms = Alarms()
    (alarm,) = alarms.check(1, {"rollout/truncated_fraction": 0.75})
    assert "75%" in alarm.message
    assert "rollout.max_response_tokens" in alarm.message


def test_the_page_has_every_alarm() -> None:
    """The table in the docs is this table, and this table has what the code can raise."""
    page = Path(__file__).resolve().parents[3] / "docs" / "observability.md"
    assert markdown() in page.read_text(), "paste granite_rl.runs.alarms.markdown()"
    hostile = {
        "policy/loss": math.nan,
        "rollout/zero_variance_fraction": 1.0,
        "rollout/truncated_fraction": 1.0,
        "rollout/failed": 1.0,
        "mismatch/logprob_abs_diff_mean": 1.0,
        "policy/kl_bounded_fraction": 1.0,
        "run/disk_free_checkpoints": 0.0,
    }
    alarms, seen = Alarms(), set()
    for step in range(1, 42):
        drifting = {
            "policy/entropy": 1.0 if step < 10 else 0.1,
            "policy/grad_norm": 100.0 if step == 41 else 1.0,
        }
        seen |= set(raised(alarms, step, hostile | drifting))
    assert seen == set(CONDITIONS) - {"eval_regression"}  # raised after the held-out evaluation
    assert all(lookup(name) for name, _ in CONDITIONS.values() if name != "any")
