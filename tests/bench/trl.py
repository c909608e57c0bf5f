"""Compares the RL loop with TRL's `GRPOTrainer`: same model, prompts, samples, lengths and machine.

    python -m tests.bench.trl [--only equal|varying] [--steps 7] [--ours KEY=VALUE ...]

Prints two JSON lines, samples a second from the median wall-clock time between the ends of
consecutive steps, two warm-up steps left out:

- `trl_equal`: all completions have 10 tokens. TRL's best case: its static batch wastes nothing.
- `trl_varying`: log-normal lengths, median 16 tokens, sigma 0.9, cut off at 8 x the median.

Each step: 32 prompts x 16 samples, float32, one AdamW step, KL to a frozen reference. Lengths come
from the model's weights (`tests.bench.length_model`), so that both samplers draw the same
distribution; both sides' realised means are printed, and a difference of over 8 % is an error. The
prompts are the same 32 in every step (about 20 tokens). The learning rate is 1e-9, so that lengths
stay as they are: at 1e-6 the reward, which likes long answers, took their mean from 24 to 32 tokens
in nine steps.

Ours is `python -m granite_rl.stage` with all its actors, in the recipe's demo configuration; what
differs from it is in `OURS`. TRL runs alone in a process with both cores, in several settings
(micro-batch sizes, and transformers' continuous batching), of which its best counts: `tests.bench.
trl_peer`. Neither side reports the sampler's log-probabilities, and neither writes checkpoints or
talks to a tracker.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.length_model import (
    equal_lengths,
    expected_length,
    lognormal_lengths,
    write_model,
    write_prompts,
)
from tests.bench.result import Result

ROOT = Path(__file__).resolve().parents[2]
PROMPTS = 32
SAMPLES = 16
WARM_UP = 2
START_S = 120.0
"""Seconds that TRL may take to start."""
TOLERANCE = 0.08
"""Largest relative difference of the mean lengths. Two means of 3,500 log-normal lengths differ
with a standard error of 2.3 %."""

OURS = (
    "recipe=demo",
    f"rollout.prompts_per_step={PROMPTS}",
    f"rollout.samples_per_prompt={SAMPLES}",
    "rollout.max_prompt_tokens=64",
    "rollout.logprobs=false",
    "trainer.row_tokens=192",  # holds a prompt with all its short samples, or the longest one
    "rollout.save_every=1000",  # the first and the last step, neither of which is timed
    "algorithm.overlong_buffer=0",
    "algorithm.kl_beta=0.05",
    "optim.lr=1e-9",
    "optim.warmup_steps=0",
    "checkpoint.every_steps=0",
    "tracking.wandb_mode=disabled",
    "tracking.tensorboard=false",
)


class LengthCase(NamedTuple):
    """Describes one comparison: a distribution of lengths, and the peer's settings."""

    name: str
    hazards: list[float]
    peers: tuple[tuple[str, ...], ...]
    """Arguments of `trl_peer` for each setting; the fastest setting counts."""


CASES = {
    "equal": LengthCase(
        "trl_equal",
        equal_lengths(10),
        (("--micro-batch", "512"), ("--micro-batch", "128"), ("--micro-batch", "64")),
    ),
    "varying": LengthCase(
        "trl_varying",
        lognormal_lengths(16, 0.9, 128),
        (
            ("--micro-batch", "256"),
            ("--micro-batch", "64"),
            ("--micro-batch", "16"),
            ("--micro-batch", "64", "--continuous"),
        ),
    ),
}


class Measured(NamedTuple):
    """Holds one side's steps."""

    seconds: list[float]
    lengths: list[int]

    @property
    def rate(self) -> float:
        """Return the samples a second of the median step."""
        return PROMPTS * SAMPLES / statistics.median(self.seconds)


def note(label: str, measured: Measured) -> None:
    """Print to stderr what was measured, and on which lengths."""
    lengths = measured.lengths
    print(
        f"# {label}: {measured.rate:.1f} samples/s, steps of "
        f"{', '.join(f'{value:.2f}' for value in measured.seconds)} s; lengths: mean "
        f"{statistics.mean(lengths):.1f}, median {statistics.median(lengths):g}, "
        f"longest {max(lengths)} ({len(lengths)} samples)",
        file=sys.stderr,
        flush=True,
    )


class FailedRun(RuntimeError):
    """Reports that a side did not run to its end, with what it printed."""


