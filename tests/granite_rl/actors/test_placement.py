"""Waiting for actors: whoever is late or gone is named, and it is nobody's bug."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.exceptions import ActorDiedError, GetTimeoutError, OutOfMemoryError

from granite_rl.actors import placement
from granite_rl.errors import ExitCode, InfrastructureError, PreflightError


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (ActorDiedError(), "an actor died"),
        (OutOfMemoryError("1 worker(s) were killed due to the node running low"), "running low"),
        (GetTimeoutError(), "no answer from generator 1 within 2 s"),
    ],
)
def test_a_lost_actor_is_an_infrastructure_failure(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, said: str
) -> None:
    def get(*_: Any, **__: Any) -> Any:
        raise raised

    monkeypatch.setattr(ray, "get", get)
    monkeypatch.setattr(ray, "wait", lambda refs, **_: (refs[:1], refs[1:]))
    with pytest.raises(InfrastructureError, match=said) as caught:
        placement.wait_for({"generator 0": object(), "generator 1": object()}, 2, "starting vLLM")
    assert caught.value.message.startswith("starting vLLM: ")
    assert caught.value.exit_code == ExitCode.INFRASTRUCTURE


def configuration() -> Any:
    from granite_rl.config import StageConfig
    from granite_rl.entry import compose, validate

    given = ["stage=math", "recipe=demo", "model.path=M", "data.train=D"]
    return validate(StageConfig, compose("stage", given))


@pytest.mark.parametrize("failures", [1, placement.START_ATTEMPTS])
def test_a_slow_start_is_tried_again(monkeypatch: pytest.MonkeyPatch, failures: int) -> None:
    begun: list[str] = []

    def init(**options: Any) -> None:
        begun.append(options["_temp_dir"])
        if len(begun) <= failures:
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


def test_a_cluster_that_does_not_answer_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port without a listener, and one that is listened to by something that is not Ray."""
    monkeypatch.setattr(placement, "CONNECT_S", 0.5)
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
