"""Provide the fixture `server`, a judge's endpoint that the environment points to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rewards.judge_client import PREFIX
from tests.rewards.judge_server import KEY, Server, serve


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("CACHE", "MAX_TOKENS", "CONCURRENCY"):
        monkeypatch.delenv(PREFIX + name, raising=False)
    server = Server()
    listener = serve(server)
    monkeypatch.setenv(f"{PREFIX}URL", server.url)
    monkeypatch.setenv(f"{PREFIX}MODEL", "some-judge")
    monkeypatch.setenv(f"{PREFIX}KEY", KEY)
    monkeypatch.setenv(f"{PREFIX}DEADLINE_S", "3")
    yield server
    listener.shutdown()
    listener.server_close()
