"""Read rows from JSONL and parquet, and write files whole: the one reader and the one writer.

A row is a JSON object. What no JSON parser agrees on is refused rather than guessed at: NaN and
infinities, duplicate keys, lone surrogates, numbers out of range, nesting without end, bytes that
are not UTF-8. Every problem names ``file:line`` (in parquet: file and row, from 1).

A parquet column of structs has every key in every row, and null where a row had no such key; the
nulls of structs are therefore dropped (`rewards.padding` says which stay). Columns of JSON text
(``arrow.json``, as `datasets` writes mixed types) are decoded.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

from rewards.padding import Padded, without_padding

MAX_DEPTH = 100
MAX_DIGITS = 1_000
"""Digits of an integer: conversion takes time quadratic in their number."""

READABLE = "use .jsonl (one JSON object a line, UTF-8) or .parquet"

_BATCH_ROWS = 512
_PARQUET = b"PAR1"
_SIGNATURES = {
    b"\xff\xfe": "UTF-16 or UTF-32 text",
    b"\xfe\xff": "UTF-16 text",
    b"\x00\x00\xfe\xff": "UTF-32 text",
    b"\x1f\x8b": "compressed by gzip",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"version https://git-lfs": "a pointer of Git LFS, not the file",
}
"""How files begin that are taken for JSONL by mistake, and what they are."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class BadFile(Exception):
    """Says that a file or a row can't be used, where, and why.

    Args:
        message: where (``file:line``) and what is wrong.
        fix: what would be right.
    """

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message, fix)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return self.message if self.fix is None else f"{self.message} ({self.fix})"


class NotARow(ValueError):
    """Says why a text or value is no acceptable JSON."""


class Line(NamedTuple):
    """Holds one row of a file, or what is wrong with it."""

    where: str
    """``file:line``; in parquet ``file:row``."""
    row: dict[str, Any]
    problem: str
    end: int
    """Bytes read of its file, this row included; an estimate in parquet."""


# -- reading -------------------------------------------------------------------------------------


