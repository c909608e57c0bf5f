"""Packing: several sequences share a row, told apart by position ids.

A packed row has no padding inside, so nearly every computed token is a real one: best fit over a
whole data set wastes < 1 % where padding to the longest wastes half or more. Documents in one row
must not see each other. transformers finds their borders from ``position_ids`` (they restart at 0),
but **only when there is no attention mask**: with a 2-D mask it silently lets them attend to each
other. So nothing here makes a 2-D mask, and `PackedBatch` has no place for one.

The 16 samples of a prompt group can also share their prompt: ``[prompt][sample 1][sample 2]...`` is
one document, in which every sample continues at the prompt's position and sees the prompt and
itself, not its siblings (``branch_ids`` say which is which). The numbers are those of 16 separate
copies, for 1/16 of the prompt's tokens: with prompts 4x as long as responses a step computes 4x
fewer tokens. It needs an explicit [row_tokens x row_tokens] mask, one byte an entry: 64 MiB at
8,192.

Two ways to pack:

- `StreamingPacker` takes sequences as they come and keeps their order by micro-batch: what the RL
  trainer needs to start on the first scored groups while others still generate.
- `assign_best_fit` knows every length beforehand and packs best-fit decreasing, and `lay_out` makes
  micro-batches of the rows: SFT.

Both are deterministic functions of their input.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from granite_rl.types import PackedBatch

TRUNK = 0
"""Branch id of a prompt that several samples share, and of everything that is not shared."""


class SampleTokens(NamedTuple):
    """Holds the tokens of one sample of a prompt group that follow the prompt."""

    token_ids: Sequence[int]
    target_mask: Sequence[bool]
    """[tokens]; True where the token is trained. The first token may be, as the prompt predicts
    it."""


class _Part(NamedTuple):
    """Holds a run of tokens in a row: a sequence, a shared prompt or one of its samples."""

    sequence: int
    """Index of the sequence that the targets belong to; -1 for a shared prompt, which has none."""
    start: int
    token_ids: Sequence[int]
    target_mask: Sequence[bool]
    position: int
    """Position id of the first token."""
    branch: int
    before: int
    """Column of the token that predicts the first one; -1 if none does."""


@dataclass
class _Row:
    """Collects the parts of one row in the order they are placed."""

    used: int = 0
    parts: list[_Part] = field(default_factory=list)

    def place(self, sequence: int, token_ids: Sequence[int], target_mask: Sequence[bool]) -> None:
        """Append a document of its own."""
        self.parts.append(_Part(sequence, self.used, token_ids, target_mask, 0, TRUNK, -1))
        self.used += len(token_ids)

    def place_branch(self, sequence: int, sample: SampleTokens, prompt: _Part, branch: int) -> None:
        """Append a continuation of ``prompt``, which is in this row."""
        length = len(prompt.token_ids)
        self.parts.append(
            _Part(sequence, self.used, *sample, length, branch, prompt.start + length - 1)
        )
        self.used += len(sample.token_ids)


def _check(
    token_ids: Sequence[int], target_mask: Sequence[bool], row_tokens: int, prompt_tokens: int = 0
) -> None:
    """Refuse what can't be packed: a sequence, or a sample that continues a shared prompt."""
    if not len(token_ids):
        raise ValueError(f"an empty {'sample' if prompt_tokens else 'sequence'} can't be packed")
    if len(token_ids) != len(target_mask):
        raise ValueError(f"{len(token_ids)} tokens but {len(target_mask)} mask entries")
    tokens = prompt_tokens + len(token_ids)
    if tokens > row_tokens:
        raise ValueError(f"a sequence of {tokens} tokens exceeds the row of {row_tokens}")
    if target_mask[0] and not prompt_tokens:
        raise ValueError("the first token of a sequence has no predecessor and can't be trained")


