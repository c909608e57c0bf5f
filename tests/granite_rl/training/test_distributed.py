"""Tests starting ranks: which failure is named, who is told to stop, and what ends whom."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from granite_rl.errors import ConfigError, DataError, InfrastructureError, Preempted
from granite_rl.runs.preemption import StopSignal
from granite_rl.training.launch import (
    RankError,
    check_ranks,
    external_rank,
    free_port,
    launch,
)
from granite_rl.training.processes import start_server
from tests.granite_rl.training import spawn_targets
from tests.granite_rl.training.spawning import spawn


def test_free_port_can_be_bound() -> None:
    with socket.socket() as probe:
        probe.bind(("", free_port()))


def test_one_rank_runs_here(tmp_path: Path) -> None:
    spawn(spawn_targets.write_pid, 1, (tmp_path,))
    assert (tmp_path / "0").read_text() == str(os.getpid())


@pytest.mark.slow
def test_ranks_run_in_processes_of_their_own(tmp_path: Path) -> None:
    spawn(spawn_targets.write_pid, 2, (tmp_path,))
    pids = {(tmp_path / str(rank)).read_text() for rank in range(2)}
    assert len(pids) == 2
    assert str(os.getpid()) not in pids


@pytest.mark.slow
def test_a_users_error_comes_through_as_it_was() -> None:
    with pytest.raises(DataError, match=r"rows\.jsonl:3") as caught:
        spawn(spawn_targets.fail_on_rank_one, 2, ("data",))
    assert caught.value.fix == "mend it"


@pytest.mark.slow
def test_a_bug_names_its_rank_and_ends_the_others() -> None:
    start = time.monotonic()
    with pytest.raises(RankError, match=r"(?s)rank 1 failed.*ZeroDivisionError"):
        spawn(spawn_targets.fail_on_rank_one, 2, ("bug",))
    assert time.monotonic() - start < 50  # rank 0 would sleep for a minute


@pytest.mark.slow
def test_a_killed_rank_is_named_and_no_bug() -> None:
    with pytest.raises(InfrastructureError, match="rank 1 was killed by signal 9") as caught:
        spawn(spawn_targets.fail_on_rank_one, 2, ("kill",))
    assert caught.value.exit_code == 5


@pytest.mark.slow
def test_the_cause_is_told_and_not_what_followed_from_it() -> None:
    with pytest.raises(RankError, match=r"(?s)rank 0 failed.*the cause"):
        spawn(spawn_targets.fail_after_its_echo, 2)


@pytest.mark.slow
def test_reports_and_stop_requests_cross_the_processes() -> None:
    """The signal goes to the whole process group, as Ctrl-C does: the ranks don't take it for a
    second one."""
    reports: list[tuple[int, str]] = []

    def hear(report: tuple[int, str]) -> None:
        reports.append(report)
        if len(reports) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
            for rank in multiprocessing.active_children():
                assert rank.pid is not None
                os.kill(rank.pid, signal.SIGTERM)
                os.kill(rank.pid, signal.SIGINT)

    with StopSignal() as stop:
        launch(spawn_targets.wait_for_stop, 2, ("working",), on_report=hear, stop=stop)
    assert sorted(reports) == [(0, "stopped"), (0, "working"), (1, "stopped"), (1, "working")]


@pytest.mark.slow
def test_a_signal_while_ranks_start_ends_them_at_once(tmp_path: Path) -> None:
    def send() -> None:
        deadline = time.monotonic() + 200
        while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=send)
    sender.start()
    with pytest.raises(Preempted, match="nothing new to save"), StopSignal() as stop:
        launch(spawn_targets.never_begin, 2, (tmp_path,), on_report=print, stop=stop)
    sender.join()
    for path in tmp_path.iterdir():
        assert not Path(f"/proc/{path.read_text()}").exists()


@pytest.mark.slow
def test_a_rank_can_wait_until_its_reports_are_written_down() -> None:
    reports: list[object] = []
    with StopSignal() as stop:
        launch(spawn_targets.flush, 2, (), on_report=reports.append, stop=stop)
    assert reports == [0, 1, 2, 3, 4, "flushed"]


@pytest.mark.slow
def test_ranks_end_when_their_launcher_is_killed(tmp_path: Path) -> None:
    start_server()
    context = multiprocessing.get_context("forkserver")
    launcher = context.Process(target=spawn_targets.launch_sleepers, args=(tmp_path,))
    launcher.start()
    deadline = time.monotonic() + 200
    pids: list[str] = []
    while len(pids) < 2:
        assert time.monotonic() < deadline
        pids = [text for path in tmp_path.iterdir() if (text := path.read_text())]
        time.sleep(0.05)
    launcher.kill()
    launcher.join()
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_environment_says_which_rank_this_is() -> None:
    meeting = {"MASTER_ADDR": "node7", "MASTER_PORT": "29500"}
    torchrun = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1"}
    slurm = {"SLURM_PROCID": "2", "SLURM_NTASKS": "8", "SLURM_LOCALID": "0"}
    assert external_rank(meeting | torchrun) == (3, 1, ("node7", 29500, 4))
    assert external_rank(meeting | slurm) == (2, 0, ("node7", 29500, 8))
    assert external_rank(meeting | slurm | torchrun) == (3, 1, ("node7", 29500, 4))
    for others in ({}, torchrun, slurm, meeting):
        assert external_rank(others) is None
    with pytest.raises(ConfigError, match="WORLD_SIZE=four"):
        external_rank(meeting | torchrun | {"WORLD_SIZE": "four"})


def test_a_number_of_ranks_that_is_not_the_launchers_is_refused() -> None:
    external = external_rank(
        {"MASTER_ADDR": "a", "MASTER_PORT": "1", "RANK": "0", "WORLD_SIZE": "4"}
    )
    assert external is not None
    check_ranks(external, 4)
    with pytest.raises(ConfigError, match=r"trainer\.ranks: 2, but .* 4 ranks"):
        check_ranks(external, 2)