def read_rows(
    path: Path, wanted: str = READABLE, *, surrogates: bool = False
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read (``file:line``, row) of every row of a file.

    Args:
        path: a JSONL or parquet file.
        wanted: what a row looks like, for the message about a bad one.
        surrogates: as in `read_lines`.

    Raises:
        BadFile: the file can't be read, or at the first bad row.
    """
    for line in read_lines(path, surrogates=surrogates):
        if line.problem:
            raise BadFile(f"{line.where}: {line.problem}", wanted)
        yield line.where, line.row


def read_lines(path: Path, *, surrogates: bool = False) -> Iterator[Line]:
    """Read every row of a file, bad ones included; blank lines are skipped.

    Args:
        path: a JSONL or parquet file.
        surrogates: accept lone surrogates, which a completion in a rollout file may hold.

    Raises:
        BadFile: the file can't be read at all.
    """
    try:
        with path.open("rb") as stream:
            # Buffered, so that a pipe can be looked into as well.
            start = stream.peek(len(max(_SIGNATURES, key=len)))
            if path.suffix.lower() == ".parquet" or start.startswith(_PARQUET):
                yield from _parquet_lines(path, stream)
            else:
                _check_type(path, start)
                yield from _json_lines(path, stream, surrogates)
    except FileNotFoundError:
        raise BadFile(f"{path}: no such file", "check the path") from None
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror or error}", READABLE) from error


def _check_type(path: Path, start: bytes) -> None:
    for signature, kind in _SIGNATURES.items():
        if start.startswith(signature):
            raise BadFile(f"{path}:1: this is {kind}", READABLE)
    if path.suffix.lower() not in ("", ".jsonl"):
        fix = f"name it {path.stem}.jsonl if it holds one JSON object a line; {READABLE}"
        raise BadFile(f"{path}: unknown type {path.suffix!r}", fix)


def _json_lines(path: Path, stream: Iterable[bytes], surrogates: bool) -> Iterator[Line]:
    end = 0
    for number, raw in enumerate(stream, start=1):
        end += len(raw)
        text = raw.removeprefix(_BYTE_ORDER_MARK) if number == 1 else raw
        if text.strip():
            row, problem = _parse(text, surrogates)
            yield Line(f"{path}:{number}", row, problem, end)


def _parse(raw: bytes, surrogates: bool) -> tuple[dict[str, Any], str]:
    try:
        row = decode(raw, surrogates=surrogates)
    except NotARow as problem:
        return {}, str(problem)
    if not isinstance(row, dict):
        return {}, f"not a JSON object, but {json.dumps(row)[:40]}"
    return row, ""


def decode(text: bytes | str, *, surrogates: bool = False) -> Any:
    """Parse JSON, and refuse what other parsers would read differently or not at all.

    Lone surrogates are accepted with ``surrogates``.

    Raises:
        NotARow: saying what is wrong, and where in the text.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = text[error.start]
            raise NotARow(
                f"not UTF-8: byte 0x{byte:02x} at position {error.start + 1}; convert the file, "
                "e.g. with iconv -f LATIN1 -t UTF-8"
            ) from None
    if "\0" in text:
        raise NotARow("not JSON: it holds NUL characters; is this UTF-16?")
    try:
        value = _DECODER.decode(text)
    except NotARow:
        raise
    except RecursionError:
        raise NotARow(f"not JSON that can be read: nested deeper than {MAX_DEPTH}") from None
    except ValueError as error:
        raise NotARow(f"not JSON: {error}") from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise NotARow(f"not JSON that can be read: nested deeper than {MAX_DEPTH}")
    if not surrogates and _SURROGATE.search(text):
        _check_text(value)
    return value


def unpacked(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return a row whose named members are decoded where they are JSON text.

    Tables keep a member as text when it has no single type in all rows, or to save its nulls.

    Raises:
        NotARow: a member is text, and no JSON.
    """
    plain = dict(row)
    for name in names:
        if isinstance(plain.get(name), str):
            try:
                plain[name] = decode(plain[name])
            except NotARow as problem:
                raise NotARow(f"{name!r} is text that is {problem}") from None
    return plain


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotARow(f"the key {twice!r} is there twice")
    return found


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise NotARow(f"a number of {len(text)} digits; at most {MAX_DIGITS} can be read")
    return int(text)


def _real(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise NotARow(f"{text[:40]} is out of the range of numbers")
    return value


def _constant(name: str) -> float:
    raise NotARow(f"{name} is no JSON value: use null, or leave the key out")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members,
    parse_int=_integer,
    parse_float=_real,
    parse_constant=_constant,
)


def _depth(value: Any) -> int:
    """Count how deep lists and objects nest, without recursion."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [
            child for item in level for child in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def _check_text(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        found = error.object[error.start]
        raise NotARow(
            f"a lone surrogate, \\u{ord(found):04x}: half a character that no text can hold"
        ) from None


def _parquet_lines(path: Path, stream: IO[bytes]) -> Iterator[Line]:
    import pyarrow
    from pyarrow import parquet

    total, done = path.stat().st_size, 0
    try:
        table = parquet.ParquetFile(stream)
        names = table.schema_arrow.names
        if len(set(names)) != len(names):
            raise BadFile(f"{path}: two columns of one name", f"columns: {', '.join(names)}")
        for batch in table.iter_batches(batch_size=_BATCH_ROWS):
            for index in range(batch.num_rows):
                done += 1
                row, problem = _table_row(batch, index)
                read = total * done // max(table.metadata.num_rows, 1)
                yield Line(f"{path}:{done}", row, problem, read)
    except (pyarrow.ArrowException, OSError, ValueError, EOFError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadFile(
            f"{path}:{done + 1}: not a parquet file that can be read: {said}", "write it again"
        ) from error


def _table_row(batch: Any, index: int) -> tuple[dict[str, Any], str]:
    try:
        row = {
            field.name: _from_arrow(batch.column(at)[index], field.name)
            for at, field in enumerate(batch.schema)
        }
    except NotARow as problem:
        return {}, str(problem)
    except UnicodeDecodeError as error:
        return {}, f"a text that is not UTF-8: {error.reason}"
    return without_padding(row), ""


def _from_arrow(scalar: Any, name: str) -> Any:
    """Return a cell as the JSON value that it stands for; padding is still in it."""
    import pyarrow

    kind = scalar.type
    if isinstance(kind, pyarrow.JsonType):
        text = scalar.value.as_py()
        try:
            return None if text is None else decode(text)
        except NotARow as problem:
            raise NotARow(f"{name}: {problem}") from None
    if not scalar.is_valid:
        return None
    if isinstance(kind, pyarrow.ExtensionType | pyarrow.BaseExtensionType):
        return _from_arrow(scalar.value, name)
    types = pyarrow.types
    if types.is_struct(kind):
        return Padded((key, _from_arrow(scalar[key], f"{name}.{key}")) for key in scalar)
    if types.is_map(kind):
        pairs = [(entry["key"].as_py(), entry["value"]) for entry in scalar.values]
        try:
            # A map holds the keys of its own row only, so its nulls are meant.
            return {str(key): _from_arrow(cell, name) for key, cell in _members(pairs).items()}
        except NotARow as problem:
            raise NotARow(f"{name}: {problem}") from None
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return [_from_arrow(item, name) for item in scalar.values]
    return _plain(scalar.as_py(), name)


def _plain(value: Any, name: str) -> Any:
    """Return a cell's value, if JSON has it."""
    if isinstance(value, float) and not math.isfinite(value):
        raise NotARow(f"{name} is {value}, which is no JSON value: use null")
    if not isinstance(value, str | int | float):
        raise NotARow(
            f"{name} is a {type(value).__name__}, which is no JSON value: write it as text"
        )
    return value


# -- writing -------------------------------------------------------------------------------------


@contextlib.contextmanager
def replacing(path: Path, *, mode: int | None = None, sync: bool = False) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of ``path`` when the block succeeds.

    A reader sees the old file or the new one, never half of one; when the block fails, the old one
    stays and nothing is left over. A link stays a link, to a new file; what is no file (a pipe,
    ``/dev/stdout``) is written to as it is.

    Args:
        path: the file to write; its directory must exist.
        mode: permissions; default: the process's own.
        sync: wait until file and name would survive a power cut.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
        return
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666 if mode is None else mode
        )
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            if sync:
                os.fsync(stream.fileno())
        os.replace(temporary, path)
        if sync:
            _sync_names(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync_names(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(
    path: Path, content: str | bytes, *, mode: int | None = None, sync: bool = False
) -> None:
    """Replace a file by ``content`` in one step; lone surrogates in text are escaped."""
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    with replacing(path, mode=mode, sync=sync) as stream:
        stream.write(data)


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as JSON lines, all of them or none; returns their number.

    Directories on the way are made. Lone surrogates are escaped, so that they can be read back.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with replacing(path) as stream:
        for row in rows:
            text = json.dumps(row, ensure_ascii=False, default=dict) + "\n"
            stream.write(text.encode("utf-8", "backslashreplace"))
            count += 1
    return count
