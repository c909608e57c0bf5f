"""Paths on a command line mean what they say, for every key that takes one."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from pydantic import BaseModel

from granite_rl.command_line.overrides import Kind, argument, literal_values, path_keys, quote
from granite_rl.config import StageConfig
from granite_rl.entry import configure
from granite_rl.errors import ConfigError
from granite_rl.evaluation.config import EvaluationConfig
from granite_rl.pipeline.config import PipelineConfig
from granite_rl.pipeline.plan import build_plan
from granite_rl.pipeline.runner import shown
from pretrain.config import PretrainConfig
from sft.config import SftConfig
from sft.reward_model.config import RewardModelConfig

NASTY = (
    *("a=b", "a(b", "a)b", "a,b", "[x].jsonl", "[x", "x]", "{x", "x}", "a b", " a ", "a#b", "a'b"),
    *("é", "日本", "a~b", "~b", "'a' or 'b'", 'a"b', "a\\b", "a\\", "a\\'", "a\nb", "a\tb"),
    *("a:b", "a@b", "a%b", "a*b", "a$b", "a${b", "-", "1", "007", "1e5", "1.5", ".5", "1_0"),
    *("true", "inf", "NaN", "+x", "a|b", "a&b", "a;b", "?", "!"),
)
SPECIAL = ("null", "~", "~/x", "'quoted'", '"quoted"', "${run.name}", "\\${x}", "x\\${run.name}")
ROOTS: dict[str, tuple[type[BaseModel], dict[str, str]]] = {
    "rl": (StageConfig, {"stage": "math", "model.path": "M", "data.train": "D"}),
    "pretrain": (PretrainConfig, {"data.dir": "D"}),
    "sft": (SftConfig, {"data.train": "D", "model.path": "M"}),
    "reward_model": (RewardModelConfig, {"data.train": "D", "model.path": "M"}),
    "evaluation": (EvaluationConfig, {"models": "{a: M}", "output_dir": "O", "eval.files": "[D]"}),
    "pipeline": (PipelineConfig, {"recipe": "demo"}),
}
KEYS = [
    (root, key, kind)
    for root, (model, _) in ROOTS.items()
    for key, kind in path_keys(model).items()
]


def value_of(root: str, key: str, override: str) -> Any:
    """What a key becomes when an override is added to what a root needs."""
    model, needed = ROOTS[root]
    given = [f"{name}={value}" for name, value in needed.items() if name != key]
    node: Any = configure(root, model, [*given, override])
    for part in key.split("."):
        node = getattr(node, part)
    return node


def test_every_kind_of_key_is_known() -> None:
    assert {kind for _, _, kind in KEYS} == {"one", "many", "named"}
    assert path_keys(StageConfig)["data.train"] == "many"
    assert path_keys(StageConfig)["model.reference"] == "one"
    assert "tracking.wandb_project" not in path_keys(StageConfig)


@pytest.mark.parametrize(("root", "key", "kind"), KEYS)
def test_nasty_names_are_taken_literally_for_every_key(root: str, key: str, kind: Kind) -> None:
    if kind == "one":
        name = "".join(NASTY)
        assert value_of(root, key, f"{key}={name}") == Path(name)
    elif kind == "many":
        names = [name for name in NASTY if "," not in name and name == name.strip()]
        assert value_of(root, key, f"{key}=[{','.join(names)}]") == tuple(map(Path, names))
    else:
        found = value_of(root, key, f"{key}={{a: /x=y (1), b:'c,d'}}")
        assert found == {"a": Path("/x=y (1)"), "b": Path("c,d")}
        named = {f"n{number}": Path(name) for number, name in enumerate(NASTY)}
        assert value_of(root, key, argument(key, named)) == named


def read(override: str, kind: Kind) -> Any:
    """What Hydra and OmegaConf make of a path key's override."""
    (text,) = literal_values([override], {"key": kind}, ())
    value = OverridesParser.create().parse_override(text).value()
    tree = OmegaConf.create({"run": {"name": "RUN"}, "key": value})
    return OmegaConf.to_container(tree, resolve=True)["key"]


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_name_is_read_as_typed_and_as_written(name: str) -> None:
    for kind in ("one", "many"):
        assert read(f"key={name}", kind) == name
        assert read(argument("key", name), kind) == name
    assert read(argument("key", [Path(name), Path("b")]), "many") == [name, "b"]


