"""Run `python -m rewards test`: check a reward's own cases, and whether it is deterministic.

Cases of `path/to/short.py:short` are in `path/to/short.cases.jsonl`; ours are shipped. There must
be at least one each that scores full, that scores zero and that is malformed; a reward that grades
no answer need not know a zero. What a reward prints is shown on stderr.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rewards.commands.cases import EXPECTATIONS, cases_of, chosen
from rewards.commands.rows import Prints, show
from rewards.registry import get_reward
from rewards.result import RewardResult
from rewards.sandbox.pool import RewardPool


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "test",
        help="a reward's own cases, and whether it is deterministic",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "rewards", nargs="*", metavar="REWARD", help="default: all known ones that need no server"
    )
    parser.add_argument("--cases", type=Path, help="JSONL of cases, for one reward")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Test rewards; return 1 if a case fails."""
    bad = 0
    # Two pools with fresh processes: what one of them remembers the other can't, and what depends
    # on the order of a set comes out differently.
    with (
        RewardPool(1, cache_entries=0, listener=Prints()) as first,
        RewardPool(1, cache_entries=0, hash_seed=1) as second,
    ):
        for name in chosen(arguments.rewards):
            problems, count = check(name, arguments.cases, first, second)
            bad += len(problems)
            print(f"{name}: {count - len(problems)} of {count} checks pass")
            for problem in problems:
                print(f"  {problem}")
    return int(bad > 0)


def check(
    name: str, path: Path | None, first: RewardPool, second: RewardPool
) -> tuple[list[str], int]:
    """Return what is wrong with a reward, and how many things were looked at."""
    reward = get_reward(name)
    cases = cases_of(name, path)
    items = [case.item(name) for case in cases]
    verdicts, again = first.score(items), second.score(list(reversed(items)))[::-1]
    problems = [
        f"{case.where} ({show(case.name, 60)}): {show(problem)}"
        for case, verdict in zip(cases, verdicts, strict=True)
        if (problem := case.problem(verdict, reward))
    ]
    if reward.deterministic:
        problems += [
            f"{case.where} ({show(case.name, 60)}): not deterministic: {_brief(one)}, then "
            f"{_brief(other)}"
            for case, one, other in zip(cases, verdicts, again, strict=True)
            if one != other
        ]
    expected = {case.expect for case in cases}
    wanted = [kind for kind in EXPECTATIONS if reward.grades_answers or kind != "zero"]
    problems += [f"no case that expects {kind!r}" for kind in wanted if kind not in expected]
    return problems, len(cases) * (1 + reward.deterministic) + len(wanted)


def _brief(result: RewardResult) -> str:
    return f"{result.score:g} ({result.status}) {show(dict(result.components), 60)}"
