"""One process that runs several steps: same words, same codes as a process each."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from granite_rl.pipeline.children import ServingChild, StopForwarder

MODULE = """
import os, sys, time

def main(argv):
    print("arguments", *argv)
    print("process", os.getpid())
    if argv[0] == "read":
        print("stdin holds", repr(sys.stdin.read()))
    if argv[0] == "refuse":
        from granite_rl.errors import DataError
        raise DataError("rows.jsonl:3: no prompt", "give one")
    if argv[0] == "bug":
        raise ZeroDivisionError("a bug")
    if argv[0] == "exit":
        sys.exit(9)
    if argv[0] == "wait":
        print("waiting", flush=True)
        time.sleep(60)
    if argv[0] == "mutter":
        print("no end of line", end="")
    if argv[0] == "vanish":
        os._exit(11)
    return 0
"""


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServingChild]:
    """A server that can run the module above, and a package whose __main__ it is."""
    (tmp_path / "some_step.py").write_text(MODULE)
    (tmp_path / "some_package").mkdir()
    (tmp_path / "some_package" / "__init__.py").write_text("")
    (tmp_path / "some_package" / "__main__.py").write_text(MODULE)
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    )
    serving = ServingChild()
    yield serving
    serving.close()


def run(
    child: ServingChild, tmp_path: Path, *arguments: str, module: str = "some_step"
) -> tuple[int, list[str]]:
    """Exit code and output of one command."""
    out = io.StringIO()
    result = child.run(
        (sys.executable, "-m", module, *arguments),
        prefix="> ",
        log=tmp_path / "log",
        stop=StopForwarder(),
        grace_s=5,
        out=out,
    )
    lines = out.getvalue().splitlines()
    assert tuple(line.removeprefix("> ") for line in lines)[-20:] == result.tail
    return result.exit_code, [line.removeprefix("> ") for line in lines]


def test_commands_run_one_after_another_in_one_process(child: ServingChild, tmp_path: Path) -> None:
    first = run(child, tmp_path, "a", "b c", "x='1'")
    second = run(child, tmp_path, "read", module="some_package")
    assert first[0] == second[0] == 0
    assert first[1][0] == "arguments a b c x='1'"
    assert first[1][1] == second[1][1], "the same process"
    assert second[1][2] == "stdin holds ''", "requests are none of a step's business"
    assert (tmp_path / "log").read_text().splitlines() == [*first[1], *second[1]]
    assert child.alive


@pytest.mark.parametrize(
    ("argument", "code", "said"),
    [
        ("refuse", 4, "error: rows.jsonl:3: no prompt"),
        ("bug", 1, "ZeroDivisionError: a bug"),
        ("exit", 9, "arguments exit"),
        ("vanish", 11, "arguments vanish"),
    ],
)
def test_a_failure_has_its_own_exit_code_and_ends_the_process(
    child: ServingChild, tmp_path: Path, argument: str, code: int, said: str
) -> None:
    assert run(child, tmp_path, "fine")[0] == 0
    actual, lines = run(child, tmp_path, argument)
    assert actual == code
    assert any(said in line for line in lines), lines
    assert not child.alive
    assert run(child, tmp_path, "again")[0] == code, "a dead process can't run anything"


def test_a_last_line_without_an_end_hides_no_success(child: ServingChild, tmp_path: Path) -> None:
    code, lines = run(child, tmp_path, "mutter")
    assert code == 0
    assert lines[-1] == "no end of line"
    assert child.alive


def test_an_unknown_module_is_an_error(child: ServingChild, tmp_path: Path) -> None:
    code, lines = run(child, tmp_path, "x", module="no_such_step")
    assert code == 1
    assert any("no_such_step" in line for line in lines)


def test_signals_reach_the_running_command(child: ServingChild, tmp_path: Path) -> None:
    stop = StopForwarder()
    out = io.StringIO()

    def signal_it() -> None:
        deadline = time.monotonic() + 20
        while "waiting" not in out.getvalue() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    with stop:
        sender = threading.Thread(target=signal_it)
        sender.start()
        result = child.run(
            (sys.executable, "-m", "some_step", "wait"),
            prefix="",
            log=tmp_path / "log",
            stop=stop,
            grace_s=5,
            out=out,
        )
        sender.join()
    assert stop.requested
    assert result.exit_code == 128 + signal.SIGTERM
    assert result.seconds < 30


def test_closing_ends_an_idle_process(child: ServingChild, tmp_path: Path) -> None:
    assert run(child, tmp_path, "fine")[0] == 0
    child.close()
    assert not child.alive
