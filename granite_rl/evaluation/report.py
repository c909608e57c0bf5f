"""Writes ``report.json`` and ``report.html`` of a pipeline's run, and tables over several runs.

Everything is recomputed from what the runs left behind (eval.json, metrics.jsonl, lineage.json and
the pipeline's record), so a report can be rebuilt at any time: ``granite-rl report RUN_DIR``. With
several run directories, the means over the nine domains are tabled over seeds, treated and control
apart, as Markdown.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from granite_rl.config import RL_STAGES
from granite_rl.errors import ConfigError, DataError
from granite_rl.evaluation.matrix import (
    ALL_STAGES,
    Matrix,
    load_evaluation,
    matrix_from_report,
    percentage_points,
    render_markdown,
    render_text,
)
from granite_rl.evaluation.page import render_page
from granite_rl.evaluation.statistics import (
    Estimate,
    estimate_difference,
    mean_and_spread,
    student_half_width,
)
from granite_rl.runs.files import read_json, read_json_lines, write_atomic, write_json
from granite_rl.runs.lineage import read_lineage

RECORD_NAME = "pipeline.json"
"""Name of the pipeline's record of what it ran, in its run directory."""

CURVES = ("reward/mean", "policy/kl")
"""Metrics that the page shows over the steps of every RL stage."""


def read_curves(metrics: Path, names: Sequence[str]) -> dict[str, list[tuple[float, float]]]:
    """Read step and value of each metric from a metrics.jsonl; torn or foreign lines are left
    out."""
    curves: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for record in read_json_lines(metrics):
        for name in names:
            value = record.get(name)
            if isinstance(value, int | float) and isinstance(record.get("step"), int):
                curves[name].append((float(record["step"]), float(value)))
    return curves


def build_report(run_dir: Path) -> tuple[Matrix, dict[str, Any]]:
    """Build the content of report.json from the files of a pipeline's run.

    Raises:
        ConfigError: no pipeline ran there.
        DataError: nothing was evaluated yet, or an eval.json is broken.
    """
    record = read_json(run_dir / RECORD_NAME)
    if record is None:
        raise ConfigError(
            f"{run_dir}: holds no {RECORD_NAME}",
            "name a run directory of python -m granite_rl.pipeline",
        )
    evaluations = {
        stage: load_evaluation(run_dir / path)
        for stage, path in record["evaluations"].items()
        if (run_dir / path).is_file()
    }
    if not evaluations:
        raise DataError(f"{run_dir}: nothing was evaluated yet", "let the pipeline run further")
    matrix = Matrix(evaluations)
    report = {
        **matrix.as_json(),
        "recipe": record["recipe"],
        "seed": record["seed"],
        "control": record["control"],
        "lineage": _lineage(run_dir, record),
        "seconds": {name: step["seconds"] for name, step in record["steps"].items()},
    }
    return matrix, report


