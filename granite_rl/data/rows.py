"""Read and check prompt rows, in SkyRL's schema, from JSONL or parquet.

A row is ``{"data_source", "prompt": [{"role", "content"}, ...], "env_class", "reward_spec":
{"method", "ground_truth"}, "extra_info": {...}, "tools": [...]}``, the last two optional; whether a
ground truth may be missing as well is for the row's environment to say (`granite_rl.data.prompts`).
Rows are hostile or wrong until proven otherwise: each is checked before anything is started, and
the first bad one is reported as ``file:line``. Members that hold lists or objects may be JSON text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from envs.registry import env_domain
from granite_rl.errors import DataError, data_errors
from granite_rl.types import Message, PromptRow
from rewards.files import NotARow, decode, unpacked
from rewards.files import read_rows as read_file

ROLES = ("system", "user", "assistant", "tool")
EXAMPLE = (
    '{"data_source": "mine", "prompt": [{"role": "user", "content": "2+2?"}], "env_class": "math", '
    + ('"reward_spec": {"method": "rule", "ground_truth": "4"}}')
)
_PACKED = ("prompt", "reward_spec", "extra_info", "tools")
_WANTED = f"one JSON object a line, e.g. {EXAMPLE}"


def data_rows(
    paths: Sequence[Path], packed: Sequence[str], wanted: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (``file:line``, row) of all files, in order.

    Args:
        paths: JSONL or parquet files.
        packed: members that hold lists or objects; JSON text that says the same is decoded.
        wanted: description of a valid row, for messages.

    Raises:
        DataError: a file or a row can't be read.
    """
    with data_errors():
        for path in paths:
            for where, row in read_file(path, wanted):
                try:
                    yield where, unpacked(row, packed)
                except NotARow as problem:
                    raise DataError(f"{where}: {problem}", wanted) from None


def read_rows(
    paths: Sequence[Path], domain_of: Callable[[str], str] | None = None
) -> list[PromptRow]:
    """Read and check all rows of all files, in order.

    Args:
        paths: JSONL (``.jsonl``) or parquet (``.parquet``) files.
        domain_of: domain of an environment id; defaults to the environment registry's. A
            ``LookupError`` from it (unknown environment) becomes a ``DataError`` of the row.

    Raises:
        DataError: a file is missing, empty or of an unknown type, or a row is malformed; names
            file:line.
    """
    if not paths:
        raise DataError("data.train: no files given", "data.train=FILE.jsonl")
    lookup = lru_cache(maxsize=None)(domain_of or env_domain)
    rows = [_parse(raw, origin, lookup) for origin, raw in data_rows(paths, _PACKED, _WANTED)]
    if not rows:
        raise DataError(f"{', '.join(map(str, paths))}: no rows", _WANTED)
    return rows


def _parse(raw: dict[str, Any], origin: str, domain_of: Callable[[str], str]) -> PromptRow:
    def require(key: str, kind: type, what: str) -> Any:
        if raw.get(key) is None:
            raise DataError(f"{origin}: the row has no {key!r}", f"{what}, e.g. {EXAMPLE}")
        if not isinstance(raw[key], kind):
            raise DataError(
                f"{origin}: {key!r} is {type(raw[key]).__name__}", f"{what}, e.g. {EXAMPLE}"
            )
        return raw[key]

    prompt = chat_messages(require("prompt", list, "a list of chat messages"), origin, "prompt")
    env_class = require("env_class", str, "the id of an environment")
    reward_spec = require("reward_spec", dict, "an object with method and ground_truth")
    try:
        domain = domain_of(env_class)
    except LookupError as error:
        # LookupError's first argument: its str() would quote the message as a key.
        raise DataError(f"{origin}: env_class: {error.args[0]}") from None
    extra_info = raw.get("extra_info") or {}
    if not isinstance(extra_info, dict):
        raise DataError(
            f"{origin}: 'extra_info' is {type(extra_info).__name__}", "an object or nothing"
        )
    source = raw.get("data_source") or "unknown"
    tools = declared_tools(raw.get("tools"), origin) or ()
    return PromptRow(
        str(source), prompt, env_class, reward_spec, extra_info, domain, origin, tuple(tools)
    )


