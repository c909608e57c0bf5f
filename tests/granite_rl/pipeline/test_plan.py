"""Tests what a pipeline plans to run, before anything runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from granite_rl.command_line.overrides import quote
from granite_rl.entry import configure, run_main
from granite_rl.errors import ConfigError, DataError
from granite_rl.evaluation.matrix import ALL_STAGES
from granite_rl.pipeline.config import STEPS, PipelineConfig
from granite_rl.pipeline.plan import (
    Plan,
    Step,
    build_plan,
    check_external_inputs,
    content_hash,
    waves,
)
from granite_rl.pipeline.runner import main
from tests.granite_rl.pipeline.steps import go


def overrides_of(step: Step) -> dict[str, str]:
    """``key=value`` arguments of a command."""
    pairs = (argument.partition("=") for argument in step.command if "=" in argument)
    return {key: value for key, _, value in pairs}


def test_plan_chains_every_checkpoint() -> None:
    """All nine steps, each starting from the model before it, with one seed."""
    config = configure("pipeline", PipelineConfig, ["recipe=demo", "run.dir=runs/x", "run.seed=7"])
    plan = build_plan(config)
    assert tuple(s.name for s in plan.steps) == STEPS
    parents = {s.name: overrides_of(s).get("model.path") for s in plan.steps}
    assert parents["sft"] == "runs/x/pretrain/hf"
    assert parents["reward_model"] == parents["multi_domain"] == "runs/x/sft/hf"
    assert parents["rlhf"] == "runs/x/multi_domain/hf"
    assert parents["identity"] == "runs/x/rlhf/hf"
    assert parents["math"] == "runs/x/identity/hf"
    for s in plan.steps[1:]:
        assert overrides_of(s).get("run.seed", "7") == "7"
        assert ("run.seed" in overrides_of(s)) == (s.name != "evaluation"), "greedy needs no seed"
        assert overrides_of(s)["recipe"] == "demo"
    assert tuple(plan.evaluations) == ALL_STAGES
    assert "rewards.shuffle" not in {k for s in plan.steps for k in overrides_of(s)}
    check_external_inputs(plan)  # the demo makes all its inputs


def test_control_shuffles_and_reuses() -> None:
    """The control's RL stage starts from the treated run's own SFT model."""
    config = configure(
        "pipeline",
        PipelineConfig,
        ["recipe=demo", "control=true", "run.dir=runs/c", "reuse_from=runs/x", "run.seed=1"],
    )
    plan = build_plan(config)
    assert [s.name for s in plan.steps] == ["multi_domain"]
    arguments = overrides_of(plan.steps[0])
    assert arguments["rewards.shuffle"] == "true"
    assert arguments["model.path"] == "runs/x/sft/hf"
    assert "runs/x/data/train/math.jsonl" in arguments["data.train"]
    assert arguments["run.dir"] == "runs/c/multi_domain"
    assert list(plan.evaluations) == ["base", "sft", "multi_domain"]
    alone = build_plan(
        configure("pipeline", PipelineConfig, ["recipe=demo", "control=true", "run.dir=runs/c"])
    )
    assert [s.name for s in alone.steps] == list(STEPS[:6])


def test_stages_can_be_left_out() -> None:
    """Math straight from SFT, and further overrides for one step only."""
    config = configure(
        "pipeline",
        PipelineConfig,
        [
            "recipe=demo",
            "run.dir=runs/x",
            "stages=[base,sft,math]",
            "overrides.math=['data.max_steps=5']",
        ],
    )
    plan = build_plan(config)
    assert plan.steps[-1].name == "math"
    assert overrides_of(plan.steps[-1])["model.path"] == "runs/x/sft/hf"
    assert overrides_of(plan.steps[-1])["data.max_steps"] == "5"
    assert all("data.max_steps=5" not in s.command for s in plan.steps[:-1])
    base_only = build_plan(configure("pipeline", PipelineConfig, ["recipe=demo", "stages=[base]"]))
    assert [s.name for s in base_only.steps] == ["data", "pretrain", "evaluation"]


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        (["recipe=dem"], r"recipe: there is no option 'dem'"),
        (["recipe=demo", "run.sed=1"], "run.sed"),
        (["recipe=demo", "run.seed=-1"], "run.seed"),
        (["recipe=demo", "run.resume=never"], "run.resume"),
        (["recipe=demo", "stages=[sft,base]"], "stages"),
        (["recipe=demo", "stages=[base,math]"], "stages"),
        (["recipe=demo", "stages=[base,sft,maths]"], "stages"),
        (["recipe=demo", "prompts.math=[]"], r"prompts\.math"),
        (["recipe=demo", "+overrides.maths=[x]"], "maths"),
        (["recipe=granite41"], r"data\.dir"),
    ],
)
def test_bad_configuration_is_refused(overrides: list[str], named: str) -> None:
    """Key path, value and what is allowed; exit code 2."""
    with pytest.raises(ConfigError, match=named):
        configure("pipeline", PipelineConfig, overrides)


def test_missing_data_is_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A recipe on the user's own data: the missing file is named, exit code 4."""
    arguments = ["recipe=granite41", f"data.dir={tmp_path}", f"run.dir={tmp_path / 'run'}"]
    assert run_main(main, arguments) == 4
    error = capsys.readouterr().err
    assert str(tmp_path / "pretrain") in error
    assert not (tmp_path / "run").exists()


