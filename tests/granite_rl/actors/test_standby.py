"""Who is kept on standby, and for whom."""

from __future__ import annotations

from typing import Any

import pytest

from granite_rl.actors.standby import ActorSpec, Standby

GENERATOR = ActorSpec("generator", "8B", 2.0, 1.0)
OTHER_GENERATOR = ActorSpec("generator", "3B", 2.0, 1.0)
WORKER = ActorSpec("reward worker", None, 0.5, 0.0)


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Actors that were killed; here an actor is any object."""
    import ray

    actors: list[Any] = []
    monkeypatch.setattr(ray, "kill", actors.append)
    return actors


def never() -> Any:
    raise AssertionError("there was one on standby")


def test_an_equal_seat_is_taken_over_once(killed: list[Any]) -> None:
    standby = Standby()
    first = standby.take(GENERATOR, object)
    standby.rest()
    assert standby.take(GENERATOR, never) is first
    assert standby.take(GENERATOR, object) is not first, "it is busy"
    assert not killed


def test_another_seat_gets_another_actor(killed: list[Any]) -> None:
    standby = Standby()
    first = standby.take(GENERATOR, object)
    standby.rest()
    assert standby.take(OTHER_GENERATOR, object) is not first
    standby.end_idle_except([])
    assert killed == [first]


def test_idle_actors_without_a_seat_are_ended_one_for_one(killed: list[Any]) -> None:
    standby = Standby()
    workers = [standby.take(WORKER, object) for _ in range(3)]
    generator = standby.take(GENERATOR, object)
    standby.rest()
    assert standby.idle_resources() == {"CPU": 3.5, "GPU": 1.0}
    standby.end_idle_except([WORKER, WORKER, OTHER_GENERATOR])
    assert killed == [workers[2], generator]
    assert standby.idle_resources() == {"CPU": 1.0, "GPU": 0.0}


def test_what_was_ended_or_forgotten_never_comes_back(killed: list[Any]) -> None:
    standby = Standby()
    poisoned = standby.take(WORKER, object)
    standby.end(poisoned)
    standby.rest()
    assert killed == [poisoned]
    assert standby.take(WORKER, object) is not poisoned
    standby.rest()
    standby.forget()
    assert standby.idle_resources() == {"CPU": 0.0, "GPU": 0.0}