def declared_tools(raw: Any, origin: str) -> list[dict[str, Any]] | None:
    """Check the functions that a row declares; None where it declares none.

    Raises:
        DataError: the tools are malformed; the message names file and line.
    """
    if raw is not None and not (isinstance(raw, list) and all(isinstance(t, dict) for t in raw)):
        raise DataError(
            f"{origin}: 'tools' is no list of functions",
            'e.g. [{"type": "function", "function": {"name": "f", "parameters": {...}}}]',
        )
    return raw


def chat_messages(
    raw: list[Any], origin: str, key: str, roles: Sequence[str] | None = ROLES
) -> tuple[Message, ...]:
    """Check chat messages; all their members stay, among them an assistant's ``tool_calls``.

    Content is text, or a list of text parts (``{"type": "text", "text": ...}``), which is joined by
    the chat template. An assistant that only calls tools may have none.

    Args:
        raw: the row's messages, unchecked.
        origin: ``file:line``.
        key: the row's member, for messages.
        roles: the allowed roles; None allows all that the chat template takes.

    Raises:
        DataError: a message is malformed; the error names file, line and message.
    """
    if not raw:
        raise DataError(f"{origin}: {key!r} is empty", f"at least one message, e.g. {EXAMPLE}")
    return tuple(
        _chat_message(message, f"{origin}: {key}[{index}]", roles)
        for index, message in enumerate(raw)
    )


def _chat_message(message: Any, place: str, roles: Sequence[str] | None) -> Message:
    wanted = '{"role": "user", "content": "text"}'
    if not isinstance(message, dict):
        raise DataError(f"{place} is not a chat message", f"e.g. {wanted}")
    role = message.get("role")
    if not isinstance(role, str):
        raise DataError(f"{place} is not a chat message: it has no role", f"e.g. {wanted}")
    if roles is not None and role not in roles:
        raise DataError(f"{place}.role is {role!r}", f"one of {', '.join(roles)}")
    content, calls = message.get("content"), _tool_calls(message.get("tool_calls"), place)
    if calls:
        if role != "assistant":
            raise DataError(f"{place}: tool_calls of the {role}", "only an assistant calls tools")
        message = {**message, "content": content or "", "tool_calls": calls}
    elif not isinstance(content, str) and not _is_text_parts(content):
        raise DataError(
            f"{place} is not a chat message: content is {type(content).__name__}, not text",
            f"e.g. {wanted}",
        )
    return dict(message)


def _is_text_parts(content: Any) -> bool:
    return isinstance(content, list) and all(
        isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
        for part in content
    )


def _tool_calls(raw: Any, place: str) -> list[dict[str, Any]]:
    """Read an assistant's tool calls, given as a list or as JSON text.

    Their arguments come as an object or as JSON text, and leave as an object, so that the chat
    template writes the same call in the same way, whoever wrote the row.
    """
    try:
        calls = unpacked({"tool_calls": raw}, ["tool_calls"])["tool_calls"] or []
    except NotARow as problem:
        raise DataError(f"{place}: {problem}") from None
    if not isinstance(calls, list) or not all(map(_is_call, calls)):
        raise DataError(
            f"{place}.tool_calls is no list of calls",
            'e.g. [{"type": "function", "function": {"name": "f", "arguments": {...}}}]',
        )
    return [_with_arguments(call, f"{place}.tool_calls[{n}]") for n, call in enumerate(calls)]


def _with_arguments(call: dict[str, Any], place: str) -> dict[str, Any]:
    """Return a call whose arguments are an object; absent ones are an empty object."""
    function = call.get("function") or call
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = decode(arguments) if arguments.strip() else {}
        except NotARow as problem:
            raise DataError(f"{place}: its arguments are no JSON: {problem}") from None
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, dict):
        raise DataError(
            f"{place}: its arguments are {type(arguments).__name__}, no object",
            'e.g. {"name": "f", "arguments": {"x": 1}}',
        )
    written = {**function, "arguments": arguments}
    return {**call, "function": written} if call.get("function") else written


def _is_call(call: Any) -> bool:
    function = (call.get("function") or call) if isinstance(call, dict) else None
    return isinstance(function, dict) and isinstance(function.get("name"), str)


def limit_rows(rows: Sequence[PromptRow], limit: int | None) -> list[PromptRow]:
    """Return the first ``limit`` rows of each domain, or all rows when it is None."""
    seen: dict[str, int] = {}
    chosen = []
    for row in rows:
        seen[row.domain] = seen.get(row.domain, 0) + 1
        if limit is None or seen[row.domain] <= limit:
            chosen.append(row)
    return chosen
