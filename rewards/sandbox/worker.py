"""Run the pool's other end: a fork server, and the workers that it forks.

The *fork server* is a fresh Python that imports what verifiers need, starts no thread and does
nothing but fork a worker whenever the pool sends it a socket. So a replacement is ready in
milliseconds, and forking is safe whatever threads the pool's own process runs. Each worker serves
one socket until it is closed or the worker is killed.

Frames are a length and JSON. The pool sends lists of items. A worker answers each item with
``["start", seconds]`` when everything of ours is loaded and the deadline may begin to run, with
``["printed", text]`` and ``["importing", package]`` for what happens meanwhile, and with
``["done", result, cacheable]``, or ``["continue", messages, cacheable]`` where the environment asks
for another turn. Two answers mean "not here": ``["open"]``, when an isolated worker meets a reward
that wants network or files, and ``["load", names]`` for what takes long to import: the fork server
does that, so that later workers have it too (and some of it needs to write files).
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from rewards.registry import load
from rewards.result import Continue, Reply, RewardResult
from rewards.sandbox import isolation
from rewards.sandbox.scoring import Prepared, failed
from rewards.sandbox.watching import Printed, Watch

LENGTH = struct.Struct("!I")
MAX_FRAME = 256 * 2**20
MAX_REQUEST = 1 << 16
_CPU_SLACK_S = 1.0


class Settings(NamedTuple):
    """Holds what a fork server is told on its command line."""

    target: str
    """``module:function`` that turns an item into a `Prepared`."""
    memory_mib: int
    isolated: bool
    """Without network and files; limits hold in any case."""
    scratch: str
    """Empty directory in which completions are looked at; what is ours is loaded where the pool's
    owner is, so that relative paths mean the same."""
    echo: bool
    """Whether somebody wants to see what rewards print."""


def encode(content: object) -> bytes:
    """Write a frame.

    Raises:
        TypeError | ValueError: the content is not JSON.
    """
    body = json.dumps(content, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return LENGTH.pack(len(body)) + body


def decode(body: bytes | bytearray) -> Any:
    """Read the content of a frame's body."""
    return json.loads(body.decode("utf-8", "surrogatepass"))


def fork_server(control_fd: int, settings: Settings) -> None:
    """Fork a worker for each request until the pool closes its end."""
    control = socket.socket(fileno=control_fd)
    network = isolation.leave_network() if settings.isolated else "this reward asks for it"
    if settings.isolated:
        # Libraries ask for it when they are imported. Looking for one that can be written would
        # fail in a worker; this one can't be either, but few libraries go on to write.
        tempfile.tempdir = settings.scratch
    module, _, function = settings.target.partition(":")
    prepare: Callable[[Mapping[str, Any]], Prepared] = getattr(
        importlib.import_module(module), function
    )
    _freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    parent = os.getpid()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MAX_REQUEST, 1)
        if not message:
            return
        _load_all(json.loads(message))
        if os.fork() == 0:
            control.close()
            isolation.die_with_parent(parent)
            _worker(socket.socket(fileno=descriptors[0]), prepare, settings, network)
        os.close(descriptors[0])


_attempted: set[str] = set()
"""What this process, or the fork server before it was forked, has loaded or failed to."""


def _load_all(names: Sequence[str]) -> None:
    for name in names:
        _attempted.add(name)
        # One that can't be loaded is the error of the items that need it, not of all the others.
        with contextlib.suppress(Exception):
            load(name)
    if names:
        _freeze()


def _freeze() -> None:
    """Exempt what is loaded from collection, which would touch, and so copy, every shared page."""
    gc.collect()
    gc.freeze()


