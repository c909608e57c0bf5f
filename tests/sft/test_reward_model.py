"""Reward-model training: loss, order, refusals, and whole runs of the entry point."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from granite_rl.entry import configure, run_main
from granite_rl.errors import ConfigError, DataError
from granite_rl.models.configs import granite_config
from granite_rl.models.loading import init_policy, save_hf
from granite_rl.models.reward_model import RewardModel, encode_for_scoring
from granite_rl.models.tokenizer import load_tokenizer, train_tokenizer
from sft.reward_model.__main__ import main
from sft.reward_model.config import RewardModelConfig
from sft.reward_model.data import (
    Pair,
    batch_order,
    load_pairs,
    micro_batches,
    read_pairs,
    save_pairs,
    total_steps,
)
from sft.reward_model.evaluation import bradley_terry_loss, evaluate
from sft.reward_model.train import read_inputs


def _row(number: int) -> dict[str, Any]:
    """The boxed answer is preferred; which one is boxed has nothing to do with length."""
    a, b = number % 40, number * 7 % 40
    return {
        "prompt": [{"role": "user", "content": f"{a} + {b}"}],
        "chosen": f"\\boxed{{{a + b}}}.",
        "rejected": f"The answer is {a + b}." if number % 2 else f"{a + b}.",
        "language": "en" if number % 3 else "de",
    }


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained tiny Granite with 256 positions, and a tokenizer that fits it."""
    texts = [
        f"{a} + {b} = {a + b}. The answer is \\boxed{{{a + b}}}." for a, b in pairwise(range(99))
    ]
    tokenizer = train_tokenizer(texts, 384)
    config = granite_config("tiny", vocab_size=len(tokenizer), max_position_embeddings=256)
    return save_hf(
        init_policy(config, 0), config, tokenizer, tmp_path_factory.mktemp("policy") / "hf"
    )


@pytest.fixture
def pairs_file(tmp_path: Path) -> Path:
    return _write(tmp_path / "pairs.jsonl", [_row(number) for number in range(64)])


def test_loss_is_the_bradley_terry_likelihood() -> None:
    chosen = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    rejected = torch.tensor([0.0, 3.0, 0.5], dtype=torch.float64)
    by_hand = sum(
        -math.log(math.exp(c) / (math.exp(c) + math.exp(r)))
        for c, r in zip(chosen.tolist(), rejected.tolist(), strict=True)
    )
    assert bradley_terry_loss(chosen, rejected).item() == pytest.approx(by_hand, abs=1e-12)


def test_every_pair_is_seen_once_an_epoch_in_an_order_of_its_own() -> None:
    steps = [batch_order(60, step, 20, seed=3) for step in range(6)]
    first, second = list(chain(*steps[:3])), list(chain(*steps[3:]))
    assert sorted(first) == sorted(second) == list(range(60))
    assert first != second
    assert steps[4] == batch_order(60, 4, 20, seed=3)
    assert steps[0] != batch_order(60, 0, 20, seed=4)


def test_a_step_may_cross_an_epoch() -> None:
    stream = [batch_order(10, step, 4, seed=0) for step in range(5)]
    flat = list(chain(*stream))
    assert sorted(flat[:10]) == sorted(flat[10:20]) == list(range(10))


def test_number_of_steps_leaves_out_an_incomplete_batch() -> None:
    assert total_steps(50, epochs=1.5, pairs_per_step=20) == 3


def test_micro_batches_hold_whole_pairs_sorted_by_length() -> None:
    pairs = [Pair([0] * n, [0] * (20 - n), "en") for n in (3, 19, 10, 1, 8)]
    batches = list(micro_batches(pairs, 4))
    assert [[pair.length for pair in batch] for batch in batches] == [[10, 12], [17, 19], [19]]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"chosen": "a", "rejected": "b"}', "prompt must be a list, it is missing"),
        ('{"prompt": [], "chosen": 3, "rejected": "b"}', "chosen must be a str, got 3"),
        ('{"prompt": [], "chosen": "a", "rejected": "a"}', "are the same"),
        ('{"prompt": [{"content": "x"}], "chosen": "a", "rejected": "b"}', "role"),
        ('{"prompt": [], "chosen": "<|end_of_text|>", "rejected": "b"}', "control token"),
    ],
)
def test_bad_rows_are_refused_with_file_and_line(
    tiny_checkpoint: Path, tmp_path: Path, line: str, words: str
) -> None:
    path = _write(tmp_path / "pairs.jsonl", [_row(0)])
    path.write_text(path.read_text() + "\n" + line + "\n")
    with pytest.raises(DataError, match=rf"pairs\.jsonl:3: .*{words}"):
        read_pairs(path, load_tokenizer(tiny_checkpoint), 128)


