"""`python -m pretrain` end to end: straight, killed and resumed, on two ranks."""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from granite_rl.errors import ExitCode
from granite_rl.models.checkpoint_directory import checkpoint_hash
from pretrain.__main__ import main
from pretrain.merge import merge

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
STEPS = 13
SOURCES = (
    "common_crawl",
    "code",
    "math",
    "technical",
    "multilingual",
    "domain_specific",
    "common_crawl_hq",
    "synthetic",
    "long_cot",
    "language_instructions",
    "code_instructions",
    "books",
    "code_repositories",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("text")
    random_ = random.Random(0)
    for source in SOURCES:
        rows = []
        for _ in range(60):
            numbers = [random_.randrange(10) for _ in range(20)]
            sums = " ".join(f"{a} + {b} = {a + b}." for a, b in itertools.pairwise(numbers))
            rows.append(json.dumps({"text": f"{source}: {sums}"}))
        (directory / f"{source}.jsonl").write_text("\n".join(rows) + "\n")
    return directory


def command(data: Path, run: Path, *more: str) -> list[str]:
    tokens = {
        "general": 4 * 256,
        "math_code": 2 * 256,
        "annealing": 2 * 256,
        "refinement": 2 * 256,
        "long_context_32k": 256,
        "long_context_128k": 256,
        "long_context_512k": 256,
    }
    phases = []
    for name, count in tokens.items():
        long = name.startswith("long")
        context, rows = (64, 4) if long else (32, 8)
        phases += [
            f"phases.{name}.tokens={count}",
            f"phases.{name}.context={context}",
            f"phases.{name}.batch_sequences={rows}",
        ]
    return [
        sys.executable,
        "-m",
        "pretrain",
        "recipe=demo",
        f"data.dir={data}",
        f"run.dir={run}",
        "model.vocab_size=300",
        "data.validation_tokens=128",
        "trainer.ranks=1",
        "trainer.threads=1",
        "trainer.microbatch_tokens=128",
        "tracking.wandb_mode=disabled",
        "tracking.tensorboard=false",
        *phases,
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
def straight(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("straight") / "run"
    output = finish(command(data, run))
    assert "weights sum to 100.01 and are normalised" not in output  # within 0.1 of 100
    assert "common_crawl" in output
    return run


def test_a_run_leaves_everything_it_promises(straight: Path) -> None:
    status = json.loads((straight / "status.json").read_text())
    assert (status["state"], status["step"], status["exit_code"]) == ("succeeded", STEPS, 0)
    logged = metrics(straight)
    assert [line["step"] for line in logged] == list(range(1, STEPS + 1))
    assert logged[-1]["train/loss"] < logged[0]["train/loss"]
    assert logged[-1]["run/tokens_total"] == STEPS * 256
    ended = [line for line in logged if "train/bits_per_byte" in line]
    assert [line["step"] for line in ended] == [4, 6, 8, 10, 11, 12, 13]
    names = sorted(path.name for path in (straight / "phases").iterdir())
    assert names[:4] == ["1_general", "2_math_code", "3_annealing", "4_refinement"]
    for name in names:
        tokenizer = AutoTokenizer.from_pretrained(straight / "phases" / name / "hf")
        assert tokenizer.chat_template
    model = AutoModelForCausalLM.from_pretrained(straight / "hf")
    assert model.config.rope_parameters["rope_theta"] == 2.5e4
    assert model(torch.tensor([[5, 6, 7]])).logits.shape == (1, 3, 300)
    last = straight / "phases" / "5_long_context_512k" / "hf"
    assert checkpoint_hash(last) == checkpoint_hash(straight / "hf")


def test_ledger_counts_the_tokens_of_every_source(straight: Path) -> None:
    (manifest,) = (straight / "checkpoints").glob("step_*/MANIFEST.json")
    position = json.loads(manifest.read_text())["metadata"]
    assert (position["phase"], position["step"]) == (6, 1)
    assert sum(position["ledger"].values()) == STEPS * 256
    assert set(position["ledger"]) == set(SOURCES)


def test_the_merge_is_half_and_half_in_float32(straight: Path, tmp_path: Path) -> None:
    phases = straight / "phases"
    before = load_file(phases / "4_refinement" / "hf" / "model.safetensors")
    after = load_file(phases / "5_long_context_32k" / "hf_unmerged" / "model.safetensors")
    merged = load_file(phases / "5_long_context_32k" / "hf" / "model.safetensors")
    for name, tensor in merged.items():
        expected = (before[name].double() + after[name].double()) / 2
        torch.testing.assert_close(tensor.double(), expected, atol=1e-7, rtol=0)
        assert not torch.equal(tensor, after[name]) or torch.equal(before[name], after[name])
    merge(phases / "1_general" / "hf", phases / "2_math_code" / "hf", 1.0, tmp_path / "out")
    unchanged = load_file(tmp_path / "out" / "model.safetensors")
    for name, tensor in load_file(phases / "1_general" / "hf" / "model.safetensors").items():
        assert torch.equal(unchanged[name], tensor)


def test_stopped_killed_and_resumed_gives_the_same_bits(
    straight: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked to stop in the first phase, killed between two merges, and completed."""
    run = tmp_path / "run"
    arguments = command(data, run, "run.resume=auto", "checkpoint.every_steps=2")

    stopped = start(arguments)
    wait_for_steps(stopped, run, 1)
    stopped.terminate()
    output, _ = stopped.communicate(timeout=60)
    assert stopped.returncode == ExitCode.PREEMPTED, output
    assert "run.resume=auto" in output
    assert json.loads((run / "status.json").read_text())["state"] == "preempted"

    killed = start(arguments)
    wait_for_steps(killed, run, 11)
    killed.kill()
    killed.communicate()
    assert json.loads((run / "status.json").read_text())["state"] == "running"

    finish(arguments)
    assert [line["step"] for line in metrics(run)] == list(range(1, STEPS + 1))
    assert checkpoint_hash(run / "hf") == checkpoint_hash(straight / "hf")
    losses = [line["train/loss"] for line in metrics(straight)]
    assert [line["train/loss"] for line in metrics(run)] == losses
    assert main(arguments[3:]) == ExitCode.OK
    assert "already complete" in capsys.readouterr().out


def wait_for_steps(process: subprocess.Popen[str], run: Path, steps: int) -> None:
    """Until that many steps are logged by a process that still runs."""
    deadline = time.monotonic() + 200
    while not (run / "metrics.jsonl").is_file() or len(metrics_so_far(run)) < steps:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def metrics_so_far(run: Path) -> list[str]:
    return (run / "metrics.jsonl").read_text().splitlines()


def test_two_ranks_train_the_same(straight: Path, data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    finish(command(data, run, "trainer.ranks=2", "trainer.zero_stage=2"))
    alone = [line["train/loss"] for line in metrics(straight)]
    assert [line["train/loss"] for line in metrics(run)] == pytest.approx(alone, rel=1e-4)


def test_bad_input_is_refused_early(data: Path, tmp_path: Path) -> None:
    from granite_rl.errors import ConfigError, DataError

    run = f"run.dir={tmp_path / 'run'}"
    with pytest.raises(DataError, match=r"common_crawl\.jsonl does not exist"):
        main(["recipe=demo", f"data.dir={tmp_path}", run])
    with pytest.raises(ConfigError, match="granite_4b"):
        main(["recipe=demo", f"data.dir={data}", run, "model.name=granite_4b"])
    with pytest.raises(ConfigError, match="phasess"):
        main(["recipe=demo", f"data.dir={data}", run, "phasess.general.tokens=3"])
    assert not (tmp_path / "run").exists()
