"""Run `python -m rewards bench`: milliseconds per sample, and samples per second with isolation on.

Samples are the reward's own cases, made distinct so that nothing is remembered.
"""

from __future__ import annotations

import argparse
import statistics
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from rewards.commands.cases import cases_of, chosen
from rewards.commands.rows import at_least_one, cpu_count, show
from rewards.registry import get_reward
from rewards.sandbox.pool import RewardPool

_WARM_UP = 64


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "bench",
        help="milliseconds per sample, samples per second",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "rewards", nargs="*", metavar="REWARD", help="default: all known ones that need no server"
    )
    parser.add_argument("--cases", type=Path, help="JSONL of cases, for one reward")
    parser.add_argument("--samples", type=at_least_one, default=2_000)
    parser.add_argument("--workers", type=at_least_one, default=cpu_count(), help="processes")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure rewards and print a line for each."""
    print(
        f"{'reward':<22} {'median':>10} {'slowest':>10} {'pool of ' + str(arguments.workers):>14}"
    )
    with RewardPool(arguments.workers, cache_entries=0) as pool:
        for name in chosen(arguments.rewards):
            reward = get_reward(name)
            reward.load()
            cases = cases_of(name, arguments.cases)
            items = [case.item(name) for case in islice(cycle(cases), arguments.samples)]
            alone = []
            for item in items[: min(len(items), 500)]:
                begin = time.perf_counter()
                reward.score(**{key: value for key, value in item.items() if key != "reward"})
                alone.append(1000 * (time.perf_counter() - begin))
            pool.score(items[:_WARM_UP])
            begin = time.perf_counter()
            pool.score(items)
            rate = len(items) / (time.perf_counter() - begin)
            print(
                f"{show(name, 22):<22} {statistics.median(alone):>7.3f} ms {max(alone):>7.1f} ms "
                f"{rate:>12,.0f}/s"
            )
    return 0
