"""What becomes of an exception that Ray brings from an actor, without a Ray session."""

from __future__ import annotations

import errno
import threading
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from ray.exceptions import GetTimeoutError, RayTaskError

from granite_rl.actors.answers import FailedActorError, failure
from granite_rl.errors import DiskError, ExitCode, InfrastructureError, UserError


class NotSentError(Exception):
    """Holds what can't be pickled."""

    def __init__(self) -> None:
        super().__init__("the cause")
        self.lock = threading.Lock()


def failed(cause: Exception) -> UserError:
    """The error that a trainer's exception turns into."""
    actor: Any = SimpleNamespace(hex=lambda: "ab")
    reference = SimpleNamespace(task_id=lambda: SimpleNamespace(actor_id=lambda: actor))
    brought = RayTaskError("save", "Traceback\n  ...\nNotSentError: the cause", cause)
    return failure("trainer rank 0", reference, "saving step 2", brought.as_instanceof_cause())


@pytest.mark.parametrize(
    ("cause", "kind", "said"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "/d/s"),
            DiskError,
            "can't write: [Errno 28] No space left on device: '/d/s'",
        ),
        (
            torch.OutOfMemoryError("CUDA out of memory."),
            InfrastructureError,
            "ran out of its GPU's memory: OutOfMemoryError: CUDA out of memory.",
        ),
        (OSError(errno.ENOENT, "gone"), FailedActorError, "failed: FileNotFoundError"),
        (GetTimeoutError("too late"), FailedActorError, "failed: GetTimeoutError: too late"),
        (NotSentError(), FailedActorError, "failed: NotSentError: the cause"),
    ],
)
def test_it_is_an_error_of_ours_in_one_line(
    cause: Exception, kind: type[UserError], said: str
) -> None:
    error = failed(cause)
    assert type(error) is kind
    assert error.message.startswith(f"saving step 2: trainer rank 0 {said}")
    expected = ExitCode.BUG if kind is FailedActorError else ExitCode.INFRASTRUCTURE
    assert error.exit_code == expected
