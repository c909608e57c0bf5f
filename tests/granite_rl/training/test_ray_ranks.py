"""What a rank's actor does, without a cluster; with one: tests/faults/test_supervised_runs.py."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from granite_rl.errors import DataError, PreflightError
from granite_rl.runs.preemption import StopSignal
from granite_rl.training.launch import Meeting, RankContext, RankError, free_port, launch
from granite_rl.training.ray_ranks import RankActor

MEETING = Meeting("node0", 1234, 2)


def _reporting(rank: int, context: RankContext, word: str) -> None:
    context.begin()
    for number in range(3):
        context.report((word, number))
    context.flush()
    context.report("flushed")
    while not context.stop_requested():
        pass


def test_an_actor_reports_waits_for_its_reports_and_stops_when_asked(tmp_path: Path) -> None:
    actor = RankActor(str(tmp_path / "not on this node"))
    with ThreadPoolExecutor() as pool:
        run = pool.submit(actor.run, _reporting, 1, MEETING, ("word",))
        said: list[tuple[str, object]] = []
        while len(said) < 4:
            # As by a launcher that has not written anything down yet.
            said += actor.reports(0, 1.0)
        assert said == [("begun", None), *(("report", ("word", number)) for number in range(3))]
        assert actor.reports(3, 0.1) == [], "one report is not written down yet"
        assert actor.reports(4, 5.0) == [("report", "flushed")]
        actor.stop()
        assert run.result(10) is None
    assert actor.reports(5, 0.0) == []


def _fail(rank: int, _context: RankContext, error: Exception) -> None:
    raise error


def test_an_actors_failure_keeps_a_users_error_and_the_traceback_of_a_bug(tmp_path: Path) -> None:
    actor = RankActor(str(tmp_path))
    failure = actor.run(_fail, 1, MEETING, (DataError("rows.jsonl:3: no prompt", "mend it"),))
    assert failure is not None
    error = failure.error(1)
    assert isinstance(error, DataError)
    assert error.fix == "mend it"
    failure = actor.run(_fail, 1, MEETING, (KeyError("a bug"),))
    assert failure is not None
    error = failure.error(1)
    assert isinstance(error, RankError)
    assert "rank 1 failed" in str(error)
    assert "KeyError: 'a bug'" in str(error)


def test_an_actor_sees_files_and_works_in_the_launchers_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parent)
    (tmp_path / "status.json").write_text("{}")
    actor = RankActor(str(tmp_path))
    assert Path.cwd() == tmp_path
    assert actor.sees("status.json")
    assert not actor.sees(str(tmp_path / "other"))


def test_a_cluster_that_does_not_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("RAY_ADDRESS", address)
    says = f"RAY_ADDRESS={address}: .*refused"
    with StopSignal() as stop, pytest.raises(PreflightError, match=says):
        launch(_fail, 2, (), on_report=print, stop=stop)
