"""The judge client puts questions to a judge model and reads one of a few words as its verdict.

The judge is an OpenAI-compatible endpoint, asked through the `openai` package. Its answer is
constrained to `{"verdict": <one of the choices>}` by a JSON schema and then read as if it were not:
exactly that object, or it is no verdict. Searching the text for a letter would find "A" in "A poor
answer".

Where the judge is and how it is paid for belongs to the deployment, so it comes from the
environment and never from a row, which could otherwise send the key anywhere:

    GRANITE_RL_JUDGE_URL          base URL, e.g. http://judge:8000/v1
    GRANITE_RL_JUDGE_MODEL        model name
    GRANITE_RL_JUDGE_KEY          bearer token, if the endpoint wants one
    GRANITE_RL_JUDGE_CACHE        directory for verdicts, shared by all processes; none: no cache
    GRANITE_RL_JUDGE_DEADLINE_S   seconds for a question with all its attempts, and for everything
                                  that one score needs (default 50)
    GRANITE_RL_JUDGE_MAX_TOKENS   room for a judge that thinks first (default 1024)
    GRANITE_RL_JUDGE_CONCURRENCY  questions that one client has under way at a time (default 8)

The key stands in one header and nowhere else: no error quotes what the server or the HTTP library
said, those libraries' debug logs are off, redirects are not followed, and `repr` leaves it out.
OPENAI_* variables and proxies are not used. The process needs the network; where rewards run
without it, every call fails, as `JudgeError`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from rewards.files import write_whole

log = logging.getLogger(__name__)

PREFIX = "GRANITE_RL_JUDGE_"
MAX_ANSWER_BYTES = 1 << 20


class JudgeError(RuntimeError):
    """Says why there is no verdict, in words that hold nothing of the server's, and no key."""


class _UnreadableError(Exception):
    """Says that an answer is no verdict; another attempt may give one."""


@dataclass(frozen=True)
class JudgeConfig:
    """Says where the judge is, and how long to wait for it."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    cache: Path | None = None
    deadline_s: float = 50.0
    max_tokens: int = 1024
    concurrency: int = 8
    attempts: int = 5
    """How often a question is put while the judge is busy, unreachable or not understood."""

    def __post_init__(self) -> None:
        if not _is_plain(self.url):
            # Not quoted: credentials may stand in it.
            raise JudgeError(f"{PREFIX}URL is not of the form http(s)://host[:port]/path")
        if not self.model:
            raise JudgeError(f"{PREFIX}MODEL is not set")
        if not all("!" <= char <= "~" for char in self.key):
            raise JudgeError(f"{PREFIX}KEY holds a character that no header may have")
        if not (0 < self.deadline_s < float("inf")):
            raise JudgeError(f"{PREFIX}DEADLINE_S must be a positive number of seconds")
        if self.max_tokens < 1 or self.concurrency < 1:
            raise JudgeError(f"{PREFIX}MAX_TOKENS and {PREFIX}CONCURRENCY must be positive")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> JudgeConfig:
        """Read the configuration from environment variables; see the module.

        Raises:
            JudgeError: the endpoint or the model is not set, or a value makes no sense.
        """
        environment = os.environ if environment is None else environment
        given = {
            key.removeprefix(PREFIX): value.strip()
            for key, value in environment.items()
            if key.startswith(PREFIX) and value.strip()
        }
        if "URL" not in given:
            raise JudgeError(f"{PREFIX}URL is not set: there is no judge to ask")
        try:
            deadline_s = float(given.get("DEADLINE_S", cls.deadline_s))
            max_tokens = int(given.get("MAX_TOKENS", cls.max_tokens))
            concurrency = int(given.get("CONCURRENCY", cls.concurrency))
        except ValueError:
            raise JudgeError(
                f"{PREFIX}DEADLINE_S, {PREFIX}MAX_TOKENS and {PREFIX}CONCURRENCY must be numbers"
            ) from None
        return cls(
            url=given["URL"],
            model=given.get("MODEL", ""),
            key=given.get("KEY", ""),
            cache=Path(given["CACHE"]) if "CACHE" in given else None,
            deadline_s=deadline_s,
            max_tokens=max_tokens,
            concurrency=concurrency,
        )


def _is_plain(url: str) -> bool:
    """Tell whether the URL is a scheme, a host and a path, without credentials and parameters."""
    try:
        parts = urlsplit(url)
        valid = parts.port != 0 and bool(parts.hostname)
    except ValueError:
        return False
    return (
        valid
        and parts.scheme in ("http", "https")
        and not (parts.query or parts.fragment)
        and parts.username is None
        and parts.password is None
    )


@dataclass(frozen=True)
class Verdict:
    """Is one of the choices, and whether it comes from the cache."""

    choice: str
    cached: bool


def load() -> None:
    """Import what a client needs, which takes two seconds, and turn its debug logs off."""
    import openai.resources.chat  # noqa: F401

    # At DEBUG these log headers and reason phrases, in which a server may repeat the key.
    for name in ("openai", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)


@cache
def _tls() -> ssl.SSLContext:
    """Read the machine's certificates, once: it takes longer than all the rest of a client."""
    return ssl.create_default_context()


