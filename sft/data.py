"""Read conversations into token sequences with assistant-only masks, and order them.

Rows are read, checked and tokenised once, in the launching process, and handed to the ranks as one
flat file, so that a bad row is refused before any rank starts. What a step trains is a function of
(seed, step): nothing but the step number has to be stored to resume.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerBase

from granite_rl.data.rows import chat_messages, data_rows, declared_tools
from granite_rl.errors import DataError
from granite_rl.models.tokenizer import encode_conversation
from granite_rl.training.packing import assign_best_fit, lay_out
from granite_rl.types import PackedBatch
from rewards.files import replacing

_BLOCK = 1 << 16
"""Conversations packed at a time: rows are over 99 % full, and packing stays O(n log n)."""

_PACKING = 0x7061636B
"""Constant in the seed of the packing, so that its shuffle differs from those of the epochs."""

_WANTED = 'each row must be a JSON object {"messages": [{"role": ..., "content": ...}, ...]}'


@dataclass(frozen=True)
class Conversations:
    """Holds tokenised conversations in flat arrays."""

    token_ids: npt.NDArray[np.uint32]
    """[tokens] of all conversations, one after the other."""
    trained: npt.NDArray[np.bool_]
    """[tokens], True on what assistants wrote."""
    ends: npt.NDArray[np.int64]
    """[conversations], exclusive end of each in the flat arrays."""
    too_long: int = 0
    """Conversations that were left out for their length."""

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Return the length of each conversation in tokens, [conversations]."""
        return np.diff(self.ends, prepend=0)

    @property
    def tokens(self) -> int:
        """Count the tokens of all conversations."""
        return len(self.token_ids)

    @property
    def trained_tokens(self) -> int:
        """Count the tokens that carry loss."""
        return int(self.trained.sum())

    def __getitem__(self, index: int) -> tuple[list[int], list[bool]]:
        """Return (token ids, target mask) of one conversation."""
        start = int(self.ends[index - 1]) if index else 0
        part = slice(start, int(self.ends[index]))
        return self.token_ids[part].tolist(), self.trained[part].tolist()

    def save(self, path: Path) -> None:
        """Write to a file that `load` reads, atomically."""
        with replacing(path) as stream:
            np.savez(stream, token_ids=self.token_ids, trained=self.trained, ends=self.ends)

    @classmethod
    def load(cls, path: Path) -> Conversations:
        """Read a file that `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(stored["token_ids"], stored["trained"], stored["ends"])


def read_conversations(
    files: Sequence[Path], tokenizer: PreTrainedTokenizerBase, max_tokens: int
) -> Conversations:
    """Read and tokenise every row; longer conversations than ``max_tokens`` are only counted.

    Raises:
        DataError: a row is malformed (the message names file and line), or no row is left.
    """
    token_ids: list[npt.NDArray[np.uint32]] = []
    trained: list[npt.NDArray[np.bool_]] = []
    too_long = 0
    for where, row in _rows(files):
        try:
            encoding = encode_conversation(
                tokenizer, row["messages"], tools=row.get("tools"), documents=row.get("documents")
            )
        except DataError as error:
            raise DataError(f"{where}: {error.message}", error.fix) from error
        if len(encoding.token_ids) > max_tokens:
            too_long += 1
            continue
        token_ids.append(np.array(encoding.token_ids, dtype=np.uint32))
        trained.append(np.array(encoding.assistant_mask, dtype=bool))
    if not token_ids:
        names = ", ".join(str(file) for file in files)
        if not too_long:
            raise DataError(f"{names}: no rows in it", "give at least one conversation")
        raise DataError(
            f"{names}: no conversation to train on: all {too_long} exceed {max_tokens} tokens",
            "raise trainer.row_tokens, or give shorter conversations",
        )
    ends = np.cumsum([len(tokens) for tokens in token_ids])
    return Conversations(np.concatenate(token_ids), np.concatenate(trained), ends, too_long)


def _rows(files: Sequence[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (file:line, row) of every row, its messages checked."""
    for where, row in data_rows(files, ("messages", "tools", "documents"), _WANTED):
        if not isinstance(row.get("messages"), list):
            raise DataError(f"{where}: no messages in it", _WANTED)
        documents = row.get("documents")
        if not isinstance(documents, list | None):
            raise DataError(
                f"{where}: 'documents' is {type(documents).__name__}", "a list of objects"
            )
        declared_tools(row.get("tools"), where)
        yield where, {**row, "messages": chat_messages(row["messages"], where, "messages", None)}


def assign_rows(lengths: npt.NDArray[np.int64], row_tokens: int, seed: int) -> list[list[int]]:
    """Pack conversations into rows, best fit within shuffled blocks of `_BLOCK` of them.

    The packing is the same in every epoch, only the order of the rows changes: conversations in a
    row don't see each other, and a step sums over many rows.

    Args:
        lengths: [conversations] in tokens.
        row_tokens: capacity of a row.
        seed: seed of the shuffle, so that equal lengths don't follow the order of the files.
    """
    order = np.random.default_rng([seed, _PACKING]).permutation(len(lengths))
    rows: list[list[int]] = []
    for at in range(0, len(order), _BLOCK):
        block = order[at : at + _BLOCK]
        for row in assign_best_fit(lengths[block].tolist(), row_tokens):
            rows.append(block[row].tolist())
    return rows


def step_rows(rows: int, batch: int, step: int, seed: int) -> list[int]:
    """Return which packed rows step ``step`` (from 0) trains.

    Epochs are permutations seeded by (seed, epoch), joined end to end, so a step may span two and
    every row is trained once per epoch.
    """
    positions = np.arange(step * batch, (step + 1) * batch)
    indices: list[int] = []
    for epoch in np.unique(positions // rows).tolist():
        order = np.random.default_rng([seed, epoch]).permutation(rows)
        here = positions[positions // rows == epoch] - epoch * rows
        indices += order[here].tolist()
    return indices


def batches_of(
    conversations: Conversations, rows: Sequence[Sequence[int]], per_batch: int, pad_id: int
) -> list[PackedBatch]:
    """Build micro-batches of ``per_batch`` packed rows, each row a list of conversations."""
    sequences = [conversations[index] for row in rows for index in row]
    assigned: list[list[int]] = []
    for row in rows:
        first = assigned[-1][-1] + 1 if assigned else 0
        assigned.append(list(range(first, first + len(row))))
    return lay_out(sequences, assigned, per_batch, pad_id)