def _assemble(rows: Sequence[_Row], pad_id: int) -> PackedBatch:
    """Lay rows out as arrays, cut to the longest used row."""
    width = max(row.used for row in rows)
    input_ids = np.full((len(rows), width), pad_id, dtype=np.int64)
    position_ids = np.zeros((len(rows), width), dtype=np.int64)
    branch_ids = np.full((len(rows), width), TRUNK, dtype=np.int64)
    columns: list[tuple[int, np.ndarray, np.ndarray, int]] = []
    for row_index, row in enumerate(rows):
        for part in row.parts:
            length = len(part.token_ids)
            here = slice(part.start, part.start + length)
            input_ids[row_index, here] = part.token_ids
            position_ids[row_index, here] = np.arange(part.position, part.position + length)
            branch_ids[row_index, here] = part.branch
            targets = np.flatnonzero(np.asarray(part.target_mask, dtype=bool)) + part.start
            predictors = np.where(targets == part.start, part.before, targets - 1)
            columns.append((row_index, predictors, input_ids[row_index, targets], part.sequence))
        # The padding is a document of its own, so no real token ever attends to it.
        position_ids[row_index, row.used :] = np.arange(width - row.used)
    # Targets in the order of the sequences, not of the rows: a caller can then slice by sequence.
    columns.sort(key=lambda item: item[3])
    counts = [len(cols) for _, cols, _, _ in columns]
    return PackedBatch(
        input_ids=input_ids,
        position_ids=position_ids,
        branch_ids=branch_ids if branch_ids.any() else None,
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

    def add_group(
        self, prompt_ids: Sequence[int], samples: Sequence[SampleTokens]
    ) -> list[PackedBatch]:
        """Place samples that share a prompt; return the micro-batches that got full on the way.

        The prompt is laid out once in every row that takes samples of the group: the row in which
        the rest of the group fits best, else the emptiest. Samples are numbered like the sequences
        of `add`, in their order.

        Args:
            prompt_ids: [prompt tokens], at least one.
            samples: tokens that follow the prompt, at least one of each sample.

        Raises:
            ValueError: something is empty, a mask doesn't fit, or prompt plus sample exceed a row.
        """
        if not prompt_ids:
            raise ValueError("an empty prompt can't be shared")
        for sample in samples:
            _check(*sample, self.row_tokens, len(prompt_ids))
        full: list[PackedBatch] = []
        rest = list(samples)
        while rest:
            row = self._row_for_group(
                len(prompt_ids) + sum(len(sample.token_ids) for sample in rest),
                len(prompt_ids) + len(rest[0].token_ids),
            )
            if row is None:
                batch = self.flush()
                assert batch is not None  # an empty batch has room for any sample
                full.append(batch)
                continue
            row.place(-1, prompt_ids, [False] * len(prompt_ids))
            prompt, branch = row.parts[-1], TRUNK
            while rest and row.used + len(rest[0].token_ids) <= self.row_tokens:
                branch += 1
                row.place_branch(self._sequences, rest.pop(0), prompt, branch)
                self._sequences += 1
        return full

    def flush(self) -> PackedBatch | None:
        """Return the micro-batch under way, or None when nothing was added since the last one."""
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

    def _row_for_group(self, tokens: int, least: int) -> _Row | None:
        """Return the open row that a group of ``tokens`` fits best, else the emptiest one, provided
        that it holds the prompt with one sample (``least`` tokens)."""
        if tokens <= self.row_tokens:
            row = self._best_row(tokens)
            if row is not None:
                return row
        if len(self._open) < self.rows:
            self._open.append(_Row())
            return self._open[-1]
        emptiest = min(self._open, key=lambda row: row.used)
        return emptiest if emptiest.used + least <= self.row_tokens else None


def assign_best_fit(lengths: Sequence[int], row_tokens: int) -> list[list[int]]:
    """Assign sequences to rows by best-fit decreasing, O(n log n); returns indices of sequences per
    row.

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


def lay_out(
    sequences: Sequence[tuple[Sequence[int], Sequence[bool]]],
    assigned: Sequence[Sequence[int]],
    rows: int,
    pad_id: int,
) -> list[PackedBatch]:
    """Lay out sequences whose rows are decided as micro-batches of at most ``rows`` rows.

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
    """Make a micro-batch that trains nothing, for a rank that must keep step with the others.

    The sum of its (no) log-probabilities is zero and still depends on every parameter.
    """
    nothing = np.empty(0, dtype=np.int64)
    return PackedBatch(
        input_ids=np.full((1, 1), pad_id, dtype=np.int64),
        position_ids=np.zeros((1, 1), dtype=np.int64),
        branch_ids=None,
        target_rows=nothing,
        target_cols=nothing,
        target_ids=nothing,
        target_sequence=nothing,
        tokens=0,
    )
