"""A first signal asks, a second one leaves."""

from __future__ import annotations

import os
import signal

import pytest

from granite_rl.runs.preemption import StopSignal


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