class JudgeClient:
    """Puts questions to one judge, several at a time; an asynchronous context manager."""

    def __init__(self, config: JudgeConfig) -> None:
        load()
        # Heavy: importing rewards must not pay for it.
        import openai

        self._config = config
        self._slots = asyncio.Semaphore(config.concurrency)
        self._host = urlsplit(config.url).hostname
        self._client = openai.AsyncOpenAI(
            base_url=config.url,
            api_key=config.key or "none",
            timeout=config.deadline_s,
            http_client=openai.DefaultAsyncHttpxClient(
                follow_redirects=False, trust_env=False, verify=_tls()
            ),
        )
        self._headers: dict[str, str | openai.Omit] = {
            "Accept-Encoding": "identity",
            # The client would fill these from the environment.
            "OpenAI-Organization": openai.Omit(),
            "OpenAI-Project": openai.Omit(),
        }
        if not config.key:
            self._headers["Authorization"] = openai.Omit()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def ask(self, messages: Sequence[Mapping[str, str]], choices: Sequence[str]) -> Verdict:
        """Return the judge's verdict, from the cache or from the endpoint.

        The deadline begins when fewer than `concurrency` questions are under way.

        Args:
            messages: the chat, in valid Unicode.
            choices: the words that a verdict may be.

        Raises:
            JudgeError: there is no verdict in time, or the endpoint refuses.
        """
        request = _request(self._config, messages, choices)
        place = _cache_place(self._config, request)
        remembered = _remembered(place, choices)
        if remembered is not None:
            return Verdict(remembered, cached=True)
        async with self._slots:
            try:
                async with asyncio.timeout(self._config.deadline_s):
                    choice = await self._persistently(request, choices)
            except TimeoutError:
                raise self.late() from None
        _remember(place, choice)
        return Verdict(choice, cached=False)

    def late(self) -> JudgeError:
        """Return the error that says that the deadline is over."""
        return JudgeError(f"no verdict from {self._host}: no answer in time")

    async def _persistently(self, request: Mapping[str, Any], choices: Sequence[str]) -> str:
        import httpx2
        import openai

        left = self._config.attempts
        problem = ""
        while left > 0:
            create = self._client.with_options(max_retries=left - 1).chat.completions
            try:
                async with create.with_streaming_response.create(
                    **request, extra_headers=self._headers
                ) as response:
                    left -= 1 + response.retries_taken
                    return read_verdict(await _body(response.iter_bytes()), choices)
            except openai.APIStatusError as error:
                problem = f"HTTP {error.status_code}"
                break
            except openai.APIConnectionError as error:
                # Only the kind: what a server sends instead of HTTP is quoted by the library.
                problem = type(error.__cause__ or error).__name__
                break
            except httpx2.HTTPError as error:
                problem = type(error).__name__
            except _UnreadableError as error:
                problem = str(error)
        raise JudgeError(f"no verdict from {self._host}: {problem}")


async def _body(chunks: AsyncIterator[bytes]) -> bytes:
    """Read an answer to its end.

    Raises:
        _UnreadableError: it is longer than `MAX_ANSWER_BYTES`.
    """
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise _UnreadableError(f"more than {MAX_ANSWER_BYTES} bytes")
    return bytes(body)


def _request(
    config: JudgeConfig, messages: Sequence[Mapping[str, str]], choices: Sequence[str]
) -> dict[str, Any]:
    """Build the body of a request."""
    schema = {
        "type": "object",
        "properties": {"verdict": {"type": "string", "enum": list(choices)}},
        "required": ["verdict"],
        "additionalProperties": False,
    }
    return {
        "model": config.model,
        "messages": [dict(message) for message in messages],
        "temperature": 0,
        "seed": 0,
        "max_tokens": config.max_tokens,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "verdict", "strict": True, "schema": schema},
        },
    }


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key occurs twice")
    return dict(pairs)


def read_verdict(answer: bytes, choices: Sequence[str]) -> str:
    """Return the verdict in a chat completion whose whole message is `{"verdict": <choice>}`.

    Raises:
        _UnreadableError: it is anything else.
    """
    try:
        choice = json.loads(answer)["choices"][0]
        if choice.get("finish_reason") not in ("stop", None):
            raise _UnreadableError("the judge's answer was cut off")
        verdict = json.loads(choice["message"]["content"], object_pairs_hook=_no_duplicates)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise _UnreadableError("the judge's answer is no verdict") from None
    if not isinstance(verdict, dict) or set(verdict) != {"verdict"}:
        raise _UnreadableError("the judge's answer is no verdict")
    if not isinstance(verdict["verdict"], str) or verdict["verdict"] not in choices:
        raise _UnreadableError("the judge's verdict is none of the choices")
    return str(verdict["verdict"])


def _cache_place(config: JudgeConfig, request: Mapping[str, Any]) -> Path | None:
    if config.cache is None:
        return None
    body = json.dumps(request, sort_keys=True).encode()
    digest = hashlib.sha256(config.url.encode() + b"\0" + body).hexdigest()
    return config.cache / digest[:2] / f"{digest}.json"


def _remembered(place: Path | None, choices: Sequence[str]) -> str | None:
    if place is None:
        return None
    try:
        verdict = json.loads(place.read_bytes())["verdict"]
    except (OSError, ValueError, LookupError, TypeError):
        # Not there, or damaged: it is asked and written again.
        return None
    return verdict if verdict in choices else None


def _remember(place: Path | None, choice: str) -> None:
    """Write a verdict so that no reader ever sees half of it; if that fails, only warn."""
    if place is None:
        return
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, json.dumps({"verdict": choice}))
    except OSError as problem:
        log.warning("judge's cache %s: %s", place.parent.parent, problem.strerror)