@settings(max_examples=50)
@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1))
def test_any_path_survives_being_written(name: str) -> None:
    for kind in ("one", "many"):
        assert read(argument("key", name), kind) == name
    assert read(f"key=[{quote(name)},b]", "many") == [name, "b"]
    assert shlex.split(shlex.join([argument("key", name)])) == [argument("key", name)]


@given(st.text(st.sampled_from("ab=(),[]{}'\"\\~#$é |&*?:.0-"), min_size=1, max_size=12))
def test_any_path_is_read_as_typed_unless_documented(name: str) -> None:
    if name[0] not in "'\"" and name != "~" and not name.startswith("~/") and "${" not in name:
        assert read(f"key={name}", "one") == name
        if not (name.startswith("[") and name.endswith("]")):
            assert read(f"key={name}", "many") == name


def test_what_keeps_a_meaning_is_what_is_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    home = "/home/it's (me)"
    monkeypatch.setenv("HOME", home)
    assert [read(f"key={name}", "one") for name in SPECIAL] == [
        *(None, home, f"{home}/x", "quoted", "quoted", "RUN", "${x}", "x${run.name}")
    ]
    assert [read(argument("key", name), "one") for name in SPECIAL if name != "null"] == [
        name for name in SPECIAL if name != "null"
    ]
    assert read("key=[~/x, 'a,b', c d]", "many") == [f"{home}/x", "a,b", "c d"]
    assert read("key=[]", "many") == []
    assert value_of("rl", "rewards.model_path", "rewards.model_path=null") is None
    assert value_of("rl", "model.reference", "model.reference=parent") == "parent"
    assert value_of("rl", "run.dir", "run.dir=x/${run.name}") == Path("x/math")
    assert value_of("evaluation", "models", "+models.a=b=(c)") == {"a": Path("b=(c)")}


@pytest.mark.parametrize("override", ["model.path=", "data.train=[a,,b]"])
def test_an_empty_path_is_refused_by_name(override: str) -> None:
    with pytest.raises(ConfigError, match=rf"{override.split('=')[0]}: an empty path"):
        value_of("sft", override.split("=")[0], override)


def test_a_value_that_hydra_cannot_read_is_named_with_its_key_and_how_to_write_it() -> None:
    with pytest.raises(ConfigError, match=r"tracking\.wandb_project: can't read") as caught:
        value_of("sft", "tracking.wandb_project", "tracking.wandb_project=a b (c)")
    (fixed,) = shlex.split(str(caught.value.fix).removeprefix("as one string it is "))
    assert value_of("sft", "tracking", fixed).wandb_project == "a b (c)"


def test_every_command_of_a_plan_says_the_paths_it_was_made_of() -> None:
    root = "runs/it's (1), a=b #é [x] {y} ~ ${z"
    plan = build_plan(configure("pipeline", PipelineConfig, ["recipe=demo", f"run.dir={root}"]))
    modules = {"sft.reward_model": "reward_model", "granite_rl.evaluation": "evaluation"}
    for step in plan.steps[1:]:
        _, _, module, *overrides = shlex.split(shown(step.command))
        name = modules.get(module, "rl" if module == "granite_rl.stage" else module)
        if name == "rl":
            overrides[0] = f"stage={overrides[0]}"
        config = configure(name, ROOTS[name][0], overrides).model_dump(mode="json")
        for path in step.inputs.values():
            assert json.dumps(str(path))[1:-1] in json.dumps(config), (step.name, path)
