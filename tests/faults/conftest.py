"""Inputs of supervised runs, and each kind of run straight through, to compare others with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.granite_rl.training import supervised_runs as runs


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return runs.write_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def straight(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The run of a kind straight through, its ranks as processes of this machine."""
    root = tmp_path_factory.mktemp("straight")

    def of(kind: str) -> Path:
        run, log = root / kind, root / f"{kind}.log"
        if not run.exists():
            assert runs.run(kind, runs.arguments(kind, inputs, run), log) == 0, log.read_text()
        return run

    return of
