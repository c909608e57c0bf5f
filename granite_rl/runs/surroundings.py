"""Prepare a process for unusual surroundings: a long TMPDIR, no home, packages of our names.

What can be corrected is corrected, for this process and those that it starts; for the rest an error
says what is wrong.
"""

from __future__ import annotations

import getpass
import os
import tempfile
from importlib import import_module
from pathlib import Path

from granite_rl.errors import PreflightError

ROOT = Path(__file__).resolve().parents[2]
OWN_PACKAGES = ("granite_rl", "rewards", "envs", "conf")
"""Top-level packages that every entry point imports."""

LONGEST_SOCKET_PATH = 107
"""Longest path of a Unix socket in bytes: 108 with the final zero (sockaddr_un in Linux)."""

SOCKET_NAME = 40
"""Bytes that multiprocessing and vLLM append to TMPDIR: a directory and a UUID."""

RAY_SOCKET_NAME = 92
"""Bytes that Ray appends: our directory, its session's date and process, and the socket's name."""

_SHORT_DIRECTORIES = ("/tmp", "/var/tmp", "/dev/shm")


mended: list[str] = []
"""Messages about what `prepare` has changed in this process."""


def prepare() -> None:
    """Shorten TMPDIR and find a home where needed; check that our packages are imported.

    Raises:
        PreflightError: no directory is short enough for sockets, or a file hides one of our
            packages.
    """
    check_own_packages()
    long = tempfile.gettempdir()
    if not _fits(long, SOCKET_NAME):
        os.environ["TMPDIR"] = tempfile.tempdir = socket_directory(SOCKET_NAME)
        mended.append(f"TMPDIR={long} is too long for sockets: {tempfile.tempdir} is used")
    problem = home_problem()
    if problem:
        os.environ["HOME"] = _private_home()
        mended.append(f"{problem}: caches go to {os.environ['HOME']}")
    try:
        getpass.getuser()
    except (KeyError, OSError):  # torch and Ray ask for it, and containers may not know the user
        os.environ["LOGNAME"] = f"uid{os.getuid()}"


def check_own_packages() -> None:
    """Refuse a ``rewards.py``, ``envs.py`` or ``conf`` of others that would be imported as ours.

    Raises:
        PreflightError: one was found; the message names the file.
    """
    for name in OWN_PACKAGES:
        found = getattr(import_module(name), "__file__", None)
        if found is None or Path(found).resolve().parents[1] != ROOT:
            raise PreflightError(
                f"{found or f'a directory {name}/'} hides granite-rl's own package {name!r}",
                f"rename it, or start from another directory (ours is {ROOT / name})",
            )


def _fits(directory: str, name: int) -> bool:
    return len(os.fsencode(directory)) + name <= LONGEST_SOCKET_PATH


def socket_directory(name: int) -> str:
    """Return the directory for temporary files, or a shorter one where socket paths would not fit.

    Args:
        name: bytes of the longest path below it.

    Raises:
        PreflightError: no directory is both short enough and writable.
    """
    candidates = (tempfile.gettempdir(), *_SHORT_DIRECTORIES)
    for candidate in candidates:
        if _fits(candidate, name) and os.access(candidate, os.W_OK | os.X_OK):
            return candidate
    raise PreflightError(
        f"TMPDIR: {tempfile.gettempdir()} is too long for sockets, whose paths have at most "
        f"{LONGEST_SOCKET_PATH} bytes, and none of {', '.join(_SHORT_DIRECTORIES)} can be written",
        f"set TMPDIR to a directory of at most {LONGEST_SOCKET_PATH - name} bytes",
    )


def home_problem() -> str:
    """Say why this process has no home directory to keep caches in; empty where it has one."""
    try:
        home = Path.home()
    except RuntimeError:
        return f"the user {os.getuid()} has no home directory, and HOME is not set"
    if not home.is_dir():
        return f"HOME={home} is not there"
    if not os.access(home, os.W_OK | os.X_OK) or home == Path("/"):
        return f"HOME={home} is no place to write to"
    return ""


def _private_home() -> str:
    """Return a directory of this user below TMPDIR, the same for every process of the user."""
    wanted = Path(tempfile.gettempdir()) / f"granite-rl-{os.getuid()}"
    try:
        wanted.mkdir(mode=0o700, exist_ok=True)
        owner = wanted.lstat()
    except OSError as error:
        raise PreflightError(
            f"{home_problem()}, and {wanted} can't be made: {error.strerror}",
            "set HOME to a directory that can be written",
        ) from error
    if wanted.is_symlink() or owner.st_uid != os.getuid():
        return tempfile.mkdtemp(prefix="granite-rl-home-")  # the name belongs to another user
    return str(wanted)
