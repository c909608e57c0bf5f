"""A run that is killed on the boundary of an epoch continues to the same bits; with other numbers
of generators and trainer ranks it continues with the same prompts, to the same numbers within a
tolerance.

Twelve prompts at four a step: the third step ends the first epoch, and the checkpoint of step 3 is
the one that everything is resumed from.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.granite_rl.stage_runs import (
    assert_same_run,
    events_of,
    learnt_of,
    metrics_of,
    one_process,
    prompts_of,
    stage_arguments,
    start,
    wait_until,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.ray,
    pytest.mark.long,
    pytest.mark.timeout(480),
]

ROWS, PROMPTS, STEPS, SAVED = 12, 4, 6, 3
# Half of the usual shares, so that two generators and two ranks fit into the session of one.
OPTIONS = (
    f"checkpoint.every_steps={SAVED}",
    "cluster.generator_cpus=0.25",
    "cluster.trainer_cpus=0.25",
    "run.resume=auto",
)
TOLERANCE = 1e-4
"""Relative, of every metric that is not a time. Measured: 3e-6 of the gradient norm, 2e-7 of the
KL, and the same completions: sums are rounded in another order, nothing else."""
ELASTIC = ("generator.replicas=2", "trainer.ranks=2", "trainer.zero_stage=1")


@pytest.fixture(scope="module")
def runs(
    tiny_checkpoint: Path, any_rows: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The run straight through, killed and resumed, and resumed on other numbers of actors."""
    root = tmp_path_factory.mktemp("resume")
    rows, log = root / "rows.jsonl", root / "log"
    rows.write_text("".join(any_rows.read_text().splitlines(keepends=True)[:ROWS]))
    runs = {name: root / name for name in ("straight", "resumed", "elastic")}

    def arguments(name: str, *more: str) -> list[str]:
        return stage_arguments(tiny_checkpoint, rows, runs[name], STEPS, *OPTIONS, *more)

    process = start(arguments("resumed"), log)
    saved = runs["resumed"] / "checkpoints" / f"step_{SAVED}"

    def committed() -> bool:
        # It becomes visible under this name by one rename, with its manifest in it.
        return saved.is_dir() or process.poll() is not None

    wait_until(committed, f"checkpoint of step {SAVED}", log)
    process.kill()
    process.wait(10)
    assert SAVED <= len(metrics_of(runs["resumed"])) < STEPS, log.read_text()
    shutil.copytree(runs["resumed"], runs["elastic"])

    with one_process(log) as stage:
        stage(arguments("straight"))
        stage(arguments("resumed"))
        stage(arguments("elastic", *ELASTIC))
    return runs


def test_killed_at_the_end_of_an_epoch_it_continues_to_the_same_bits(
    runs: dict[str, Path],
) -> None:
    assert_same_run(runs["resumed"], runs["straight"], STEPS)
    (resumed,) = [event for event in events_of(runs["resumed"]) if event["kind"] == "resumed"]
    assert "before running" in resumed["message"], "nobody had told it to stop"
    assert metrics_of(runs["resumed"])[SAVED - 1]["run/epoch"] == 1.0
    origins = [
        origin for step in range(1, STEPS + 1) for origin in prompts_of(runs["resumed"], step)
    ]
    first, second = origins[:ROWS], origins[ROWS:]
    assert len(set(first)) == ROWS
    assert sorted(first) == sorted(second)
    assert first != second, "an epoch has an order of its own"


def test_on_other_numbers_of_actors_the_prompts_are_the_same_and_the_numbers_close(
    runs: dict[str, Path],
) -> None:
    lines, straight = metrics_of(runs["elastic"]), metrics_of(runs["straight"])
    assert [line["step"] for line in lines] == list(range(1, STEPS + 1))
    for step in range(1, STEPS + 1):
        assert prompts_of(runs["elastic"], step) == prompts_of(runs["straight"], step)
    roles = [event for event in events_of(runs["elastic"]) if event["kind"] == "role_started"]
    names = {str(event["role"]) for event in roles}
    assert {"generator 1", "trainer rank 1"} <= names
    for mine, yours in zip(lines, straight, strict=True):
        assert learnt_of(mine).keys() == learnt_of(yours).keys()
        for name, value in learnt_of(yours).items():
            # The mismatch between generator and trainer is rounding error itself.
            absolute = 1e-5 if name.startswith("mismatch/") else 1e-9
            assert mine[name] == pytest.approx(value, rel=TOLERANCE, abs=absolute), name
