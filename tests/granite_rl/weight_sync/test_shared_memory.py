"""Weight files: private, mapped once, reused, and never read beyond their end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from granite_rl.weight_sync import shared_memory
from granite_rl.weight_sync.bucket import BucketError
from granite_rl.weight_sync.shared_memory import SharedMemoryReader, SharedMemorySender


@pytest.fixture
def sender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SharedMemorySender:
    monkeypatch.setattr(shared_memory, "shared_memory_directory", lambda: tmp_path)
    return SharedMemorySender(receivers=None)  # type: ignore[arg-type]  (none is called here)


def test_two_files_take_turns_and_are_reused(sender: SharedMemorySender, tmp_path: Path) -> None:
    paths, memories = [], []
    for _ in range(4):
        memories.append(sender.allocate(5000).data_ptr())
        paths.append(sender.publish(5000))
    assert paths[0] == paths[2] != paths[1] == paths[3]
    assert memories[0] == memories[2] != memories[1]
    assert sorted(map(str, tmp_path.iterdir())) == sorted(set(paths))
    assert all(Path(path).stat().st_mode & 0o077 == 0 for path in paths), "nobody else's to read"
    sender.close()
    assert not list(tmp_path.iterdir())


def test_a_reader_sees_what_is_written_later_and_follows_a_growing_file(
    sender: SharedMemorySender,
) -> None:
    reader = SharedMemoryReader()
    memory = sender.allocate(100)
    path = sender.publish(100)
    memory[:100] = 7
    assert reader.read(path, 100)[:100].eq(7).all()
    memory[:100] = 8
    assert reader.read(path, 100)[:100].eq(8).all()
    sender.allocate(100)
    grown = sender.allocate(1 << 20)
    assert sender.publish(1 << 20) == path
    grown[-1] = 9
    assert int(reader.read(path, 1 << 20)[grown.numel() - 1]) == 9


def test_missing_and_short_files_are_errors_even_when_they_are_mapped(
    sender: SharedMemorySender,
) -> None:
    reader = SharedMemoryReader()
    sender.allocate(10_000)
    path = sender.publish(10_000)
    reader.read(path, 10_000)
    os.truncate(path, 4096)
    with pytest.raises(BucketError, match="4096 bytes, expected 10000"):
        reader.read(path, 10_000)
    Path(path).unlink()
    with pytest.raises(BucketError, match="gone"):
        reader.read(path, 10_000)


def test_files_of_dead_processes_are_removed_and_those_of_live_ones_are_not(tmp_path: Path) -> None:
    dead = tmp_path / "granite-rl-999999999-abc.weights"
    alive = tmp_path / f"granite-rl-{os.getpid()}-abc.weights"
    other = tmp_path / "somebody-elses.weights"
    for path in (dead, alive, other):
        path.write_bytes(b"x")
    shared_memory.remove_stale_files(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([alive.name, other.name])


def test_a_full_disk_is_an_error_of_the_sender(
    sender: SharedMemorySender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        sender.allocate(100)
    assert torch.is_tensor(sender._files[0].memory)
