"""Tests the checkpoint protocol under every way a save or a file can go wrong."""

from __future__ import annotations

import json
import logging
import os
import shutil
from pathlib import Path

import pytest

from granite_rl.config import RunSection
from granite_rl.errors import ConfigError, DataError, PreflightError
from granite_rl.runs.data_files import data_files, recorded
from granite_rl.runs.directory import RunDirectory
from granite_rl.training.checkpoint import MANIFEST, CheckpointStore, resume_from


def save(store: CheckpointStore, step: int, content: bytes = b"weights") -> Path:
    directory = store.begin(step)
    (directory / "module.pt").write_bytes(content * (step + 1))
    (directory / "sub").mkdir()
    (directory / "sub" / "optimizer.pt").write_bytes(b"moments")
    return store.commit(step, {"cursor": step * 10})


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    return CheckpointStore(tmp_path / "checkpoints", keep=2)


def test_round_trip_and_pruning(store: CheckpointStore) -> None:
    for step in (1, 2, 10):
        save(store, step)
    assert store.steps() == [2, 10]
    newest = store.newest()
    assert newest is not None
    assert (newest.step, newest.metadata) == (10, {"cursor": 100})
    assert (newest.path / "module.pt").read_bytes() == b"weights" * 11
    manifest = json.loads((newest.path / MANIFEST).read_text())
    assert set(manifest["files"]) == {"module.pt", "sub/optimizer.pt"}
    assert json.loads((store.root / "latest.json").read_text()) == {"step": 10, "path": "step_10"}
    assert not list(store.root.glob(".tmp-*"))


def test_nothing_there(store: CheckpointStore) -> None:
    assert store.newest() is None
    with pytest.raises(ConfigError, match="step 3"):
        store.exact(3)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


