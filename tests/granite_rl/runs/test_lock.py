"""One writer per directory, decided by who really lives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from granite_rl.errors import PreflightError
from granite_rl.runs.lock import DEAD_AFTER_S, DirectoryLock, this_process

HOLDER = """
import sys, time
from pathlib import Path
from granite_rl.runs.lock import DirectoryLock
DirectoryLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(120)
"""


def test_a_living_owner_is_respected_even_when_stopped_and_a_killed_one_is_not(
    tmp_path: Path,
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(PreflightError, match=f"in use by process {holder.pid} on "):
            DirectoryLock(tmp_path).acquire()
        os.kill(holder.pid, signal.SIGSTOP)
        old = time.time() - 10 * DEAD_AFTER_S
        os.utime(tmp_path / ".lock", (old, old))
        with pytest.raises(PreflightError):
            DirectoryLock(tmp_path).acquire()
    finally:
        holder.kill()
    # Not waited for yet: a zombie is dead, too.
    deadline = time.monotonic() + 10
    lock = DirectoryLock(tmp_path)
    while True:
        try:
            dead = lock.acquire()
            break
        except PreflightError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    holder.wait(timeout=10)
    assert dead is not None
    assert dead.pid == holder.pid
    lock.release()
    assert not (tmp_path / ".lock").exists()


def write_owner(directory: Path, age_s: float, **changes: object) -> None:
    owner = replace(this_process(), **changes)  # type: ignore[arg-type]
    path = directory / ".lock"
    path.write_text(json.dumps(asdict(owner)))
    then = time.time() - age_s
    os.utime(path, (then, then))


def test_an_owner_on_another_host_lives_by_its_heartbeat(tmp_path: Path) -> None:
    write_owner(tmp_path, age_s=DEAD_AFTER_S - 20, host="elsewhere", boot="other")
    with pytest.raises(PreflightError, match="on elsewhere"):
        DirectoryLock(tmp_path).acquire()
    write_owner(tmp_path, age_s=DEAD_AFTER_S + 1, host="elsewhere", boot="other")
    lock = DirectoryLock(tmp_path)
    assert lock.acquire() is not None
    lock.release()


@pytest.mark.parametrize(
    "changes",
    [{"process_start": 1}, {"boot": "before the reboot"}, {"pid": 2**22 + 1}],
    ids=["reused pid", "rebooted", "gone"],
)
def test_a_dead_owner_on_this_host_is_recognised_at_once(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    write_owner(tmp_path, age_s=0, **changes)
    lock = DirectoryLock(tmp_path)
    assert lock.acquire() is not None
    lock.release()


def test_another_containers_process_table_is_not_consulted(tmp_path: Path) -> None:
    write_owner(tmp_path, age_s=0, namespace="pid:[1]", pid=2**22 + 1)
    with pytest.raises(PreflightError):
        DirectoryLock(tmp_path).acquire()


def test_a_damaged_lock_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text('{"pid": ')
    lock = DirectoryLock(tmp_path)
    assert lock.acquire() is None
    lock.release()


def test_a_lock_of_an_unknown_format_lives_by_its_heartbeat(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text('{"owner": "someone"}')
    with pytest.raises(PreflightError, match="unknown host"):
        DirectoryLock(tmp_path).acquire()


def test_of_many_at_once_exactly_one_wins(tmp_path: Path) -> None:
    for attempt in range(20):
        directory = tmp_path / str(attempt)
        directory.mkdir()
        write_owner(directory, age_s=0, process_start=1)
        barrier = threading.Barrier(8)
        won: list[DirectoryLock] = []

        def race(directory: Path, barrier: threading.Barrier, won: list[DirectoryLock]) -> None:
            lock = DirectoryLock(directory)
            barrier.wait()
            try:
                lock.acquire()
            except PreflightError:
                return
            won.append(lock)

        threads = [threading.Thread(target=race, args=(directory, barrier, won)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        won[0].release()


def test_the_heartbeat_refreshes_restores_and_notices_a_new_owner(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path, heartbeat_s=0.02)
    lock.acquire()

    def wait_for(condition: object) -> None:
        deadline = time.monotonic() + 10
        assert callable(condition)
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    os.utime(lock.path, (0, 0))
    wait_for(lambda: lock.path.stat().st_mtime > 0)
    lock.path.unlink()
    wait_for(lock.path.exists)
    write_owner(tmp_path, age_s=0, token="another", host="elsewhere", boot="b")
    wait_for(lambda: lock.lost_to is not None)
    lock.release()
    assert json.loads(lock.path.read_text())["token"] == "another"
