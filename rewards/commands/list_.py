"""Run `python -m rewards list`: print every reward that can be named here."""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from typing import Any

from rewards.registry import UnknownReward, get_reward, known_rewards


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("list", help="every reward that can be named here")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a table, or JSON; return 1 if one that is installed can't be used."""
    rows: list[dict[str, Any]] = []
    broken = False
    for name in known_rewards():
        try:
            reward = get_reward(name)
        except UnknownReward as problem:
            print(problem, file=sys.stderr)
            broken = True
            continue
        says = inspect.getdoc(reward.function) or ""
        rows.append(
            {
                "name": name,
                "range": list(reward.range),
                "timeout_s": reward.timeout_s,
                "deterministic": reward.deterministic,
                "isolated": reward.isolated,
                "grades_answers": reward.grades_answers,
                "module": reward.function.__module__,
                "what": says.splitlines()[0] if says else "",
            }
        )
    if arguments.json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return int(broken)
    width = max(len(str(row["name"])) for row in rows)
    for row in rows:
        low, high = row["range"]
        flags = "" if row["deterministic"] else "  not deterministic"
        flags += "" if row["isolated"] else "  uses the network"
        flags += "" if row["grades_answers"] else "  a part beside others"
        print(f"{row['name']:<{width}}  {low:g}..{high:g}  {row['timeout_s']:g} s{flags}")
        print(f"{'':<{width}}  {row['what']}")
    return int(broken)
