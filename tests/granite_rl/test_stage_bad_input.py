"""Mistakes of users: refused before any actor starts, by name, without a traceback."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from granite_rl import stage
from granite_rl.entry import run_main
from tests.granite_rl.stage_runs import stage_arguments


def attempt(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and stderr of a stage; Ray must not have been touched."""
    import ray

    code = run_main(stage.main, list(arguments))
    assert not ray.is_initialized()
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("extra", "code", "says"),
    [
        (["rollout.promts_per_step=3"], 2, ["rollout.promts_per_step", "rollout.prompts_per_step"]),
        (["+typo=1"], 2, ["typo", "unknown"]),
        (["+rollout.temprature=1"], 2, ["rollout.temprature", "rollout.temperature"]),
        (["rollout.prompts_per_step=many"], 2, ["rollout.prompts_per_step", "integer", "'many'"]),
        (["trainer.zero_stage=4"], 2, ["trainer.zero_stage", "0, 1, 2 or 3"]),
        (["trainer.ranks=3"], 2, ["trainer.ranks", "16 samples", "divisor"]),
        (["trainer.row_tokens=64"], 2, ["trainer.row_tokens", "rollout.max_context"]),
        (["rollout.max_response_tokens=120"], 2, ["max_response_tokens", "max_context 128"]),
        (["algorithm.advantage=grop"], 2, ["algorithm.advantage", "`grpo`"]),
        (["algorithm.policy_loss=dapo"], 2, ["algorithm.policy_loss", "regular"]),
        (
            ["algorithm.kl_beta_per_domain={maths:0.1}"],
            2,
            ["kl_beta_per_domain", "maths", "distinct"],
        ),
        (["data.mixture={maths:1.0}"], 2, ["data.mixture", "maths"]),
        (["run.name=../evil"], 2, ["run.name", "letters"]),
        (["recipe=dmeo"], 2, ["recipe", "demo"]),
        (["optim.lr=nan"], 2, ["optim.lr"]),
        (["model.path=/nowhere"], 3, ["/nowhere"]),
        (["data.train=/nowhere.jsonl"], 4, ["/nowhere.jsonl", "no such file"]),
        (["rollout.max_prompt_tokens=3"], 4, ["max_prompt_tokens"]),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(
    extra: list[str],
    code: int,
    says: list[str],
    capsys: pytest.CaptureFixture[str],
    tiny_checkpoint: Path,
    any_rows: Path,
    tmp_path: Path,
) -> None:
    base = stage_arguments(tiny_checkpoint, any_rows, tmp_path / "run", 1)
    keys = {argument.split("=")[0] for argument in extra}
    kept = [argument for argument in base if argument.split("=")[0] not in keys]
    got, error = attempt(capsys, *kept, *extra)
    assert got == code, error
    for text in says:
        assert text in error
    assert "Traceback" not in error
    assert not (tmp_path / "run").exists(), "nothing was written for a run that never began"


def test_an_unknown_stage_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, error = attempt(capsys, "multi_domian", "model.path=x", "data.train=y")
    assert code == 2
    assert "did you mean `stage=multi_domain`" in error


def test_a_missing_mandatory_value_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, error = attempt(capsys, "math", "data.train=y")
    assert code == 2
    assert "model.path=VALUE" in error


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"prompt": None}, ["no 'prompt'"]),
        ({"env_class": "mahts"}, ["mahts", "math"]),
        ({"reward_spec": {"method": "no_such_reward", "ground_truth": "1"}}, ["no_such_reward"]),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(
    change: dict[str, object],
    says: list[str],
    capsys: pytest.CaptureFixture[str],
    tiny_checkpoint: Path,
    tmp_path: Path,
) -> None:
    good = {
        "data_source": "t",
        "prompt": [{"role": "user", "content": "1+1?"}],
        "env_class": "math",
        "reward_spec": {"method": "math", "ground_truth": "2"},
    }
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(good) + "\n" + json.dumps(good | change) + "\n")
    code, error = attempt(capsys, *stage_arguments(tiny_checkpoint, rows, tmp_path / "run", 1))
    assert code == 4, error
    for text in (f"{rows}:2", *says):
        assert text in error


def test_a_tokenizer_without_chat_template_is_refused(
    capsys: pytest.CaptureFixture[str], tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "hf"
    shutil.copytree(tiny_checkpoint, broken)
    (broken / "chat_template.jinja").unlink()
    code, error = attempt(capsys, *stage_arguments(broken, any_rows, tmp_path / "run", 1))
    assert code in (2, 3)
    assert "chat template" in error


def test_chat_rows_need_a_reward_model(
    capsys: pytest.CaptureFixture[str], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    from envs.demo import generate

    rows = tmp_path / "chat.jsonl"
    rows.write_text(
        "".join(json.dumps(row) + "\n" for row in generate("general_chat", "train", 8, 0))
    )
    arguments = stage_arguments(tiny_checkpoint, rows, tmp_path / "run", 1)
    code, error = attempt(capsys, *arguments, "rollout.max_prompt_tokens=110")
    assert code == 2
    assert "rewards.model_path" in error


def test_a_used_directory_is_refused_unless_told_to_resume(
    capsys: pytest.CaptureFixture[str], tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    (run / "status.json").write_text('{"state": "failed", "step": 3}')
    code, error = attempt(capsys, *stage_arguments(tiny_checkpoint, any_rows, run, 1))
    assert code == 2
    assert "run.resume=auto" in error


def test_a_dry_run_prints_the_plan_and_starts_nothing(
    capsys: pytest.CaptureFixture[str], tiny_checkpoint: Path, any_rows: Path, tmp_path: Path
) -> None:
    arguments = stage_arguments(tiny_checkpoint, any_rows, tmp_path / "run", 7)
    assert run_main(stage.main, [*arguments, "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "7 steps x 16 samples from 40 prompts" in printed
    assert "kl_beta: 0.05" in printed
    assert not (tmp_path / "run").exists()
