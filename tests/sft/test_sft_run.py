"""`python -m sft` end to end, and its gradient against a plain loop on one big batch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GraniteForCausalLM

from granite_rl.errors import ConfigError, DataError, PreflightError
from granite_rl.models.checkpoint_directory import checkpoint_hash
from granite_rl.models.configs import granite_config
from granite_rl.models.loading import init_policy, load_policy, save_hf
from granite_rl.models.tokenizer import load_tokenizer, train_tokenizer
from sft.__main__ import main
from sft.data import assign_rows, read_conversations, step_rows

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
STEPS = 4


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with model/ and rows.jsonl."""
    root = tmp_path_factory.mktemp("inputs")
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"What follows {'one ' * (i % 7)}{i}?"},
                {"role": "assistant", "content": f"It is {i + 1}." + " Indeed." * (i % 4)},
            ]
        }
        for i in range(80)
    ]
    (root / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    tokenizer = train_tokenizer([json.dumps(row) for row in rows], 320)
    config = granite_config("tiny", vocab_size=len(tokenizer), num_hidden_layers=2)
    save_hf(init_policy(config, 0), config, tokenizer, root / "model")
    return root


def command(inputs: Path, run: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "sft",
        "recipe=demo",
        f"data.train={inputs / 'rows.jsonl'}",
        f"model.path={inputs / 'model'}",
        f"run.dir={run}",
        "data.batch_rows=8",
        f"data.max_steps={STEPS}",
        "trainer.ranks=1",
        "trainer.threads=1",
        "trainer.rows_per_microbatch=2",
        "tracking.wandb_mode=disabled",
        "tracking.tensorboard=false",
        *more,
    ]


def start(arguments: list[str]) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        arguments,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def finish(arguments: list[str]) -> str:
    process = start(arguments)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    return output


def metrics(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def straight(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("straight") / "run"
    finish(command(inputs, run, f"data.heldout={inputs / 'rows.jsonl'}"))
    return run


def test_equals_a_plain_loop_on_whole_batches(straight: Path, inputs: Path) -> None:
    """Each conversation on its own, one mean over the step's trained tokens, torch's AdamW."""
    tokenizer = load_tokenizer(inputs / "model")
    conversations = read_conversations([inputs / "rows.jsonl"], tokenizer, 128)
    rows = assign_rows(conversations.lengths, 128, 0)
    model = load_policy(inputs / "model")
    adam = torch.optim.AdamW(
        model.parameters(), lr=1.0, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0
    )
    losses, norms = [], []
    for step, factor in enumerate([1.0, 1.0, 2 / 3, 1 / 3]):  # 3 % of 4 steps warm up: one
        adam.zero_grad()
        loss, tokens = torch.zeros(()), 0
        for row in step_rows(len(rows), 8, step, 0):
            for index in rows[row]:
                ids, mask = conversations[index]
                labels = torch.tensor([t if m else -100 for t, m in zip(ids, mask, strict=True)])
                logits = model(torch.tensor([ids])).logits[0, :-1]
                loss = loss + torch.nn.functional.cross_entropy(
                    logits, labels[1:], reduction="sum", ignore_index=-100
                )
                tokens += sum(mask)
        (loss / tokens).backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)))
        for group in adam.param_groups:
            group["lr"] = 2e-3 * factor
        adam.step()
        losses.append(float(loss.detach()) / tokens)
    logged = metrics(straight)
    assert [line["train/loss"] for line in logged] == pytest.approx(losses, rel=1e-5)
    assert [line["train/grad_norm"] for line in logged] == pytest.approx(norms, rel=1e-4)
    trained = GraniteForCausalLM.from_pretrained(straight / "hf")
    expected = dict(model.named_parameters())
    for name, weight in trained.named_parameters():
        torch.testing.assert_close(weight, expected[name], atol=2e-5, rtol=0)


def test_a_run_leaves_everything_it_promises(straight: Path, inputs: Path) -> None:
    status = json.loads((straight / "status.json").read_text())
    assert (status["state"], status["step"]) == ("succeeded", STEPS)
    assert "train/eval_loss" in metrics(straight)[-1]
    lineage = json.loads((straight / "lineage.json").read_text())
    assert lineage["parent_hash"] == checkpoint_hash(inputs / "model")
    assert lineage["extra"]["data"][0]["file"] == str(inputs / "rows.jsonl")
    assert load_tokenizer(straight / "hf").chat_template


@pytest.mark.parametrize("zero_stage", [2, 3])
def test_two_ranks_train_the_same(
    straight: Path, inputs: Path, tmp_path: Path, zero_stage: int
) -> None:
    finish(command(inputs, tmp_path / "r", "trainer.ranks=2", f"trainer.zero_stage={zero_stage}"))
    alone = [line["train/loss"] for line in metrics(straight)]
    assert [line["train/loss"] for line in metrics(tmp_path / "r")] == pytest.approx(
        alone, rel=1e-4
    )


def test_killed_and_resumed_gives_the_same_bits(
    straight: Path, inputs: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    arguments = command(inputs, run, "run.resume=auto", "checkpoint.every_steps=1")
    process = start(arguments)
    deadline = time.monotonic() + 200
    while not (run / "metrics.jsonl").is_file() or len(metrics(run)) < 2:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.communicate()
    finish(arguments)
    assert [line["step"] for line in metrics(run)] == list(range(1, STEPS + 1))
    assert checkpoint_hash(run / "hf") == checkpoint_hash(straight / "hf")


def test_bad_input_is_refused_early(inputs: Path, tmp_path: Path) -> None:
    run = f"run.dir={tmp_path / 'run'}"
    model, rows = f"model.path={inputs / 'model'}", f"data.train={inputs / 'rows.jsonl'}"
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"text": "no conversation"}\n')
    with pytest.raises(DataError, match=r"bad\.jsonl:1"):
        main(["recipe=demo", f"data.train={bad}", model, run])
    with pytest.raises(PreflightError, match="not a directory"):
        main(["recipe=demo", rows, "model.path=/nowhere", run])
    with pytest.raises(ConfigError, match="batch_rows"):
        main(["recipe=demo", rows, model, run, "trainer.ranks=5"])
    with pytest.raises(ConfigError, match="don't fill one"):
        main(["recipe=demo", rows, model, run, "data.batch_rows=5000"])
    assert not (tmp_path / "run").exists()
