"""Run the tools around a run (view, doctor and others): ``granite-rl COMMAND``.

Runs are started by ``python -m`` (``granite_rl.stage``, ``granite_rl.pipeline``, ``pretrain``,
``sft``). A command here is one line in ``COMMANDS``; its module is imported only when it is called,
so that ``granite-rl --help`` answers in the time Python needs to start.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

import granite_rl
from granite_rl.errors import ExitCode, UserError, missing_extras
from granite_rl.runs import surroundings
from rewards.piping import until_reader_leaves


class Command(NamedTuple):
    """Says where a command is defined; its function takes the arguments after its name."""

    module: str
    function: str
    summary: str


COMMANDS: dict[str, Command] = {
    "doctor": Command(
        "granite_rl.doctor", "main", "check whether this machine can run what it should"
    ),
    "report": Command(
        "granite_rl.evaluation.report", "main", "rebuild a run's report, or table several seeds"
    ),
    "view": Command(
        "granite_rl.runs.view", "main", "show a run: status, last metrics, sample rollouts"
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: arguments without the program's name; default those of this process.

    Returns:
        The exit code (``granite_rl.errors.ExitCode``).
    """
    listing = "\n".join(f"  {name:<10} {command.summary}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="granite-rl",
        description="Tools around granite-rl's runs.",
        epilog=f"commands:\n{listing}\n\n`granite-rl COMMAND --help` says more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=granite_rl.__version__)
    parser.add_argument(
        "command", choices=list(COMMANDS), metavar="COMMAND", help="one of the below"
    )
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the command's own arguments")
    given = sys.argv[1:] if argv is None else list(argv)
    if not given:
        parser.print_help()
        return int(ExitCode.OK)
    arguments = parser.parse_args(given)
    command = COMMANDS[arguments.command]
    try:
        surroundings.prepare()
        with missing_extras():
            function = getattr(import_module(command.module), command.function)
            return int(function(arguments.arguments))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return int(error.exit_code)


def start() -> int:
    """Run the console script ``granite-rl``."""
    return until_reader_leaves(main)


if __name__ == "__main__":
    sys.exit(start())
