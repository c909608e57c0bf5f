"""Define the errors that a user can correct, and the exit codes that machines read.

A ``UserError`` is printed without a traceback: what is wrong, where (key path, or file and line),
and what would be right. Anything else that escapes is a bug and keeps its traceback.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from importlib.util import find_spec

from rewards.files import BadFile


class ExitCode(IntEnum):
    """Lists what a process of this platform tells its caller (documented in the README)."""

    OK = 0
    BUG = 1
    CONFIG = 2
    PREFLIGHT = 3
    DATA = 4
    INFRASTRUCTURE = 5
    DIVERGED = 6
    PREEMPTED = 75


class UserError(Exception):
    """Reports a mistake that the user can correct.

    Args:
        message: what is wrong and where, with the offending value.
        fix: what would be right, or the command that corrects it.
    """

    exit_code: ExitCode = ExitCode.BUG

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message, fix)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return self.message if self.fix is None else f"{self.message}\n  fix: {self.fix}"


class ConfigError(UserError):
    """Says that a key, type or value in the configuration is wrong."""

    exit_code = ExitCode.CONFIG


WITH_EXTRAS = "`make setup` in a clone, or the line that the README gives for the extras"
"""How to install what a light installation lacks."""

_TRAINING = (
    "datasets",
    "deepspeed",
    "huggingface_hub",
    "jaxtyping",
    "loguru",
    "ray",
    "safetensors",
    "skyrl",
    "tensorboard",
    "tokenizers",
    "torch",
    "transformers",
    "wandb",
    "xxhash",
)
_EXTRA_OF = {
    **dict.fromkeys(_TRAINING, "train"),
    "vllm": "cpu` or `gpu",
}
"""The extra that brings a package, by the name that is imported."""


@contextmanager
def missing_extras() -> Iterator[None]:
    """Turn the absence of a package that an extra brings into a `ConfigError` that names it."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA_OF or find_spec(package) is not None:
            raise
        raise ConfigError(
            f"{package} is not installed: it comes with the extra `{_EXTRA_OF[package]}`",
            WITH_EXTRAS,
        ) from error


class PreflightError(UserError):
    """Says that a well-formed configuration can't run on this machine or cluster."""

    exit_code = ExitCode.PREFLIGHT


class DataError(UserError):
    """Says that a data row is malformed; the message names file and line."""

    exit_code = ExitCode.DATA


@contextmanager
def data_errors() -> Iterator[None]:
    """Turn the errors of the file reader (`rewards.files`) into a `DataError`."""
    try:
        yield
    except BadFile as error:
        raise DataError(error.message, error.fix) from error


class InfrastructureError(UserError):
    """Says that an actor, node or network failed more often than the run's limit allows."""

    exit_code = ExitCode.INFRASTRUCTURE


class DiskError(InfrastructureError):
    """Says that the disk refuses to write, e.g. because it is full."""


MAKE_ROOM = "make room or raise the quota, then run the same command with run.resume=auto"
_DISK_REFUSES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)


def disk_refuses(error: BaseException) -> bool:
    """Return whether an error says that the disk refuses to write, e.g. because it is full."""
    return isinstance(error, OSError) and error.errno in _DISK_REFUSES


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn the errors of a disk that refuses to write into a `DiskError`.

    Args:
        what: what is being written, for the message.
    """
    try:
        yield
    except OSError as error:
        if not disk_refuses(error):
            raise
        raise DiskError(f"{what} can't be written: {error}", MAKE_ROOM) from error


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message that says something, else the error's type."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


class DivergedError(UserError):
    """Says that training produced non-finite numbers and cannot go on."""

    exit_code = ExitCode.DIVERGED


class Preempted(UserError):
    """Says that the run was asked to stop (SIGTERM), saved, and can be resumed."""

    exit_code = ExitCode.PREEMPTED
