"""Run `python -m rewards score`: score completions of a file, or a run's rollouts again.

Each output row is the input row plus `score`, `status`, `components`, `extracted`, `message`. Where
the input had a score already, the difference is summed up at the end.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from rewards.commands.rows import Line, Meter, batches, cpu_count, read_lines, reward_name, to_item
from rewards.registry import get_reward
from rewards.result import TEACHING, RewardResult
from rewards.sandbox.pool import RewardPool

_CHANGED = 1e-6


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "score",
        help="score completions from a file",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--reward", help="for all rows; default: the one that each row names")
    parser.add_argument("--input", type=Path, required=True, help="JSONL with completion and truth")
    parser.add_argument("--output", type=Path, required=True, help="JSONL to write")
    parser.add_argument("--workers", type=int, default=cpu_count(), help="processes")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Score a file; return 1 if any row could not be scored."""
    if arguments.reward is not None:
        get_reward(arguments.reward)
    statuses: Counter[str] = Counter()
    total, changed, compared, rows = 0.0, 0, 0, 0
    temporary = arguments.output.with_name(f".{arguments.output.name}.{os.getpid()}.tmp")
    size = arguments.input.stat().st_size if arguments.input.is_file() else 0
    meter = Meter("score", size)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            RewardPool(arguments.workers) as pool,
            temporary.open("w", encoding="utf-8", errors="surrogatepass") as output,
        ):
            for lines in batches(read_lines(arguments.input)):
                for line, result in zip(lines, _score(pool, lines, arguments.reward), strict=True):
                    rows += 1
                    statuses[result.status] += 1
                    total += result.score if result.status in TEACHING else 0.0
                    before = line.row.get("score")
                    if isinstance(before, int | float) and result.status in TEACHING:
                        compared += 1
                        changed += abs(before - result.score) > _CHANGED
                    scored = {**line.row, **vars(result)}
                    output.write(json.dumps(scored, ensure_ascii=False, default=dict) + "\n")
                meter(rows, lines[-1].end)
        temporary.replace(arguments.output)
    finally:
        temporary.unlink(missing_ok=True)
    taught = sum(statuses[status] for status in TEACHING)
    mean = f"{total / taught:.4f}" if taught else "none"
    print(f"{rows:,} rows -> {arguments.output}: mean score {mean} of {taught:,} verdicts")
    print("status: " + ", ".join(f"{name} {count:,}" for name, count in sorted(statuses.items())))
    if compared:
        print(f"{changed:,} of {compared:,} scores differ from those in the input")
    return int(taught + statuses["skipped"] < rows)


def _score(pool: RewardPool, lines: list[Line], given: str | None) -> list[RewardResult]:
    results: list[RewardResult | None] = []
    items = []
    for line in lines:
        try:
            if line.problem:
                raise ValueError(line.problem)
            if "completion" not in line.row:
                raise ValueError("no completion")
            items.append(to_item(line.row, reward_name(line.row, given), line.row["completion"]))
            results.append(None)
        except ValueError as problem:
            results.append(RewardResult.error(f"{line.where}: {problem}"))
    rest = iter(pool.score(items))
    return [next(rest) if result is None else result for result in results]
