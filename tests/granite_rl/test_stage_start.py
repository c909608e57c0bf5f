"""A stage that is stopped while it reads its inputs."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from granite_rl import stage
from granite_rl.errors import Preempted
from granite_rl.rl import inputs


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_that_nothing_was_written(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(number)
    monkeypatch.setattr(inputs, "load_inputs", lambda _config: os.kill(os.getpid(), number))
    run = tmp_path / "run"
    argv = ["math", "recipe=demo", "model.path=x", "data.train=x.jsonl", f"run.dir={run}"]
    with pytest.raises(Preempted, match=f"stopped by {number.name} before anything was written"):
        stage.main(argv)
    assert not run.exists()
    assert signal.getsignal(number) is before
