"""Run `python -m envs`: write task data and check it, the same for a seed.

`make` writes prompt rows of one domain for training, `demo` the small data set of the demo;
`validate` plays every row's gold episode in its environment.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from envs.demo.files import write_demo
from envs.split import SPLITS
from envs.tasks import DIFFICULTIES, TASK_DOMAINS, rows
from envs.validate import validate
from rewards.commands.rows import at_least_one, cpu_count
from rewards.files import BadFile, write_jsonl
from rewards.piping import until_reader_leaves
from rewards.registry import Unavailable

BAD_USAGE = 2

# Seconds between lines of progress, so that a log of a long run stays short.
PROGRESS_EVERY_S = 5.0


def reported(made: Iterable[Mapping[str, Any]], total: int) -> Iterator[Mapping[str, Any]]:
    """Pass rows on; say on stderr every few seconds how many of `total` there are, and the rate."""
    start = said = time.monotonic()
    for count, row in enumerate(made, start=1):
        yield row
        now = time.monotonic()
        if now - said >= PROGRESS_EVERY_S:
            said = now
            rate = count / (now - start)
            left = (total - count) / rate
            print(
                f"{count:,} of {total:,} rows, {rate:,.0f}/s, {left:,.0f} s left",
                file=sys.stderr,
                flush=True,
            )


def _languages(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m envs", description="Write task data, and check it."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    spoken = "; ".join(
        f"{name}: {', '.join(domain.languages)}"
        for name, domain in TASK_DOMAINS.items()
        if domain.languages != ("en",)
    )
    make = commands.add_parser(
        "make",
        help="prompt rows of one domain, for training",
        description="Write distinct prompt rows of one domain as JSON lines, the same for a seed."
        " Each carries its reward, its ground truth and a completion that scores full"
        " (extra_info.gold_completion).",
        epilog=f"Languages by domain: {spoken}; the others are in English.",
    )
    make.add_argument("--domain", required=True, choices=sorted(TASK_DOMAINS))
    make.add_argument("--n", type=at_least_one, required=True, help="number of distinct rows")
    make.add_argument("--seed", type=int, default=0, help="the same rows for the same seed (0)")
    make.add_argument("--out", type=Path, required=True, metavar="FILE.jsonl")
    make.add_argument(
        "--split",
        choices=SPLITS,
        default="train",
        help="train (default) or heldout: a prompt is always in the same one",
    )
    make.add_argument(
        "--difficulty",
        type=int,
        choices=DIFFICULTIES,
        action="append",
        help="1 (easy) to 3 (hard), repeatable; default: all, mixed evenly",
    )
    make.add_argument(
        "--languages",
        type=_languages,
        default=(),
        metavar="L,L",
        help="such as en,de; default: all that the domain has, mixed evenly",
    )
    demo = commands.add_parser("demo", help="everything that the demo recipe reads")
    demo.add_argument("--out", type=Path, required=True, metavar="DIR")
    demo.add_argument("--seed", type=int, default=0)
    check = commands.add_parser(
        "validate",
        help="every row's gold episode must score full",
        description="Play the model's turns of each row (extra_info.gold_actions, or"
        " gold_completion) in its environment, as a rollout would; the last must score full.",
    )
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    check.add_argument("--workers", type=at_least_one, default=cpu_count(), help="processes")
    check.add_argument("--show", type=at_least_one, default=20, help="bad rows that are printed")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code (2: the request cannot be met)."""
    options = _parser().parse_args(arguments)
    if options.command == "make":
        try:
            made = rows(
                TASK_DOMAINS[options.domain],
                options.split,
                options.n,
                options.seed,
                sorted(set(options.difficulty or DIFFICULTIES)),
                options.languages,
            )
            count = write_jsonl(options.out, reported(made, options.n))
        except (ValueError, OSError, Unavailable) as problem:
            print(f"python -m envs make: {problem}", file=sys.stderr)
            return BAD_USAGE
        print(f"{count} rows -> {options.out}")
        return 0
    if options.command == "validate":
        try:
            return validate(options.files, options.workers, options.show)
        except BadFile as problem:
            print(f"python -m envs validate: {problem}", file=sys.stderr)
            return BAD_USAGE
    counts = write_demo(options.out, options.seed)
    print(f"{len(counts)} files, {sum(counts.values())} rows -> {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(until_reader_leaves(main))