@pytest.mark.parametrize("name", ["module.pt", "sub/optimizer.pt", MANIFEST])
@pytest.mark.parametrize("damage", [truncate, flip, zero, Path.unlink])
def test_damage_steps_back_with_a_reason(
    store: CheckpointStore, damage: object, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    save(store, 1)
    save(store, 2)
    path = store.root / "step_2" / name
    assert callable(damage)
    if name == MANIFEST and damage in (truncate, flip):
        path.write_text(path.read_text().replace('"step": 2', '"step": 7'))
    else:
        damage(path)
    with caplog.at_level(logging.WARNING):
        newest = store.newest()
    assert newest is not None
    assert newest.step == 1
    assert str(path) in caplog.text
    with pytest.raises(ConfigError, match=r"step_2"):
        store.exact(2)
    assert store.exact(1).metadata == {"cursor": 10}


def test_killed_while_writing_leaves_the_last_one(store: CheckpointStore) -> None:
    save(store, 1)
    abandoned = store.begin(2)
    (abandoned / "module.pt").write_bytes(b"half")
    fresh = CheckpointStore(store.root, keep=2)
    newest = fresh.newest()
    assert newest is not None
    assert newest.step == 1
    save(fresh, 3)
    assert not abandoned.exists()
    assert fresh.steps() == [1, 3]


@pytest.mark.parametrize("survives", range(4))
def test_killed_at_each_rename_keeps_a_whole_checkpoint(
    store: CheckpointStore, survives: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Manifest, move aside, publish, pointer: dying at any of them loses at most the new step."""
    store.keep = 1
    save(store, 1)
    directory = store.begin(2)
    (directory / "module.pt").write_bytes(b"new")
    real, calls = os.replace, 0

    def dying(source: str | Path, target: str | Path) -> None:
        nonlocal calls
        if calls == survives:
            raise KeyboardInterrupt
        calls += 1
        real(source, target)

    monkeypatch.setattr(os, "replace", dying)
    if survives < 3:
        with pytest.raises(KeyboardInterrupt):
            store.commit(2, {})
    else:
        store.commit(2, {})
    monkeypatch.undo()
    newest = CheckpointStore(store.root, keep=1).newest()
    assert newest is not None
    assert newest.step == (1 if survives < 2 else 2)


def test_disk_error_leaves_the_last_one(
    store: CheckpointStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, 1)
    directory = store.begin(2)
    (directory / "module.pt").write_bytes(b"new")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.commit(2, {})
    monkeypatch.undo()
    newest = store.newest()
    assert newest is not None
    assert newest.step == 1


def test_ranks_that_clean_up_together_do_not_trip_over_each_other(
    store: CheckpointStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = store.begin(1)
    for name in ("a", "b"):
        (directory / name).write_bytes(b"half")
    unlink = os.unlink

    def slower(path: str, **options: int | None) -> None:
        """Find out that another rank was first."""
        unlink(path, **options)
        raise FileNotFoundError(2, "No such file or directory", path)

    monkeypatch.setattr(os, "unlink", slower)
    store.discard()
    assert not list(store.root.glob(".tmp-*"))


def test_an_abandoned_future_never_comes_back(store: CheckpointStore) -> None:
    store.keep = 1
    save(store, 3)
    store.keep = 5
    save(store, 5)
    zero(store.root / "step_5" / "module.pt")
    store.keep = 1
    save(store, 4)
    assert store.steps() == [4]


def test_the_same_step_is_replaced(store: CheckpointStore) -> None:
    save(store, 1)
    save(store, 1, b"other")
    assert (store.exact(1).path / "module.pt").read_bytes() == b"other" * 2


def test_commit_needs_begin(store: CheckpointStore) -> None:
    with pytest.raises(FileNotFoundError, match="step 9"):
        store.commit(9, {})


def test_keep_zero_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"checkpoint\.keep"):
        CheckpointStore(tmp_path, keep=0)


def opened(tmp_path: Path) -> RunDirectory:
    section = RunSection(name="run", dir=tmp_path / "run", resume="auto", seed=0)
    return RunDirectory.open(
        section, kind="sft", config_yaml="a: 1\n", overrides=[], command=["python", "-m", "sft"]
    )


def test_a_run_continues_where_its_newest_checkpoint_is(tmp_path: Path) -> None:
    with opened(tmp_path) as run:
        store = CheckpointStore(run.checkpoints, keep=2)
        save(store, 2)
        run.set_saved(2)
        run.metrics_path.write_text("".join(f'{{"step": {step}}}\n' for step in (1, 2, 3)))
        assert resume_from(run, store, "never", []) is None
        assert run.metrics_path.read_text().count("\n") == 3
        found = resume_from(run, store, "auto", [])
        assert found is not None
        assert (found.step, run.step) == (2, 2)
        assert run.metrics_path.read_text() == '{"step": 1}\n{"step": 2}\n'
        with pytest.raises(ConfigError, match="step 5"):
            resume_from(run, store, 5, [])
        run.finish("succeeded", 0)


def test_a_run_that_had_saved_and_lost_it_is_refused(tmp_path: Path) -> None:
    """Whether status.json remembers, or a directory is left that is not whole."""
    with opened(tmp_path) as run:
        run.metrics_path.write_text('{"step": 1}\n')
        store = CheckpointStore(run.checkpoints, keep=2)
        path = save(store, 1)
        truncate(path / "module.pt")
        with pytest.raises(PreflightError, match="no whole one is left"):
            resume_from(run, store, "auto", [])
        run.set_saved(1)
        shutil.rmtree(path)
        with pytest.raises(PreflightError, match=r"newest of step 1.*checkpoints"):
            resume_from(run, store, "auto", [])
        assert run.metrics_path.read_text() == '{"step": 1}\n'
        run.finish("failed", 3)
    with opened(tmp_path) as run, pytest.raises(PreflightError):
        resume_from(run, CheckpointStore(run.checkpoints, keep=2), "auto", [])


def test_a_run_that_never_saved_starts_over_and_keeps_its_log_aside(tmp_path: Path) -> None:
    with opened(tmp_path) as run:
        run.metrics_path.write_text('{"step": 1}\n')
        run.set_step(1)
        assert resume_from(run, CheckpointStore(run.checkpoints, keep=2), "auto", []) is None
        assert run.step == 0
        kept = run.path / ".superseded" / "1" / "metrics.jsonl"
        assert kept.read_text() == '{"step": 1}\n'
        run.finish("succeeded", 0)


def test_a_run_is_not_resumed_with_other_data(tmp_path: Path) -> None:
    """Nothing of it is dropped either; with the old data it goes on."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"a": 1}\n')
    before = data_files("data.train", [rows])
    with opened(tmp_path) as run:
        store = CheckpointStore(run.checkpoints, keep=2)
        save(store, 2)
        run.write_lineage("sft", "demo", None, None, data=recorded(before))
        run.metrics_path.write_text('{"step": 3}\n')
        rows.write_text('{"a": 2}\n')
        with pytest.raises(DataError, match=r"data\.train: .*rows\.jsonl is not what this run"):
            resume_from(run, store, "auto", data_files("data.train", [rows]))
        assert run.metrics_path.read_text() == '{"step": 3}\n'
        assert resume_from(run, store, "auto", before) is not None
        run.finish("succeeded", 0)
