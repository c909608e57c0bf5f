"""The judge client survives a real HTTP server that lies, stalls, refuses and echoes."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rewards.judge_client import PREFIX, JudgeClient, JudgeConfig, JudgeError
from tests.rewards.judge_server import (
    KEY,
    SOON,
    Reply,
    Server,
    chat,
    judge,
    prefers_paris,
    serve,
    verdict,
)


def test_nothing_of_the_environment_is_sent_along(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variables of the `openai` package belong to another endpoint."""
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID"):
        monkeypatch.setenv(f"OPENAI_{name}", "of-another-endpoint")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv(f"{PREFIX}KEY")
    assert judge("It is Paris.").score == 1.0
    assert "authorization" not in server.headers[0]
    assert "of-another-endpoint" not in str(server.headers)


@pytest.mark.parametrize(
    "reply",
    [
        chat("A"),
        chat("The first one gives a good Answer."),
        chat("first"),
        chat('"first"'),
        chat('{"verdict": "A"}'),
        chat('{"verdict": "First"}'),
        chat('{"verdict": "first "}'),
        chat('{"verdict": "correct"}'),
        chat('{"verdict": ["first"]}'),
        chat('{"verdict": {"first": 1}}'),
        chat('{"verdict": null}'),
        chat('{"verdict": "first"} because'),
        chat('```json\n{"verdict": "first"}\n```'),
        chat('{"verdict": "first", "verdict": "second"}'),
        chat('{"verdict": "first", "reason": "x"}'),
        chat('["first"]'),
        chat("{}"),
        chat(""),
        chat(None),
        chat(7),
        chat("[" * 100_000),
        chat('{"verdict": "first"}', "length"),
        chat('{"verdict": "first"}', "content_filter"),
        (200, b"", {}),
        (200, b"first", {}),
        (200, b"[]", {}),
        (200, b'{"choices": []}', {}),
        (200, b'{"choices": [null]}', {}),
        (200, b"\xff\xfe", {}),
        (200, b" " * ((1 << 20) + 1), {}),
    ],
)
def test_an_unreadable_verdict_is_no_verdict(server: Server, reply: Reply) -> None:
    server.behave = lambda body: reply
    with pytest.raises(JudgeError):
        ask(config_of(server, attempts=2), "?")
    assert len(server.bodies) == 2


def config_of(server: Server, **settings: Any) -> JudgeConfig:
    return replace(JudgeConfig(server.url, "m", KEY, deadline_s=3.0), **settings)


def ask(config: JudgeConfig, *questions: str) -> list[str]:
    """Put questions at once; `first` is the only verdict allowed."""

    async def asked() -> list[str]:
        async with JudgeClient(config) as client:
            verdicts = await asyncio.gather(
                *(client.ask([{"role": "user", "content": one}], ["first"]) for one in questions)
            )
        return [verdict.choice for verdict in verdicts]

    return asyncio.run(asked())


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_judge_is_asked_again(server: Server, status: int) -> None:
    server.behave = lambda body: (status, b"", SOON) if len(server.bodies) < 3 else verdict("first")
    assert ask(config_of(server), "?") == ["first"]
    assert len(server.bodies) == 3


def test_asking_again_has_an_end(server: Server) -> None:
    server.behave = lambda body: (503, b"", SOON) if len(server.bodies) % 2 else chat("A")
    with pytest.raises(JudgeError, match="no verdict"):
        ask(config_of(server, attempts=4), "?")
    assert len(server.bodies) == 4
    server.behave = lambda body: (503, b"", SOON)
    with pytest.raises(JudgeError, match="HTTP 503"):
        ask(config_of(server, attempts=3), "?")
    assert len(server.bodies) == 7


def test_a_judge_that_asks_for_patience_costs_its_deadline(server: Server) -> None:
    server.behave = lambda body: (429, b"", {"Retry-After": "60"})
    with pytest.raises(JudgeError, match="no answer in time"):
        ask(config_of(server, deadline_s=0.3), "?")


def test_no_more_questions_are_under_way_than_allowed(server: Server) -> None:
    under_way, most = 0, 0
    lock = threading.Lock()

    def slow(body: dict[str, Any]) -> Reply:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.05)
        with lock:
            under_way -= 1
        return verdict("first")

    server.behave = slow
    # Waiting for its turn does not use up a question's time.
    assert ask(config_of(server, concurrency=3, deadline_s=1.0), *"abcdefghijkl") == ["first"] * 12
    assert most == 3


@pytest.mark.parametrize("drip_s", [0.0, 0.05])
def test_a_silent_or_dripping_judge_costs_its_deadline(server: Server, drip_s: float) -> None:
    release = threading.Event()

    def slow(body: dict[str, Any]) -> Reply:
        if not drip_s:
            release.wait(30)
        return verdict("first")

    server.behave, server.drip_s = slow, drip_s
    started = time.monotonic()
    with pytest.raises(JudgeError, match="no verdict"):
        ask(config_of(server, deadline_s=0.5), "?")
    release.set()
    assert time.monotonic() - started < 5


