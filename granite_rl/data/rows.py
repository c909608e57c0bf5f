"""Reading prompt rows, in SkyRL's schema, from JSONL or parquet.

A row is ``{"data_source", "prompt": [{"role", "content"}, ...], "env_class", "reward_spec":
{"method", "ground_truth"}, "extra_info": {...}, "tools": [...]}``, the last two optional. Rows are
hostile or wrong until proven otherwise: each is checked before anything is started, and the first
bad one is reported as ``file:line``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from granite_rl.errors import DataError
from granite_rl.types import Message, PromptRow

ROLES = ("system", "user", "assistant", "tool")
EXAMPLE = (
    '{"data_source": "mine", "prompt": [{"role": "user", "content": "2+2?"}], "env_class": "math", '
    + ('"reward_spec": {"method": "rule", "ground_truth": "4"}}')
)


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
    lookup = lru_cache(maxsize=None)(domain_of or _registered_domain)
    rows = [_parse(raw, origin, lookup) for path in paths for raw, origin in _raw_rows(path)]
    if not rows:
        raise DataError(
            f"{', '.join(map(str, paths))}: no rows", f"one JSON object a line, e.g. {EXAMPLE}"
        )
    return rows


def _registered_domain(env_class: str) -> str:
    from envs.registry import env_domain

    return env_domain(env_class)


def _raw_rows(path: Path) -> Iterator[tuple[Any, str]]:
    if not path.is_file():
        raise DataError(f"{path}: no such file", "check data.train / eval.files")
    if path.suffix == ".parquet":
        import pyarrow.parquet as parquet

        for index, row in enumerate(parquet.read_table(path).to_pylist(), start=1):
            yield row, f"{path}:{index}"
    elif path.suffix == ".jsonl":
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _decode(line, f"{path}:{number}"), f"{path}:{number}"
    else:
        raise DataError(f"{path}: unknown type {path.suffix!r}", "use .jsonl or .parquet")


def _decode(line: str, origin: str) -> Any:
    try:
        return json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(
            f"{origin}: not a JSON object: {error}", f"one object a line, e.g. {EXAMPLE}"
        ) from None


def _parse(raw: Any, origin: str, domain_of: Callable[[str], str]) -> PromptRow:
    def require(key: str, kind: type, what: str) -> Any:
        if not isinstance(raw, dict) or key not in raw or raw[key] is None:
            raise DataError(f"{origin}: the row has no {key!r}", f"{what}, e.g. {EXAMPLE}")
        if not isinstance(raw[key], kind):
            raise DataError(
                f"{origin}: {key!r} is {type(raw[key]).__name__}", f"{what}, e.g. {EXAMPLE}"
            )
        return raw[key]

    prompt = _messages(require("prompt", list, "a list of chat messages"), origin)
    env_class = require("env_class", str, "the id of an environment")
    reward_spec = require("reward_spec", dict, "an object with method and ground_truth")
    if "ground_truth" not in reward_spec:
        raise DataError(f"{origin}: reward_spec has no 'ground_truth'", f"e.g. {EXAMPLE}")
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
    tools = _tools(raw.get("tools"), origin)
    return PromptRow(str(source), prompt, env_class, reward_spec, extra_info, domain, origin, tools)


def _tools(raw: Any, origin: str) -> tuple[dict[str, Any], ...]:
    """The declared functions; JSON text too, since parquet fills in every key of every schema."""
    declared = _decode(raw, f"{origin}: 'tools'") if isinstance(raw, str) else raw
    if not isinstance(declared, list | None) or not all(
        isinstance(t, dict) for t in declared or ()
    ):
        raise DataError(
            f"{origin}: 'tools' is no list of functions",
            'e.g. [{"type": "function", "function": {"name": "f", "parameters": {...}}}]',
        )
    return tuple(declared or ())


def _messages(raw: list[Any], origin: str) -> tuple[Message, ...]:
    if not raw:
        raise DataError(f"{origin}: 'prompt' is empty", f"at least one message, e.g. {EXAMPLE}")
    for position, message in enumerate(raw):
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            raise DataError(
                f"{origin}: prompt[{position}] is not a chat message", f"e.g. {EXAMPLE}"
            )
        if message.get("role") not in ROLES:
            raise DataError(
                f"{origin}: prompt[{position}].role is {message.get('role')!r}",
                f"one of {', '.join(ROLES)}",
            )
    return tuple({"role": message["role"], "content": message["content"]} for message in raw)


def limit_rows(rows: Sequence[PromptRow], limit: int | None) -> list[PromptRow]:
    """Take the first ``limit`` rows of each domain (all, when None)."""
    seen: dict[str, int] = {}
    chosen = []
    for row in rows:
        seen[row.domain] = seen.get(row.domain, 0) + 1
        if limit is None or seen[row.domain] <= limit:
            chosen.append(row)
    return chosen
