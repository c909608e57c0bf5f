"""Tokenise text into shards once, and map them into memory for training.

A source is one JSONL file of ``{"text": ...}`` rows. Its tokens become two flat binary files,
training and validation, documents ended by the end-of-text token, in the smallest unsigned type
that holds the vocabulary, beside a JSON header with counts and the fingerprint of what they were
made from. Windows of any length are cut from the flat file at training time, so one set of shards
serves all contexts; a gather of 4,096-token rows reads about 1 G tokens/s from the page cache.

Every k-th document is held out: fixed by position, so that more text at the end of a file does not
change what was held out of its beginning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerBase

from granite_rl.errors import DataError, data_errors
from rewards.files import read_rows, replacing, write_whole

TRAIN, VALIDATION = "train", "validation"
_BATCH_DOCUMENTS = 1000


@dataclass(frozen=True)
class Shard:
    """Gives access to the tokens of one split of one source."""

    path: Path
    dtype: str
    tokens: int
    documents: int
    bytes: int
    """UTF-8 bytes of the text, for bits per byte."""

    def windows(self, context: int) -> int:
        """Return how many non-overlapping windows of ``context`` tokens there are."""
        return self.tokens // context

    def read(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """Return tokens ``start`` .. ``stop - 1``."""
        flat = np.memmap(self.path, dtype=self.dtype, mode="r")
        return flat[start:stop].astype(np.int64)


@dataclass(frozen=True)
class Source:
    """Holds one source of text: its training and held-out tokens."""

    name: str
    train: Shard
    validation: Shard
    fingerprint: str


def read_texts(path: Path) -> Iterator[str]:
    """Yield the texts of a file, checked row by row.

    Raises:
        DataError: a row is not ``{"text": <string>}``; the message names file and line.
    """
    wanted = 'each row must be a JSON object {"text": "..."}'
    with data_errors():
        for where, row in read_rows(path, wanted):
            text = row.get("text")
            if not isinstance(text, str):
                raise DataError(f"{where}: no text in it", wanted)
            yield text


def prepare(
    name: str,
    text_file: Path,
    directory: Path,
    tokenizer: PreTrainedTokenizerBase,
    validation_fraction: float,
) -> Source:
    """Tokenise a source into ``directory``, unless what is there was made from the same.

    Raises:
        DataError: a bad row, or too little text to train on.
    """
    directory.mkdir(parents=True, exist_ok=True)
    fingerprint = _fingerprint(text_file, tokenizer, validation_fraction)
    header = directory / f"{name}.json"
    source = _load(name, header, fingerprint)
    if source is None:
        _tokenise(name, text_file, directory, tokenizer, validation_fraction, fingerprint)
        source = _load(name, header, fingerprint)
    if source is None:
        raise RuntimeError(f"{header} was written and can't be read")
    return source


def _fingerprint(
    text_file: Path, tokenizer: PreTrainedTokenizerBase, validation_fraction: float
) -> str:
    """Return the SHA-256 of all that the tokens depend on."""
    try:
        with text_file.open("rb") as stream:
            text = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        raise DataError(
            f"{text_file} does not exist",
            "data.dir must hold one <source>.jsonl per mixture source",
        ) from None
    vocabulary = hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest()
    parts = (text, vocabulary, str(validation_fraction))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _load(name: str, header: Path, fingerprint: str) -> Source | None:
    try:
        content: dict[str, Any] = json.loads(header.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    if content.get("fingerprint") != fingerprint:
        return None
    shards = {}
    for split in (TRAIN, VALIDATION):
        shard = Shard(path=header.parent / f"{name}.{split}.bin", **content[split])
        size = shard.tokens * np.dtype(shard.dtype).itemsize
        if not shard.path.is_file() or shard.path.stat().st_size != size:
            return None
        shards[split] = shard
    return Source(name, shards[TRAIN], shards[VALIDATION], fingerprint)


def _tokenise(
    name: str,
    text_file: Path,
    directory: Path,
    tokenizer: PreTrainedTokenizerBase,
    validation_fraction: float,
    fingerprint: str,
) -> None:
    dtype = np.dtype(np.uint16 if len(tokenizer) <= 1 << 16 else np.uint32)
    every = round(1 / validation_fraction)
    end = np.array([tokenizer.eos_token_id], dtype=dtype)
    counts = {
        split: {"dtype": dtype.name, "tokens": 0, "documents": 0, "bytes": 0}
        for split in (TRAIN, VALIDATION)
    }
    files = {split: directory / f"{name}.{split}.bin" for split in counts}
    with ExitStack() as stack:
        streams = {
            split: stack.enter_context(replacing(path, sync=True)) for split, path in files.items()
        }
        number = 0
        for texts in _batched(read_texts(text_file)):
            encoded = tokenizer(texts, add_special_tokens=False)["input_ids"]
            for text, token_ids in zip(texts, encoded, strict=True):
                split = VALIDATION if number % every == every // 2 else TRAIN
                number += 1
                tokens = np.concatenate([np.array(token_ids, dtype=dtype), end])
                streams[split].write(tokens.tobytes())
                count: dict[str, Any] = counts[split]
                count["tokens"] += len(tokens)
                count["documents"] += 1
                count["bytes"] += len(text.encode())
        if not all(count["documents"] for count in counts.values()):
            raise DataError(
                f"{text_file}: {number} documents are too few to hold every {every}th out",
                "give more documents, or raise data.validation_fraction",
            )
    header = json.dumps({"fingerprint": fingerprint, **counts}, indent=1) + "\n"
    write_whole(directory / f"{name}.json", header)


def _batched(texts: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == _BATCH_DOCUMENTS:
            yield batch
            batch = []
    if batch:
        yield batch
