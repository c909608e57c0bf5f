"""Read the small files of checkpoint directories, hash them, and replace them atomically.

Every hand-off between stages is a Hugging Face directory: config, safetensors, tokenizer, chat
template. Nothing here reads a tensor or imports torch or transformers, so that a driver can refuse
a wrong path in milliseconds. A directory with the final name is complete; the price is disk for two
copies while an existing one is replaced.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from granite_rl.errors import PreflightError

WEIGHTS_FILE, INDEX_FILE = "model.safetensors", "model.safetensors.index.json"
_IDENTITY_PATTERNS = (
    "*.safetensors",
    "*.safetensors.index.json",
    "config.json",
    "generation_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template*",
)


def existing_directory(path: str | Path, where: str = "") -> Path:
    """Return the path of a local directory.

    Args:
        path: relative or absolute.
        where: prefix of messages, e.g. "model.path: ".

    Raises:
        PreflightError: there is no directory at this path.
    """
    directory = Path(path)
    try:
        found = directory.is_dir()
    except OSError as error:
        raise PreflightError(f"{where}cannot look at {path}: {error.strerror}") from error
    if not found:
        raise PreflightError(
            f"{where}{str(path)!r} is not a directory.",
            fix="give a local checkpoint directory (download hub models first)",
        )
    return directory


def read_object(file: Path, where: str = "") -> dict[str, Any]:
    """Read a JSON file of a checkpoint that holds an object.

    Raises:
        PreflightError: the file can't be read, or holds no object.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PreflightError(f"{where}cannot read {file}: {error}") from error
    if not isinstance(content, dict):
        raise PreflightError(f"{where}{file} holds no JSON object.")
    return content


def read_config(path: str | Path, where: str = "") -> dict[str, Any]:
    """Read ``config.json`` of a Granite checkpoint.

    Raises:
        PreflightError: the directory or config.json is missing, damaged or not a Granite's.
    """
    directory = existing_directory(path, where)
    file = directory / "config.json"
    if not file.is_file():
        raise PreflightError(
            f"{where}{directory} is not a checkpoint (no config.json).",
            fix="a finished run's model is in its hf/ directory",
        )
    config = read_object(file, where)
    if config.get("model_type") != "granite":
        raise PreflightError(
            f"{where}{directory} holds a {config.get('model_type')!r} model; expected 'granite'."
        )
    return config


def weight_files(directory: Path, where: str = "") -> list[str]:
    """List the names of the safetensors files that make up the checkpoint in `directory`.

    Raises:
        PreflightError: the index can't be read, or names files elsewhere.
    """
    index = directory / INDEX_FILE
    if not index.is_file():
        return [WEIGHTS_FILE]
    names = read_object(index, where).get("weight_map")
    if not isinstance(names, dict) or not all(
        isinstance(name, str) and Path(name).name == name for name in names.values()
    ):
        raise PreflightError(f"{where}{index} is damaged: it has no weight_map of file names.")
    return sorted(set(names.values()))


def holds_model(directory: Path) -> bool:
    """Return whether a directory has a config and every weight file it names; read no weights."""
    try:
        names = ["config.json", *weight_files(directory)]
    except PreflightError:
        return False
    return all((directory / name).is_file() for name in names)


@contextlib.contextmanager
def replace_directory(directory: str | Path) -> Iterator[Path]:
    """Yield a temporary directory that replaces `directory` when the block succeeds.

    Files are synced to disk before the rename. When the block fails, the temporary directory is
    removed and whatever was there stays.
    """
    final = Path(directory)
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{final.name}.tmp-", dir=final.parent))
    try:
        temporary.chmod(0o755)
        yield temporary
        for path in temporary.rglob("*"):
            sync_to_disk(path)
        sync_to_disk(temporary)
        aside: Path | None = None
        if final.exists():
            aside = Path(tempfile.mkdtemp(prefix=f".{final.name}.old-", dir=final.parent))
            os.replace(final, aside)
        os.replace(temporary, final)
        sync_to_disk(final.parent)
        if aside is not None:
            shutil.rmtree(aside)
    finally:
        if temporary.exists():
            shutil.rmtree(temporary)


def sync_to_disk(path: Path) -> None:
    """Flush a file's content, or the names in a directory, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checkpoint_hash(directory: str | Path) -> str:
    """Return the SHA-256 (hex) of a checkpoint's weights, config and tokenizer, names included.

    Other files (README, lineage, optimizer states) are left out. All bytes are read: about 1 GB/s.

    Raises:
        PreflightError: there is no such directory, or none of these files is in it.
    """
    root = Path(directory)
    files = sorted({path for pattern in _IDENTITY_PATTERNS for path in root.glob(pattern)})
    if not files:
        raise PreflightError(f"{root} holds no checkpoint to hash.")
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        digest.update(f"{path.name}\0{content}\n".encode())
    return digest.hexdigest()
