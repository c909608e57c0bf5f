"""Configuration: every composition validates, holds the recipe's numbers, and every key is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from granite_rl.config import RL_STAGES, StageConfig
from granite_rl.entry import configure
from granite_rl.errors import ConfigError
from granite_rl.evaluation.config import EvaluationConfig
from pretrain.config import PretrainConfig
from tests.granite_rl.command_line.test_overrides import ROOTS

ROOT = Path(__file__).resolve().parents[1]


def stage(name: str, *overrides: str) -> StageConfig:
    given = [f"stage={name}", "model.path=M", "data.train=D", *overrides]
    return configure("rl", StageConfig, given)


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


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("recipe", ["demo", "granite41"])
def test_recipe_is_plain_hydra_for_every_entry_point(root: str, recipe: str) -> None:
    model, needed = ROOTS[root]
    given = {**needed, "recipe": recipe} | ({"data.dir": "D"} if root == "pipeline" else {})
    config = configure(root, model, [f"{key}={value}" for key, value in given.items()])
    assert config.model_dump()["recipe"] == recipe


@pytest.mark.parametrize("root", ROOTS)
def test_an_unknown_recipe_is_answered_with_what_can_be_typed(root: str) -> None:
    model, needed = ROOTS[root]
    given = [f"{key}={value}" for key, value in needed.items() if key != "recipe"]
    wrong = "3" if root == "rl" else "dmeo"
    with pytest.raises(ConfigError, match=rf"^recipe: there is no option '{wrong}'") as caught:
        configure(root, model, [*given, f"recipe={wrong}"])
    assert str(caught.value.fix).endswith("options: demo, granite41")


def test_an_evaluation_has_the_limits_that_a_stage_samples_with() -> None:
    for recipe in ("demo", "granite41"):
        sampled = stage("math", f"recipe={recipe}").rollout.model_dump()
        given = [f"recipe={recipe}", "models={a: M}", "output_dir=O", "eval.files=x"]
        evaluated = configure("evaluation", EvaluationConfig, given).rollout.model_dump()
        assert evaluated.items() <= sampled.items()


@pytest.mark.parametrize("key", ["optim.lr", "trainer.ranks", "rewards.shuffle", "+rollout.top_p"])
def test_an_evaluation_refuses_what_it_does_not_read(key: str) -> None:
    given = ["models={a: M}", "output_dir=O", "eval.files=x", f"{key}=1"]
    key = key.removeprefix("+")
    with pytest.raises(ConfigError, match=f"{key}: unknown configuration key"):
        configure("evaluation", EvaluationConfig, given)


def test_a_conf_folder_in_the_working_directory_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = stage("math")
    for folder in ("conf", "conf/cluster", "conf/rl"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "conf" / "cluster" / "local_cpu.yaml").write_text("# @package _global_\nx: 1\n")
    (tmp_path / "conf" / "rl" / "config.yaml").write_text("x: 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert stage("math") == expected


def test_the_third_long_context_phase_is_one_word_away() -> None:
    phases = configure("pretrain", PretrainConfig, ["data.dir=D", "+phase=long_context_512k"])
    assert list(phases.phases)[-1] == "long_context_512k"
    assert "long_context_512k" not in configure("pretrain", PretrainConfig, ["data.dir=D"]).phases
