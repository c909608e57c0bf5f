"""Small supervised runs of every kind, started in every way, quickly.

A run is a process forked from a server that has imported everything (its ranks are forked from the
same server), with a log of its own and out of the test's process group. `started` is the real
command in a process of its own, the ranks in its group.
"""

from __future__ import annotations

import importlib
import itertools
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from granite_rl.entry import run_main
from granite_rl.models.checkpoint_directory import checkpoint_hash
from granite_rl.models.configs import granite_config
from granite_rl.models.loading import init_policy, save_hf
from granite_rl.models.tokenizer import train_tokenizer
from granite_rl.runs.preemption import SIGNALS
from granite_rl.training.launch import free_port
from granite_rl.training.processes import start_server
from tests.granite_rl.training.spawn_targets import share_the_server

ROOT = Path(__file__).parents[3]
KINDS = {"sft": "sft", "reward_model": "sft.reward_model", "pretrain": "pretrain"}
STEPS = {"sft": 4, "reward_model": 4, "pretrain": 6}
PATIENCE_S = 240.0
CONTEXT = multiprocessing.get_context("forkserver")

_PHASES = {"general": 3, "math_code": 2, "refinement": 1}
_DROPPED = ("annealing", "long_context_32k", "long_context_128k", "long_context_512k")


def write_inputs(root: Path) -> Path:
    """A directory with model/, rows.jsonl, pairs.jsonl and text/."""
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"What follows {'one ' * (i % 7)}{i}?"},
                {"role": "assistant", "content": f"It is {i + 1}." + " Indeed." * (i % 4)},
            ]
        }
        for i in range(64)
    ]
    pairs = [
        {
            "prompt": [{"role": "user", "content": f"{i % 40} + {i}"}],
            "chosen": f"\\boxed{{{i % 40 + i}}}.",
            "rejected": f"The answer is {i % 40 + i}.",
            "language": "en" if i % 3 else "de",
        }
        for i in range(32)
    ]
    _write(root / "rows.jsonl", rows)
    _write(root / "pairs.jsonl", pairs)
    tokenizer = train_tokenizer([json.dumps(row) for row in rows + pairs], 320)
    config = granite_config("tiny", vocab_size=len(tokenizer), num_hidden_layers=2)
    save_hf(init_policy(config, 0), config, tokenizer, root / "model")
    random_ = random.Random(0)
    (root / "text").mkdir()
    for source in ("common_crawl", "code", "math", "technical", "multilingual", "domain_specific",
                   "common_crawl_hq", "synthetic", "long_cot", "language_instructions",
                   "code_instructions"):  # fmt: skip
        numbers = [[random_.randrange(10) for _ in range(20)] for _ in range(60)]
        sums = [
            " ".join(f"{a} + {b} = {a + b}." for a, b in itertools.pairwise(row)) for row in numbers
        ]
        _write(root / "text" / f"{source}.jsonl", [{"text": f"{source}: {text}"} for text in sums])
    return root


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def arguments(kind: str, inputs: Path, run: Path, *more: str) -> list[str]:
    """Arguments of a run of two ranks with an evaluation at its end."""
    own = {
        "sft": [
            f"data.train={inputs / 'rows.jsonl'}",
            f"data.heldout={inputs / 'rows.jsonl'}",
            f"model.path={inputs / 'model'}",
            "data.batch_rows=8",
            f"data.max_steps={STEPS['sft']}",
            "trainer.rows_per_microbatch=2",
        ],
        "reward_model": [
            f"data.train={inputs / 'pairs.jsonl'}",
            f"data.heldout={inputs / 'pairs.jsonl'}",
            f"model.path={inputs / 'model'}",
            "data.pairs_per_step=16",
            "data.epochs=2",
        ],
        "pretrain": [
            f"data.dir={inputs / 'text'}",
            "model.vocab_size=300",
            "data.validation_tokens=128",
            "trainer.microbatch_tokens=128",
            *(f"~phases.{name}" for name in _DROPPED),
            *itertools.chain.from_iterable(
                (
                    f"phases.{name}.tokens={steps * 256}",
                    f"phases.{name}.context=32",
                    f"phases.{name}.batch_sequences=8",
                )
                for name, steps in _PHASES.items()
            ),
            "phases.refinement.merge=0.5",
        ],
    }
    return [
        "recipe=demo",
        *own[kind],
        f"run.dir={run}",
        "trainer.ranks=2",
        "trainer.threads=1",
        "tracking.wandb_mode=disabled",
        "tracking.tensorboard=false",
        *more,
    ]


def _entry(kind: str, argv: list[str], environment: dict[str, str], log: str) -> None:
    """Main of a run's process."""
    share_the_server()
    os.setsid()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # as the server had to hold them back
    main = importlib.import_module(f"{KINDS[kind]}.__main__").main
    raise SystemExit(run_main(main, argv))


def forked(
    kind: str, argv: list[str], log: Path, environment: Mapping[str, str] | None = None
) -> BaseProcess:
    """A run, started and not waited for."""
    start_server()
    process = CONTEXT.Process(target=_entry, args=(kind, argv, dict(environment or {}), str(log)))
    process.start()
    return process


def code_of(process: BaseProcess, log: Path) -> int:
    """The exit code of a forked run, once it has ended."""
    process.join(PATIENCE_S)
    if process.exitcode is None:
        process.kill()
        raise AssertionError(f"did not end: {log.read_text()}")
    return process.exitcode


def run(kind: str, argv: list[str], log: Path, environment: Mapping[str, str] | None = None) -> int:
    """A run to its end; returns the exit code."""
    return code_of(forked(kind, argv, log, environment), log)


def as_ranks(kind: str, argv: list[str], log: Path, ranks: int = 2) -> list[BaseProcess]:
    """A process for every rank, as srun starts them."""
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    return [
        forked(
            kind,
            argv,
            log,
            meeting
            | {"SLURM_PROCID": str(rank), "SLURM_NTASKS": str(ranks), "SLURM_LOCALID": str(rank)},
        )
        for rank in range(ranks)
    ]


def started(kind: str, argv: list[str], log: Path) -> subprocess.Popen[bytes]:
    """The command itself, as the leader of a process group that its ranks belong to."""
    with log.open("ab") as stream:
        return subprocess.Popen(
            [sys.executable, "-m", KINDS[kind], *argv],
            cwd=ROOT,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until(condition: Callable[[], bool], log: Path) -> None:
    """Until something has happened."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.01)


def metrics(run: Path) -> list[dict[str, Any]]:
    """What the run has logged, whole lines only."""
    path = run / "metrics.jsonl"
    text = path.read_text() if path.is_file() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def losses(run: Path) -> list[float]:
    """The loss of every step, each exactly once."""
    lines = metrics(run)
    assert [line["step"] for line in lines] == list(range(1, len(lines) + 1))
    return [line["train/loss"] for line in lines]


def status(run: Path) -> dict[str, Any]:
    """status.json."""
    content: dict[str, Any] = json.loads((run / "status.json").read_text())
    return content


def assert_same(run: Path, straight: Path, kind: str) -> None:
    """Every step exactly once, the same losses, the same model."""
    assert len(losses(run)) == STEPS[kind]
    assert losses(run) == losses(straight)
    assert checkpoint_hash(run / "hf") == checkpoint_hash(straight / "hf")