def _worker(
    pipe: socket.socket,
    prepare: Callable[[Mapping[str, Any]], Prepared],
    settings: Settings,
    network: str,
) -> None:
    """Serve a worker's items; never returns."""
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        isolation.limit_resources(settings.memory_mib)
        files = isolation.bar_writing() if settings.isolated else "this reward asks for them"
        level = isolation.Isolation(files, network, settings.memory_mib)
        pipe.sendall(encode(["hello", os.getpid(), asdict(level)]))
        # A process that a reward forks goes on as this one does; its answers would be taken for
        # those of the items that follow.
        os.register_at_fork(after_in_child=pipe.close)
        home = os.open(".", os.O_PATH | os.O_DIRECTORY)
        watches = _watches(pipe, echo=settings.echo)
        while (body := _receive(pipe)) is not None:
            _serve(pipe, prepare, decode(body), settings, home, watches)
    except (BrokenPipeError, ConnectionResetError):
        pass
    finally:
        os._exit(0)


def _watches(pipe: socket.socket, *, echo: bool) -> tuple[Watch, Printed]:
    """Put what watches a reward in its place; what it prints is told only where that is asked."""

    def tell(kind: str, text: str) -> None:
        pipe.sendall(encode([kind, text]))

    watch, printed = Watch(tell), Printed(tell)
    sys.meta_path.insert(0, watch)
    if echo:
        sys.stdout = printed
    return watch, printed


def _serve(
    pipe: socket.socket,
    prepare: Callable[[Mapping[str, Any]], Prepared],
    items: list[Any],
    settings: Settings,
    home: int,
    watches: tuple[Watch, Printed],
) -> None:
    imports, printed = watches
    answer = b""
    for item in items:
        os.chdir(home)
        prepared = _prepared(prepare, item)
        os.chdir(settings.scratch)
        if settings.isolated and not prepared.isolated:
            answer += encode(["open"])
            continue
        missing = [name for name in prepared.imports if name not in _attempted]
        if missing:
            pipe.sendall(answer + encode(["load", missing]))
            return
        isolation.allow_cpu(prepared.timeout_s + _CPU_SLACK_S)
        # The previous answer and this start go out together: one system call an item.
        pipe.sendall(answer + encode(["start", prepared.timeout_s]))
        imports.begin()
        printed.begin()
        try:
            reply = prepared.run()
        except MemoryError:
            reply = RewardResult.error("out of memory")
        except (SystemExit, KeyboardInterrupt) as problem:
            reply = RewardResult.error(f"the reward ends its process: {problem!r}"[:500])
        except Exception as problem:  # noqa: BLE001  (an environment may raise anything; never a wrong answer)
            reply = RewardResult.error(f"{type(problem).__name__}: {problem}"[:500])
        if pipe.fileno() < 0:
            os._exit(0)  # forked by the reward
        printed.end()
        imports.end()
        if isinstance(reply, RewardResult) and reply.status == "error":
            reply = replace(reply, message=reply.message + imports.failed_import())
        answer = _answer(reply, prepared.deterministic)
    pipe.sendall(answer)


def _prepared(prepare: Callable[[Mapping[str, Any]], Prepared], item: Any) -> Prepared:
    try:
        prepared = prepare(item)
        for name in prepared.imports:
            if name in _attempted:
                load(name)  # nothing to do, or the reason why it failed
        return prepared
    except Exception as problem:  # noqa: BLE001  (a user's module or row may raise anything)
        return failed(f"{type(problem).__name__}: {problem}"[:500])


def _answer(reply: Reply, deterministic: bool) -> bytes:
    if isinstance(reply, Continue):
        return encode(["continue", reply.messages, deterministic])
    fields = {
        "score": float(reply.score),
        "status": reply.status,
        "components": {name: float(value) for name, value in reply.components.items()},
        "extracted": reply.extracted,
        "message": reply.message,
    }
    return encode(["done", fields, deterministic and reply.teaches])


def _receive(pipe: socket.socket) -> bytes | None:
    """Return the body of one frame, or None when the pool has closed its end."""
    header = _exactly(pipe, LENGTH.size)
    return None if header is None else _exactly(pipe, LENGTH.unpack(header)[0])


def _exactly(pipe: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        part = pipe.recv(min(size - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)


if __name__ == "__main__":
    fork_server(int(sys.argv[1]), Settings(*json.loads(sys.argv[2])))
