"""Prometheus gauges: one name each, no text in labels, and served by a real Ray node."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from granite_rl.runs.catalogue import CATALOGUE, lookup
from granite_rl.runs.prometheus import PrometheusSink, gauge_name, labels

ROOT = Path(__file__).resolve().parents[3]


def test_two_metrics_share_a_gauge_only_as_total_and_domain() -> None:
    """Same name, same unit: what differs is the domain label alone."""
    gauges: dict[str, list[str]] = {}
    for metric in CATALOGUE:
        name = gauge_name(metric)
        assert re.fullmatch(r"granite_rl_[a-z][a-z0-9_]*", name)
        gauges.setdefault(name, []).append(metric.name)
    for names in gauges.values():
        assert len({name.replace("/<domain>", "") for name in names}) == 1, names
        assert len({metric.unit for metric in CATALOGUE if metric.name in names}) == 1, names


@pytest.mark.parametrize(
    ("name", "gauge", "expected"),
    [
        ("reward/mean", "granite_rl_reward_mean", {}),
        ("reward/math/mean", "granite_rl_reward_mean", {"domain": "math"}),
        (
            "reward/math/component/format",
            "granite_rl_reward_component_by_name",
            {"domain": "math", "name": "format"},
        ),
        ("rollout/failed/timeout", "granite_rl_rollout_failed_by_status", {"status": "timeout"}),
    ],
)
def test_placeholders_become_labels(name: str, gauge: str, expected: dict[str, str]) -> None:
    metric = lookup(name)
    assert metric is not None
    assert gauge_name(metric) == gauge
    assert labels(metric, name) == expected


def test_only_numbers_of_the_catalogue_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, float, dict[str, str]]] = []

    class Gauge:
        """Stands for Ray's."""

        def __init__(self, name: str, description: str, tag_keys: tuple[str, ...]) -> None:
            self.name, self.keys = name, set(tag_keys)

        def set(self, value: float, tags: dict[str, str]) -> None:
            """Note the call."""
            assert set(tags) == self.keys
            seen.append((self.name, value, tags))

    monkeypatch.setattr("ray.util.metrics.Gauge", Gauge)
    sink = PrometheusSink("demo", "math")
    sink.log_samples(4, [{"prompt": "secret"}])
    sink.log(4, {"reward/math/mean": 0.5, "reward/mean": 0.25, "not/in/the/catalogue": 1.0})
    tags = {"run": "demo", "stage": "math", "domain": ""}
    assert seen == [
        ("granite_rl_reward_mean", 0.5, {**tags, "domain": "math"}),
        ("granite_rl_reward_mean", 0.25, tags),
        ("granite_rl_run_global_step", 4.0, tags),
    ]


SESSION = """
import json, sys, time, urllib.request
import ray
from granite_rl.actors.placement import ray_session
from granite_rl.config import ClusterSection
from granite_rl.runs.prometheus import PrometheusSink, metrics_address

cluster = ClusterSection.model_construct(local_cpus=1)
with ray_session(cluster):
    sink, found = PrometheusSink("demo", "math"), []
    deadline = time.monotonic() + 60
    while len(found) < 2 and time.monotonic() < deadline:
        sink.log(3, {"reward/math/mean": 0.5, "reward/mean": 0.25})
        time.sleep(1)
        page = urllib.request.urlopen(metrics_address(), timeout=10).read().decode()
        found = [line for line in page.splitlines() if line.startswith("ray_granite_rl_reward")]
    print(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.ray
def test_a_private_ray_session_serves_the_gauges() -> None:
    """Without Ray's dashboard, as a stage that is started by hand runs."""
    result = subprocess.run(
        [sys.executable, "-c", SESSION], cwd=ROOT, capture_output=True, text=True, timeout=270
    )
    assert result.returncode == 0, result.stderr
    lines: list[str] = json.loads(result.stdout.splitlines()[-1])
    values: dict[Any, float] = {}
    for line in lines:
        match = re.fullmatch(r"ray_granite_rl_reward_mean\{(.*)\} (\S+)", line)
        assert match is not None, line
        tags = dict(re.findall(r'(\w+)="([^"]*)"', match.group(1)))
        assert (tags["run"], tags["stage"]) == ("demo", "math")
        values[tags.get("domain", "")] = float(match.group(2))
    assert values == {"": 0.25, "math": 0.5}
