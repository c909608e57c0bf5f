"""Compares the checkpoints of the recipe in a stage × domain matrix of held-out accuracies.

The input is the ``eval.json`` files that the evaluation through the generators writes, one for each
checkpoint. The output is the numbers (cells with Wilson intervals, means over the nine domains,
stage-to-stage gains, regression gates), one sentence on what each stage did, and the table for a
terminal. HTML and ``report.json`` are made from the same objects in ``report.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from envs.names import NINE_DOMAINS
from granite_rl.config import RL_STAGES
from granite_rl.errors import DataError
from granite_rl.evaluation.statistics import (
    Difference,
    Estimate,
    Proportion,
    difference,
    estimate_difference,
    mean_of_proportions,
    wilson_interval,
)
from rewards.files import NotARow, decode

ALL_STAGES: tuple[str, ...] = ("base", "sft", *RL_STAGES)
"""Checkpoints of the recipe, in order."""

MINUS = "\N{MINUS SIGN}"

SHOWN_CHANGES = 4
"""Most domains that a stage's sentence names; the table has them all."""


class DomainResult(BaseModel):
    """Holds the result of one domain in an ``eval.json``."""

    model_config = ConfigDict(frozen=True)

    accuracy: float = Field(ge=0.0, le=1.0)
    n: int = Field(ge=0)
    mean_reward: float | None = None
    failed: int = Field(default=0, ge=0)
    """Samples that could not be generated or scored; they are not counted in ``n``."""


class EvaluatedPrompt(BaseModel):
    """Holds one held-out prompt with the model's answer and its score."""

    model_config = ConfigDict(frozen=True)

    domain: str
    prompt: str
    completion: str
    reward: float | None = None
    status: str = "ok"


class Evaluation(BaseModel):
    """Holds the content of one ``eval.json``."""

    model_config = ConfigDict(frozen=True)

    model: str
    model_hash: str | None = None
    greedy: bool = True
    domains: dict[str, DomainResult]
    samples: tuple[EvaluatedPrompt, ...] = ()


def load_evaluation(path: Path) -> Evaluation:
    """Read and check an ``eval.json``.

    Raises:
        DataError: missing file, no JSON, or a field of the wrong type or range.
    """
    try:
        return Evaluation.model_validate(decode(path.read_bytes()))
    except OSError as error:
        raise DataError(
            f"{path}: can't be read ({error.strerror})", "evaluate that model again"
        ) from error
    except NotARow as error:
        raise DataError(f"{path}: {error}", "evaluate that model again") from error
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise DataError(f"{path}: {key}: {problem['msg']}", "evaluate that model again") from error


@dataclass(frozen=True)
class DomainChange:
    """Compares a domain's accuracy before and after one stage."""

    domain: str
    old: Proportion
    new: Proportion
    difference: Difference

    @property
    def regression(self) -> bool:
        """Return whether the accuracy fell by more than the interval of the difference."""
        return self.difference.interval.high < 0.0


@dataclass(frozen=True)
class Transition:
    """Compares a stage with its parent: every domain, and the mean over the nine."""

    parent: str
    stage: str
    changes: tuple[DomainChange, ...]
    mean: Estimate | None

    def sentence(self) -> str:
        """Summarise the stage in one line: the mean first, then the domains that moved
        significantly, largest change first."""
        parts = []
        if self.mean is not None:
            verdict = "significant" if self.mean.significant else "within noise"
            half = 100 * self.mean.half_width
            parts.append(
                f"mean over nine {percentage_points(self.mean.value)} ± {half:.1f} ({verdict})"
            )
        moved = sorted(
            (change for change in self.changes if change.difference.significant),
            key=lambda change: -abs(change.difference.value),
        )
        if moved:
            more = f" and {len(moved) - SHOWN_CHANGES} more" if len(moved) > SHOWN_CHANGES else ""
            listed = ", ".join(
                f"{change.domain} {percentage_points(change.difference.value)}"
                for change in moved[:SHOWN_CHANGES]
            )
            parts.append(f"significant: {listed}{more}")
        else:
            parts.append("no single domain moved beyond its interval")
        return f"{self.stage} (from {self.parent}): " + "; ".join(parts)


def percentage_points(value: float) -> str:
    """Format a difference of accuracies in percentage points, with its sign."""
    return f"{'+' if value >= 0 else MINUS}{abs(100 * value):.1f}"


