"""Errors that are the user's to mend, and the exit codes that machines read.

A ``UserError`` is printed without a traceback: what is wrong, where (key path, or file and line),
and what would be right. Anything else that escapes is a bug and keeps its traceback.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from rewards.files import BadFile


class ExitCode(IntEnum):
    """What a process of this platform tells its caller (documented in the README)."""

    OK = 0
    BUG = 1
    CONFIG = 2
    PREFLIGHT = 3
    DATA = 4
    INFRASTRUCTURE = 5
    DIVERGED = 6
    PREEMPTED = 75


class UserError(Exception):
    """A mistake that the user can mend.

    Args:
        message: what is wrong and where, with the offending value.
        fix: what would be right, or the command that mends it.
    """

    exit_code: ExitCode = ExitCode.BUG

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message, fix)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return self.message if self.fix is None else f"{self.message}\n  fix: {self.fix}"


class ConfigError(UserError):
    """A key, type or value in the configuration is wrong."""

    exit_code = ExitCode.CONFIG


class PreflightError(UserError):
    """The configuration is well-formed, but this machine or cluster can't run it."""

    exit_code = ExitCode.PREFLIGHT


class DataError(UserError):
    """A data row is malformed; the message names file and line."""

    exit_code = ExitCode.DATA


@contextmanager
def data_errors() -> Iterator[None]:
    """Turn what the reader of files (`rewards.files`) refuses into a `DataError`."""
    try:
        yield
    except BadFile as error:
        raise DataError(error.message, error.fix) from error


class InfrastructureError(UserError):
    """An actor, node or network failed more often than the run's budget allows."""

    exit_code = ExitCode.INFRASTRUCTURE


MAKE_ROOM = "make room or raise the quota, then run the same command with run.resume=auto"
_DISK_REFUSES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)


def disk_refuses(error: BaseException) -> bool:
    """Whether an error says that the disk takes no more."""
    return isinstance(error, OSError) and error.errno in _DISK_REFUSES


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn a disk that takes no more into an `InfrastructureError`.

    Args:
        what: is being written, for the message.
    """
    try:
        yield
    except OSError as error:
        if not disk_refuses(error):
            raise
        raise InfrastructureError(f"{what} can't be written: {error}", MAKE_ROOM) from error


class DivergedError(UserError):
    """Training produced non-finite numbers and cannot go on."""

    exit_code = ExitCode.DIVERGED


class Preempted(UserError):
    """The run was asked to stop (SIGTERM), saved, and can be resumed."""

    exit_code = ExitCode.PREEMPTED
