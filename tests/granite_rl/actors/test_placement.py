"""Waiting for actors: whoever is late or gone is named, and it is nobody's bug."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import ray
import ray._private.services
import ray._private.utils
from ray.exceptions import ActorDiedError, GetTimeoutError, OutOfMemoryError

from granite_rl.actors import answers, placement
from granite_rl.errors import ExitCode, InfrastructureError, PreflightError
from granite_rl.runs import ray_cluster
from granite_rl.runs.preemption import StopSignal


class Reference:
    """Stands for an object reference."""

    def __init__(self, actor_id: str) -> None:
        self._actor_id = actor_id

    def task_id(self) -> Any:
        """Ray's path from a reference to its actor."""
        return SimpleNamespace(actor_id=lambda: SimpleNamespace(hex=lambda: self._actor_id))


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (ActorDiedError(), "generator 0 died: The actor died unexpectedly"),
        (OutOfMemoryError("1 worker(s) were killed due to the node running low"), "running low"),
        (GetTimeoutError(), "no answer from generator 1 within 0.05 s"),
    ],
)
def test_a_lost_actor_is_an_infrastructure_failure(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, said: str
) -> None:
    first, second = Reference("01"), Reference("02")

    def get(*_: Any, **__: Any) -> Any:
        if isinstance(raised, GetTimeoutError):
            return None
        raise raised

    monkeypatch.setattr(ray, "get", get)
    monkeypatch.setattr(ray, "wait", lambda refs, **_: (refs if first in refs else [], refs[1:]))
    if isinstance(raised, GetTimeoutError):
        monkeypatch.setattr(ray, "wait", lambda refs, **_: ([first], [second]))
    with pytest.raises(InfrastructureError, match=said) as caught:
        answers.wait_for({"generator 0": first, "generator 1": second}, 0.05, "starting vLLM")
    assert caught.value.message.startswith("starting vLLM: ")
    assert caught.value.exit_code == ExitCode.INFRASTRUCTURE


def configuration() -> Any:
    from granite_rl.config import StageConfig
    from granite_rl.entry import compose, validate

    given = ["stage=math", "recipe=demo", "model.path=M", "data.train=D"]
    return validate(StageConfig, compose("rl", given))


@pytest.mark.parametrize("failures", [1, placement.START_ATTEMPTS])
def test_a_slow_start_is_tried_again(monkeypatch: pytest.MonkeyPatch, failures: int) -> None:
    begun: list[str] = []
    daemons: list[subprocess.Popen[bytes]] = []

    def init(**options: Any) -> None:
        begun.append(options["_temp_dir"])
        if len(begun) <= failures:
            daemons.append(subprocess.Popen(["sh", "-c", "sleep 60; true", f"{begun[-1]}/logs"]))
            raise Exception("The current node timed out during startup. This could ...")

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    if failures < placement.START_ATTEMPTS:
        with placement.ray_session(configuration().cluster):
            assert len(set(begun)) == failures + 1
    else:
        with (
            pytest.raises(InfrastructureError, match="did not start within 30 s"),
            placement.ray_session(configuration().cluster),
        ):
            raise AssertionError("there is no session")
    assert not [path for path in begun if Path(path).exists()]
    # What a failed start had begun ends with it, not with this process.
    assert len(daemons) == failures
    assert not any(psutil.pid_exists(daemon.pid) for daemon in daemons)


def test_a_slow_start_is_not_tried_again_once_it_may_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def init(**_: Any) -> None:
        calls.append("init")
        raise Exception("The current node timed out during startup. This could ...")

    def check() -> None:
        if calls:
            raise InterruptedError

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    cluster = configuration().cluster
    with pytest.raises(InterruptedError), placement.ray_session(cluster, check=check):
        raise AssertionError("there is no session")
    assert calls == ["init"]


def test_an_interrupted_start_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Path] = []

    def init(**options: Any) -> None:
        begun.append(Path(options["_temp_dir"]))
        raise SystemExit(143)

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    with pytest.raises(SystemExit), placement.ray_session(configuration().cluster):
        raise AssertionError("there is no session")
    assert len(begun) == 1
    assert not begun[0].exists()


def test_ray_leaves_signals_to_a_process_that_handles_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(**_: Any) -> None:
        ray._private.utils.set_sigterm_handler(lambda number, frame: None)
        child = ray._private.services.ConsolePopen(["sleep", "60"])
        try:
            assert os.getpgid(child.pid) == child.pid
        finally:
            child.kill()
            child.wait()

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    with StopSignal() as stop, placement.ray_session(configuration().cluster):
        assert signal.getsignal(signal.SIGTERM) == stop._handle
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with placement.ray_session(configuration().cluster):
            assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL, "Ray handles it then"
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_cluster_that_does_not_answer_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port without a listener, and one that is listened to by something that is not Ray."""
    monkeypatch.setattr(ray_cluster, "CONNECT_S", 0.5)
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        for says in ("refused", "no Ray cluster answers at"):
            with (
                pytest.raises(PreflightError, match=f"RAY_ADDRESS={address}: .*{says}") as caught,
                placement.ray_session(configuration().cluster),
            ):
                raise AssertionError("there is no session")
            assert "unset it" in str(caught.value.fix)
            listener.listen()
    assert not ray.is_initialized()


def test_ray_finds_a_directory_that_is_short_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    begun: list[str] = []
    monkeypatch.setattr(ray, "init", lambda **options: begun.append(options["_temp_dir"]))
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    with placement.ray_session(configuration().cluster):
        assert len(f"{begun[0]}/session_2026-11-27_18-31-27_123456_1234567/sockets/raylet.1") < 107
