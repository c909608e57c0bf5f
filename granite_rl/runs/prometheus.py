"""Serve the catalogue's metrics as Prometheus gauges, through Ray.

``ray.util.metrics`` hands them to the agent of the driver's node, which serves them at the node's
metrics port with the prefix ``ray_``: ``reward/math/mean`` is
``ray_granite_rl_reward_mean{run="...", stage="math", domain="math"}``. The agent runs with or
without Ray's dashboard, so also in the private Ray instance of a stage that no cluster was given
for. A metric over all domains has an empty ``domain``, which to Prometheus is none at all.

Only values are served. The port needs no password, hence no prompt, no completion and no path
ever becomes a label: just the run's name, the stage, and the placeholders of the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from granite_rl.runs.catalogue import Metric, lookup

PREFIX = "granite_rl_"


def gauge_name(metric: Metric) -> str:
    """Return the name of a catalogue entry's gauge, without Ray's prefix.

    ``<domain>`` becomes a label and leaves the name, so that all domains and their total are one
    gauge; any other placeholder stays as ``by_name``, because its parts don't add up to a total of
    the same unit.
    """
    parts = [part for part in metric.name.split("/") if part != "<domain>"]
    return PREFIX + "_".join(re.sub(r"<(\w+)>", r"by_\1", part) for part in parts)


def labels(metric: Metric, name: str) -> dict[str, str]:
    """Return what the placeholders of an entry stand for in a metric's name."""
    pattern = re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", metric.name)
    match = re.fullmatch(pattern, name)
    assert match is not None, f"{name} is not {metric.name}"
    return match.groupdict()


class PrometheusSink:
    """Sets the gauges of one run; they disappear from the port when the driver ends.

    Args:
        run: the run's name.
        stage: name of the stage.
    """

    def __init__(self, run: str, stage: str) -> None:
        self._tags = {"run": run, "stage": stage}
        self._gauges: dict[str, Any] = {}

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Set every gauge whose metric is in the catalogue; others are left out."""
        for name, value in {**metrics, "run/global_step": float(step)}.items():
            metric = lookup(name)
            if metric is not None:
                tags = {"domain": "", **labels(metric, name)}
                self._gauge(metric, tuple(tags)).set(value, tags={**self._tags, **tags})

    def log_samples(self, step: int, records: object) -> None:
        """Ignore samples, which are text and must not be served on a port without a password."""

    def close(self) -> None:
        """Drop the gauges; nothing is buffered."""
        self._gauges.clear()

    def _gauge(self, metric: Metric, tag_keys: tuple[str, ...]) -> Any:
        from ray.util.metrics import Gauge

        name = gauge_name(metric)
        if name not in self._gauges:
            description = f"{metric.meaning} Unit: {metric.unit}."
            keys = (*self._tags, *tag_keys)
            self._gauges[name] = Gauge(name, description=description, tag_keys=keys)
        return self._gauges[name]


def metrics_address() -> str:
    """Return where this process's Ray node serves metrics: ``http://host:port/metrics``.

    Raises:
        RuntimeError: this process is not connected to Ray.
    """
    import ray

    if not ray.is_initialized():  # or the next line would start a cluster
        raise RuntimeError("gauges need a connection to Ray, and there is none")
    here = ray.get_runtime_context().get_node_id()
    node = next(node for node in ray.nodes() if node["NodeID"] == here)
    return f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
