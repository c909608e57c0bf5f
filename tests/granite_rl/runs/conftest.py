"""Run directories for tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from granite_rl.config import RunSection
from granite_rl.runs.directory import RunDirectory

OpenRun = Callable[..., RunDirectory]


@pytest.fixture
def open_run(tmp_path: Path) -> OpenRun:
    """Open ``tmp_path/run``; keyword arguments replace the defaults."""

    def opened(**changes: Any) -> RunDirectory:
        section = RunSection(
            name="test",
            dir=changes.pop("dir", tmp_path / "run"),
            resume=changes.pop("resume", "auto"),
            seed=0,
        )
        arguments: dict[str, Any] = {
            "kind": "sft",
            "config_yaml": "optim:\n  lr: 0.1\nrun:\n  resume: auto\n",
            "overrides": ["optim.lr=0.1"],
            "command": ["python", "-m", "sft", "optim.lr=0.1"],
        }
        return RunDirectory.open(section, **(arguments | changes))

    return opened
