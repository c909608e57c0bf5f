"""A directory of steps, the demo's configuration, and a plan of three steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from granite_rl.entry import configure
from granite_rl.pipeline.config import PipelineConfig
from granite_rl.pipeline.plan import (
    Plan,
)
from tests.granite_rl.pipeline.steps import CHILD, plan_of, step


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with the child's script."""
    (tmp_path / "child.py").write_text(CHILD)
    return tmp_path


@pytest.fixture(scope="module")
def demo_config() -> PipelineConfig:
    """The demo's configuration, composed once: it takes as long as everything else here."""
    return configure("pipeline", PipelineConfig, ["recipe=demo", "stop_grace_s=5"])


@pytest.fixture
def config(root: Path, demo_config: PipelineConfig) -> PipelineConfig:
    """The demo's configuration, writing below ``root``."""
    run = demo_config.run.model_copy(update={"dir": root / "run"})
    return demo_config.model_copy(update={"run": run})


@pytest.fixture
def plan(root: Path) -> Plan:
    """Three steps in a chain."""
    return plan_of(
        step(root, "pretrain", None),
        step(root, "sft", "pretrain", 0.4),
        step(root, "multi_domain", "sft", 0.6),
    )
