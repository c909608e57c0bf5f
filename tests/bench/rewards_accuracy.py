"""Counts verifiers' errors on labelled answers: `python -m tests.bench.rewards_accuracy FILE...`

Not a test: the data is other people's and isn't shipped. `--format` names what the files are
(`tests.bench.labelled`); without it they hold JSON lines of the form

    {"reward": "math", "completion": "…", "ground_truth": "…", "correct": true, "extra_info": {…}}

where `correct` is the label and `extra_info` may be missing.

Prints one JSON line per file and verifier: the number of rows, false positives (paid, but labelled
wrong), false negatives, how often there was no verdict (errors, and rows that a reward skips), how
much of the material is not applicable, and ms per row. With `--against-math-verify`, `math` rows
are also scored by plain math-verify with its own time limits. `--show N` prints the first N
disagreements to stderr.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rewards import RewardResult, get_reward
from tests.bench.labelled import READERS, Row


def ours(row: Row) -> RewardResult:
    """Return the verdict of the row's reward."""
    return get_reward(row["reward"]).score(
        row["completion"], ground_truth=row["ground_truth"], extra_info=row.get("extra_info")
    )


def math_verify(row: Row) -> RewardResult:
    """Return the verdict of plain math-verify, called as its documentation does."""
    from math_verify import parse, verify

    gold = parse(f"${row['ground_truth']}$")
    return RewardResult(float(verify(gold, parse(row["completion"]))))


def measure(
    name: str, file: str, labelled: list[Row], verdict: Callable[[Row], RewardResult], show: int
) -> dict[str, Any]:
    """Compare a verifier's verdicts with the labels."""
    skipped = [row for row in labelled if "not_applicable" in row]
    labelled = [row for row in labelled if "not_applicable" not in row]
    wrong = Counter({"false_positives": 0, "false_negatives": 0, "errors": 0, "skipped": 0})
    if labelled:
        verdict(labelled[0])  # imports what it needs, which is not timed
    start = time.perf_counter()
    for row in labelled:
        result = verdict(row)
        paid = result.score > 0
        if not result.teaches:
            kind = "skipped" if result.status == "skipped" else "errors"
        elif paid == bool(row["correct"]):
            continue
        else:
            kind = "false_positives" if paid else "false_negatives"
        wrong[kind] += 1
        if wrong.total() <= show:
            wanted, said = row["ground_truth"], row["completion"][-1000:]
            print(f"{name} {kind} {row.get('name', '')}: {result.message}", file=sys.stderr)
            print(f"  wanted {wanted!r}\n  got {said!r}", file=sys.stderr)
    seconds = time.perf_counter() - start
    n = len(labelled)
    return {
        "verifier": name,
        "file": file,
        "n": n,
        "labelled_correct": sum(bool(row["correct"]) for row in labelled),
        **wrong,
        "not_applicable": len(skipped),
        "ms": round(1000 * seconds / max(1, n), 3),
    }


def main() -> None:
    """Score the files given on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("files", nargs="+", type=Path, help="files, or directories of some formats")
    parser.add_argument("--format", choices=sorted(READERS), default="rows")
    parser.add_argument("--against-math-verify", action="store_true")
    parser.add_argument("--show", type=int, default=0, metavar="N")
    options = parser.parse_args()
    for path in options.files:
        by_reward: dict[str, list[Row]] = {}
        for row in READERS[options.format](path):
            by_reward.setdefault(row["reward"], []).append(row)
        for reward, labelled in sorted(by_reward.items()):
            print(json.dumps(measure(reward, path.name, labelled, ours, options.show)), flush=True)
            if reward == "math" and options.against_math_verify:
                peer = measure("math_verify", path.name, labelled, math_verify, options.show)
                print(json.dumps(peer), flush=True)


if __name__ == "__main__":
    main()
