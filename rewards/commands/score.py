"""Run `python -m rewards score`: score completions of a file, or a run's rollouts again.

Each output row is the input row plus `score`, `status`, `components`, `extracted`, `message`. Where
the input had a score already, the difference is summed up at the end.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rewards.commands.rows import (
    Meter,
    Prints,
    at_least_one,
    batches,
    cpu_count,
    method_of,
    read_prompt_lines,
    show,
    to_item,
)
from rewards.files import Line, write_jsonl
from rewards.registry import UnknownReward, get_reward
from rewards.result import TEACHING, RewardResult
from rewards.sandbox.pool import RewardPool

_CHANGED = 1e-6
_REASONS_SHOWN = 5
# Distinct reasons that are counted: each may name its own line, and rows are streamed.
_REASONS_KEPT = 1000


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "score",
        help="score completions from a file",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--reward", help="for all rows; default: the one that each row names")
    parser.add_argument(
        "--input", type=Path, required=True, help="JSONL or parquet with completion and truth"
    )
    parser.add_argument("--output", type=Path, required=True, help="JSONL to write")
    parser.add_argument("--workers", type=at_least_one, default=cpu_count(), help="processes")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Score a file; return 1 if any row could not be scored."""
    if arguments.reward is not None:
        get_reward(arguments.reward)
    tally = _Tally()
    size = arguments.input.stat().st_size if arguments.input.is_file() else 0
    meter = Meter("score", size)

    def scored(pool: RewardPool) -> Iterator[dict[str, Any]]:
        for lines in batches(read_prompt_lines(arguments.input)):
            for line, result in zip(lines, _score(pool, lines, arguments.reward), strict=True):
                tally.add(line.row.get("score"), result)
                yield {**line.row, **vars(result)}
            meter(tally.rows, lines[-1].end)

    with RewardPool(arguments.workers, listener=Prints()) as pool:
        write_jsonl(arguments.output, scored(pool))
    tally.report(arguments.output)
    return int(tally.taught + tally.statuses["skipped"] < tally.rows)


class _Tally:
    """Counts verdicts, and how many differ from a score that the input had."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self.rows = self.changed = self.compared = 0
        self._total = 0.0

    @property
    def taught(self) -> int:
        """Count the rows with a verdict that teaches."""
        return sum(self.statuses[status] for status in TEACHING)

    def add(self, before: Any, result: RewardResult) -> None:
        """Count one verdict; ``before`` is the score in the input, if it had one."""
        self.rows += 1
        self.statuses[result.status] += 1
        if result.status in ("error", "timeout"):
            reason = f"{result.status}: {show(result.message)}"
            if reason in self._reasons or len(self._reasons) < _REASONS_KEPT:
                self._reasons[reason] += 1
        if result.status in TEACHING:
            self._total += result.score
            if isinstance(before, int | float):
                self.compared += 1
                self.changed += abs(before - result.score) > _CHANGED

    def report(self, output: Path) -> None:
        """Print the counts."""
        mean = f"{self._total / self.taught:.4f}" if self.taught else "none"
        print(f"{self.rows:,} rows -> {output}: mean score {mean} of {self.taught:,} verdicts")
        counts = (f"{name} {count:,}" for name, count in sorted(self.statuses.items()))
        print("status: " + ", ".join(counts))
        for reason, rows in self._reasons.most_common(_REASONS_SHOWN):
            print(f"  {rows:,} x {reason}")
        if len(self._reasons) > _REASONS_SHOWN:
            print("  and other reasons, each in its row")
        if self.compared:
            print(f"{self.changed:,} of {self.compared:,} scores differ from those in the input")


def _score(pool: RewardPool, lines: list[Line], given: str | None) -> list[RewardResult]:
    results: list[RewardResult | None] = []
    items = []
    for line in lines:
        try:
            if line.problem:
                raise ValueError(line.problem)
            if "completion" not in line.row:
                raise ValueError("no completion")
            items.append(to_item(line.row, method_of(line.row, given), line.row["completion"]))
            results.append(None)
        except (ValueError, UnknownReward) as problem:
            results.append(RewardResult.error(f"{line.where}: {problem}"))
    rest = iter(pool.score(items))
    return [next(rest) if result is None else result for result in results]
