"""What ends a run, and what it says then, with roles that do as they are told."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from granite_rl.actors.trainer import StepReport, TokenSums
from granite_rl.config import StageConfig
from granite_rl.data.stream import PromptStream
from granite_rl.entry import configure
from granite_rl.errors import (
    DataError,
    DiskError,
    DivergedError,
    InfrastructureError,
    Preempted,
    UserError,
)
from granite_rl.rl.controller import Controller
from granite_rl.rl.roles import Roles
from granite_rl.runs.console import Progress
from granite_rl.runs.directory import RunDirectory
from granite_rl.runs.metrics import MetricLogger
from granite_rl.runs.preemption import StopSignal
from granite_rl.types import Completion, PromptGroup, PromptRow, ScoredGroup, TrainBatch
from rewards.result import RewardResult
from tests.granite_rl.stage_runs import events_of

Scorer = Callable[[int], list[RewardResult]]
"""The verdicts of a group's samples in a step; fewer than two: the others were lost."""


class Rollouts:
    """As `RolloutEngine`: every group of a step gets the same verdicts."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self.step = 0

    def begin(self, groups: Sequence[PromptGroup], _sampling: Any) -> Any:
        self.step += 1
        times = SimpleNamespace(generated_s=0.0, scored_s=0.0)
        return SimpleNamespace(groups=groups, results=self.scorer(self.step), times=times)

    def collect(self, batch: Any) -> Iterator[ScoredGroup]:
        completions = [Completion([5, 6], None, "text", False) for _ in batch.results]
        for group in batch.groups:
            lost = 2 - len(completions)
            yield ScoredGroup(group, completions, batch.results, 0, lost=lost)


class Trainers:
    """As `TrainerGroup`, of one rank."""

    def __init__(self, on_save: Callable[[], None] = lambda: None, *, finite: bool = True) -> None:
        self.tokens = 0
        self.on_save = on_save
        self.finite = finite

    def train(self, batch: TrainBatch) -> None:
        self.tokens += batch.packed.targets

    def step(self, denominator: int, _lr: float, _step: int) -> list[StepReport]:
        sums = TokenSums(tokens=self.tokens)
        bad = None if self.finite else 3
        return [StepReport(sums, denominator, 1.0, not self.finite, 0.0, bad)]

    def save(self, directory: Path, step: int) -> None:
        self.on_save()
        (directory / "weights").write_text(str(step))


class Generators:
    """As `GeneratorPool`."""

    restarts = 0

    def load_weights(self, *_: Any) -> None:
        pass

    def statistics(self) -> list[dict[str, float]]:
        return []


def run(
    directory: Path,
    scorer: Scorer,
    steps: int,
    trainers: Trainers | None = None,
    *more: str,
    saved: dict[str, int] | None = None,
) -> None:
    """A stage of so many steps of two prompts with two samples each.

    It goes on from what a checkpoint has ``saved``, if anything.
    """
    given = ["stage=math", "recipe=demo", "model.path=M", "data.train=D"]
    given += [f"data.max_steps={steps}", f"run.dir={directory}", "rollout.save_every=0"]
    given += ["rollout.prompts_per_step=2", "rollout.samples_per_prompt=2"]
    given += ["tracking.wandb_mode=disabled", "tracking.tensorboard=false"]
    given += ["checkpoint.every_steps=0", "algorithm.overlong_buffer=0", *more]
    config = configure("rl", StageConfig, given)
    prompt = ({"role": "user", "content": "q"},)
    rows = [PromptRow("t", prompt, "e", {}, {}, "math", f"f:{at}", (), (1, 2)) for at in range(8)]
    roles = Roles(
        cast(Any, Generators()),
        cast(Any, SimpleNamespace(restarts=0)),
        cast(Any, trainers or Trainers()),
        cast(Any, Rollouts(scorer)),
    )
    with (
        StopSignal() as stop,
        RunDirectory.open(
            config.run, kind="math", config_yaml="", overrides=[], command=["test"]
        ) as opened,
    ):
        logger = MetricLogger(opened, config.tracking, "test", {}, steps)
        controller = Controller(
            config,
            stream=PromptStream(rows, seed=0, mixture=None),
            pad_id=0,
            roles=roles,
            run=opened,
            logger=logger,
            progress=Progress(steps, "step", "math"),
            stop=stop,
        )
        controller.restore(saved or {})
        controller.run((saved or {}).get("step", 0))
        logger.close()
        opened.finish("succeeded", 0)


GOOD = [RewardResult(1.0), RewardResult(0.0)]
EQUAL = [RewardResult(1.0), RewardResult(1.0)]
FAILED = [RewardResult.error("no answers"), RewardResult.error("no answers")]


def refused(directory: Path, scorer: Scorer, steps: int, *more: str) -> UserError:
    with pytest.raises(UserError) as caught:
        run(directory, scorer, steps, None, *more)
    return caught.value


def test_a_run_that_trains_succeeds(tmp_path: Path) -> None:
    run(tmp_path / "run", lambda step: GOOD, 2)


def test_three_steps_without_a_score_end_the_run_with_the_first_cause(tmp_path: Path) -> None:
    error = refused(tmp_path / "run", lambda step: GOOD if step == 1 else FAILED, 9)
    assert type(error) is DataError
    assert error.message.startswith("3 steps in a row, up to step 4, trained nothing")
    assert ": error: no answers" in error.message
    failed = [event for event in events_of(tmp_path / "run") if event["kind"] == "step_failed"]
    assert [event["step"] for event in failed] == [2, 3, 4]
    assert "trained nothing: 4 samples failed" in failed[0]["message"]


def test_failing_steps_between_good_ones_do_not(tmp_path: Path) -> None:
    run(tmp_path / "run", lambda step: GOOD if step % 3 == 0 else FAILED, 9)


def test_samples_that_never_come_are_a_fault_of_the_infrastructure(tmp_path: Path) -> None:
    error = refused(tmp_path / "run", lambda step: [], 9)
    assert type(error) is InfrastructureError
    assert "rollout.deadline_s" in str(error)


@pytest.mark.parametrize(
    ("results", "more"), [(FAILED, ()), (EQUAL, ("algorithm.zero_variance=drop",))]
)
def test_a_run_that_never_trained_anything_does_not_succeed(
    tmp_path: Path, results: list[RewardResult], more: tuple[str, ...]
) -> None:
    error = refused(tmp_path / "run", lambda step: results, 2, *more)
    assert type(error) is DataError
    assert error.message.startswith("none of the 2 steps trained anything")
    assert ("no answers" in error.message) == (results is FAILED)


def test_a_finished_checkpoint_that_does_not_count_updates_is_not_refused(tmp_path: Path) -> None:
    saved = {"step": 2, "prompts": 4, "tokens_total": 16}
    run(tmp_path / "run", lambda step: GOOD, 2, saved=saved)
    with pytest.raises(DataError, match="none of the 2 steps trained anything"):
        run(tmp_path / "idle", lambda step: GOOD, 2, saved=saved | {"tokens_total": 0})


def test_a_run_of_few_steps_without_a_finite_gradient_has_diverged(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match="the gradient was never finite"):
        run(tmp_path / "run", lambda step: GOOD, 2, Trainers(finite=False))
    messages = [event["message"] for event in events_of(tmp_path / "run")]
    assert any("micro-batch 3 of trainer rank 0 is not finite" in message for message in messages)


def test_a_rank_that_finds_the_disk_full_ends_the_run_at_the_last_checkpoint(
    tmp_path: Path,
) -> None:
    saves = iter([None, DiskError("saving: trainer rank 0 can't write: [Errno 28] full", "room")])

    def refuse() -> None:
        if error := next(saves):
            raise error

    with pytest.raises(InfrastructureError) as caught:
        run(tmp_path / "run", lambda step: GOOD, 9, Trainers(refuse), "checkpoint.every_steps=1")
    assert "the checkpoint of step 2 can't be written: saving: trainer" in caught.value.message
    assert "continues from step 1" in str(caught.value.fix)
    assert sorted(path.name for path in (tmp_path / "run" / "checkpoints").iterdir()) == [
        "latest.json",
        "step_1",
    ]


def test_equal_rewards_are_no_failure(tmp_path: Path) -> None:
    run(tmp_path / "run", lambda step: GOOD if step == 1 else EQUAL, 9, None)
    more = ("algorithm.zero_variance=drop",)
    run(tmp_path / "drop", lambda step: GOOD if step == 1 else EQUAL, 9, None, *more)


@pytest.mark.parametrize("moment", ["in a step", "in a save"])
def test_what_is_said_to_be_saved_is_saved(tmp_path: Path, moment: str) -> None:
    def stop() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    def scorer(step: int) -> list[RewardResult]:
        if moment == "in a step" and step == 3:
            stop()
        return GOOD

    trainers = Trainers(stop if moment == "in a save" else lambda: None)
    with pytest.raises(Preempted) as caught:
        run(tmp_path / "run", scorer, 9, trainers, "checkpoint.every_steps=2")
    step = 2 if moment == "in a save" else 3
    assert caught.value.message == f"stopped by SIGTERM after step {step} of 9; saved"
    assert (tmp_path / "run" / "checkpoints" / f"step_{step}" / "MANIFEST.json").is_file()


def test_a_signal_before_the_first_step_starts_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_weights(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Generators, "load_weights", load_weights)
    with pytest.raises(Preempted, match="before step 1 of 9; nothing was trained"):
        run(tmp_path / "run", lambda step: pytest.fail("a step was started"), 9)
