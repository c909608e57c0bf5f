"""Configuration: every composition validates, holds the recipe's numbers, and every key is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from granite_rl.config import RL_STAGES, StageConfig
from granite_rl.entry import compose, validate

ROOT = Path(__file__).resolve().parents[1]


def stage(name: str, *overrides: str) -> StageConfig:
    given = [f"stage={name}", "model.path=M", "data.train=D", *overrides]
    return validate(StageConfig, compose("rl", given))


@pytest.mark.parametrize(
    ("name", "lr", "beta"),
    [
        ("multi_domain", 5e-7, 0.05),
        ("rlhf", 3e-7, 0.09),
        ("identity", 3e-7, 0.09),
        ("math", 5e-7, 0.05),
    ],
)
def test_the_defaults_are_the_recipes_numbers(name: str, lr: float, beta: float) -> None:
    config = stage(name)
    assert (config.optim.lr, config.algorithm.kl_beta) == (lr, beta)
    assert config.rollout.prompts_per_step * config.rollout.samples_per_prompt == 1024
    assert config.rollout.samples_per_prompt == 16
    assert config.rollout.max_context == 8192
    assert (config.algorithm.clip_low, config.algorithm.clip_high) == (0.2, 0.28)
    assert config.algorithm.advantage == "grpo"
    assert config.model.reference == "parent"


@pytest.mark.parametrize("name", RL_STAGES)
def test_the_demo_scales_down_but_keeps_the_algorithm(name: str) -> None:
    demo, full = stage(name, "recipe=demo"), stage(name)
    scaled = {"overlong_buffer"}
    assert demo.algorithm.model_dump(exclude=scaled) == full.algorithm.model_dump(exclude=scaled)
    assert demo.rollout.samples_per_prompt == 16
    assert demo.rollout.max_context < full.rollout.max_context


def _sections(model: type[BaseModel]) -> list[tuple[str, str]]:
    fields = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            fields += [(name, key) for key in inner.model_fields]
    return fields


@pytest.mark.parametrize(("section", "key"), _sections(StageConfig))
def test_every_key_is_read_somewhere(section: str, key: str) -> None:
    """A key that nothing reads looks like a feature and is a lie."""
    sources = [
        path.read_text()
        for path in sorted((ROOT / "granite_rl").rglob("*.py"))
        if path.name != "config.py"
    ]
    assert any(re.search(rf"\.{key}\b", source) for source in sources), f"{section}.{key}"
