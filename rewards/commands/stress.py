"""Run `python -m rewards stress`: find out what hostile completions get out of a reward.

Every attack is scored against the ground truths of the reward's own cases (those that expect
`full`). No attack may score above zero; a text with several answers may at most score on the row
whose answer it ends, or begins, with. Rewards that grade no answer, but the language of a text
for example, are left out: they are parts beside others. A verdict of `timeout` or `error` teaches
nothing and so gains nothing, but it costs a worker: they are counted.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rewards.commands.attacks import attacks, hedged
from rewards.commands.cases import Case, cases_of, chosen
from rewards.commands.rows import at_least_one, show
from rewards.registry import get_reward
from rewards.result import RewardResult
from rewards.sandbox.pool import RewardPool

ROWS = 5
"""Ground truths per reward that are attacked, and whose golds are hedged with."""

_POSITIVE = 1e-9


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "stress",
        help="what hostile completions get out of a reward",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "rewards", nargs="*", metavar="REWARD", help="default: all known ones that need no server"
    )
    parser.add_argument("--cases", type=Path, help="JSONL of cases, for one reward")
    parser.add_argument(
        "--rows", type=at_least_one, default=ROWS, help="ground truths that are attacked"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Attack rewards; return 1 if any attack scores."""
    broken = 0
    with RewardPool(1, cache_entries=0) as pool:
        print(f"isolation: {pool.isolation.describe()}")
        print(f"{'reward':<22} {'attacks':>7} {'scored':>6} {'timeout':>7} {'error':>5}  slowest")
        for name in chosen(arguments.rewards):
            if not get_reward(name).grades_answers:
                print(f"{show(name, 22):<22} skipped: a part, it grades no answer")
                continue
            broken += _attack(pool, name, cases_of(name, arguments.cases), arguments.rows)
    return int(broken > 0)


class _Attacker:
    """Scores attacks on one reward, and counts them."""

    def __init__(self, pool: RewardPool, name: str) -> None:
        self.pool, self.name = pool, name
        self.tried = self.timeouts = self.errors = 0
        self.slowest_s = 0.0
        self.scored: list[str] = []
        self.first_error = ""

    def score(self, case: Case, completion: str) -> RewardResult:
        """Return a verdict; one that does not teach is counted, and its score is 0."""
        begin = time.perf_counter()
        (result,) = self.pool.score([case.item(self.name, completion)])
        self.slowest_s = max(self.slowest_s, time.perf_counter() - begin)
        self.timeouts += result.status == "timeout"
        if result.status == "error":
            self.errors += 1
            self.first_error = self.first_error or result.message
        return result

    def attack(self, case: Case) -> None:
        """Try everything that must score nothing on one row."""
        for family, completion in attacks(_prompt(case)):
            self.tried += 1
            result = self.score(case, completion)
            if result.teaches and result.score > _POSITIVE:
                self._found([case], family, completion, result)

    def hedge(self, targets: Sequence[Case]) -> None:
        """Try several answers at once, which must not score on rows with different answers."""
        for completion in hedged([str(case.row["completion"]) for case in targets]):
            self.tried += 1
            paid: dict[str, tuple[Case, RewardResult]] = {}
            for case in targets:
                result = self.score(case, completion)
                if result.teaches and result.score > _POSITIVE:
                    truth = json.dumps(case.row.get("ground_truth"), sort_keys=True)
                    paid.setdefault(truth, (case, result))
            if len(paid) > 1:
                cases = [case for case, _ in paid.values()]
                self._found(cases, "hedged", completion, next(iter(paid.values()))[1])

    def _found(
        self, cases: Sequence[Case], family: str, completion: str, result: RewardResult
    ) -> None:
        where = " and ".join(case.where for case in cases)
        self.scored.append(
            f"{where}: {family}: {show(completion, 60)!r} scores {result.score:g} "
            f"({show(result.message or str(result.extracted), 60)})"
        )


def _prompt(case: Case) -> str:
    return "\n".join(str(turn.get("content", "")) for turn in case.row.get("prompt") or [])


def _attack(pool: RewardPool, name: str, cases: list[Case], rows: int) -> int:
    reward = get_reward(name)
    targets = [case for case in cases if case.attackable][:ROWS]
    attacker = _Attacker(pool, name)
    pool.score([case.item(name) for case in targets[:1]])  # loads what takes long, untimed
    for case in targets[:rows]:
        attacker.attack(case)
    attacker.hedge(targets)
    print(
        f"{show(name, 22):<22} {attacker.tried:>7} {len(attacker.scored):>6} "
        f"{attacker.timeouts:>7} {attacker.errors:>5} {1000 * attacker.slowest_s:>5.0f} ms"
    )
    for line in attacker.scored[:10]:
        print(f"  {line}")
    if attacker.first_error:
        print(f"  first error: {show(attacker.first_error)}")
    if attacker.slowest_s > reward.timeout_s + 1.0:
        print(f"  slower than its limit of {reward.timeout_s:g} s")
    return len(attacker.scored)
