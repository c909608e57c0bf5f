"""Read names, shapes and types of a checkpoint's tensors from its safetensors headers alone.

A header is read in milliseconds whatever the file's size, and it says where each tensor ends: a
file that was cut off, or whose shards don't make up the index, is found without loading a weight.
"""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from granite_rl.errors import PreflightError
from granite_rl.models.checkpoint_directory import INDEX_FILE, WEIGHTS_FILE, weight_files

_LENGTH_BYTES = 8
_LONGEST_HEADER = 100_000_000
"""Longest header that the safetensors format allows, in bytes."""
_CHUNK = 1 << 24
"""Number of bytes that are compared at a time."""

_BITS = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}


class StoredTensor(NamedTuple):
    """Describes one tensor in a file."""

    dtype: str
    """Type as safetensors spells it: F32, BF16, …"""
    shape: tuple[int, ...]
    file: Path
    begin: int
    """Offset of the first byte in the file."""
    end: int


def stored_tensors(directory: Path, where: str = "") -> dict[str, StoredTensor]:
    """Read which tensors the weight files of a checkpoint hold.

    Args:
        directory: the checkpoint.
        where: prefix of messages, e.g. "model.path: ".

    Raises:
        PreflightError: a file is missing, cut off or not safetensors, or contradicts the index.
    """
    tensors: dict[str, StoredTensor] = {}
    for name in weight_files(directory, where):
        file = directory / name
        if not file.is_file():
            raise PreflightError(
                f"{where}{directory} lacks the weights {name}.",
                fix="only safetensors are read; convert other formats first",
            )
        try:
            header = read_header(file)
        except (OSError, ValueError) as error:
            raise PreflightError(
                f"{where}{file} is damaged: {error}", fix="copy or download the file again"
            ) from error
        twice = sorted(tensors.keys() & header.keys())
        if twice:
            raise PreflightError(
                f"{where}{directory} holds {twice[0]} twice, in {tensors[twice[0]].file.name} and "
                f"in {name}.",
                fix="copy or download the checkpoint again",
            )
        tensors.update(header)
    _check_index(directory, tensors, where)
    return tensors


def _check_index(directory: Path, tensors: dict[str, StoredTensor], where: str) -> None:
    index = directory / INDEX_FILE
    if not index.is_file():
        return
    if (directory / WEIGHTS_FILE).is_file():
        raise PreflightError(
            f"{where}{directory} holds both {WEIGHTS_FILE} and {INDEX_FILE}, so it is unclear "
            "which weights are meant.",
            fix="remove the one that is out of date",
        )
    listed = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
    for name in sorted(listed.keys() | tensors.keys()):
        real = tensors[name].file.name if name in tensors else "no file"
        if listed.get(name) != real:
            raise PreflightError(
                f"{where}{index} says that {name} is in {listed.get(name, 'no file')}, but it is "
                f"in {real}.",
                fix="copy or download the checkpoint again",
            )


def read_header(file: Path) -> dict[str, StoredTensor]:
    """Read the header of a safetensors file and check that the file is complete.

    Raises:
        ValueError: the file is damaged; the message says how.
    """
    size = file.stat().st_size
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
        start = _LENGTH_BYTES + length
        if size < _LENGTH_BYTES or length > _LONGEST_HEADER or start > size:
            raise ValueError(f"its {size:,} bytes end within the header, or it is no safetensors")
        try:
            header = json.loads(stream.read(length))
            entries = {
                str(name): _entry(file, start, value)
                for name, value in header.items()
                if name != "__metadata__"
            }
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"its header can't be read ({error!r})") from error
    expected = start
    for name, tensor in sorted(entries.items(), key=lambda item: item[1].begin):
        bits = _BITS.get(tensor.dtype)
        wanted = None if bits is None else prod(tensor.shape) * bits // 8
        if tensor.begin != expected or wanted not in (None, tensor.end - tensor.begin):
            raise ValueError(f"the bytes of {name} are not where the header says")
        expected = tensor.end
    if expected != size:
        raise ValueError(f"it should have {expected:,} bytes and has {size:,}")
    return entries


def _entry(file: Path, start: int, value: Any) -> StoredTensor:
    begin, end = value["data_offsets"]
    return StoredTensor(
        str(value["dtype"]),
        tuple(int(side) for side in value["shape"]),
        file,
        start + int(begin),
        start + int(end),
    )


def same_bytes(one: StoredTensor, other: StoredTensor) -> bool:
    """Return whether two tensors are stored as the same bytes; reads about 1 GB/s."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    with one.file.open("rb") as left, other.file.open("rb") as right:
        left.seek(one.begin)
        right.seek(other.begin)
        remaining = one.end - one.begin
        while remaining:
            count = min(_CHUNK, remaining)
            if left.read(count) != right.read(count):
                return False
            remaining -= count
    return True
