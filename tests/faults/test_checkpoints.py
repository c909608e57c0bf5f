"""SIGKILL at every point of saving a checkpoint: a whole one is always left, and saving goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.granite_rl.stage_runs import ROOT

SAVER = '''
"""Saves step 2, and is killed before a given one of its calls that reach the disk."""
import os, shutil, signal, sys
from pathlib import Path

from granite_rl.training.checkpoint import CheckpointStore


def save(store, step):
    directory = store.begin(step)
    for name in ("module.pt", "optimizer.pt"):
        (directory / name).write_bytes(bytes([step]) * 4096)
    store.commit(step, {"cursor": step})


def counted(call):
    def counting(*arguments, **options):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return call(*arguments, **options)

    return counting


root = Path(sys.argv[1])
for calls in range(100):
    store = CheckpointStore(root / str(calls), keep=1)
    save(store, 1)
    child = os.fork()
    if child == 0:
        left = calls
        for module, name in ((os, "fsync"), (os, "replace"), (shutil, "rmtree")):
            setattr(module, name, counted(getattr(module, name)))
        save(store, 2)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    newest = store.newest()
    found = 0 if newest is None else newest.step
    try:
        save(store, 3)
        after = store.steps()
    except OSError as error:
        after = repr(error)
    print(os.WIFSIGNALED(status), found, after, flush=True)
    if status == 0:
        break
'''


@pytest.fixture(scope="module")
def saves(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[bool, int, str]]:
    """Of each save: whether it was killed, the newest whole step after it, and what became of the
    next one: the steps that it left, or its error."""
    done = subprocess.run(
        [sys.executable, "-c", SAVER, str(tmp_path_factory.mktemp("saves"))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = [line.split(" ", 2) for line in done.stdout.splitlines()]
    return [(killed == "True", int(newest), after) for killed, newest, after in lines]


def test_killed_at_any_point_of_a_save_a_whole_checkpoint_is_left(
    saves: list[tuple[bool, int, str]],
) -> None:
    *killed, (last_killed, _, _) = saves
    assert not last_killed, "it was killed everywhere"
    assert len(killed) >= 10, "two files, two directories, manifest, commit, pointer, pruning"
    newest = [step for _, step, _ in saves]
    assert newest == sorted(newest), "once the new one is visible it stays"
    assert set(newest) == {1, 2}


def test_the_next_save_works_wherever_the_one_before_was_killed(
    saves: list[tuple[bool, int, str]],
) -> None:
    assert [after for _, _, after in saves] == ["[3]"] * len(saves)
