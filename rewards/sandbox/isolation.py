"""Keep a verifier that runs on hostile text from harming the machine it runs on.

Applied to a worker process from inside, before it sees its first completion. Layers, each reported
when the kernel refuses it:

- limits: address space, file size 0, open files, CPU time per item; a session of its own, an empty
  environment. Always there on Linux.
- files: Landlock, nothing may be written, created or removed (`/dev/null` aside), and no process
  outside may be signalled. Linux 5.13, signals 6.12.
- network: a network namespace without interfaces. Needs unprivileged user namespaces.

This is containment of accidents and of text that makes libraries misbehave, not a virtual machine:
whoever can run code of their own in a worker can still read what its user can read.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from dataclasses import dataclass

OPEN_FILES = 64

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
# Rights of Landlock's ABI: bit numbers by the version that introduced them.
_WRITE_FILE = 1 << 1
_FILE_RIGHTS = _WRITE_FILE | sum(1 << bit for bit in range(4, 13))  # remove and make anything
_TRUNCATE = 1 << 14  # ABI 3
_SCOPE_SIGNALS = 1 << 1  # ABI 6


@dataclass(frozen=True)
class Isolation:
    """Says which level of isolation is in force, for people to read."""

    files: str
    """Empty when writing is barred, else why it is not."""
    network: str
    """Empty when there is none, else why there is."""
    memory_mib: int

    def describe(self) -> str:
        """Write the level in one line for a log."""
        files = f"open ({self.files})" if self.files else "read-only"
        network = f"open ({self.network})" if self.network else "none"
        return f"memory {self.memory_mib} MiB, files {files}, network {network}; no virtual machine"


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _reason() -> str:
    return os.strerror(ctypes.get_errno())


def leave_network() -> str:
    """Move this process into a network namespace without interfaces; call it before any thread.

    Returns:
        Why that was not possible; empty when it was.
    """
    if sys.platform != "linux":
        return f"not supported on {sys.platform}"
    if _libc().unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return f"unshare: {_reason()}"
    return ""


def die_with_parent(parent: int) -> None:
    """End at once when the process ``parent``, which forked this one, does. Linux only."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:  # it was quicker
            os._exit(1)


def limit_resources(memory_mib: int) -> None:
    """Bound address space (on top of what is mapped now), files and core dumps of this process."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        mapped = int(statm.read().split()[0]) * resource.getpagesize()
    limits = {
        resource.RLIMIT_AS: mapped + memory_mib * 2**20,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, wanted in limits.items():
        _, hard = resource.getrlimit(kind)
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (value, value))


def allow_cpu(seconds: float) -> None:
    """Allow this process ``seconds`` of CPU time from now on, then SIGXCPU ends it.

    The pool kills at a wall-clock deadline; this one holds when the pool itself is gone.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def bar_writing() -> str:
    """Forbid this process to change any file and, where possible, to signal others, for good.

    Returns:
        Why that was not possible; empty when it was.
    """
    if sys.platform != "linux":
        return f"not supported on {sys.platform}"
    libc = _libc()
    version = libc.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return f"Landlock: {_reason()}"
    rights = _FILE_RIGHTS | (_TRUNCATE if version >= 3 else 0)
    # struct landlock_ruleset_attr: files, network (4), scopes (6); older kernels know a prefix.
    fields = [rights, 0, _SCOPE_SIGNALS if version >= 6 else 0]
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = libc.syscall(_CREATE_RULESET, attributes, size, 0)
    if rules < 0:
        return f"Landlock: {_reason()}"
    try:
        sink = os.open(os.devnull, os.O_PATH | os.O_CLOEXEC)
        try:
            beneath = struct.pack("=Qi", _WRITE_FILE, sink)
            if libc.syscall(_ADD_RULE, rules, 1, beneath, 0) != 0:
                return f"Landlock: {_reason()}"
        finally:
            os.close(sink)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return f"no_new_privs: {_reason()}"
        if libc.syscall(_RESTRICT_SELF, rules, 0) != 0:
            return f"Landlock: {_reason()}"
    finally:
        os.close(rules)
    return ""
