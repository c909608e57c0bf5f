"""Packing of sequences that are all there, as SFT does it, in one call."""

from __future__ import annotations

from collections.abc import Sequence

from granite_rl.training.packing import assign_best_fit, lay_out
from granite_rl.types import PackedBatch


def pack_all(
    sequences: Sequence[tuple[Sequence[int], Sequence[bool]]],
    row_tokens: int,
    rows: int,
    pad_id: int,
) -> list[PackedBatch]:
    """Micro-batches of at most ``rows`` rows; ``target_sequence`` indexes into ``sequences``."""
    assigned = assign_best_fit([len(tokens) for tokens, _ in sequences], row_tokens)
    return lay_out(sequences, assigned, rows, pad_id)
