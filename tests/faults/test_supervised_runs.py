"""Supervised runs of every kind, ranks started in every way, killed, resumed, and robbed of files.

The ways: processes of this machine; one process a rank, as srun and torchrun start them; Ray actors
on two nodes of one CPU each, which share this machine's file system.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from granite_rl.training.launch import free_port
from tests.granite_rl.ray_nodes import Nodes, ray_nodes
from tests.granite_rl.training import supervised_runs as runs
from tests.granite_rl.training.supervised_runs import assert_same

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(900)]

KINDS = sorted(runs.KINDS)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with ray_nodes(tmp_path_factory.mktemp("cluster"), count=2, cpus=1) as nodes:
        yield nodes


@pytest.mark.parametrize("kind", KINDS)
def test_processes_of_this_machine_are_killed_and_resumed_to_the_same_bits(
    kind: str, inputs: Path, straight: Callable[[str], Path], tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    argv = runs.arguments(kind, inputs, run, "run.resume=auto", "checkpoint.every_steps=1")
    launcher = runs.forked(kind, argv, log)
    _wait_for_a_checkpoint(run, launcher.is_alive, log)
    launcher.kill()
    launcher.join()
    assert runs.run(kind, argv, log) == 0, log.read_text()
    assert "resuming after step" in log.read_text()
    assert_same(run, straight(kind), kind)


@pytest.mark.parametrize("kind", KINDS)
def test_ranks_of_srun_are_killed_and_resumed_to_the_same_bits(
    kind: str, inputs: Path, straight: Callable[[str], Path], tmp_path: Path
) -> None:
    """The first to be killed is rank 1: rank 0 says so and gives the verdict."""
    run, log = tmp_path / "run", tmp_path / "log"
    argv = runs.arguments(kind, inputs, run, "run.resume=auto", "checkpoint.every_steps=1")
    ranks = runs.as_ranks(kind, argv, log)
    _wait_for_a_checkpoint(run, ranks[0].is_alive, log)
    ranks[1].kill()
    assert runs.code_of(ranks[0], log) == 5, log.read_text()
    assert "lost the connection to another rank" in runs.status(run)["error"]
    ranks = runs.as_ranks(kind, argv, log)
    assert [runs.code_of(rank, log) for rank in ranks] == [0, 0], log.read_text()
    assert_same(run, straight(kind), kind)


@pytest.mark.ray
@pytest.mark.parametrize("kind", KINDS)
def test_actors_on_two_nodes_are_killed_and_resumed_to_the_same_bits(
    kind: str, inputs: Path, straight: Callable[[str], Path], cluster: Nodes, tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    argv = runs.arguments(kind, inputs, run, "run.resume=auto", "checkpoint.every_steps=1")
    driver = runs.forked(kind, argv, log, cluster.environment)
    _wait_for_a_checkpoint(run, driver.is_alive, log)
    rank = cluster.processes("RankActor")[-1]
    os.kill(rank, signal.SIGKILL)
    assert runs.code_of(driver, log) == 5, log.read_text()
    assert "is gone" in runs.status(run)["error"], "one clear line"
    assert "Traceback" not in log.read_text()
    assert runs.run(kind, argv, log, cluster.environment) == 0, log.read_text()
    assert_same(run, straight(kind), kind)


def test_torchrun_starts_ranks(
    inputs: Path, straight: Callable[[str], Path], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2"]
    command += [f"--master-port={free_port()}", "-m", "sft"]
    argv = runs.arguments("sft", inputs, tmp_path / "run")
    done = subprocess.run(
        [*command, *argv], cwd=runs.ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert_same(tmp_path / "run", straight("sft"), "sft")
    refused = subprocess.run(
        [*command, *argv, "trainer.ranks=4", "run.resume=auto"],
        cwd=runs.ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "trainer.ranks: 4, but torchrun or srun has started 2 ranks" in refused.stderr


@pytest.mark.ray
def test_a_driver_that_is_stopped_or_too_big_for_the_cluster_says_so(
    inputs: Path, straight: Callable[[str], Path], cluster: Nodes, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    big = runs.arguments("sft", inputs, tmp_path / "big", "trainer.ranks=4")
    assert runs.run("sft", big, log, cluster.environment) == 3, log.read_text()
    assert "they need 4 CPU" in log.read_text()
    assert "there are 2 CPU" in log.read_text()
    wide = runs.arguments("sft", inputs, tmp_path / "wide", "trainer.ranks=1", "trainer.threads=2")
    assert runs.run("sft", wide, log, cluster.environment) == 3, log.read_text()
    assert "2 CPU of one node each" in log.read_text()

    run = tmp_path / "run"
    argv = runs.arguments("sft", inputs, run, "run.resume=auto")
    driver = runs.forked("sft", argv, log, cluster.environment)
    runs.wait_until(lambda: bool(runs.metrics(run)) or not driver.is_alive(), log)
    assert driver.pid is not None
    os.kill(driver.pid, signal.SIGTERM)
    assert runs.code_of(driver, log) == 75, log.read_text()
    step = runs.status(run)["step"]
    assert (run / "checkpoints" / f"step_{step}").is_dir()
    # Continued in another way: a checkpoint knows nothing of how its ranks were started.
    assert runs.run("sft", argv, log) == 0, log.read_text()
    assert_same(run, straight("sft"), "sft")


def _wait_for_a_checkpoint(run: Path, alive: Callable[[], bool], log: Path) -> None:
    runs.wait_until(
        lambda: any((run / "checkpoints").glob("step_*")) or not alive(),
        log,
    )
    assert alive(), log.read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_a_finished_run_makes_its_model_again_and_never_starts_over_on_a_guess(
    kind: str, inputs: Path, straight: Callable[[str], Path], tmp_path: Path
) -> None:
    run, log = tmp_path / "run", tmp_path / "log"
    argv = runs.arguments(kind, inputs, run, "run.resume=auto")
    shutil.copytree(straight(kind), run)
    shutil.rmtree(run / "hf")
    assert runs.run(kind, argv, log) == 0, log.read_text()
    assert_same(run, straight(kind), kind)
    shutil.rmtree(run / "hf")
    shutil.rmtree(run / "checkpoints")
    logged = (run / "metrics.jsonl").read_bytes()
    assert runs.run(kind, argv, log) == 3, log.read_text()
    assert (run / "metrics.jsonl").read_bytes() == logged
    events = [json.loads(line)["kind"] for line in (run / "events.jsonl").read_text().splitlines()]
    assert "product_missing" in events