def test_no_judge_at_all(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(JudgeError, match="ConnectError"):
        ask(config_of(server, url="http://127.0.0.1:1/v1", attempts=2), "?")
    monkeypatch.delenv(f"{PREFIX}URL")
    unset = judge("It is Paris.")
    assert unset.status == "error"
    assert f"{PREFIX}URL is not set" in unset.message


@pytest.mark.parametrize(
    "reply",
    [
        (401, f"Incorrect API key provided: {KEY}".encode(), {"X-Echo": KEY}),
        (500, KEY.encode(), {}),
        (200, KEY.encode(), {}),
        (302, b"", {"Location": f"http://127.0.0.1:1/?key={KEY}"}),
        chat(KEY),
    ],
)
def test_the_key_is_never_repeated(
    server: Server, reply: Reply, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv(f"{PREFIX}DEADLINE_S", "0.4")
    server.behave = lambda body: reply
    result = judge("It is Paris.")
    assert result.status == "error"
    assert KEY not in repr(result) + caplog.text + repr(config_of(server))


def test_a_key_that_no_header_may_hold_is_not_quoted(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}KEY", f"{KEY}\r\nX-Injected: 1")
    result = judge("It is Paris.")
    assert result.status == "error"
    assert KEY not in repr(result)
    assert server.bodies == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(server: Server, status: int) -> None:
    elsewhere = Server()
    listener = serve(elsewhere)
    server.behave = lambda body: (status, b"", {"Location": f"{elsewhere.url}/chat/completions"})
    assert judge("It is Paris.").status == "error"
    listener.shutdown()
    listener.server_close()
    assert elsewhere.headers == []


@pytest.mark.parametrize(
    "environment",
    [
        {"URL": "ftp://judge/v1"},
        {"URL": "judge:8000"},
        {"URL": f"http://user:{KEY}@judge/v1"},
        {"URL": f"http://judge/v1?key={KEY}"},
        {"URL": "http://judge:port/v1"},
        {"MODEL": ""},
        {"DEADLINE_S": "soon"},
        {"DEADLINE_S": "nan"},
        {"DEADLINE_S": "-1"},
        {"MAX_TOKENS": "0"},
        {"CONCURRENCY": "0"},
    ],
)
def test_a_wrong_configuration_is_refused(environment: dict[str, str]) -> None:
    given = {"URL": "http://judge/v1", "MODEL": "m"} | environment
    with pytest.raises(JudgeError) as caught:
        JudgeConfig.from_environment({PREFIX + key: value for key, value in given.items()})
    assert KEY not in str(caught.value)


def test_verdicts_are_remembered(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}CACHE", str(tmp_path / "judge"))
    first = judge("It is Paris.")
    again = judge("It is Paris.")
    assert (first.score, first.components["cached"]) == (1.0, 0.0)
    assert (again.score, again.components["cached"]) == (1.0, 1.0)
    assert len(server.bodies) == 2
    judge("It is Paris!")
    monkeypatch.setenv(f"{PREFIX}MODEL", "another-judge")
    judge("It is Paris.")
    assert len(server.bodies) == 6
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 6
    assert KEY not in "".join(path.read_text() for path in files)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"verdict": "maybe"}', '{"verdict": ["x"]}'])
def test_a_damaged_memory_is_asked_and_written_again(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setenv(f"{PREFIX}CACHE", str(tmp_path))
    judge("It is Paris.")
    for path in tmp_path.rglob("*.json"):
        path.write_text(damage)
    assert judge("It is Paris.").score == 1.0
    assert len(server.bodies) == 4
    assert judge("It is Paris.").components["cached"] == 1.0


def test_failures_are_not_remembered(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}CACHE", str(tmp_path))
    server.behave = lambda body: (400, b"", {})
    assert judge("It is Paris.").status == "error"
    server.behave = prefers_paris
    assert judge("It is Paris.").score == 1.0


def test_a_cache_that_cannot_be_written_is_only_slow(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv(f"{PREFIX}CACHE", str(file / "below"))
    assert judge("It is Paris.").score == 1.0
    assert "judge's cache" in caplog.text


def _many(url: str, cache: str, out: Any) -> None:
    config = JudgeConfig(url=url, model="m", cache=Path(cache))
    out.put(ask(config, *map(str, range(20))))


def test_several_processes_share_one_cache(server: Server, tmp_path: Path) -> None:
    server.behave = lambda body: verdict("first")
    context = multiprocessing.get_context("fork")
    out = context.Queue()
    workers = [
        context.Process(target=_many, args=(server.url, str(tmp_path), out)) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    assert [out.get(timeout=60) for _ in workers] == [["first"] * 20] * 4
    for worker in workers:
        worker.join(10)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 20
    assert all(path.suffix == ".json" for path in files)
