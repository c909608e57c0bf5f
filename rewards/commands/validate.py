"""Run `python -m rewards validate`: check that every gold answer of a data file scores full.

A row's gold completion is `extra_info.gold_completion` where it has one, else what its reward makes
of the ground truth; where a row has several rewards, each is checked with its own. Rewards without
such a thing (constraints on form) are checked as far as that the row is understood. Rows are
streamed; bad ones are named as file:line.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rewards.commands.rows import (
    Meter,
    at_least_one,
    batches,
    cpu_count,
    ground_truth_of,
    method_of,
    read_prompt_lines,
    show,
    to_item,
)
from rewards.composition import Composition, Method, compose, listed
from rewards.files import Line
from rewards.registry import Reward, UnknownReward, get_reward
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
    parser.add_argument("--workers", type=at_least_one, default=cpu_count(), help="processes")
    parser.add_argument("--show", type=at_least_one, default=20, help="bad rows that are printed")
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


class _Check(NamedTuple):
    """Is one thing to find out about a row."""

    item: dict[str, Any]
    full: float | None
    """The score that the item must get; None: the row has to be understood, no more."""


def _check(
    pool: RewardPool, lines: list[Line], given: str | None, counts: Counter[str]
) -> list[str]:
    """Return the problem of each line, empty where there is none."""
    problems = [""] * len(lines)
    asked: list[tuple[int, _Check]] = []
    known = [False] * len(lines)
    for index, line in enumerate(lines):
        try:
            if line.problem:
                raise ValueError(line.problem)
            for check in _checks(method_of(line.row, given), line.row):
                asked.append((index, check))
                known[index] = known[index] or check.full is not None
        except (ValueError, UnknownReward) as problem:
            problems[index] = str(problem)
    results = pool.score([check.item for _, check in asked])
    for (index, check), result in zip(asked, results, strict=True):
        problems[index] = problems[index] or _problem(result, check)
    for found, has_gold in zip(problems, known, strict=True):
        understood = "full" if has_gold else "understood, no gold completion known"
        counts["bad" if found else understood] += 1
    return problems


def _checks(method: Method, row: dict[str, Any]) -> Iterator[_Check]:
    """Yield what to score of a row: its gold completion, else that of each of its rewards.

    Raises:
        ValueError | UnknownReward: the row, its method or its ground truth is malformed.
    """
    extra = row.get("extra_info") or {}
    if not isinstance(extra, dict):
        raise ValueError(f"extra_info is {type(extra).__name__}, no object")
    reward = compose(method)
    if isinstance(extra.get("gold_completion"), str):
        yield _Check(to_item(row, method, extra["gold_completion"]), reward.full_score)
    elif isinstance(reward, Composition):
        # No part knows what the others want, so each is asked alone about its own.
        for part, alone in zip(reward.parts, listed(method), strict=True):
            own = row | {
                "ground_truth": part.overrides.get("ground_truth", ground_truth_of(row, method)),
                "extra_info": {**extra, **part.overrides.get("extra_info", {})},
                "reward_spec": None,
            }
            yield _check_of([alone], part.reward, own)
    else:
        yield _check_of(method, reward, row)


def _check_of(method: Method, reward: Reward, row: dict[str, Any]) -> _Check:
    gold = _gold_of(reward, ground_truth_of(row, method), row.get("extra_info") or {})
    item = to_item(row, method, "" if gold is None else gold)
    return _Check(item, None if gold is None else reward.full_score)


def gold_completion(name: str, row: dict[str, Any]) -> str | None:
    """Return a completion of the row that must score full, or None where none is known.

    Raises:
        ValueError: the row's ground truth is missing, or not what the reward expects.
        UnknownReward: there is no such reward.
    """
    extra = row.get("extra_info") or {}
    if isinstance(extra, dict) and isinstance(extra.get("gold_completion"), str):
        return str(extra["gold_completion"])
    return _gold_of(get_reward(name), ground_truth_of(row, name), extra)


def _gold_of(reward: Reward, truth: Any, extra: Any) -> str | None:
    if reward.gold is None:
        return None
    try:
        return reward.gold(truth, extra)
    except (TypeError, KeyError, IndexError, AttributeError) as problem:
        said = f"{reward.name}: ground_truth {show(truth, 80)}: {problem!r}"
        raise ValueError(said) from problem


def _problem(result: RewardResult, check: _Check) -> str:
    if result.status in ("error", "timeout"):
        return f"{result.status}: {result.message}"
    if check.full is not None and abs(result.score - check.full) > _FULL:
        return (
            f"the gold answer {show(check.item['completion'], 80)!r} scores {result.score:g}, "
            f"not {check.full:g} ({result.status}: {result.message})"
        )
    return ""
