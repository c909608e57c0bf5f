"""Every entry point refuses a checkpoint that can't do its work in `--dry-run`, under its key.

What is checked is `granite_rl.models.preflight`'s, and tested there for each kind of damage; here,
that it is asked everywhere: for the policy, the reference, the reward model, the models of an
evaluation, and the tokenizer of a pre-training.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import pretrain.__main__
import sft.__main__
import sft.reward_model.__main__
from granite_rl import stage
from granite_rl.entry import run_main
from granite_rl.evaluation import __main__ as evaluation
from tests.granite_rl.stage_runs import stage_arguments
from tests.pretrain.test_pretrain_run import SOURCES

Main = Callable[[Sequence[str]], int]


class Inputs(NamedTuple):
    """Holds the files that the entry points read besides the model."""

    model: Path
    reward_model: Path
    rows: Path
    judged: Path
    conversations: Path
    pairs: Path
    text: Path


@pytest.fixture(scope="module")
def inputs(
    tiny_checkpoint: Path, any_rows: Path, tmp_path_factory: pytest.TempPathFactory
) -> Inputs:
    from granite_rl.models.reward_model import RewardModel
    from granite_rl.models.tokenizer import load_tokenizer

    root = tmp_path_factory.mktemp("inputs")
    question, answer = {"role": "user", "content": "1 + 2"}, "3 it is."

    def lines(name: str, row: dict[str, Any]) -> Path:
        path = root / name
        path.write_text((json.dumps(row) + "\n") * 8)
        return path

    for source in SOURCES:
        lines(f"{source}.jsonl", {"text": "1 + 2 = 3"})
    return Inputs(
        tiny_checkpoint,
        RewardModel.init_from_policy(tiny_checkpoint, 0).save(
            root / "reward_model", load_tokenizer(tiny_checkpoint)
        ),
        any_rows,
        lines(
            "judged.jsonl",
            {
                "data_source": "chat",
                "prompt": [question],
                "env_class": "general_chat",
                "reward_spec": {"method": "rule", "ground_truth": ""},
            },
        ),
        lines(
            "conversations.jsonl",
            {"messages": [question, {"role": "assistant", "content": answer}]},
        ),
        lines(
            "pairs.jsonl",
            {"prompt": [question], "chosen": answer, "rejected": "4.", "language": "en"},
        ),
        root,
    )


def stage_of(inputs: Inputs, model: Path, *more: str) -> tuple[Main, list[str]]:
    arguments = stage_arguments(model, inputs.rows, inputs.text / "run", 1, *more)
    return stage.main, arguments


def reference_of(inputs: Inputs, model: Path) -> tuple[Main, list[str]]:
    return stage_of(inputs, inputs.model, f"model.reference={model}", "algorithm.kl_beta=0.1")


def rewards_of(inputs: Inputs, model: Path) -> tuple[Main, list[str]]:
    main, arguments = stage_of(inputs, inputs.model, f"rewards.model_path={model}")
    kept = [item for item in arguments if not item.startswith("data.train=")]
    return main, [*kept, f"data.train={inputs.judged}"]


def sft_of(inputs: Inputs, model: Path) -> tuple[Main, list[str]]:
    return sft.__main__.main, [
        "recipe=demo",
        f"data.train={inputs.conversations}",
        f"model.path={model}",
        f"run.dir={inputs.text / 'run'}",
        "data.max_steps=1",
    ]


def reward_training_of(inputs: Inputs, model: Path) -> tuple[Main, list[str]]:
    return sft.reward_model.__main__.main, [
        "recipe=demo",
        f"data.train={inputs.pairs}",
        f"model.path={model}",
        f"run.dir={inputs.text / 'run'}",
        "data.pairs_per_step=2",
    ]


def evaluation_of(inputs: Inputs, model: Path) -> tuple[Main, list[str]]:
    return evaluation.main, [
        "recipe=demo",
        f"models={{fine: {inputs.model}, mine: {model}}}",
        f"eval.files=[{inputs.rows}]",
        f"output_dir={inputs.text / 'out'}",
    ]


ENTRIES: dict[str, tuple[str, Callable[[Inputs, Path], tuple[Main, list[str]]]]] = {
    "stage": ("model.path", stage_of),
    "reference": ("model.reference", reference_of),
    "reward model": ("rewards.model_path", rewards_of),
    "sft": ("model.path", sft_of),
    "reward model training": ("model.path", reward_training_of),
    "evaluation": ("models.mine", evaluation_of),
}
TRAINING = ("stage", "sft", "reward model training")


def dry_run(main: Main, arguments: Sequence[str]) -> int:
    return run_main(main, [*arguments, "--dry-run"])


def changed(model: Path, directory: Path, file: str, **fields: Any) -> Path:
    """A copy of a model with other fields in one of its JSON files."""
    shutil.copytree(model, directory)
    content = json.loads((directory / file).read_text()) | fields
    (directory / file).write_text(
        json.dumps({name: value for name, value in content.items() if value is not ...})
    )
    return directory


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_is_whole_passes(
    inputs: Inputs, entry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = inputs.reward_model if entry == "reward model" else inputs.model
    assert dry_run(*ENTRIES[entry][1](inputs, model)) == 0, capsys.readouterr().err


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("kind", ["half a file", "the other role"])
def test_a_broken_checkpoint_is_refused(
    inputs: Inputs, tmp_path: Path, capsys: pytest.CaptureFixture[str], entry: str, kind: str
) -> None:
    right, wrong = inputs.model, inputs.reward_model
    if entry == "reward model":
        right, wrong = wrong, right
    model = wrong
    if kind == "half a file":
        model = tmp_path / "hf"
        shutil.copytree(right, model)
        weights = model / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    key, arguments = ENTRIES[entry]
    assert dry_run(*arguments(inputs, model)) == 3
    error = capsys.readouterr().err
    assert error.startswith(f"error: {key}: "), error
    assert ("should have" if kind == "half a file" else "a reward model") in error


@pytest.mark.parametrize("entry", TRAINING)
def test_another_end_token_is_refused(
    inputs: Inputs, tmp_path: Path, capsys: pytest.CaptureFixture[str], entry: str
) -> None:
    """The export would refuse it, after the last step."""
    model = changed(inputs.model, tmp_path / "hf", "config.json", eos_token_id=2)
    assert dry_run(*ENTRIES[entry][1](inputs, model)) == 3
    assert "never stop" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ("stage", "rollout.max_context"),
        ("reference", "rollout.max_context"),
        ("sft", "trainer.row_tokens"),
        ("reward model training", "trainer.row_tokens"),
        ("evaluation", "rollout.max_context"),
    ],
)
def test_a_context_beyond_the_positions_is_refused(
    inputs: Inputs, tmp_path: Path, capsys: pytest.CaptureFixture[str], entry: str, key: str
) -> None:
    model = changed(inputs.model, tmp_path / "hf", "config.json", max_position_embeddings=64)
    assert dry_run(*ENTRIES[entry][1](inputs, model)) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {key}: 128 tokens, but {ENTRIES[entry][0]} {model}"), error


@pytest.mark.parametrize("entry", ["stage", "evaluation"])
def test_more_workers_than_can_share_the_heads_are_refused(
    inputs: Inputs, capsys: pytest.CaptureFixture[str], entry: str
) -> None:
    main, arguments = ENTRIES[entry][1](inputs, inputs.model)
    assert dry_run(main, [*arguments, "generator.tensor_parallel=3"]) == 2
    assert "generator.tensor_parallel: 3 workers can't share the 4 heads" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["run.seed=4294967296"], "run.seed: "),
        (["trainer.zero_stage=1", "trainer.dtype=bfloat16"], "trainer: zero_stage 1 with dtype="),
        (["generator.weight_sync=nccl"], "generator.weight_sync: nccl moves weights between GPUs"),
        (["generator.block_size=24"], "generator.block_size: "),
    ],
)
def test_what_a_role_would_refuse_at_its_start_is_refused_before(
    inputs: Inputs, capsys: pytest.CaptureFixture[str], more: list[str], says: str
) -> None:
    main, arguments = stage_of(inputs, inputs.model)
    assert dry_run(main, [*arguments, *more]) == 2
    assert capsys.readouterr().err.startswith(f"error: {says}")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["model.vocab_size=100"], 2, "model.vocab_size: 100 is too small"),
        (["model.tokenizer={nowhere}"], 3, "model.tokenizer: '{nowhere}' is not a directory"),
        (["model.tokenizer={broken}"], 3, "model.tokenizer: the tokenizer has no pad_token"),
        (["run.seed=4294967296"], 2, "run.seed"),
        (["model.tokenizer={whole}", "run.seed=4294967295"], 0, ""),
    ],
)
def test_pretraining_checks_its_tokenizer(
    inputs: Inputs,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    says: str,
) -> None:
    places = {
        "whole": inputs.model,
        "nowhere": tmp_path / "nowhere",
        "broken": changed(inputs.model, tmp_path / "b", "tokenizer_config.json", pad_token=...),
    }
    common = ["recipe=demo", f"data.dir={inputs.text}", f"run.dir={tmp_path / 'run'}"]
    got = dry_run(pretrain.__main__.main, [*common, *(one.format(**places) for one in arguments)])
    error = capsys.readouterr().err
    assert got == code, error
    assert says.format(**places) in error
