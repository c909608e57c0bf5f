"""Run `python -m rewards validate`: check that every gold answer of a data file scores full.

A row's gold completion is `extra_info.gold_completion` where it has one, else what its reward makes
of the ground truth. Rewards without such a thing (constraints on form) are checked as far as that
the row is understood. Rows are streamed; bad ones are named as file:line.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from rewards.commands.rows import (
    Meter,
    batches,
    cpu_count,
    ground_truth_of,
    read_prompt_lines,
    reward_name,
    show,
    to_item,
)
from rewards.files import Line
from rewards.registry import UnknownReward, get_reward
from rewards.result import RewardResult
from rewards.sandbox.pool import RewardPool

_FULL = 1e-6


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "validate",
        help="every gold answer of a data file must score full",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="prompt rows, JSONL or parquet"
    )
    parser.add_argument("--reward", help="for all rows; default: the one that each row names")
    parser.add_argument("--workers", type=int, default=cpu_count(), help="processes")
    parser.add_argument("--show", type=int, default=20, help="bad rows that are printed")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check files; return 1 if any row is bad."""
    counts: Counter[str] = Counter()
    shown = 0
    with RewardPool(arguments.workers) as pool:
        for path in arguments.files:
            meter = Meter(str(path), path.stat().st_size if path.is_file() else 0)
            for lines in batches(read_prompt_lines(path)):
                for line, problem in zip(
                    lines, _check(pool, lines, arguments.reward, counts), strict=True
                ):
                    if not problem:
                        continue
                    shown += 1
                    if shown <= arguments.show:
                        print(f"{line.where}: {show(problem)}", file=sys.stderr)
                meter(sum(counts.values()), lines[-1].end)
    if shown > arguments.show:
        print(f"… and {shown - arguments.show:,} more bad rows (--show N)", file=sys.stderr)
    for name in ("full", "understood, no gold completion known", "bad"):
        if counts[name] or name == "bad":
            print(f"{counts[name]:>9,}  {name}")
    return int(counts["bad"] > 0)


def _check(
    pool: RewardPool, lines: list[Line], given: str | None, counts: Counter[str]
) -> list[str]:
    """Return the problem of each line, empty where there is none."""
    problems = [""] * len(lines)
    items: list[dict[str, Any]] = []
    places: list[tuple[int, bool]] = []
    for index, line in enumerate(lines):
        try:
            if line.problem:
                raise ValueError(line.problem)
            name = reward_name(line.row, given)
            gold = gold_completion(name, line.row)
            items.append(to_item(line.row, name, "" if gold is None else gold))
            places.append((index, gold is not None))
        except (ValueError, UnknownReward) as problem:
            problems[index] = str(problem)
    for (index, has_gold), item, result in zip(places, items, pool.score(items), strict=True):
        problems[index] = _problem(result, item, has_gold)
        if not problems[index]:
            counts["full" if has_gold else "understood, no gold completion known"] += 1
    counts["bad"] += sum(bool(problem) for problem in problems)
    return problems


def gold_completion(name: str, row: dict[str, Any]) -> str | None:
    """Return a completion of the row that must score full, or None where none is known.

    Raises:
        ValueError: the row's ground truth is missing, or not what the reward expects.
        UnknownReward: there is no such reward.
    """
    extra = row.get("extra_info") or {}
    if isinstance(extra, dict) and isinstance(extra.get("gold_completion"), str):
        return str(extra["gold_completion"])
    reward = get_reward(name)
    truth = ground_truth_of(row)
    if reward.gold is None:
        return None
    try:
        return reward.gold(truth, extra)
    except (TypeError, KeyError, IndexError, AttributeError) as problem:
        raise ValueError(f"{name}: ground_truth {show(truth, 80)}: {problem!r}") from problem


def _problem(result: RewardResult, item: dict[str, Any], has_gold: bool) -> str:
    if result.status in ("error", "timeout"):
        return f"{result.status}: {result.message}"
    full = get_reward(item["reward"]).full_score
    if has_gold and abs(result.score - full) > _FULL:
        return (
            f"the gold answer {show(item['completion'], 80)!r} scores {result.score:g}, "
            f"not {full:g} ({result.status}: {result.message})"
        )
    return ""
