"""Measures the cost of the driver: the step loop over roles that answer at once.

    python -m tests.bench.controller [--prompts 4096] [--steps 6] [--workers real] [--profile]

Prints the line `controller`: samples a second of the median step, against 5,000. A step has 4,096
prompts x 16 samples = 65,536 in flight. Controller, rollout engine, scorer pool, batch
builder, metrics, run directory and every Ray call with all its data are real. The actors at the
other ends are fakes, in processes of their own: a generator whose completions (16 tokens with
log-probabilities, all distinct) are canned, a trainer that drops its batches, and a reward worker
that pays by the text's length (``--workers real``: the real one, with a reward of microseconds).

The driver must not grow: a step after the second that ends with over 10 % more resident memory
than the second did is an error.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import statistics
import sys
import tempfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import ray

from granite_rl.actors.generator_pool import GeneratorPool
from granite_rl.actors.placement import ray_session, start_reward_worker
from granite_rl.actors.reward_worker import ScoringItem
from granite_rl.actors.scoring import ScorerPool
from granite_rl.actors.trainer import StepReport, TokenSums
from granite_rl.actors.trainer_group import TrainerGroup
from granite_rl.rl.controller import Controller
from granite_rl.rl.inputs import load_inputs
from granite_rl.rl.roles import Roles, training_of
from granite_rl.rl.rollouts import RolloutEngine
from granite_rl.types import GenerationRequest, TrainBatch, Turn
from granite_rl.weight_sync.sender import Receivers, SyncReport
from rewards.result import RewardResult
from tests.bench.control import metric_lines, run_directory, stage_config, step_loop
from tests.bench.length_model import equal_lengths, write_model, write_prompts
from tests.bench.result import Result

SAMPLES = 16
TOKENS = 16
REQUIRED = 5_000.0
GROUPS_PER_POLL = 16
"""Groups that a poll returns: a real generator returns what has finished since the last poll, not a
whole batch."""
GROWTH = 1.1


class FakeGenerator:
    """Answers like `granite_rl.actors.generator.Generator`, at once."""

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        tokens = random.integers(17, 500, (256, SAMPLES, TOKENS))
        logprobs = -random.random(tokens.shape)
        self._canned = [
            [
                (ids.tolist(), values.tolist(), f"{ids} is what it said")
                for ids, values in zip(*group, strict=True)
            ]
            for group in zip(tokens, logprobs, strict=True)
        ]
        self._waiting: deque[GenerationRequest] = deque()
        self._version = -1

    def submit(self, requests: Sequence[GenerationRequest], weight_version: int) -> None:
        """Queue requests."""
        assert weight_version == self._version
        self._waiting.extend(requests)

    def poll(self, timeout_s: float) -> list[Turn]:
        """Answer some of the queued requests."""
        del timeout_s
        turns = []
        for _ in range(min(GROUPS_PER_POLL, len(self._waiting))):
            key, samples = self._waiting[0].key, self._waiting.popleft().samples
            canned = self._canned[key[1] % len(self._canned)]
            versions = ((0, self._version),)
            turns += [Turn(key, at, *canned[at], "stop", versions) for at in samples]
        return turns

    def init_weight_transfer(self, info: dict[str, Any]) -> None:
        """Do nothing: there is no engine to prepare."""

    def start_weight_update(self, version: int) -> None:
        """Do nothing: there are no weights."""

    def finish_weight_update(self, version: int) -> int:
        """Take over the version."""
        self._version = version
        return version

    def statistics(self) -> dict[str, float]:
        """Return zeros, as no engine runs."""
        names = "busy_s idle_s kv_cache_usage requests_running requests_waiting preemptions "
        names += "prefix_queries prefix_hits generated_tokens"
        return dict.fromkeys(names.split(), 0.0)

    def describe(self) -> dict[str, Any]:
        """Return the role's description for the run's events."""
        return {"engine": "fake", "pid": os.getpid(), "node": ""}


class FakeTrainer:
    """Answers like `granite_rl.actors.trainer.Trainer`; batches are counted and dropped."""

    def __init__(self) -> None:
        self._sums = TokenSums()

    def connect_generators(self, transport: str, receivers: Receivers) -> None:
        """Remember the receivers."""
        self._receivers = receivers

    def send_weights(self, version: int) -> SyncReport:
        """Run an update without any weights."""
        self._receivers.start(version).wait()
        self._receivers.finish(version).wait()
        return SyncReport(version, 0, 0.0)

    def train(self, batch: TrainBatch | None) -> None:
        """Count a micro-batch."""
        if batch is not None:
            self._sums.tokens += batch.packed.targets

    def step(self, denominator: int, lr: float) -> StepReport:
        """Check that every micro-batch has come, and report the step."""
        del lr
        assert denominator == self._sums.tokens, "a micro-batch is missing"
        report = StepReport(self._sums, denominator, 1.0, False, 0.0, None)
        self._sums = TokenSums()
        return report

    def save(self, directory: str) -> None:
        """Do nothing: there is no state to save."""


class FakeRewardWorker:
    """Answers like `granite_rl.actors.reward_worker.RewardWorker`."""

    def describe(self) -> dict[str, Any]:
        """Return the role's description for the run's events."""
        return {"engine": "fake", "pid": os.getpid(), "node": ""}

    def score(self, items: Sequence[ScoringItem]) -> list[RewardResult]:
        """Return different verdicts, computed from the length."""
        return [RewardResult(len(item.actions[0]) % 7 / 7) for item in items]


def resident_mib() -> float:
    """Return the resident memory of this process, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(work: Path, arguments: argparse.Namespace) -> tuple[list[float], list[float]]:
    """Run the steps, and return seconds and resident MiB of each."""
    model = write_model(work / "model", equal_lengths(TOKENS))
    config = stage_config(
        model,
        write_prompts(work / "rows", arguments.prompts),
        work / "run",
        f"rollout.prompts_per_step={arguments.prompts}",
        f"rollout.samples_per_prompt={SAMPLES}",
        f"data.max_steps={arguments.steps}",
        "trainer.row_tokens=1024",  # micro-batches of 8,192 tokens, as a GPU would take them
        "trainer.rows_per_microbatch=8",
        "rewards.batch_timeout_s=600",  # a loaded machine is not a fault of the worker
    )
    inputs = load_inputs(config)
    memory: list[float] = []

    class Watched(Controller):
        """Notes the driver's memory after every step."""

        def _step(self, step: int) -> dict[str, float]:
            metrics = super()._step(step)
            memory.append(resident_mib())
            return metrics

    with ray_session(config.cluster), run_directory(config) as run:
        generators = GeneratorPool(
            lambda: ray.remote(FakeGenerator).options(num_cpus=0.5, max_concurrency=4).remote(),
            1,
            timeout_s=config.generator.timeout_s,
            start_timeout_s=60.0,
            max_restarts=0,
            on_event=run.event,
        )
        trainers = TrainerGroup(
            lambda: [ray.remote(FakeTrainer).options(num_cpus=0.5).remote()],
            training_of(inputs),
            transport=config.generator.weight_sync,
            start_timeout_s=60.0,
            step_timeout_s=600.0,
            max_restarts=0,
        )

        def worker() -> Any:
            if arguments.workers == "real":
                return start_reward_worker(config.rewards, config.cluster)
            return ray.remote(FakeRewardWorker).options(num_cpus=0.1).remote()

        scorers = ScorerPool(worker, 1, config.rewards.batch_timeout_s)
        ray.get(list(scorers.ready().values()), timeout=120)
        rollouts = RolloutEngine(generators, scorers, lambda _: [], config.generator.timeout_s)
        roles = Roles(generators, scorers, trainers, rollouts)
        with step_loop(inputs, run, roles, kind=Watched) as controller:
            profile = cProfile.Profile()
            if arguments.profile:
                profile.enable()
            controller.run(0)
            profile.disable()
            if arguments.profile:
                for order in ("cumulative", "tottime"):
                    pstats.Stats(profile, stream=sys.stderr).sort_stats(order).print_stats(40)
    return [line["time/step_s"] for line in metric_lines(work / "run")], memory


def main() -> None:
    """Measure and print the result."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--prompts", type=int, default=4096)
    parser.add_argument("--steps", type=int, default=7, help="the first is not timed")
    parser.add_argument("--workers", choices=("fake", "real"), default="fake")
    parser.add_argument("--profile", action="store_true", help="where the driver's time goes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="granite-rl-bench-") as name:
        seconds, memory = measure(Path(name), arguments)
    samples = arguments.prompts * SAMPLES
    for step, (took, mib) in enumerate(zip(seconds, memory, strict=True), 1):
        print(f"# step {step}: {took:.2f} s, {mib:.0f} MiB", file=sys.stderr)
    if max(memory[2:], default=0.0) > memory[1] * GROWTH:
        raise SystemExit(f"the driver grows: {[round(mib) for mib in memory]} MiB")
    Result("controller", samples / statistics.median(seconds[1:]), REQUIRED, "samples/s").print()


if __name__ == "__main__":
    main()