def test_reuse_is_checked(root: Path, config: PipelineConfig, plan: Plan) -> None:
    """Another seed, an unfinished run and a directory without a pipeline are refused."""
    arguments = ["recipe=demo", "control=true", f"run.dir={root / 'c'}"]
    with pytest.raises(ConfigError, match=r"pipeline\.json"):
        main([*arguments, f"reuse_from={root / 'run'}"])
    assert go(config, plan) == 0
    with pytest.raises(ConfigError, match="seed 0, this run 5"):
        main([*arguments, f"reuse_from={root / 'run'}", "run.seed=5"])
    with pytest.raises(ConfigError, match="step data has not succeeded"):
        main([*arguments, f"reuse_from={root / 'run'}"])


def test_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All commands are shown, copyable, and no directory appears."""
    target = tmp_path / "run"
    assert main(["recipe=demo", f"run.dir={target}", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert len(re.findall(r"^  \$ ", out, flags=re.MULTILINE)) == len(STEPS)
    assert "[9/9] math" in out
    assert not target.exists()


def test_quoting_survives_hydra() -> None:
    """Paths with blanks, commas, equal signs and quotes come through unchanged."""
    parser = OverridesParser.create()
    awkward = [
        "/a b/c",
        "/a,b",
        "/x=y",
        "/it's",
        "C:\\dir",
        "/b\\'q",
        "/end\\",
        "/plain-1.2_3",
        "/[z]",
        "/{q}:r",
    ]
    for path in awkward:
        assert parser.parse_override(f"key={quote(path)}").value() == path
        both = parser.parse_override(f"key=[{quote(path)},{quote(path)}]").value()
        assert both == [path, path]
        models = parser.parse_override(f"key={{base:{quote(path)}}}").value()
        assert models == {"base": path}


def test_content_hash_sees_names_and_bytes(tmp_path: Path) -> None:
    """Renaming, editing and adding change it; a checkpoint ignores what isn't its identity."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "a").write_text("1")
    first = content_hash(data)
    (data / "a").rename(data / "b")
    second = content_hash(data)
    (data / "b").write_text("2")
    assert len({first, second, content_hash(data)}) == 3
    model = tmp_path / "hf"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_text("w")
    before = content_hash(model)
    (model / "README.md").write_text("words")
    assert content_hash(model) == before
    (model / "model.safetensors").write_text("v")
    assert content_hash(model) != before
    with pytest.raises(DataError):
        content_hash(tmp_path / "absent")


def test_only_steps_that_need_nothing_of_each_other_run_side_by_side() -> None:
    config = configure("pipeline", PipelineConfig, ["recipe=demo", "run.dir=runs/x"])
    names = [[step.name for step in group] for group in waves(build_plan(config).steps, 2)]
    assert names == [
        ["data"],
        ["pretrain"],
        ["sft"],
        ["reward_model", "evaluation"],
        ["multi_domain"],
        ["rlhf"],
        ["identity"],
        ["math"],
    ]
    assert all(len(group) == 1 for group in waves(build_plan(config).steps, 1))
