"""Measures whether the slower role sets the step time, with generator and trainer on a core each.

    python -m tests.bench.overlap [--steps 7] [--ours KEY=VALUE ...]

Prints the line `overlap`: seconds of an overlapped step, against the limit of 1.15 x the slower of
generation alone and training alone. All three are measured in this run, with the same prompts,
seeds and weights (the learning rate is 1e-9), on log-normal lengths, 32 prompts x 16 samples:

- overlapped: the step loop of a stage, weight sync included;
- generation alone: the same prompt groups generated and scored while the trainer is idle;
- training alone: the step loop over the groups recorded before, while the generator is idle.

Generator and trainer have one thread and one core each. The driver and the reward worker have none
of their own: what they take is part of what overlapping costs. With ``--kind equal`` completions
have 10 tokens each. ``--ours`` changes settings, e.g. ``generator.max_num_seqs=40``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from granite_rl.actors.generator_pool import GeneratorPool
from granite_rl.actors.placement import ray_session
from granite_rl.rl.inputs import load_inputs
from granite_rl.rl.roles import start_roles, wait_for_roles
from granite_rl.rl.rollouts import RolloutBatch, RolloutEngine, Sampling
from granite_rl.types import PromptGroup, ScoredGroup
from tests.bench.control import metric_lines, run_directory, stage_config, step_loop
from tests.bench.length_model import (
    equal_lengths,
    lognormal_lengths,
    write_model,
    write_prompts,
)
from tests.bench.result import Result

LIMIT = 1.15
PROMPTS, SAMPLES = 32, 16
WARM_UP = 2
KINDS = {"varying": lognormal_lengths(16, 0.9, 128), "equal": equal_lengths(10)}


class RecordingRollouts:
    """Wraps a rollout engine and records the groups it was given and their scored rollouts."""

    def __init__(self, engine: RolloutEngine) -> None:
        self.engine = engine
        self.asked: list[tuple[Sequence[PromptGroup], Sampling]] = []
        self.scored: list[list[ScoredGroup]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def begin(self, groups: Sequence[PromptGroup], sampling: Sampling) -> RolloutBatch:
        """Record the groups and pass them on."""
        self.asked.append((groups, sampling))
        return self.engine.begin(groups, sampling)

    def collect(self, batch: RolloutBatch) -> Iterator[ScoredGroup]:
        """Record the scored groups and pass them on."""
        self.scored.append([])
        for scored in self.engine.collect(batch):
            self.scored[-1].append(scored)
            yield scored


class IdleGenerators:
    """Replaces a generator pool: leaves the generators alone."""

    restarts = 0

    def load_weights(self, *_: Any) -> None:
        """Do nothing: only the trainer's own work is timed."""

    def statistics(self) -> list[dict[str, float]]:
        """Return nothing, as no token is generated."""
        return []


class ReplayedRollouts:
    """Replaces a rollout engine: returns recorded rollouts at once."""

    def __init__(self, recorder: RecordingRollouts) -> None:
        self._steps = iter(recorder.scored)

    def begin(self, groups: Sequence[PromptGroup], sampling: Sampling) -> RolloutBatch:
        """Do nothing: the rollouts are recorded already."""
        return RolloutBatch(0, sampling, {})

    def collect(self, *_: Any) -> Iterator[ScoredGroup]:
        """Return the scored groups of the next recorded step."""
        return iter(next(self._steps))


def pin(process: int, core: int) -> None:
    """Pin all threads of a process to one core; threads started later inherit that."""
    for thread in Path(f"/proc/{process}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})


def pin_roles(run: Path) -> None:
    """Pin generator and trainer to a core each, by the process ids in the run's events."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise SystemExit("this measures two roles on a core each: it needs two cores")
    for line in (run / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        role = str(event.get("role", ""))
        if role.startswith(("generator", "trainer")):
            pin(int(event["pid"]), cores[role.startswith("trainer")])


def measure(work: Path, kind: str, steps: int, overrides: Sequence[str]) -> Result:
    """Run the three phases, one after another with the same actors."""
    model = write_model(work / "model", KINDS[kind])
    rows = write_prompts(work / "rows", PROMPTS)
    tokens = len(KINDS[kind])
    settings = (
        f"rollout.prompts_per_step={PROMPTS}",
        f"rollout.samples_per_prompt={SAMPLES}",
        "rollout.max_prompt_tokens=64",
        f"rollout.max_response_tokens={tokens}",
        f"rollout.max_context={64 + tokens}",
        "rollout.save_every=0",
        f"data.max_steps={WARM_UP + steps}",
        *overrides,
    )
    config = stage_config(model, rows, work / "overlapped", *settings)
    inputs = load_inputs(config)
    with ray_session(config.cluster), run_directory(config) as run:
        roles = wait_for_roles(inputs, run, None, start_roles(inputs, run))
        recorder = RecordingRollouts(roles.rollouts)
        pin_roles(run.path)
        recorded = roles._replace(rollouts=cast(RolloutEngine, recorder))
        with step_loop(inputs, run, recorded) as controller:
            controller.run(0)
        generation = []
        for groups, sampling in recorder.asked:
            begin = time.perf_counter()
            for _ in recorder.engine.run(groups, sampling):
                pass
            generation.append(time.perf_counter() - begin)
        alone = stage_config(model, rows, work / "alone", *settings)
        with (
            run_directory(alone) as second,
            step_loop(
                inputs._replace(config=alone),
                second,
                roles._replace(
                    generators=cast(GeneratorPool, IdleGenerators()),
                    rollouts=cast(RolloutEngine, ReplayedRollouts(recorder)),
                ),
            ) as controller,
        ):
            controller.run(0)
    overlapped = [line["time/step_s"] for line in metric_lines(work / "overlapped")]
    training = [line["time/step_s"] for line in metric_lines(work / "alone")]
    medians = {}
    for name, seconds in (
        ("overlapped", overlapped),
        ("generation alone", generation),
        ("training alone", training),
    ):
        medians[name] = statistics.median(seconds[WARM_UP:])
        shown = ", ".join(f"{value:.2f}" for value in seconds)
        print(f"# {name}: median {medians[name]:.3f} s of {shown}", file=sys.stderr)
    slower = max(medians["generation alone"], medians["training alone"])
    return Result("overlap", medians["overlapped"], LIMIT * slower, "s/step", lower_is_better=True)


def main() -> None:
    """Measure and print the result."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=7, help="timed steps of every phase")
    parser.add_argument("--kind", choices=list(KINDS), default="varying")
    parser.add_argument("--ours", nargs="*", default=[], metavar="KEY=VALUE", help="overrides")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="granite-rl-bench-") as name:
        measure(Path(name), arguments.kind, arguments.steps, arguments.ours).print()


if __name__ == "__main__":
    main()
