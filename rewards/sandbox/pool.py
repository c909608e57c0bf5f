"""Score completions in a pool of processes that can be killed.

Verifiers run on text that a policy wrote, and a policy finds every input that hangs, crashes or
bloats one. So each item has its reward's deadline, enforced by SIGKILL from outside: no signal
handlers, no threads that can't be stopped. A poisoned item costs its own verdict (``timeout`` or
``error``) and a replacement of its worker (5-30 ms); items behind it go on elsewhere.

The pool's processes are forked from a fork server of their own (``rewards.sandbox.worker``), never
from the calling process, so that it works the same from the main thread, a thread, asyncio
(``asyncio.to_thread``) and a Ray actor. Items travel in chunks and their verdicts one by one, so
that it is always known which item a worker is at.

Verdicts of deterministic rewards are remembered by the content of their item: the samples of an
easy prompt are often the same words. Of an episode of several turns the item holds all turns so
far, so that any worker can answer the next one (`envs.scoring`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from rewards.result import Continue, Reply, RewardResult, final
from rewards.sandbox.isolation import Isolation
from rewards.sandbox.watching import first_import
from rewards.sandbox.worker import LENGTH, MAX_FRAME, Settings, decode, encode

CHUNK = 32
"""Items that a worker is sent at a time."""

LOAD_TIMEOUT_S = 60.0
"""For what is ours: starting a worker, importing a reward, building an environment."""

STARVATION = 5.0
"""A deadline is extended by what its worker waited for a core, up to this many times the limit."""

MAX_COMPLETION_CHARS = 1_000_000
"""Longer completions, or episodes, are not looked at: no answer is a megabyte long."""

CACHE_ENTRIES = 100_000

MAX_REMEMBERED_CHARS = 1_000
"""Longer answers of an environment are worked out again: as many as `CACHE_ENTRIES` of them would
take gigabytes, and saying them once more takes milliseconds."""

Item = Mapping[str, Any]


class PoolError(RuntimeError):
    """Says that the pool's own processes can't be started."""


class _MustLoad(Exception):
    """Says that a worker needs what only the fork server can load: another takes its items."""


class _Worker:
    """Is one worker process, as seen from the pool."""

    def __init__(self, pipe: socket.socket) -> None:
        self.pipe = pipe
        self.pid = self.handle = 0
        """Its number, and a descriptor that stands for it: known once it has said hello."""
        self.received = bytearray()
        self.items: deque[int] = deque()
        """Indices of the items it holds; the first is the one it is at."""
        self.deadline = 0.0
        self.limit_s = 0.0
        """Seconds that the present deadline allowed; 0 while the item is being loaded."""
        self.starved_s = 0.0
        """Seconds of waiting for a core that deadlines have been extended by so far."""
        self.importing = ""
        """What its present item has imported for the first time, while its time runs."""

    def frames(self) -> list[Any]:
        """Return the frames that have arrived completely.

        Raises:
            EOFError: the worker is gone, or what it sends is no frame.
        """
        try:
            chunk = self.pipe.recv(1 << 18)
        except (ConnectionResetError, BrokenPipeError) as error:
            raise EOFError from error
        if not chunk:
            raise EOFError
        self.received += chunk
        frames, at = [], 0
        while len(self.received) - at >= LENGTH.size:
            (size,) = LENGTH.unpack_from(self.received, at)
            if size > MAX_FRAME:
                raise EOFError
            if len(self.received) - at - LENGTH.size < size:
                break
            at += LENGTH.size
            frames.append(decode(self.received[at : at + size]))
            at += size
        del self.received[:at]
        return frames

    def expired(self, now: float) -> bool:
        """Tell whether its time is up, not counting what it waited for a core.

        On a busy machine even a trivial verdict can take seconds, which is not the completion's
        fault.
        """
        if now < self.deadline:
            return False
        starved = self.waited_for_core_s()
        extension = min(starved - self.starved_s, STARVATION * max(self.limit_s, 1.0))
        self.starved_s = starved
        if extension < 0.01:
            return True
        self.deadline = now + extension
        return False

    def waited_for_core_s(self) -> float:
        """Return the seconds that it was runnable and had no core; 0 if unknown."""
        try:
            with open(f"/proc/{self.pid}/schedstat", encoding="ascii") as stream:
                return int(stream.read().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def kill(self) -> None:
        """End the process and everything that it started."""
        # The handle means this process even when its number has been given to another one; its
        # session's number stays taken while a process that it started lives.
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        os.close(self.handle)
        self.pipe.close()


class RewardPool:
    """Scores items in processes that can be killed; a context manager.

    Args:
        workers: processes that score at the same time.
        target: ``module:function`` that turns an item into a `rewards.sandbox.scoring.Prepared`.
        memory_mib: address space that one worker may add to what it starts with.
        isolated: bar workers from network and from writing files, where the kernel can.
        cache_entries: verdicts of deterministic rewards that are remembered.
        hash_seed: decides the order of sets, the same in every worker.
        listener: is given what rewards print, with the item; without it that is dropped.
    """

    def __init__(
        self,
        workers: int = 1,
        *,
        target: str = "rewards.sandbox.scoring:prepare",
        memory_mib: int = 1024,
        isolated: bool = True,
        cache_entries: int = CACHE_ENTRIES,
        hash_seed: int = 0,
        listener: Callable[[Item, str], None] | None = None,
    ) -> None:
        if workers < 1:
            raise ValueError(f"workers: {workers}; at least one is needed")
        self._size = workers
        self._lock = threading.Lock()
        self._workers: list[_Worker] = []
        self._cache: OrderedDict[bytes, Reply] = OrderedDict()
        self._cache_entries = cache_entries
        self._directory = tempfile.TemporaryDirectory(prefix="granite-rl-rewards-")
        self._listener = listener
        self._items: Sequence[Item] = ()
        self._settings = Settings(
            target, memory_mib, isolated, self._directory.name, listener is not None
        )
        self._isolation: Isolation | None = None
        self._without_isolation: RewardPool | None = None
        self.replaced = 0
        """Workers that were killed or died so far."""
        self.cache_hits = 0
        """Verdicts that were remembered instead of worked out."""
        self._loads: list[str] = []
        """What the fork server is to load before it forks the next worker."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        command = [sys.executable, "-sP", "-m", "rewards.sandbox.worker"]
        self._fork_server = subprocess.Popen(
            [*command, str(theirs.fileno()), json.dumps(self._settings)],
            # Nothing of ours for a verifier to read, but what Python needs; the same order of sets
            # in every worker.
            env={"PYTHONPATH": path, "PYTHONHASHSEED": str(hash_seed), "OMP_NUM_THREADS": "1"}
            | ({} if isolated else dict(os.environ)),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all processes; harmless when repeated."""
        with self._lock:
            for worker in self._workers:
                worker.kill()
            self._workers = []
            self._control.close()
            if self._without_isolation is not None:
                self._without_isolation.close()
            try:
                self._fork_server.wait(5.0)
            except subprocess.TimeoutExpired:
                self._fork_server.kill()
                self._fork_server.wait()
            self._directory.cleanup()

    @property
    def isolation(self) -> Isolation:
        """Return the level in force.

        Raises:
            PoolError: no worker can be started.
        """
        with self._lock:
            self._fill()
        assert self._isolation is not None
        return self._isolation

    def score(self, items: Sequence[Item]) -> list[RewardResult]:
        """Return verdicts in the order of ``items``; one that asks for another turn is an error.

        Raises:
            PoolError: the pool's own processes can't be started.
        """
        return [final(reply) for reply in self.step(items)]

    def step(self, items: Sequence[Item]) -> list[Reply]:
        """Return replies in the order of ``items``; calls from several threads take turns.

        Raises:
            PoolError: the pool's own processes can't be started.
        """
        results: list[Reply | None] = [None] * len(items)
        keys: list[bytes | None] = [None] * len(items)
        bodies: list[bytes] = [b""] * len(items)
        with self._lock:
            self._items = items
            todo: deque[int] = deque()
            for index, item in enumerate(items):
                results[index], bodies[index] = _packed(item)
                if results[index] is not None:
                    continue
                if self._cache_entries:
                    keys[index] = hashlib.blake2b(bodies[index], digest_size=16).digest()
                    results[index] = self._remembered(keys[index])
                if results[index] is None:
                    todo.append(index)
            try:
                self._run(todo, bodies, results, keys)
            except BaseException:
                # Half-read answers must not be taken for those of the next call.
                for worker in self._workers:
                    worker.kill()
                self._workers = []
                raise
            elsewhere = [index for index, result in enumerate(results) if result is None]
            if elsewhere:
                again = self._open_pool().step([items[index] for index in elsewhere])
                for index, result in zip(elsewhere, again, strict=True):
                    results[index] = result
        return [result for result in results if result is not None]

    def _open_pool(self) -> RewardPool:
        """Return the pool for rewards that ask for network or files, such as a judge."""
        if self._without_isolation is None:
            self._without_isolation = RewardPool(
                self._size,
                target=self._settings.target,
                memory_mib=self._settings.memory_mib,
                isolated=False,
                cache_entries=self._cache_entries,
                listener=self._listener,
            )
        return self._without_isolation

    def _run(
        self,
        todo: deque[int],
        bodies: Sequence[bytes],
        results: list[Reply | None],
        keys: Sequence[bytes | None],
    ) -> None:
        with selectors.DefaultSelector() as selector:
            while todo or any(worker.items for worker in self._workers):
                if todo:
                    self._fill()
                for worker in list(self._workers):
                    if todo and not worker.items:
                        self._send(worker, todo, bodies)
                    if worker.items and worker.pipe not in selector.get_map():
                        selector.register(worker.pipe, selectors.EVENT_READ, worker)
                busy = [worker for worker in self._workers if worker.items]
                if not busy:
                    continue
                patience = max(0.0, min(w.deadline for w in busy) - time.monotonic())
                for key, _ in selector.select(patience):
                    worker = key.data
                    try:
                        for frame in worker.frames():
                            self._take(worker, frame, results, keys)
                    except _MustLoad:
                        self._end(worker, todo, selector)
                    except (EOFError, ValueError, KeyError, TypeError, IndexError):
                        self._lose(worker, _died(worker), todo, results, selector)
                now = time.monotonic()
                for worker in [w for w in self._workers if w.items and w.expired(now)]:
                    self._lose(worker, _too_slow(worker), todo, results, selector)

    def _send(self, worker: _Worker, todo: deque[int], bodies: Sequence[bytes]) -> None:
        """Give a worker its next chunk, small enough that the last ones finish together."""
        count = min(CHUNK, max(1, len(todo) // (2 * self._size)))
        worker.items.extend(todo.popleft() for _ in range(min(count, len(todo))))
        worker.deadline, worker.limit_s = time.monotonic() + LOAD_TIMEOUT_S, 0.0
        worker.starved_s = worker.waited_for_core_s()
        body = b"[" + b",".join(bodies[index] for index in worker.items) + b"]"
        # A worker that died meanwhile is noticed when it is read from.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            worker.pipe.sendall(LENGTH.pack(len(body)) + body)

    def _take(
        self,
        worker: _Worker,
        frame: Any,
        results: list[Reply | None],
        keys: Sequence[bytes | None],
    ) -> None:
        kind, *content = frame
        if kind == "start":
            worker.limit_s = float(content[0])
            worker.deadline = time.monotonic() + worker.limit_s
            worker.importing = ""
            return
        if kind == "importing":
            worker.importing = worker.importing or str(content[0])
            return
        if kind == "printed":
            if self._listener is not None:
                self._listener(self._items[worker.items[0]], str(content[0]))
            return
        if kind == "load":
            self._loads += content[0]
            raise _MustLoad
        index = worker.items.popleft()
        worker.deadline, worker.limit_s = time.monotonic() + LOAD_TIMEOUT_S, 0.0
        if kind == "open":
            return
        body, cacheable = content
        reply: Reply = Continue.of(body) if kind == "continue" else RewardResult(**body)
        results[index] = reply
        key = keys[index]
        if key is not None and cacheable and _memorable(reply):
            self._cache[key] = reply
            if len(self._cache) > self._cache_entries:
                self._cache.popitem(last=False)

    def _lose(
        self,
        worker: _Worker,
        verdict: RewardResult,
        todo: deque[int],
        results: list[Reply | None],
        selector: selectors.BaseSelector,
    ) -> None:
        """Give the present item of a dead or slow worker its verdict; the rest goes on."""
        self.replaced += 1
        results[worker.items.popleft()] = verdict
        self._end(worker, todo, selector)

    def _end(self, worker: _Worker, todo: deque[int], selector: selectors.BaseSelector) -> None:
        """End a worker; what it still holds waits for others."""
        selector.unregister(worker.pipe)
        worker.kill()
        self._workers.remove(worker)
        todo.extendleft(reversed(worker.items))
        worker.items.clear()

    def _fill(self) -> None:
        """Start workers until the pool has its size."""
        while len(self._workers) < self._size:
            self._workers.append(self._start())

    def _start(self) -> _Worker:
        ours, theirs = socket.socketpair()
        try:
            socket.send_fds(self._control, [json.dumps(self._loads).encode()], [theirs.fileno()])
            self._loads = []
        except OSError as error:
            raise PoolError(self._why()) from error
        finally:
            theirs.close()
        worker = _Worker(ours)
        ours.settimeout(LOAD_TIMEOUT_S)
        try:
            frames: list[Any] = []
            while not frames:
                frames = worker.frames()
        except (EOFError, TimeoutError) as error:
            ours.close()
            raise PoolError(self._why()) from error
        _, worker.pid, level = frames[0]
        worker.handle = os.pidfd_open(worker.pid)  # it waits for items, so it is alive
        self._isolation = Isolation(**level)
        ours.settimeout(None)
        return worker

    def _why(self) -> str:
        try:
            state = f"ended with exit code {self._fork_server.wait(1.0)}"
        except subprocess.TimeoutExpired:
            state = "does not answer"
        return f"the process that forks reward workers {state}; what it said is on stderr"

    def _remembered(self, key: bytes | None) -> Reply | None:
        result = None if key is None else self._cache.get(key)
        if result is not None and key is not None:
            self._cache.move_to_end(key)
            self.cache_hits += 1
        return result


def _packed(item: Item) -> tuple[RewardResult | None, bytes]:
    """Write an item as JSON, or give the verdict on one that is not to be looked at."""
    said = item.get("actions", [item.get("completion")])
    if not isinstance(said, list | tuple) or not said:
        return RewardResult.error("'actions' is not a list of one or more turns"), b""
    for turn in said:
        if not isinstance(turn, str):
            return RewardResult.error(f"the completion is {type(turn).__name__}, no text"), b""
    if sum(map(len, said)) > MAX_COMPLETION_CHARS:
        return RewardResult.wrong_format(f"longer than {MAX_COMPLETION_CHARS:,} characters"), b""
    try:
        return None, encode(item)[LENGTH.size :]
    except (TypeError, ValueError, RecursionError) as problem:
        return RewardResult.error(f"the row is no JSON: {problem}"[:300]), b""


def _memorable(reply: Reply) -> bool:
    if isinstance(reply, RewardResult):
        return True
    return sum(len(message["content"]) for message in reply.messages) <= MAX_REMEMBERED_CHARS


def _too_slow(worker: _Worker) -> RewardResult:
    limit = worker.limit_s
    if not limit:
        return RewardResult.error(f"loading took longer than {LOAD_TIMEOUT_S:g} s")
    said = f"no verdict within {limit:g} s" + first_import(worker.importing)
    return RewardResult(0.0, "timeout", message=said)


def _died(worker: _Worker) -> RewardResult:
    doing = "scoring" if worker.limit_s else "loading"
    said = f"the worker died while {doing} (crash, or out of memory)"
    return RewardResult.error(said + first_import(worker.importing))
