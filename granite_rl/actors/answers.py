"""Wait for actors' answers, and say in words why one does not come.

Whatever an actor raises is brought back as an error of ours: a ``UserError`` as it was raised, any
other exception as one line that names the actor, with the end of its log kept
(`granite_rl.actors.logs`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import ray
from pydantic import ValidationError
from ray.exceptions import OutOfMemoryError, RayActorError, RayError, RayTaskError

from granite_rl.actors.logs import ACTOR_LOGS
from granite_rl.errors import (
    MAKE_ROOM,
    DiskError,
    InfrastructureError,
    UserError,
    disk_refuses,
)

LOST = (RayActorError, OutOfMemoryError)
"""What Ray raises for an actor that is gone; one that it killed because the node ran out of memory
has an exception of its own."""

LOOK_S = 0.5
"""How often a wait looks for failures and for a request to stop."""

LONGEST_CAUSE = 500
"""Characters of a cause that are shown."""


class RoleStartError(RuntimeError):
    """The constructor of a role failed; the message is its cause in one line."""


class LostActorError(InfrastructureError):
    """An actor died, or did not answer in time.

    Attributes:
        actor_id: of the one that died, which may be another than the one that was asked: an answer
            needs those that it is made from. None: an answer is late.
    """

    def __init__(self, message: str, fix: str | None = None, actor_id: str | None = None) -> None:
        super().__init__(message, fix)
        self.actor_id = actor_id


class FailedActorError(UserError):
    """An actor raised something that is no error of ours: a bug, its or a plug-in's."""


def wait_for(
    refs: Mapping[str, Any],
    timeout_s: float,
    doing: str,
    check: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Wait for several actors with a deadline; the first failure ends the wait.

    Args:
        refs: object references by the name of the actor that works on them.
        timeout_s: seconds for all of them together.
        doing: what they do, for the message.
        check: called about twice a second; what it raises ends the wait.

    Raises:
        LostActorError: an actor died, or the deadline passed; names which.
        InfrastructureError: an actor could not start, the disk refused what it wrote (`DiskError`),
            or its GPU has too little memory.
        UserError: as an actor raised it.
        FailedActorError: an actor raised anything else.
    """
    deadline = time.monotonic() + timeout_s
    pending, values = dict(refs), {}
    while pending:
        left = deadline - time.monotonic()
        waiting = list(pending.values())
        limit = max(0.0, min(left, LOOK_S))
        ready = set(ray.wait(waiting, num_returns=len(waiting), timeout=limit)[0])
        for name, ref in list(pending.items()):
            if ref in ready:
                values[name] = answer(name, ref, doing)
                del pending[name]
        if pending:
            check()
        if pending and left <= 0:
            kept = [ACTOR_LOGS.keep(name, actor_of(ref)) for name, ref in pending.items()]
            raise LostActorError(
                f"{doing}: no answer from {', '.join(pending)} within {timeout_s:g} s",
                _see(next(filter(None, kept), None)),
            )
    return {name: values[name] for name in refs}


def answer(name: str, ref: Any, doing: str) -> Any:
    """Return one actor's answer, or raise what `wait_for` raises."""
    try:
        return ray.get(ref)
    except (*LOST, RayTaskError) as error:
        raise failure(name, ref, doing, error) from error


def failure(name: str, ref: Any, doing: str, error: Exception) -> UserError:
    """Turn what Ray raised for an answer into an error of ours, and keep the end of the log."""
    asked = actor_of(ref)
    if isinstance(error, LOST):
        dead = getattr(error, "actor_id", None) or asked
        who = name if dead == asked else ACTOR_LOGS.roles.get(dead, "another actor")
        fix = _see(ACTOR_LOGS.keep(who, dead))
        return LostActorError(f"{doing}: {who} died: {in_words(error)}", fix, dead)
    cause = getattr(error, "cause", None)
    kept = ACTOR_LOGS.keep(name, asked)
    if isinstance(cause, UserError):
        return cause
    if isinstance(cause, RoleStartError):
        return InfrastructureError(f"{doing}: {name} can't start: {cause}", _see(kept))
    if isinstance(cause, OSError) and disk_refuses(cause):
        return DiskError(f"{doing}: {name} can't write: {_one_line(str(cause))}", MAKE_ROOM)
    if type(cause).__name__ == "OutOfMemoryError":  # torch's; it is not imported here
        return InfrastructureError(
            f"{doing}: {name} ran out of its GPU's memory: {in_words(error)}",
            "lower trainer.row_tokens or trainer.rows_per_microbatch, set "
            "trainer.gradient_checkpointing=true, or use more trainer.ranks with ZeRO 3",
        )
    return FailedActorError(f"{doing}: {name} failed: {in_words(error)}", _see(kept))


def actor_of(ref: Any) -> str:
    """Return Ray's id of the actor that works on an object reference."""
    return str(ref.task_id().actor_id().hex())


def _see(kept: object) -> str | None:
    return None if kept is None else f"see the last lines of its log in {kept}"


_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_DETAIL = re.compile(r"Worker exit detail: (.*?)(?:\.? Some common causes include|$)", re.DOTALL)
_CONNECTION_ENDED = "Worker unexpectedly exits with a connection error"


def in_words(error: BaseException) -> str:
    """Say in one line, without colours, why a call of an actor failed."""
    if isinstance(error, RayTaskError):
        # Ray puts an error of its own for a cause that it could not send.
        sent = type(error.cause) is not RayError
        return first_cause(error.cause) if sent else _one_line(error.traceback_str.splitlines()[-1])
    text = _COLOUR.sub("", str(error))
    if isinstance(error, RayActorError):
        if "raised in its creation task" in text:
            return _one_line(text.rstrip().splitlines()[-1])
        detail = _DETAIL.search(text)
        if detail is not None and detail[1].startswith(_CONNECTION_ENDED):
            return "its process was killed or crashed"
        return _one_line(detail[1] if detail else text.rstrip().splitlines()[-1])
    lines = [line for line in text.splitlines() if line.strip()]
    return _one_line(lines[0]) if lines else type(error).__name__


def first_cause(error: BaseException) -> str:
    """Say an exception in one line: its type and message, of a refused configuration the reason."""
    if isinstance(error, UserError):
        return _one_line(error.message)
    if isinstance(error, LOST):
        return in_words(error)
    if isinstance(error, ValidationError):
        return _one_line(error.errors()[0]["msg"].removeprefix("Value error, "))
    text = _one_line(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _one_line(text: str) -> str:
    words = " ".join(_COLOUR.sub("", text).split())
    return words if len(words) <= LONGEST_CAUSE else f"{words[:LONGEST_CAUSE]} ..."
