"""Cuts windows of token shards into micro-batches, with the documents inside kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from granite_rl.types import PackedBatch
from pretrain.shards import Shard, Source

IntArray = npt.NDArray[np.int64]


def batch_of(windows: IntArray, end_id: int) -> PackedBatch:
    """Build a micro-batch from windows [rows, context] of a flat token stream.

    Positions restart after every end-of-text token, so documents in one window don't see each
    other, and a document's first token is not predicted from the one before it.

    Args:
        windows: token ids; a window may begin and end inside a document.
        end_id: the end-of-text token.
    """
    rows, context = windows.shape
    columns = np.broadcast_to(np.arange(context), (rows, context))
    begins = np.zeros((rows, context), dtype=bool)
    begins[:, 0] = True
    begins[:, 1:] = windows[:, :-1] == end_id
    starts = np.maximum.accumulate(np.where(begins, columns, 0), axis=1)
    target_rows, target_cols = np.nonzero(~begins[:, 1:])
    return PackedBatch(
        input_ids=windows,
        branch_ids=None,
        position_ids=columns - starts,
        target_rows=target_rows.astype(np.int64),
        target_cols=target_cols.astype(np.int64),
        target_ids=windows[target_rows, target_cols + 1],
        target_sequence=target_rows.astype(np.int64),
        tokens=rows * context,
    )


def train_batches(
    rows: Sequence[tuple[str, int]],
    sources: Mapping[str, Source],
    context: int,
    rows_per_batch: int,
    end_id: int,
) -> list[PackedBatch]:
    """Build micro-batches of the (source, window) pairs given, in their order."""
    batches = []
    for at in range(0, len(rows), rows_per_batch):
        windows = [
            sources[name].train.read(window * context, (window + 1) * context)
            for name, window in rows[at : at + rows_per_batch]
        ]
        batches.append(batch_of(np.stack(windows), end_id))
    return batches


def validation_windows(shard: Shard, context: int, limit: int) -> Iterator[IntArray]:
    """Yield held-out windows [1, <= context] of a source, at most ``limit`` tokens in all."""
    stop = min(shard.tokens, limit)
    for at in range(0, stop, context):
        window = shard.read(at, min(at + context, stop))
        if len(window) > 1:
            yield window[None, :]
