"""The run directory: layout, resuming, verdicts, and what a killed run leaves behind."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from granite_rl.errors import ConfigError, DataError, InfrastructureError, Preempted, PreflightError
from granite_rl.runs import directory as directory_module
from granite_rl.runs.directory import (
    RunDirectory,
    changed_keys,
    iterate_runs,
    read_status,
    resume_command,
)
from granite_rl.runs.files import read_json_lines
from granite_rl.runs.lock import Owner, this_process
from granite_rl.runs.rollout_files import rollout_files

from .conftest import OpenRun


def status_of(run: RunDirectory) -> dict[str, Any]:
    status = read_status(run.path)
    assert status is not None
    return status


def events_of(run: RunDirectory) -> list[str]:
    return [event["kind"] for event in read_json_lines(run.events_path)]


def test_a_new_run_has_the_documented_layout_and_modes(open_run: OpenRun) -> None:
    with open_run(resume="never") as run:
        status = status_of(run)
        assert status["state"] == "running"
        assert (status["step"], status["exit_code"], status["error"]) == (0, None, None)
        assert (status["kind"], status["pid"]) == ("sft", os.getpid())
        config = run.path / "config"
        assert yaml.safe_load((config / "resolved.yaml").read_text())["optim"] == {"lr": 0.1}
        assert (config / "overrides.txt").read_text() == "optim.lr=0.1\n"
        assert "torch" in json.loads((config / "versions.json").read_text())["packages"]
        assert run.checkpoints.is_dir()
        assert run.rollouts.is_dir()
        assert run.path.stat().st_mode & 0o777 == 0o750
        for file in (run.status_path, run.events_path, config / "resolved.yaml"):
            assert file.stat().st_mode & 0o777 == 0o640
        run.finish("succeeded", 0, next_command="python -m next")
    assert status_of(run)["next_command"] == "python -m next"
    assert not (run.path / ".lock").exists()
    assert not list(run.path.rglob("*.tmp"))


def test_a_used_directory_is_refused_without_resume(open_run: OpenRun) -> None:
    with open_run() as run:
        run.set_step(3)
        run.finish("failed", 1, "boom")
    with pytest.raises(ConfigError, match=r"failed at step 3") as caught:
        open_run(resume="never")
    assert "run.resume=auto" in str(caught.value)
    assert caught.value.exit_code == 2
    assert status_of(run)["state"] == "failed"
    open_run().close()  # the refusal has given the lock back


def test_resuming_keeps_the_step_and_the_first_start(open_run: OpenRun) -> None:
    with open_run() as run:
        started = status_of(run)["started_at"]
        run.set_step(7)
        run.finish("preempted", 75)
    with open_run() as again:
        status = status_of(again)
        assert (status["state"], status["step"], status["exit_code"]) == ("running", 7, None)
        assert status["started_at"] == started
        again.finish("succeeded", 0)
    assert events_of(run) == ["started", "preempted", "resumed", "succeeded"]


def test_a_run_that_succeeded_is_complete_and_stays_untouched(open_run: OpenRun) -> None:
    with open_run() as run:
        run.finish("succeeded", 0)
    before = run.status_path.read_bytes()
    with open_run() as again:
        assert again.already_complete
    assert run.status_path.read_bytes() == before
    with pytest.raises(RuntimeError), open_run():
        raise RuntimeError("after completion")
    assert run.status_path.read_bytes() == before


@pytest.mark.parametrize(
    ("changed", "complete"),
    [
        ("optim:\n  lr: 0.2\nrun:\n  resume: auto\n", False),
        ("optim:\n  lr: 0.1\nrun:\n  resume: never\ntracking:\n  a: 1\n", True),
    ],
)
def test_only_a_change_that_trains_reopens_a_finished_run(
    open_run: OpenRun, changed: str, complete: bool
) -> None:
    with open_run() as run:
        run.finish("succeeded", 0)
    with open_run(config_yaml=changed) as again:
        assert again.already_complete is complete
        if not complete:
            again.finish("succeeded", 0)
            assert (again.path / "config" / "resolved.1.yaml").read_text().startswith("optim:\n")
            events = list(read_json_lines(run.events_path))
            assert [e["keys"] for e in events if e["kind"] == "config_changed"] == [["optim.lr"]]


def test_a_finished_run_without_its_product_is_reopened(
    open_run: OpenRun, capsys: pytest.CaptureFixture[str]
) -> None:
    def product(path: Path) -> bool:
        return (path / "hf").is_dir()

    with open_run(product=product) as run:
        run.set_saved(4)
        run.hf.mkdir()
        run.finish("succeeded", 0)
    with open_run(product=product) as again:
        assert again.already_complete
    run.hf.rmdir()
    with open_run(product=product) as again:
        assert not again.already_complete
        assert again.saved == 4
        again.finish("succeeded", 0)
    assert "product_missing" in events_of(run)
    assert "gone or not whole" in capsys.readouterr().out


def test_a_run_that_starts_over_keeps_what_it_had_logged(
    open_run: OpenRun, capsys: pytest.CaptureFixture[str]
) -> None:
    for attempt in (1, 2):
        with open_run() as run:
            run.start_over()
            assert run.step == 0
            assert not run.metrics_path.exists()
            run.metrics_path.write_text(f'{{"step": {attempt}}}\n')
            (run.rollouts / "step_000001.jsonl").write_text("{}\n")
            run.set_step(5)
            run.finish("failed", 1)
    with open_run() as run:
        run.start_over()
        run.start_over()  # nothing is left to keep
        run.finish("succeeded", 0)
    aside = run.path / ".superseded"
    for attempt in (1, 2):
        kept = aside / str(attempt)
        assert (kept / "metrics.jsonl").read_text() == f'{{"step": {attempt}}}\n'
        assert (kept / "rollouts" / "step_000001.jsonl").is_file()
    assert not (aside / "3").exists()
    assert events_of(run).count("started_over") == 2
    assert str(aside / "2") in capsys.readouterr().out


def test_a_step_can_only_be_resumed_where_there_is_a_run(open_run: OpenRun) -> None:
    with pytest.raises(ConfigError, match=r"run\.resume: .*step 12"):
        open_run(resume=12)
    with open_run(resume="never") as run:
        run.finish("succeeded", 0)
    with open_run(resume=12) as again:
        assert not again.already_complete
        again.finish("succeeded", 0)


def test_a_directory_of_another_kind_is_refused(open_run: OpenRun) -> None:
    with open_run(kind="pretrain") as run:
        run.finish("succeeded", 0)
    with pytest.raises(ConfigError, match=r"kind 'pretrain', this one is 'sft'"):
        open_run()


@pytest.mark.parametrize(
    ("error", "state", "code", "said"),
    [
        (DataError("rows.jsonl:3: no prompt", "add it"), "failed", 4, "rows.jsonl:3"),
        (Preempted("asked to stop"), "preempted", 75, "asked to stop"),
        (ValueError("a bug"), "failed", 1, "ValueError: a bug"),
        (KeyboardInterrupt(), "failed", 130, "keyboard"),
        (SystemExit(143), "failed", 143, "143"),
    ],
)
def test_leaving_by_exception_is_a_verdict(
    open_run: OpenRun, error: BaseException, state: str, code: int, said: str
) -> None:
    run = open_run()

    def train() -> None:
        with run:
            run.set_step(2)
            raise error

    with pytest.raises(type(error)):
        train()
    status = status_of(run)
    assert (status["state"], status["exit_code"], status["step"]) == (state, code, 2)
    assert said in status["error"]
    assert status["next_command"] == "python -m sft optim.lr=0.1 run.resume=auto"
    assert ("traceback" in events_of(run)) == isinstance(
        error, ValueError | KeyboardInterrupt | SystemExit
    )


def test_leaving_without_a_verdict_counts_as_failure(open_run: OpenRun) -> None:
    with open_run() as run:
        pass
    assert status_of(run)["state"] == "failed"


def test_a_full_disk_does_not_hide_the_error(
    open_run: OpenRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def train() -> None:
        with open_run():
            monkeypatch.setattr(directory_module, "write_json", full)
            raise ValueError("the cause")

    with pytest.raises(ValueError, match="the cause"):
        train()
    assert "No space left" in capsys.readouterr().err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_disk_that_takes_no_more_is_a_sentence_and_code_5(open_run: OpenRun, number: int) -> None:
    run = open_run()

    def train() -> None:
        with run:
            run.set_step(3)
            raise OSError(number, os.strerror(number), str(run.rollouts / "step_000004.jsonl"))

    with pytest.raises(InfrastructureError, match=r"run\.dir: .* takes no more: .*step_000004"):
        train()
    status = status_of(run)
    assert (status["state"], status["exit_code"], status["step"]) == ("failed", 5, 3)
    assert os.strerror(number) in status["error"]
    assert "run.resume=auto" in status["error"]
    assert "traceback" not in events_of(run)


@pytest.mark.parametrize("path", ["file/run", "/proc/no-such-place/run", "file"])
def test_an_unwritable_place_is_a_preflight_error(
    open_run: OpenRun, tmp_path: Path, path: str
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PreflightError, match=r"run\.dir: can't write") as caught:
        open_run(dir=tmp_path / path)
    assert caught.value.exit_code == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_directory_is_a_preflight_error(open_run: OpenRun, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o500)
    with pytest.raises(PreflightError, match=r"run\.dir: can't write"):
        open_run()


def test_losing_the_directory_stops_the_run(open_run: OpenRun) -> None:
    run = open_run()
    run._lock.lost_to = Owner("x", "other", "b", "n", 5, 1, "noon")
    with pytest.raises(InfrastructureError, match="taken over by process 5 on other"):
        run.set_step(1)
    run.close()


def test_a_dead_owner_is_named_in_the_events(open_run: OpenRun) -> None:
    with open_run() as run:
        run.finish("succeeded", 0)
    dead = {**this_process().__dict__, "process_start": 1}
    (run.path / ".lock").write_text(json.dumps(dead))
    open_run().close()
    assert "lock_taken_over" in events_of(run)


def test_a_reader_never_sees_half_a_status(open_run: OpenRun) -> None:
    with open_run() as run:
        stop = threading.Event()
        seen: list[int] = []

        def read() -> None:
            while not stop.is_set():
                seen.append(json.loads(run.status_path.read_text())["step"])

        reader = threading.Thread(target=read)
        reader.start()
        for step in range(300):
            run.set_step(step)
        stop.set()
        reader.join()
        run.finish("succeeded", 0)
    assert seen == sorted(seen)


def test_rewinding_leaves_every_step_exactly_once(open_run: OpenRun) -> None:
    with open_run() as run:
        written = [(1, "a"), (2, "b"), (3, "old"), (3, "c"), (4, "d"), (5, "e")]
        lines = [json.dumps({"step": step, "value": value}) for step, value in written]
        lines.insert(2, "garbage")
        run.metrics_path.write_text("\n".join(lines) + '\n{"step": 2, "val')
        for step in (2, 3, 4, 10):
            (run.rollouts / f"step_{step:06d}.jsonl").write_text("{}\n")
        run.drop_metrics_after(3)
        kept = [json.loads(line) for line in run.metrics_path.read_text().splitlines()]
        assert [(r["step"], r["value"]) for r in kept] == [(1, "a"), (2, "b"), (3, "c")]
        assert list(rollout_files(run.rollouts)) == [2, 3]
        assert status_of(run)["step"] == 3
        unchanged = run.metrics_path.stat().st_ino
        run.drop_metrics_after(3)
        assert run.metrics_path.stat().st_ino == unchanged
        run.finish("succeeded", 0)


def test_a_torn_event_does_not_swallow_the_next_one(open_run: OpenRun) -> None:
    with open_run() as run:
        run.finish("failed", 1)
    with run.events_path.open("a") as file:
        file.write('{"time": "2026')
    with open_run() as again:
        again.finish("succeeded", 0)
    assert events_of(run) == ["started", "failed", "resumed", "succeeded"]


def test_the_resume_command_replaces_the_users_choice() -> None:
    command = ["python", "-m", "x", "+run.resume=never", "a=b c", "run.resume=3"]
    assert resume_command(command) == "python -m x 'a=b c' run.resume=auto"


def test_changed_keys_are_dotted_paths() -> None:
    assert changed_keys("a: {b: 1, c: [1]}\nd: {}", "a: {b: 2, c: [1]}\ne: 1") == ["a.b", "d", "e"]
    assert changed_keys("a: 1", "a: 1") == []


def test_runs_inside_runs_are_found_but_not_inside_checkpoints(tmp_path: Path) -> None:
    for name in ("demo", "demo/sft", "demo/checkpoints/x", "other/deep"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "status.json").write_text("{}")
    found = [str(path.relative_to(tmp_path)) for path in iterate_runs(tmp_path)]
    assert found == ["demo", "demo/sft", "other/deep"]


def test_a_place_that_ray_deletes_is_refused(
    open_run: OpenRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job submitted with ``--working-dir`` runs in a temporary copy of it."""
    copy = tmp_path / "session_1/runtime_resources/working_dir_files/_ray_pkg_0123"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    with pytest.raises(ConfigError, match=r"run\.dir: runs/mine is .* deleted after the job"):
        open_run(dir=Path("runs/mine"))
    assert not (copy / "runs").exists()
    open_run(dir=tmp_path / "run").close()
