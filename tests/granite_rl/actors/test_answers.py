"""What an actor's failure says, and where the end of its log goes, with real actors of Ray."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
import torch
from pydantic import BaseModel

from granite_rl.actors.answers import FailedActorError, LostActorError, wait_for
from granite_rl.actors.hosting import hosted
from granite_rl.actors.logs import TAIL_LINES
from granite_rl.actors.placement import ray_session
from granite_rl.config import StageConfig
from granite_rl.entry import configure
from granite_rl.errors import (
    DataError,
    DiskError,
    InfrastructureError,
    PreflightError,
    UserError,
)

pytestmark = [pytest.mark.slow, pytest.mark.ray]


class Limits(BaseModel):
    """A configuration that refuses its values."""

    context: int


class Role:
    """Fails where it is told to."""

    def __init__(self, how: str) -> None:
        for number in range(2 * TAIL_LINES):
            print(f"line {number}", flush=True)
        if how == "refused":
            raise PreflightError("model: it is none", "use another")
        if how == "error":
            raise ValueError("two\nlines, \x1b[36mcoloured\x1b[0m")
        if how == "validation":
            Limits.model_validate({"context": "many"})
        if how == "killed":
            print("out of patience", file=sys.stderr, flush=True)
            os._exit(1)

    def describe(self) -> int:
        """Answer once started."""
        return os.getpid()

    def work(self, how: str, *_needed: Any) -> None:
        """Fail as told."""
        if how == "refused":
            raise DataError("row 7: it is bad")
        if how == "killed":
            os._exit(1)
        if how == "error":
            raise TypeError("unsupported operand")
        if how == "full":
            raise OSError(errno.ENOSPC, "No space left on device", "/disk/state")
        if how == "memory":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Ray session; yields where the logs of failed actors go."""
    given = ["stage=math", "recipe=demo", "model.path=M", "data.train=D"]
    config = configure("rl", StageConfig, given)
    directory = tmp_path_factory.mktemp("run") / "actors"
    with ray_session(config.cluster, directory):
        yield directory


def start(how: str = "") -> Any:
    return ray.remote(hosted(Role)).options(num_cpus=0.1).remote(how)


def ask(reference: Any, name: str) -> UserError:
    """The error that waiting for an answer ends with."""
    with pytest.raises(UserError) as caught:
        wait_for({name: reference}, 60, "starting")
    assert "\x1b" not in str(caught.value)
    assert "Traceback" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("how", "kind", "said"),
    [
        ("refused", PreflightError, "model: it is none"),
        ("error", InfrastructureError, "starting: role 0 can't start: ValueError: two lines, colo"),
        ("validation", InfrastructureError, "can't start: Input should be a valid integer"),
        ("killed", LostActorError, "starting: role 0 died: "),
    ],
)
def test_a_role_that_cannot_start_says_why_in_one_line(
    logs: Path, how: str, kind: type[UserError], said: str
) -> None:
    before = set(logs.glob("role-0*.log"))
    error = ask(start(how).describe.remote(), "role 0")
    assert type(error) is kind
    assert said in error.message
    assert "\n" not in error.message
    if how == "refused":
        assert (error.message, error.fix) == ("model: it is none", "use another")
    (log,) = set(logs.glob("role-0*.log")) - before
    lines = log.read_text().splitlines()
    assert len(lines) == TAIL_LINES
    assert "line 399" in lines
    if how == "killed":
        assert lines[-1] == "out of patience"
    else:
        assert any(line.startswith("Traceback") for line in lines)
    if how != "refused":
        assert str(log) in str(error.fix)


@pytest.mark.parametrize(
    ("how", "kind", "said"),
    [
        ("refused", DataError, "row 7: it is bad"),
        (
            "error",
            FailedActorError,
            "starting: worker 3 (part 1) failed: TypeError: unsupported op",
        ),
        ("full", DiskError, "worker 3 (part 1) can't write: [Errno 28] No space left on device"),
        ("memory", InfrastructureError, "ran out of its GPU's memory: OutOfMemoryError: CUDA out"),
        ("killed", LostActorError, "starting: worker 3 (part 1) died: "),
    ],
)
def test_so_does_one_that_fails_later(
    logs: Path, how: str, kind: type[UserError], said: str
) -> None:
    actor = start()
    wait_for({"worker 3": actor.describe.remote()}, 60, "starting")
    error = ask(actor.work.remote(how), "worker 3 (part 1)")
    assert type(error) is kind
    assert said in error.message
    assert sorted(logs.glob("worker-3*.log"))


def test_an_answer_that_needs_a_lost_actor_blames_that_one(logs: Path) -> None:
    lost, asked = start(), start()
    needed = lost.work.remote("killed")
    error = ask(asked.work.remote("", needed), "trainer rank 0")
    assert isinstance(error, LostActorError)
    assert error.actor_id == lost._actor_id.hex()
    assert "another actor died" in error.message


def test_one_that_does_not_answer_is_named(logs: Path) -> None:
    actor = ray.remote(num_cpus=1000)(Role).remote("")
    with pytest.raises(LostActorError, match="no answer from role 9 within 1 s"):
        wait_for({"role 9": actor.describe.remote()}, 1, "starting")


def test_a_wait_can_be_ended(logs: Path) -> None:
    actor = ray.remote(num_cpus=1000)(Role).remote("")

    def check() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        wait_for({"role 9": actor.describe.remote()}, 60, "starting", check)