def _lineage(run_dir: Path, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    links = []
    for name, path in record["runs"].items():
        link = read_lineage(run_dir / path)
        if link is not None:
            parent = link.parent_relative
            if parent is not None:
                parent = str(Path(path) / parent)
            links.append(
                {
                    "run": name,
                    "directory": path,
                    "parent": _normal(parent),
                    "parent_hash": link.parent_hash,
                }
            )
    return links


def _normal(path: str | None) -> str | None:
    """Rewrite ``sft/../pretrain/hf`` as ``pretrain/hf``; purely textual, links are not followed."""
    if path is None:
        return None
    kept: list[str] = []
    for part in Path(path).parts:
        if part == ".." and kept and kept[-1] != "..":
            kept.pop()
        else:
            kept.append(part)
    return str(Path(*kept))


def write_report(run_dir: Path) -> Matrix:
    """Write report.json and report.html into a pipeline's run directory.

    Returns:
        The matrix, for printing.

    Raises:
        DataError: see `build_report`.
    """
    matrix, report = build_report(run_dir)
    record = read_json(run_dir / RECORD_NAME) or {}
    curves = {
        stage: read_curves(run_dir / path / "metrics.jsonl", CURVES)
        for stage, path in record["runs"].items()
        if stage in RL_STAGES and (run_dir / path).is_dir()
    }
    write_json(run_dir / "report.json", report)
    write_atomic(run_dir / "report.html", render_page(matrix, report, curves))
    return matrix


def seeds_table(reports: Mapping[str, Mapping[str, Any]]) -> str:
    """Render the mean over the nine domains per stage, run by run and over seeds, as Markdown.

    Within a run, ± is the 95 % interval from the held-out samples. Over runs of one kind, it is the
    standard deviation between seeds, and the gain's ± is Student's 95 % interval over seeds.

    Args:
        reports: the contents of report.json, by the name to show.
    """
    matrices = {name: matrix_from_report(report) for name, report in reports.items()}
    stages = [s for s in ALL_STAGES if any(s in matrix.stages for matrix in matrices.values())]
    header = ["run", "seed", "rewards", *stages, "gain sft → multi_domain"]
    lines = [_row(header), _row(["---"] * 2 + ["---"] + ["--:"] * (len(stages) + 1))]
    for control in (False, True):
        names = [name for name, report in reports.items() if bool(report["control"]) is control]
        names.sort(key=lambda name: int(reports[name]["seed"]))
        kind = "shuffled (control)" if control else "true"
        means: dict[str, list[float]] = {stage: [] for stage in stages}
        gains: list[float] = []
        for name in names:
            cells = []
            estimates = {s: matrices[name].mean(s) for s in stages if s in matrices[name].stages}
            for stage in stages:
                estimate = estimates.get(stage)
                cells.append("–" if estimate is None else _percent(estimate))
                if estimate is not None:
                    means[stage].append(estimate.value)
            gain = _gain(estimates)
            if gain is not None:
                gains.append(gain.value)
            cells.append(
                "–"
                if gain is None
                else f"**{percentage_points(gain.value)}** ± {100 * gain.half_width:.1f}"
            )
            lines.append(_row([name, str(reports[name]["seed"]), kind, *cells]))
        if len(names) > 1:
            cells = [_spread(means[stage]) for stage in stages]
            half = student_half_width(gains)
            cells.append(
                "–"
                if half is None
                else f"**{percentage_points(sum(gains) / len(gains))}** ± {100 * half:.1f}"
            )
            lines.append(_row([f"mean of {len(names)} seeds", "", kind, *cells]))
    lines.append("")
    lines.append(
        "Mean accuracy over the nine domains in %. In a row of one run, ± is the 95 % interval "
        "from the held-out samples; in a row over seeds it is the standard deviation between "
        "seeds, and for the gain Student's 95 % interval."
    )
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _percent(estimate: Estimate) -> str:
    return f"{100 * estimate.value:.1f} ± {100 * estimate.half_width:.1f}"


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "–"
    mean, spread = mean_and_spread(values)
    return f"{100 * mean:.1f}" + ("" if spread is None else f" ± {100 * spread:.1f}")


def _gain(estimates: Mapping[str, Estimate | None]) -> Estimate | None:
    before, after = estimates.get("sft"), estimates.get("multi_domain")
    if before is None or after is None:
        return None
    return estimate_difference(before, after)


def main(argv: Sequence[str]) -> int:
    """Run ``granite-rl report RUN_DIR [RUN_DIR ...]``; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="granite-rl report",
        description="Rebuild report.json and report.html of a pipeline's run and print its stage × "
        "domain table; with several runs, print the table over seeds as Markdown.",
    )
    parser.add_argument("run_dirs", nargs="+", type=Path, metavar="RUN_DIR")
    parser.add_argument(
        "--markdown", action="store_true", help="print one run's table as Markdown, for a README"
    )
    arguments = parser.parse_args(list(argv))
    matrices = {str(run_dir): write_report(run_dir) for run_dir in arguments.run_dirs}
    if len(matrices) > 1:
        contents = {name: read_json(Path(name) / "report.json") or {} for name in matrices}
        print(seeds_table(contents))
        return 0
    (run_dir, matrix), *_ = matrices.items()
    print(render_markdown(matrix) if arguments.markdown else render_text(matrix))
    if not arguments.markdown:
        print(f"\nwritten: {Path(run_dir) / 'report.html'}")
    return 0