def run(command: list[str], log: Path, limit_s: float | None = None, **environment: str) -> None:
    """Run one side to its end.

    Raises:
        FailedRun: it ended with another code than 0, or not within ``limit_s``.
    """
    inherited = {key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"}
    with log.open("w") as output:
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=inherited | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise FailedRun(f"{' '.join(command)}\nwas not done within {limit_s:.0f} s") from None
    if done.returncode:
        raise FailedRun(f"{' '.join(command)}\nended with {done.returncode}:\n{log.read_text()}")


def peer(
    work: Path,
    model: Path,
    rows: Path,
    tokens: int,
    steps: int,
    setting: tuple[str, ...],
    limit_s: float | None,
) -> Measured:
    """Run TRL in one setting."""
    output = work / "peer.json"
    command = [sys.executable, "-m", "tests.bench.trl_peer", "--model", str(model)]
    command += ["--rows", str(rows), "--tokens", str(tokens), "--output", str(output)]
    command += ["--steps", str(WARM_UP + steps), *setting]
    environment = {"OMP_NUM_THREADS": "2", "PYTHONPATH": str(ROOT)}
    run(command, work / "peer.log", limit_s, **environment)
    found: dict[str, Any] = json.loads(output.read_text())
    lengths = [length for step in found["lengths"] for length in step]
    return Measured(found["seconds"][WARM_UP - 1 :], lengths)


def ours(
    directory: Path, model: Path, rows: Path, tokens: int, steps: int, overrides: list[str]
) -> Measured:
    """Run a stage with all its actors."""
    command = [sys.executable, "-m", "granite_rl.stage", "math", *OURS]
    command += [f"model.path={model}", f"data.train={rows}", f"run.dir={directory}"]
    # The last step also saves: it is not timed.
    command += [f"data.max_steps={WARM_UP + steps + 1}"]
    command += [f"rollout.max_response_tokens={tokens}", f"rollout.max_context={64 + tokens}"]
    run([*command, *overrides], directory.with_suffix(".log"))
    lines = [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]
    ends = [datetime.fromisoformat(line["time"]).timestamp() for line in lines]
    seconds = [after - before for before, after in itertools.pairwise(ends[:-1])]
    lengths = [
        int(json.loads(line)["tokens"])
        for file in sorted((directory / "rollouts").glob("step_*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    timed = lines[WARM_UP:-1]
    for key in ("time/generate_s", "time/train_s", "time/score_s", "time/weight_sync_s"):
        middle = statistics.median(line[key] for line in timed)
        print(f"#   {key}: {middle:.3f}", file=sys.stderr)
    return Measured(seconds[WARM_UP - 1 :], lengths)


def measure(case: LengthCase, steps: int, overrides: list[str]) -> None:
    """Run both sides of one comparison, and print its line."""
    with tempfile.TemporaryDirectory(prefix="granite-rl-bench-") as name:
        work = Path(name)
        model = write_model(work / "model", case.hazards)
        rows = write_prompts(work / "rows", PROMPTS)
        tokens = len(case.hazards)
        expected = expected_length(case.hazards)
        print(f"# {case.name}: expected mean {expected:.1f} tokens", file=sys.stderr, flush=True)
        mine = ours(work / "run", model, rows, tokens, steps, overrides)
        note("ours", mine)
        best: Measured | None = None
        for setting in case.peers:
            # Only the fastest counts: one of half its speed need not be waited for.
            limit_s = None
            if best is not None:
                limit_s = START_S + 2 * statistics.median(best.seconds) * (WARM_UP + steps)
            try:
                theirs = peer(work, model, rows, tokens, steps, setting, limit_s)
            except FailedRun as error:
                # Not every setting works, or is quick enough, on every machine; without any there
                # is no line.
                print(f"# TRL {' '.join(setting)} does not run here: {error}", file=sys.stderr)
                continue
            note(f"TRL {' '.join(setting)}", theirs)
            for side in (mine, theirs):
                mean = statistics.mean(side.lengths)
                if abs(mean / expected - 1) > TOLERANCE:
                    raise SystemExit(f"completions have {mean:.1f} tokens, not {expected:.1f}")
            if best is None or theirs.rate > best.rate:
                best = theirs
        if best is None:
            raise SystemExit(f"{case.name}: no setting of TRL runs here")
        Result(case.name, mine.rate, best.rate, "samples/s").print()


def main() -> None:
    """Measure and print the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=list(CASES))
    parser.add_argument("--steps", type=int, default=7, help="timed steps of every run")
    parser.add_argument(
        "--ours", nargs="*", default=[], metavar="KEY=VALUE", help="overrides of our stage"
    )
    arguments = parser.parse_args()
    for name, case in CASES.items():
        if arguments.only in (None, name):
            measure(case, arguments.steps, arguments.ours)


if __name__ == "__main__":
    main()
