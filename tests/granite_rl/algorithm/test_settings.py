"""Tests the algorithm's keys together: contradictions are refused, and what the docs promise is
accepted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from granite_rl.algorithm.advantages import group_advantages
from granite_rl.algorithm.losses import policy_objective
from granite_rl.config import AlgorithmSection, StageConfig
from granite_rl.entry import compose, validate
from granite_rl.errors import ConfigError

PAGE = Path(__file__).resolve().parents[3] / "docs" / "algorithm.md"


def stage(*overrides: str) -> StageConfig:
    given = ["stage=math", "recipe=demo", "model.path=M", "data.train=D", *overrides]
    return validate(StageConfig, compose("rl", given))


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (
            ["algorithm.importance_correction=token", "rollout.logprobs=false"],
            ["rollout.logprobs", "importance_correction=token"],
        ),
        (
            ["algorithm.policy_loss=dppo", "rollout.logprobs=false"],
            ["rollout.logprobs", "policy_loss=dppo"],
        ),
        (
            ["trainer.zero_stage=3", "algorithm.kl_in=reward"],
            ["algorithm.kl_in", "to itself", "zero_stage 0, 1 or 2"],
        ),
        (["algorithm.loss_aggregation=token_sum"], ["algorithm.loss_aggregation", "sequence_sum"]),
        (["algorithm.importance_cap=0"], ["algorithm.importance_cap", "greater than 0"]),
    ],
)
def test_what_contradicts_is_refused(overrides: list[str], says: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        stage(*overrides)
    for text in says:
        assert text in str(caught.value)


@pytest.mark.parametrize(
    "overrides",
    [
        ["rollout.logprobs=false"],
        ["algorithm.kl_in=reward", "trainer.zero_stage=2", "trainer.ranks=2"],
        [
            "algorithm.policy_loss=cispo",
            "algorithm.policy_loss_options={cispo: {cispo_eps_clip_high: 4}}",
        ],
    ],
)
def test_what_does_not_is_accepted(overrides: list[str]) -> None:
    policy_objective(stage(*overrides).algorithm)


def _paper_lines() -> dict[str, dict[str, Any]]:
    table = PAGE.read_text().split("## From paper to configuration")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\S.*?) \[\d+\] \| `(\{.*?\})`", table, flags=re.MULTILINE)
    return {name: yaml.safe_load(lines) for name, lines in rows}


def test_the_page_covers_the_papers_and_every_key() -> None:
    assert list(_paper_lines()) == ["GRPO", "Dr. GRPO", "DAPO", "RLOO", "GSPO", "CISPO", "TIS"]
    page = PAGE.read_text()
    assert [
        key for key in AlgorithmSection.model_fields if not re.search(rf"\b{key}\b", page)
    ] == []


@pytest.mark.parametrize(("paper", "lines"), list(_paper_lines().items()))
def test_the_lines_of_a_paper_are_a_valid_configuration(paper: str, lines: dict[str, Any]) -> None:
    default = stage().algorithm
    changed = [key for key, value in lines.items() if getattr(default, key) == value]
    assert changed == [], "the page says that these differ from the defaults"
    algorithm = AlgorithmSection.model_validate(default.model_dump() | lines)
    policy_objective(algorithm)
    assert (
        len(
            group_advantages(
                [0.0, 1.0], estimator=algorithm.advantage, norm_by_std=algorithm.norm_by_std
            )
        )
        == 2
    )