class Matrix:
    """Holds the evaluations of the stages in order, and computes cells, means and changes from
    them."""

    def __init__(self, evaluations: Mapping[str, Evaluation]) -> None:
        known = [stage for stage in ALL_STAGES if stage in evaluations]
        self.stages: tuple[str, ...] = (*known, *(s for s in evaluations if s not in ALL_STAGES))
        self.evaluations = dict(evaluations)
        seen = {domain for evaluation in evaluations.values() for domain in evaluation.domains}
        self.domains: tuple[str, ...] = (
            *(domain for domain in NINE_DOMAINS if domain in seen),
            *sorted(seen.difference(NINE_DOMAINS)),
        )

    def cell(self, stage: str, domain: str) -> Proportion | None:
        """Return the accuracy of a stage in a domain; None where no answer was scored."""
        result = self.evaluations[stage].domains.get(domain)
        return None if result is None or result.n == 0 else Proportion(result.accuracy, result.n)

    def mean(self, stage: str) -> Estimate | None:
        """Return the mean over the nine domains; None unless all nine were evaluated, since a mean
        over fewer would not be comparable."""
        cells = [self.cell(stage, domain) for domain in NINE_DOMAINS]
        present = [cell for cell in cells if cell is not None]
        return mean_of_proportions(present) if len(present) == len(NINE_DOMAINS) else None

    def transition(self, parent: str, stage: str) -> Transition:
        """Compare a stage with another one as its parent."""
        changes = []
        for domain in self.domains:
            old, new = self.cell(parent, domain), self.cell(stage, domain)
            if old is not None and new is not None:
                changes.append(DomainChange(domain, old, new, difference(old, new)))
        before, after = self.mean(parent), self.mean(stage)
        mean = None
        if before is not None and after is not None:
            mean = estimate_difference(before, after)
        return Transition(parent, stage, tuple(changes), mean)

    def transitions(self) -> list[Transition]:
        """Compare every stage with the one before it."""
        pairs = zip(self.stages, self.stages[1:], strict=False)
        return [self.transition(parent, stage) for parent, stage in pairs]

    def as_json(self) -> dict[str, Any]:
        """Return ``matrix``, ``mean_over_nine``, ``gains`` and ``gates`` as they stand in
        report.json."""
        matrix: dict[str, Any] = {}
        means: dict[str, Any] = {}
        for stage in self.stages:
            row = {}
            for domain in self.domains:
                cell = self.cell(stage, domain)
                if cell is not None:
                    interval = wilson_interval(cell)
                    row[domain] = {
                        "accuracy": cell.accuracy,
                        "n": cell.n,
                        "ci95": [interval.low, interval.high],
                    }
            matrix[stage] = row
            mean = self.mean(stage)
            if mean is not None:
                means[stage] = {"accuracy": mean.value, "ci95_half_width": mean.half_width}
        transitions = self.transitions()
        return {
            "matrix": matrix,
            "mean_over_nine": means,
            "gains": [_gain_json(transition) for transition in transitions],
            "gates": [
                {
                    "stage": transition.stage,
                    "parent": transition.parent,
                    "domain": change.domain,
                    "change": change.difference.value,
                    "ci95": [change.difference.interval.low, change.difference.interval.high],
                }
                for transition in transitions
                for change in transition.changes
                if change.regression
            ],
        }


def _gain_json(transition: Transition) -> dict[str, Any]:
    mean = transition.mean
    return {
        "stage": transition.stage,
        "parent": transition.parent,
        "mean_over_nine": None
        if mean is None
        else {
            "change": mean.value,
            "ci95_half_width": mean.half_width,
            "significant": mean.significant,
        },
        "domains": {
            change.domain: {
                "change": change.difference.value,
                "ci95": [change.difference.interval.low, change.difference.interval.high],
                "significant": change.difference.significant,
            }
            for change in transition.changes
        },
        "sentence": transition.sentence(),
    }


def matrix_from_report(report: Mapping[str, Any]) -> Matrix:
    """Rebuild the matrix that a ``report.json`` holds (without samples), for tables over several
    runs."""
    return Matrix(
        {
            stage: Evaluation(
                model=stage,
                domains={
                    domain: DomainResult(accuracy=cell["accuracy"], n=cell["n"])
                    for domain, cell in row.items()
                },
            )
            for stage, row in report["matrix"].items()
        }
    )


def render_text(matrix: Matrix) -> str:
    """Render the matrix for a terminal: percentages with 95 % intervals, at most 120 columns for
    six stages."""
    name_width = max([len("mean over nine"), *(len(domain) for domain in matrix.domains)])
    cell_width = max([13, *(len(stage) for stage in matrix.stages)])

    def line(name: str, n: str, cells: Sequence[str]) -> str:
        return f"{name:<{name_width}} {n:>5}" + "".join(f"  {cell:>{cell_width}}" for cell in cells)

    header = line("accuracy in %", "n", matrix.stages)
    rows = [header, "-" * len(header)]
    for domain in matrix.domains:
        counts = {cell.n for s in matrix.stages if (cell := matrix.cell(s, domain)) is not None}
        shown = str(counts.pop()) if len(counts) == 1 else f"≤{max(counts)}" if counts else "-"
        rows.append(
            line(domain, shown, [_cell_text(matrix.cell(s, domain)) for s in matrix.stages])
        )
    rows.append("-" * len(header))
    means = [matrix.mean(stage) for stage in matrix.stages]
    rows.append(
        line(
            "mean over nine",
            "",
            [f"{100 * m.value:.1f} ± {100 * m.half_width:.1f}" if m else "-" for m in means],
        )
    )
    rows.append("")
    rows += [transition.sentence() for transition in matrix.transitions()]
    return "\n".join(rows)


def _cell_text(cell: Proportion | None) -> str:
    if cell is None:
        return "-"
    interval = wilson_interval(cell)
    return f"{100 * cell.accuracy:.1f} {100 * interval.low:3.0f}–{100 * interval.high:.0f}"


def render_markdown(matrix: Matrix) -> str:
    """Render the matrix as a Markdown table: percentages with 95 % intervals, and n per domain."""

    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    lines = [
        row(["domain", "n", *matrix.stages]),
        row(["---", *["--:"] * (len(matrix.stages) + 1)]),
    ]
    for domain in matrix.domains:
        cells = [matrix.cell(stage, domain) for stage in matrix.stages]
        shown = ["–" if cell is None else _cell_markdown(cell) for cell in cells]
        largest = max((cell.n for cell in cells if cell is not None), default=0)
        lines.append(row([domain, str(largest), *shown]))
    means = [matrix.mean(stage) for stage in matrix.stages]
    shown = [f"**{100 * m.value:.1f} ± {100 * m.half_width:.1f}**" if m else "–" for m in means]
    lines.append(row(["**mean over nine**", "", *shown]))
    return "\n".join(lines)


def _cell_markdown(cell: Proportion) -> str:
    interval = wilson_interval(cell)
    return f"{100 * cell.accuracy:.1f} ({100 * interval.low:.0f}–{100 * interval.high:.0f})"
