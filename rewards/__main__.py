"""Run `python -m rewards`: look at rewards, and find out whether they can be trusted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rewards.commands import bench, list_, new, score, stress, test, validate
from rewards.commands.rows import BadInput
from rewards.files import BadFile
from rewards.piping import until_reader_leaves
from rewards.registry import UnknownReward
from rewards.sandbox.pool import PoolError

EXIT_BAD_USAGE = 2
EXIT_INTERRUPTED = 130

EPILOG = """examples:
  python -m rewards new short                     a reward in short.py, with cases to fill in
  python -m rewards test short.py:short           its cases, and whether it is deterministic
  python -m rewards stress short.py:short         what hostile completions get out of it
  python -m rewards validate train.jsonl          every gold answer must score full
  python -m rewards score --reward math --input rollouts.jsonl --output scored.jsonl

A reward is named as a built-in, as an installed plugin, or as path/to/file.py:function.
Exit codes: 0 fine, 1 something is wrong with a reward or a row, 2 usage."""

COMMANDS = (list_, new, test, stress, validate, score, bench)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m rewards",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(subparsers)
    arguments = parser.parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except (BadFile, BadInput, UnknownReward, PoolError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return EXIT_BAD_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return code


if __name__ == "__main__":
    sys.exit(until_reader_leaves(main))
