"""Read and write the ``key=value`` arguments of a command line.

Hydra's grammar gives meaning to many characters that a path may hold (``= ( , [ { ' # ~``, blanks,
letters beyond ASCII). Values of keys whose type is a path are therefore taken literally: they are
quoted for Hydra before it sees them. What keeps a meaning is little and the same everywhere:

- ``null`` is no path; a file of that name is ``./null``;
- a value in quotes is read as Hydra reads it;
- ``~`` and ``~/...`` are the home directory, because no shell expands them behind ``=``;
- ``${key}`` is the value of another key, and ``\\${`` a literal ``${``;
- of a key that takes several paths, ``[a.jsonl,b.jsonl]`` is a list, of a key that names them,
  ``{a: DIR, b: DIR}`` a mapping; a path in them that holds a comma needs quotes.

`argument` writes what this module reads, for commands that are printed or run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin

from pydantic import BaseModel

from granite_rl.errors import ConfigError

Kind = Literal["one", "many", "named"]
"""How many paths a key takes: one; one or a list (many); a mapping from names (named)."""

_BARE = re.compile(r"[A-Za-z0-9_./+-]+")
_BARE_BUT_NO_STRING = re.compile(
    r"null|true|false|[+-]?(nan|inf|[0-9][0-9_]*\.?[0-9_]*(e[+-]?[0-9]+)?|\.[0-9_]+(e[+-]?[0-9]+)?)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_NAME = r"[^,:'\"]*:\s*"
_PART = re.compile(rf"\s*(?:((?:{_NAME})?(?:{_QUOTED.pattern}))\s*|([^,]*))(?:,|\Z)", re.DOTALL)
_NO_INTERPOLATION = re.compile(r"(\\*)\$\{(?![^{}]+\})")
_DOLLAR = re.compile(r"(\\*)\$\{")


def split(override: str) -> tuple[str, str, str | None]:
    """Split an override into prefix (``+``, ``++``, ``~``, none), key, and value (None if none)."""
    prefix = override[: len(override) - len(override.lstrip("+~"))]
    key, equals, value = override[len(prefix) :].partition("=")
    return prefix, key, value if equals else None


def quote(value: str | Path) -> str:
    """Write a string as Hydra's grammar wants it: bare if harmless, otherwise single-quoted."""
    return _quoted(_DOLLAR.sub(r"\1\1\\${", str(value)))


def argument(key: str, value: str | Path | Sequence[Path] | Mapping[str, Path]) -> str:
    """Write the override that gives a key this value, whatever characters it holds."""
    if isinstance(value, str | Path):
        return f"{key}={quote(value)}"
    if isinstance(value, Mapping):
        return f"{key}={{{','.join(f'{name}:{quote(path)}' for name, path in value.items())}}}"
    return f"{key}=[{','.join(quote(path) for path in value)}]"


def _quoted(text: str) -> str:
    if _BARE.fullmatch(text) and not _BARE_BUT_NO_STRING.fullmatch(text):
        return text
    # Hydra unescapes backslashes only in front of a quote, the closing one included.
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", text)
    return "'" + re.sub(r"(\\+)$", r"\1\1", escaped) + "'"


def path_keys(model: type[BaseModel], prefix: str = "") -> dict[str, Kind]:
    """List the keys of a configuration whose values are paths, by dotted name."""
    found: dict[str, Kind] = {}
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found |= path_keys(annotation, f"{prefix}{name}.")
        elif kind := _kind(annotation):
            found[prefix + name] = kind
    return found


def _kind(annotation: object) -> Kind | None:
    if annotation is Path:
        return "one"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0])
    kinds = [kind for kind in map(_kind, arguments) if kind]
    if not kinds:
        return None
    if origin is dict:
        return "named"
    return "many" if origin in (tuple, list) else kinds[0]


def literal_values(
    overrides: Sequence[str], paths: dict[str, Kind], groups: Collection[str]
) -> list[str]:
    """Quote for Hydra what is to be taken literally: paths, and names of a group's options.

    Args:
        overrides: the overrides as typed.
        paths: `path_keys` of the configuration.
        groups: keys that choose a file of a config group.

    Raises:
        ConfigError: a path is empty.
    """
    result = []
    for override in overrides:
        prefix, key, value = split(override)
        kind: Kind | None = paths.get(key)
        if kind is None and paths.get(key.rpartition(".")[0]) == "named":
            kind = "one"
        if value is not None and kind is not None:
            override = f"{prefix}{key}={_literal_value(key, value, kind)}"
        elif value is not None and key in groups and not _QUOTED.fullmatch(value):
            override = f"{prefix}{key}={quote(value)}"
        result.append(override)
    return result


def _literal_value(key: str, value: str, kind: Kind) -> str:
    if value == "null":
        return value
    if kind == "many" and value.startswith("[") and value.endswith("]"):
        return f"[{','.join(_literal_path(key, part) for part in _parts(value[1:-1]))}]"
    if kind == "named" and value.startswith("{") and value.endswith("}"):
        named = (part.partition(":") for part in _parts(value[1:-1]))
        entries = [f"{name.strip()}:{_literal_path(key, path.strip())}" for name, _, path in named]
        return f"{{{','.join(entries)}}}"
    return value if kind == "named" else _literal_path(key, value)


def _literal_path(key: str, text: str) -> str:
    if _QUOTED.fullmatch(text):
        return text
    if not text:
        raise ConfigError(f"{key}: an empty path", f"give a path, e.g. `{key}=DIR`")
    if text == "~" or text.startswith("~/"):
        text = os.path.expanduser(text)  # as it is where the user has no home
    return _quoted(_NO_INTERPOLATION.sub(r"\1\1\\${", text))


def _parts(text: str) -> Iterator[str]:
    """Yield the parts between commas, without the blanks around them; quotes protect commas."""
    text, position = text.strip(), 0
    while position < len(text):
        match = _PART.match(text, position)
        assert match is not None  # its second form matches anything
        yield (match[1] or match[2]).strip()
        position = match.end()