def test_pairs_come_back_from_their_file(tmp_path: Path) -> None:
    pairs = [Pair([1, 2, 3], [4], "en"), Pair([5], [6, 7], "zh"), Pair([8, 9], [10], "unknown")]
    save_pairs(tmp_path / "pairs.npz", pairs)
    assert load_pairs(tmp_path / "pairs.npz") == pairs


def test_too_long_pairs_and_empty_files_are_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(tiny_checkpoint)
    path = _write(tmp_path / "pairs.jsonl", [_row(0), {**_row(1), "chosen": "x" * 200}])
    with pytest.raises(DataError, match=r"pairs\.jsonl:2: a conversation of 2\d\d tokens"):
        read_pairs(path, tokenizer, 128)
    with pytest.raises(DataError, match="no preference pairs"):
        read_pairs(_write(tmp_path / "empty.jsonl", []), tokenizer, 128)
    with pytest.raises(DataError, match="no such file"):
        read_pairs(tmp_path / "missing.jsonl", tokenizer, 128)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (
            "trainer.row_tokens=512",
            r"trainer\.row_tokens: 512 tokens, .* has 256 positions",
        ),
        ("data.pairs_per_step=129", r"data\.pairs_per_step: 129 is more than the 64 pairs"),
        ("trainer.ranks=3", r"trainer\.ranks: 3 ranks can't share"),
        ("trainer.rows_per_microbatch=1", r"trainer\.rows_per_microbatch"),
        ("optim.learning_rate=1", r"optim\.learning_rate"),
    ],
)
def test_inconsistent_configurations_are_refused(
    tiny_checkpoint: Path, pairs_file: Path, override: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        read_inputs(
            configure(
                "reward_model",
                RewardModelConfig,
                [*_arguments(tiny_checkpoint, pairs_file), override],
            )
        )


def test_accuracy_is_counted_per_language(tiny_checkpoint: Path, pairs_file: Path) -> None:
    model = RewardModel.init_from_policy(tiny_checkpoint, seed=0)
    tokenizer = load_tokenizer(tiny_checkpoint)
    pairs = read_pairs(pairs_file, tokenizer, 128)
    report = evaluate(model, pairs, 16)
    assert {key: value["n"] for key, value in report.items()} == {"all": 64, "de": 22, "en": 42}
    rows = [_row(number) for number in range(64)]

    def score(row: dict[str, Any], key: str) -> float:
        """The score of one conversation alone, without padding."""
        conversation = [*row["prompt"], {"role": "assistant", "content": row[key]}]
        ids = encode_for_scoring(tokenizer, conversation)
        with torch.no_grad():
            scores = model(torch.tensor([ids]), torch.tensor([len(ids) - 1]))
        return float(scores[0])

    scores = [[score(row, key) for row in rows] for key in ("chosen", "rejected")]
    right = [c > r for c, r in zip(*scores, strict=True)]
    assert report["all"]["accuracy"] == pytest.approx(sum(right) / 64)
    german = [hit for hit, row in zip(right, rows, strict=True) if row["language"] == "de"]
    assert report["de"]["accuracy"] == pytest.approx(sum(german) / 22)


def _arguments(model: Path, pairs: Path) -> list[str]:
    return [
        "recipe=demo",
        f"model.path={model}",
        f"data.train={pairs}",
        "data.pairs_per_step=16",
        "data.epochs=2",
        "trainer.threads=1",
        "tracking.wandb_mode=disabled",
        "tracking.tensorboard=false",
    ]


_SEVERAL_RUNS = """
import json, os, pathlib, signal, sys
from granite_rl.entry import run_main
from sft.reward_model import train
from sft.reward_model.__main__ import main

original = train._Training._step

def step(self, number):
    if number == stop_at:
        os.kill(os.getpid(), signal.SIGTERM)
    return original(self, number)

train._Training._step = step
codes = []
for stop_at, lost, argv in json.loads(sys.argv[1]):
    if lost:
        pathlib.Path(lost).unlink()
    codes.append(run_main(main, argv))
    print("== end of run", flush=True)
print(json.dumps(codes))
"""


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


class Runs(NamedTuple):
    """A straight run, one that was stopped and continued, and what was printed."""

    straight: Path
    resumed: Path
    arguments: list[str]
    codes: list[int]
    output: list[str]


@pytest.fixture(scope="module")
def runs(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """One process does it all: importing DeepSpeed takes longer than the training."""
    root = tmp_path_factory.mktemp("runs")
    pairs = _write(root / "pairs.jsonl", [_row(number) for number in range(64)])
    arguments = [*_arguments(tiny_checkpoint, pairs), f"data.heldout={pairs}"]
    straight = [*arguments, f"run.dir={root / 'straight'}"]
    resumed = [*arguments, f"run.dir={root / 'resumed'}"]
    again = [*resumed, "run.resume=auto"]
    plan = [
        (None, None, straight),
        (4, None, resumed),
        (None, None, again),
        (None, None, again),
        (None, None, resumed),
        (None, str(root / "resumed" / "heldout.json"), again),
    ]
    done = _python("-c", _SEVERAL_RUNS, json.dumps(plan))
    assert done.returncode == 0, done.stderr
    *output, codes = done.stdout.split("== end of run\n")
    return Runs(root / "straight", root / "resumed", arguments, json.loads(codes), output)


def _metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_a_run_learns_and_reports(runs: Runs) -> None:
    status = json.loads((runs.straight / "status.json").read_text())
    assert (status["state"], status["step"]) == ("succeeded", 8)
    lines = _metrics(runs.straight)
    assert [line["step"] for line in lines] == list(range(1, 9))
    assert lines[-1]["train/loss"] < 0.5 * lines[0]["train/loss"]
    report = json.loads((runs.straight / "heldout.json").read_text())
    assert report["all"]["accuracy"] > 0.9
    assert lines[-1]["eval/de/accuracy"] == report["de"]["accuracy"]
    assert "held-out pairs ranked correctly" in runs.output[0]


@pytest.mark.slow
def test_a_stopped_run_continues_bit_for_bit(runs: Runs) -> None:
    assert runs.codes == [0, 75, 0, 0, 2, 0]
    assert "reward_model  4/8" in runs.output[1]
    assert "reward_model  5/8" not in runs.output[1]
    assert "reward_model  4/8" not in runs.output[2]
    assert "reward_model  5/8" in runs.output[2]
    assert "already complete" in runs.output[3]
    # The report on held-out pairs was deleted: it is made again, and no step is.
    assert "gone or not whole" in runs.output[5]
    assert "reward_model  8/8" not in runs.output[5]
    assert (runs.resumed / "heldout.json").read_text() == (
        runs.straight / "heldout.json"
    ).read_text()
    assert [line["step"] for line in _metrics(runs.resumed)] == list(range(1, 9))
    assert (
        _metrics(runs.resumed)[-1]["run/tokens_total"]
        == (_metrics(runs.straight)[-1]["run/tokens_total"])
    )
    first, second = (
        RewardModel.load(run / "hf").state_dict() for run in (runs.straight, runs.resumed)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.slow
def test_two_ranks_train_what_one_does(runs: Runs, tmp_path: Path) -> None:
    # Six conversations to a micro-batch: a rank's eight pairs make three, the last one smaller.
    more = ["trainer.ranks=2", "trainer.rows_per_microbatch=6", f"run.dir={tmp_path / 'two'}"]
    done = _python("-m", "sft.reward_model", *runs.arguments, *more)
    assert done.returncode == 0, done.stderr
    for one, two in zip(_metrics(runs.straight), _metrics(tmp_path / "two"), strict=True):
        assert two["train/loss"] == pytest.approx(one["train/loss"], rel=1e-3, abs=1e-5)
        assert two["train/grad_norm"] == pytest.approx(one["train/grad_norm"], rel=1e-2)


def test_dry_run_and_refusals_write_nothing(
    tiny_checkpoint: Path, pairs_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*_arguments(tiny_checkpoint, pairs_file), f"run.dir={tmp_path / 'run'}"]
    assert run_main(main, [*arguments, "--dry-run"]) == 0
    assert "# plan: 8 steps x 16 of 64 pairs, 0 held out, 1 rank(s)" in capsys.readouterr().out
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{}\n")
    assert run_main(main, [*arguments, f"data.train={bad}"]) == 4
    assert "bad.jsonl:1: prompt must be a list" in capsys.readouterr().err
    assert run_main(main, [*arguments, "optim.learning_rate=1"]) == 2
    assert not (tmp_path / "run").exists()
