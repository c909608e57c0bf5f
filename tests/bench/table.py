"""Writes the table of all benchmarks in docs/performance.md from runs/bench.json.

Between its markers the page holds what `render` gives for the numbers and nothing else, so that it
can't say something that no run measured: ``python -m tests.bench --table`` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


class Comparison(NamedTuple):
    """Describes a line of the table."""

    module: str
    """Module that prints the line: ``python -m tests.bench.MODULE``."""
    what: str


COMPARISONS: dict[str, Comparison] = {
    "trl_equal": Comparison(
        "trl", "a stage against TRL's `GRPOTrainer`, all completions 10 tokens"
    ),
    "trl_varying": Comparison("trl", "the same, log-normal lengths up to 8 x the median of 16"),
    "overlap": Comparison("overlap", "overlapped step against 1.15 x the slower role alone"),
    "engine": Comparison("engine", "DeepSpeed engine against 1.05 x a plain PyTorch loop"),
    "packed": Comparison("packed", "packed, prompts shared, against padded micro-batches"),
    "weight_sync": Comparison("weight_sync", "trainer to generator against memcpy of the bytes"),
    "controller": Comparison("controller", "65,536 samples in flight, fake roles, against 5,000/s"),
    "rewards_math": Comparison("rewards", "killable verifier pool against math-verify in a pool"),
    "rewards_bombs": Comparison("rewards", "the same, one completion in a hundred a time bomb"),
}
"""Lines by their name, in the order of the table."""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def render(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Render the table in Markdown; lines that were never run have dashes.

    Args:
        results: content of runs/bench.json, by name.
    """
    lines = [
        "| name | ours | peer | ratio | unit | what is compared | how to repeat |",
        "| --- | --: | --: | --: | --- | --- | --- |",
    ]
    for name, what in COMPARISONS.items():
        found = results.get(name)
        numbers = (
            "– | – | – | –"
            if found is None
            else f"{_number(found['ours'])} | {_number(found['peer'])} | {found['ratio']:.2f} | "
            f"{found['unit']}"
        )
        lines.append(
            f"| `{name}` | {numbers} | {what.what} | `python -m tests.bench.{what.module}` |"
        )
    return "\n".join(lines)


def replaced(page: str, table: str) -> str:
    """Return the page with the table between its markers.

    Raises:
        ValueError: the page lacks the markers.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"
