"""Tests shared memory: mapped once, reused, never read beyond its end, and gone with its sender."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from granite_rl.weight_sync.bucket import BucketError
from granite_rl.weight_sync.shared_memory import SharedMemoryReader, SharedMemorySender

NO_RECEIVERS: Any = None
"""Stands for receivers where none is called."""


@pytest.fixture
def sender() -> Iterator[SharedMemorySender]:
    sender = SharedMemorySender(NO_RECEIVERS)
    yield sender
    sender.close()


def test_two_pieces_take_turns_and_are_reused(sender: SharedMemorySender) -> None:
    paths, memories = [], []
    for _ in range(4):
        memories.append(sender.allocate(5000).data_ptr())
        paths.append(sender.publish(5000))
    assert paths[0] == paths[2] != paths[1] == paths[3]
    assert memories[0] == memories[2] != memories[1]


def test_a_reader_sees_what_is_written_later_and_follows_growing_memory(
    sender: SharedMemorySender,
) -> None:
    reader = SharedMemoryReader()
    memory = sender.allocate(100)
    path = sender.publish(100)
    memory[:100] = 7
    first = reader.read(path, 100)
    assert first[:100].eq(7).all()
    memory[:100] = 8
    again = reader.read(path, 100)
    assert again[:100].eq(8).all()
    assert again.data_ptr() == first.data_ptr(), "mapped once"
    sender.allocate(100)
    grown = sender.allocate(1 << 20)
    assert sender.publish(1 << 20) == path
    grown[-1] = 9
    assert int(reader.read(path, 1 << 20)[grown.numel() - 1]) == 9


def test_short_and_missing_memory_are_errors_even_when_it_is_mapped(
    sender: SharedMemorySender,
) -> None:
    reader = SharedMemoryReader()
    size = sender.allocate(10_000).numel()
    path = sender.publish(10_000)
    reader.read(path, 10_000)
    with pytest.raises(BucketError, match=f"{size} bytes, expected {size + 1}"):
        reader.read(path, size + 1)
    with pytest.raises(PermissionError):
        os.truncate(path, 4096)  # would kill a process that reads
    sender.close()
    with pytest.raises(BucketError, match="gone"):
        reader.read(path, 10_000)


def test_another_senders_memory_in_the_same_place_is_not_taken_for_the_old(
    sender: SharedMemorySender,
) -> None:
    reader = SharedMemoryReader()
    sender.allocate(100)[:100] = 1
    path = sender.publish(100)
    assert reader.read(path, 100)[0] == 1
    sender.close()
    other = SharedMemorySender(NO_RECEIVERS)
    for _ in range(2):
        other.allocate(100)[:100] = 2
        if other.publish(100) == path:
            break
    else:
        pytest.fail("the descriptor was not given out again: this test needs another way")
    assert reader.read(path, 100)[0] == 2
    other.close()


@pytest.mark.slow
def test_nothing_is_left_when_the_sender_is_killed() -> None:
    code = (
        "from granite_rl.weight_sync.shared_memory import SharedMemorySender\n"
        "sender = SharedMemorySender(None)\n"
        "sender.allocate(5000)[:] = 1\n"
        "print(sender.publish(5000), flush=True)\n"
        "input()\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        path = process.stdout.readline().strip()
        memory = SharedMemoryReader().read(path, 5000)
        process.kill()
        process.wait()
    assert memory[:5000].eq(1).all(), "a reader keeps what it has mapped"
    with pytest.raises(BucketError):
        SharedMemoryReader().read(path, 5000)


def test_too_little_memory_is_an_error_of_the_sender(
    sender: SharedMemorySender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        sender.allocate(100)
    assert torch.is_tensor(sender._memories[0].mapped)
