"""Renders the report as one self-contained HTML page.

Self-contained, so that it can be mailed and opened anywhere: no network, no script. A model's
text is hostile input; Jinja escapes everything that isn't our own SVG, and a content security
policy without scripts is the second safeguard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from granite_rl.evaluation.matrix import EvaluatedPrompt, Matrix, percentage_points
from granite_rl.evaluation.statistics import wilson_interval
from granite_rl.evaluation.svg import curve_panel, interval_panel
from granite_rl.runs.console import format_duration

SHORT_STAGE_NAMES = {"multi_domain": "multi", "identity": "ident."}
SAMPLES_PER_STAGE = 22
_ONE_SIDED = 0.025
_CURVE_TITLES = {"reward/mean": "reward", "policy/kl": "KL"}

Curves = Mapping[str, Mapping[str, Sequence[tuple[float, float]]]]
"""Step and value of each metric, by RL stage and metric."""


def render_page(matrix: Matrix, report: Mapping[str, Any], curves: Curves) -> str:
    """Render the page.

    Args:
        matrix: accuracies, samples included.
        report: the content of report.json.
        curves: metrics over the steps of each RL stage.
    """
    source = (files("granite_rl.evaluation") / "report.html.jinja").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    transitions = matrix.transitions()
    comparisons = sum(len(transition.changes) for transition in transitions)
    return environment.from_string(source).render(
        title="Granite recipe: what each stage did",
        recipe=report["recipe"],
        seed=report["seed"],
        control=report["control"],
        stages=matrix.stages,
        tiles=_tiles(matrix),
        sentences=[transition.sentence() for transition in transitions],
        gates=[
            f"{gate['stage']}: {gate['domain']} {percentage_points(gate['change'])}"
            for gate in report["gates"]
        ],
        comparisons=comparisons,
        by_chance=f"{comparisons * _ONE_SIDED:.1f}",
        rows=_rows(matrix),
        means=[
            None
            if (mean := matrix.mean(stage)) is None
            else {"value": f"{100 * mean.value:.1f}", "half": f"{100 * mean.half_width:.1f}"}
            for stage in matrix.stages
        ],
        domain_panels=_domain_panels(matrix),
        curves=_curve_panels(curves),
        samples=_samples(matrix),
        lineage=[
            {**link, "short_hash": (link["parent_hash"] or "").removeprefix("sha256:")[:16]}
            for link in report["lineage"]
        ],
        times=_times(report["seconds"]),
    )


def _tiles(matrix: Matrix) -> list[dict[str, str]]:
    tiles = []
    changes = {transition.stage: transition.mean for transition in matrix.transitions()}
    for stage in matrix.stages:
        mean, change = matrix.mean(stage), changes.get(stage)
        if mean is None:
            continue
        css = "soft"
        if change is not None and change.significant:
            css = "up" if change.value > 0 else "down"
        tiles.append(
            {
                "stage": stage,
                "value": f"{100 * mean.value:.1f}",
                "half": f"± {100 * mean.half_width:.1f}",
                "change": ""
                if change is None
                else f"{percentage_points(change.value)} ± {100 * change.half_width:.1f}",
                "css": css,
            }
        )
    return tiles


def _rows(matrix: Matrix) -> list[dict[str, Any]]:
    rows = []
    for domain in matrix.domains:
        cells: list[dict[str, Any] | None] = []
        for stage in matrix.stages:
            cell = matrix.cell(stage, domain)
            if cell is None:
                cells.append(None)
                continue
            interval = wilson_interval(cell)
            cells.append(
                {
                    "share": f"{cell.accuracy:.3f}",
                    "value": f"{100 * cell.accuracy:.1f}",
                    "low": f"{100 * interval.low:.0f}",
                    "high": f"{100 * interval.high:.0f}",
                    "n": cell.n,
                }
            )
        rows.append({"domain": domain, "cells": cells})
    return rows


def _domain_panels(matrix: Matrix) -> list[Any]:
    labels = [SHORT_STAGE_NAMES.get(stage, stage) for stage in matrix.stages]
    panels = []
    for domain in matrix.domains:
        marks: list[tuple[float, float, float] | None] = []
        for stage in matrix.stages:
            cell = matrix.cell(stage, domain)
            if cell is None:
                marks.append(None)
            else:
                interval = wilson_interval(cell)
                marks.append((cell.accuracy, interval.low, interval.high))
        panels.append(_safe(interval_panel(domain, labels, marks)))
    return panels


def _curve_panels(curves: Curves) -> list[Any]:
    return [
        _safe(
            curve_panel(
                f"{stage}: {_CURVE_TITLES.get(metric, metric)}",
                by_metric[metric],
                from_zero=metric == "policy/kl",
            )
        )
        for metric in _CURVE_TITLES
        for stage, by_metric in curves.items()
        if metric in by_metric
    ]


def _samples(matrix: Matrix) -> list[dict[str, Any]]:
    """Choose at most SAMPLES_PER_STAGE samples of each stage, taken in turn from its domains."""
    blocks = []
    for stage in matrix.stages:
        by_domain: dict[str, list[EvaluatedPrompt]] = {}
        for sample in matrix.evaluations[stage].samples:
            by_domain.setdefault(sample.domain, []).append(sample)
        queues = [by_domain[d] for d in (*matrix.domains, *by_domain) if d in by_domain]
        seen: list[EvaluatedPrompt] = []
        depth = max((len(queue) for queue in queues), default=0)
        for position in range(depth):
            for queue in queues:
                if position < len(queue) and queue[position] not in seen:
                    seen.append(queue[position])
        chosen = sorted(
            seen[:SAMPLES_PER_STAGE], key=lambda s: [*matrix.domains, s.domain].index(s.domain)
        )
        if chosen:
            shown = [
                {**vars(s), "reward": "–" if s.reward is None else f"{s.reward:.2f}"}
                for s in chosen
            ]
            blocks.append({"stage": stage, "samples": shown})
    return blocks


def _times(seconds: Mapping[str, float]) -> list[tuple[str, str]]:
    rows = [(name, format_duration(value)) for name, value in seconds.items()]
    return [*rows, ("together", format_duration(sum(seconds.values())))]


def _safe(svg: str) -> Any:
    """Mark our own SVG, whose texts were escaped when it was made, so that Jinja does not escape
    it."""
    return Markup(svg)
