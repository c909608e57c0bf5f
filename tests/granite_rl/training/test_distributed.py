"""Tests spawning of ranks: the first failure is named and ends the others."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from granite_rl.errors import DataError
from granite_rl.training.launch import RankError, free_port, launch, spawn
from tests.granite_rl.training import spawn_targets


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
def test_a_killed_rank_is_named() -> None:
    with pytest.raises(RankError, match=r"rank 1 ended without a word \(exit code -9\)"):
        spawn(spawn_targets.fail_on_rank_one, 2, ("kill",))


@pytest.mark.slow
def test_reports_and_stop_requests_cross_the_processes() -> None:
    reports: list[tuple[int, str]] = []
    launch(
        spawn_targets.wait_for_stop,
        2,
        ("working",),
        on_report=reports.append,
        stop_requested=lambda: len(reports) >= 2,
    )
    assert sorted(reports) == [(0, "stopped"), (0, "working"), (1, "stopped"), (1, "working")]
