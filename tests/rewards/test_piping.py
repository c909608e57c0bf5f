"""Commands end quietly when whoever reads their output leaves, and pass on what else breaks."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rewards.piping import READER_LEFT, until_reader_leaves

COMMANDS = [
    ["-m", "rewards", "list"],
    ["-m", "rewards", "--help"],
    ["-m", "rewards", "list", "--json"],
    ["-m", "rewards", "test", "math"],
    ["-m", "rewards.ifeval"],
    ["-m", "envs", "--help"],
    ["-m", "granite_rl.cli", "--help"],
    ["-m", "granite_rl.cli", "doctor"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_reader_that_leaves_is_no_traceback(command: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert "Traceback" not in said
    assert "BrokenPipe" not in said
    # argparse of Python 3.11.7 and later lets a help text go unread.
    unread = (0, READER_LEFT) if command[-1] == "--help" else (READER_LEFT,)
    assert process.returncode in unread


def test_a_pipe_that_breaks_elsewhere_is_passed_on() -> None:
    def command() -> int:
        raise BrokenPipeError("a worker's")

    with pytest.raises(BrokenPipeError, match="a worker's"):
        until_reader_leaves(command)


def test_the_exit_code_is_the_commands() -> None:
    assert until_reader_leaves(lambda: 3) == 3
