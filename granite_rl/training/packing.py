"""Packing: several sequences share a row, told apart by position ids alone.

A packed row has no padding inside, so nearly every computed token is a real one: best fit over a
whole data set wastes < 1 % where padding to the longest wastes half or more. Documents in one row
must not see each other. transformers finds their borders from ``position_ids`` (they restart at 0),
but **only when there is no attention mask**: with a 2-D mask it silently lets them attend to each
other. So nothing here makes a mask, and `PackedBatch` has no place for one.

Two packers:

- `StreamingPacker` takes sequences as they come and keeps their order by micro-batch: what the RL
  trainer needs to start on the first scored groups while others still generate.
- `pack_all` knows every length beforehand and packs best-fit decreasing: SFT.

Both are deterministic functions of their input.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from granite_rl.types import PackedBatch


@dataclass
class _Row:
    """One row being filled: (sequence index, tokens, mask) in the order they were placed."""

    used: int = 0
    parts: list[tuple[int, Sequence[int], Sequence[bool]]] = field(default_factory=list)

    def place(self, index: int, token_ids: Sequence[int], target_mask: Sequence[bool]) -> None:
        self.parts.append((index, token_ids, target_mask))
        self.used += len(token_ids)


def _check(token_ids: Sequence[int], target_mask: Sequence[bool], row_tokens: int) -> None:
    if not len(token_ids):
        raise ValueError("an empty sequence can't be packed")
    if len(token_ids) != len(target_mask):
        raise ValueError(f"{len(token_ids)} tokens but {len(target_mask)} mask entries")
    if len(token_ids) > row_tokens:
        raise ValueError(f"a sequence of {len(token_ids)} tokens exceeds the row of {row_tokens}")
    if target_mask[0]:
        raise ValueError("the first token of a sequence has no predecessor and can't be trained")


def _assemble(rows: Sequence[_Row], pad_id: int) -> PackedBatch:
    """Lay rows out as arrays, cut to the longest used row."""
    width = max(row.used for row in rows)
    input_ids = np.full((len(rows), width), pad_id, dtype=np.int64)
    position_ids = np.zeros((len(rows), width), dtype=np.int64)
    columns: list[tuple[int, np.ndarray, np.ndarray, int]] = []
    for row_index, row in enumerate(rows):
        start = 0
        for sequence, token_ids, target_mask in row.parts:
            end = start + len(token_ids)
            input_ids[row_index, start:end] = token_ids
            position_ids[row_index, start:end] = np.arange(len(token_ids))
            targets = np.flatnonzero(np.asarray(target_mask, dtype=bool)) + start
            columns.append((row_index, targets - 1, input_ids[row_index, targets], sequence))
            start = end
        # The padding is a document of its own, so no real token ever attends to it.
        position_ids[row_index, start:] = np.arange(width - start)
    # Targets in the order of the sequences, not of the rows: a caller can then slice by sequence.
    columns.sort(key=lambda item: item[3])
    counts = [len(cols) for _, cols, _, _ in columns]
    return PackedBatch(
        input_ids=input_ids,
        position_ids=position_ids,
        target_rows=np.repeat([row for row, _, _, _ in columns], counts).astype(np.int64),
        target_cols=np.concatenate([cols for _, cols, _, _ in columns]).astype(np.int64),
        target_ids=np.concatenate([ids for _, _, ids, _ in columns]).astype(np.int64),
        target_sequence=np.repeat([seq for _, _, _, seq in columns], counts).astype(np.int64),
        tokens=sum(row.used for row in rows),
    )


class StreamingPacker:
    """Packs sequences in the order given into micro-batches of ``rows`` x ``row_tokens``.

    A sequence goes into the open row that it fills best (the first of equals). When it fits into
    none, the micro-batch is full: it is returned and the sequence starts the next one. Sequence
    indices count from 0 in every micro-batch, in the order of `add`.

    Args:
        row_tokens: capacity of a row; no sequence may be longer.
        rows: rows of a micro-batch.
        pad_id: token id of unused positions.
    """

    def __init__(self, row_tokens: int, rows: int, pad_id: int) -> None:
        if row_tokens < 1 or rows < 1:
            raise ValueError(f"rows of {row_tokens} tokens x {rows} can't hold anything")
        self.row_tokens = row_tokens
        self.rows = rows
        self.pad_id = pad_id
        self._open: list[_Row] = []
        self._sequences = 0

    def add(self, token_ids: Sequence[int], target_mask: Sequence[bool]) -> PackedBatch | None:
        """Place one sequence; return the micro-batch that had no room for it, if so.

        Args:
            token_ids: [tokens] of one sequence.
            target_mask: [tokens]; True where the token is trained, i.e. predicted from the
                position before it. The first token can't be.

        Raises:
            ValueError: empty, longer than a row, or a mask that doesn't fit.
        """
        _check(token_ids, target_mask, self.row_tokens)
        row = self._best_row(len(token_ids))
        full = None
        if row is None:
            full = self.flush()
            row = _Row()
            self._open.append(row)
        row.place(self._sequences, token_ids, target_mask)
        self._sequences += 1
        return full

    def flush(self) -> PackedBatch | None:
        """The micro-batch under way, or None when nothing was added since the last one."""
        if not self._open:
            return None
        batch = _assemble(self._open, self.pad_id)
        self._open = []
        self._sequences = 0
        return batch

    def _best_row(self, tokens: int) -> _Row | None:
        best: _Row | None = None
        for row in self._open:
            fits = row.used + tokens <= self.row_tokens
            if fits and (best is None or row.used > best.used):
                best = row
        if best is None and len(self._open) < self.rows:
            best = _Row()
            self._open.append(best)
        return best


def assign_best_fit(lengths: Sequence[int], row_tokens: int) -> list[list[int]]:
    """Best-fit decreasing: indices of sequences per row, O(n log n).

    Each sequence, longest first, goes into the fullest row that still has room. Within 11/9 of the
    optimal number of rows plus one (Johnson 1973).

    Args:
        lengths: [sequences] in tokens, each 1 .. row_tokens.
        row_tokens: capacity of a row.
    """
    order = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))
    rows: list[list[int]] = []
    room: list[tuple[int, int]] = []  # (free tokens, row), ascending: the first that fits is best
    for index in order:
        length = lengths[index]
        if not 1 <= length <= row_tokens:
            raise ValueError(f"sequence {index} of {length} tokens can't go into {row_tokens}")
        at = bisect.bisect_left(room, (length, -1))
        if at == len(room):
            rows.append([index])
            bisect.insort(room, (row_tokens - length, len(rows) - 1))
        else:
            free, row = room.pop(at)
            rows[row].append(index)
            bisect.insort(room, (free - length, row))
    return rows


def pack_all(
    sequences: Sequence[tuple[Sequence[int], Sequence[bool]]],
    row_tokens: int,
    rows: int,
    pad_id: int,
) -> list[PackedBatch]:
    """Pack known sequences best-fit into micro-batches of at most ``rows`` rows.

    Args:
        sequences: (token_ids, target_mask) pairs, see `StreamingPacker.add`.
        row_tokens: capacity of a row.
        rows: rows of a micro-batch.
        pad_id: token id of unused positions.

    Returns:
        Micro-batches; ``target_sequence`` indexes into ``sequences``.
    """
    for token_ids, target_mask in sequences:
        _check(token_ids, target_mask, row_tokens)
    assigned = assign_best_fit([len(tokens) for tokens, _ in sequences], row_tokens)
    return lay_out(sequences, assigned, rows, pad_id)


def lay_out(
    sequences: Sequence[tuple[Sequence[int], Sequence[bool]]],
    assigned: Sequence[Sequence[int]],
    rows: int,
    pad_id: int,
) -> list[PackedBatch]:
    """Micro-batches of at most ``rows`` rows from sequences whose rows are decided already.

    Args:
        sequences: (token_ids, target_mask) pairs, see `StreamingPacker.add`.
        assigned: for each row, the indices of its sequences, e.g. from `assign_best_fit`.
        rows: rows of a micro-batch.
        pad_id: token id of unused positions.
    """
    filled: list[_Row] = []
    for indices in assigned:
        row = _Row()
        for index in indices:
            row.place(index, *sequences[index])
        filled.append(row)
    return [_assemble(filled[at : at + rows], pad_id) for at in range(0, len(filled), rows)]


def empty_batch(pad_id: int) -> PackedBatch:
    """A micro-batch that trains nothing, for a rank that must keep step with the others.

    The sum of its (no) log-probabilities is zero and still depends on every parameter.
    """
    nothing = np.empty(0, dtype=np.int64)
    return PackedBatch(
        input_ids=np.full((1, 1), pad_id, dtype=np.int64),
        position_ids=np.zeros((1, 1), dtype=np.int64),
        target_rows=nothing,
        target_cols=nothing,
        target_ids=nothing,
        target_sequence=nothing,
        tokens=0,
    )
