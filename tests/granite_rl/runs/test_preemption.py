"""A first signal asks, a second one leaves."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

import pytest

from granite_rl.errors import DataError, Preempted
from granite_rl.runs.preemption import StopSignal, signals_held_back


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_asks_and_the_second_leaves(
    number: signal.Signals, capfd: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(number)
    stop = StopSignal()
    stop.install()
    try:
        assert (stop.requested, stop.name) == (False, None)
        os.kill(os.getpid(), number)
        assert (stop.requested, stop.name) == (True, number.name)
        assert number.name in capfd.readouterr().err
        with pytest.raises(SystemExit) as caught:
            os.kill(os.getpid(), number)
        assert caught.value.code == 128 + number
        assert signal.getsignal(number) is before
    finally:
        stop.restore()


def test_handlers_come_back_on_leaving() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with StopSignal() as stop:
        assert signal.getsignal(signal.SIGTERM) not in before
        assert not stop.requested
    stop.restore()
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


def test_where_nothing_is_under_way_the_first_signal_leaves() -> None:
    went_on = []
    stop = StopSignal()

    def read() -> None:
        with stop.interrupting("before anything was written"):
            os.kill(os.getpid(), signal.SIGTERM)
            went_on.append("after the signal")

    def prepare() -> None:
        with stop.interrupting("before the first step"):
            went_on.append("in the next phase")

    with stop:
        with pytest.raises(Preempted, match="stopped by SIGTERM before anything was written"):
            read()
        with pytest.raises(Preempted, match="stopped by SIGTERM before the first step"):
            prepare()
    assert not went_on


def test_a_library_that_swallows_everything_does_not_swallow_the_stop() -> None:
    swallow = contextlib.suppress(BaseException)
    with StopSignal() as stop, pytest.raises(Preempted), stop.interrupting("x"), swallow:
        os.kill(os.getpid(), signal.SIGINT)


def test_code_that_takes_any_error_for_its_own_does_not_rename_the_stop() -> None:
    """The rendering of a chat template, for one, calls every exception a bad row."""

    def render() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except Exception as error:
            raise DataError("rows.jsonl:1: the template refuses it") from error

    with StopSignal() as stop, pytest.raises(Preempted), stop.interrupting("x"):
        render()
    with StopSignal() as stop, pytest.raises(DataError), stop.interrupting("x"):
        raise DataError("rows.jsonl:1: no signal, a bad row")


def test_once_work_begins_a_signal_waits_for_it() -> None:
    with StopSignal() as stop, stop.interrupting("before the first step"):
        stop.work_begins()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.requested


def test_a_copy_of_the_signal_is_no_second_one() -> None:
    with StopSignal(copies_s=60.0) as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.name == "SIGTERM"


def test_held_back_signals_come_later_here_and_never_in_a_child() -> None:
    sleeper = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
    with StopSignal() as stop:
        with signals_held_back():
            child = subprocess.Popen(sleeper, stdout=subprocess.PIPE)
            # To this thread: another one of the process may not hold it back.
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
            before = stop.requested
        after = stop.requested
    assert (before, after) == (False, True)
    assert child.stdout is not None
    child.stdout.readline()
    child.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.3)
    child.kill()
    child.communicate()
