"""Computes which window of which source is trained when, as a pure function without stored state.

A phase of ``windows`` rows takes an exact number of them from every source (`apportion`). The i-th
row of a source that has k of them stands at (i + 1/2) / k of the phase, so that every stretch of
the phase, every batch included, holds each source in proportion to within one row. `Order.rows`
finds any stretch by bisection, in O(sources x log): resuming needs the position alone, and neither
a phase of 10 T tokens nor another number of ranks needs an index file.

Within a source, windows are visited in a pseudo-random permutation per epoch, computed point by
point (a Feistel network with cycle walking), so no permutation is held in memory either. A source
goes on where the phases before it stopped: its second pass begins when the first is finished.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
_ROUNDS = 6


def apportion(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Split ``total`` into whole numbers in proportion to ``weights``, by largest remainders.

    Ties go to the source named first. Each number is off its exact share by less than one.
    """
    whole = sum(weights.values())
    exact = {name: total * weight / whole for name, weight in weights.items()}
    counts = {name: math.floor(share) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[: total - sum(counts.values())]:
        counts[name] += 1
    return counts


def permuted(index: IntArray, size: int, key: str) -> IntArray:
    """Return the images of ``index`` [n] under a pseudo-random permutation of range(size).

    A balanced Feistel network permutes the next power of four; values that fall outside are put
    through it again (cycle walking: on average under four times) until they fall inside. Keyed by
    SHA-256, so the same on every machine and version.
    """
    if size < 1 or (len(index) and (index.min() < 0 or index.max() >= size)):
        raise ValueError(f"indices must be in range({size})")
    half_bits = max(1, ((size - 1).bit_length() + 1) // 2)
    mask = np.uint64((1 << half_bits) - 1)
    shift = np.uint64(half_bits)
    digest = b"".join(
        hashlib.sha256(f"{key}/{round_}".encode()).digest()[:8] for round_ in range(_ROUNDS)
    )
    keys = np.frombuffer(digest, dtype="<u8").astype(np.uint64)
    values = index.astype(np.uint64)
    outside = np.ones(len(values), dtype=bool)
    while outside.any():
        left, right = values[outside] >> shift, values[outside] & mask
        for round_key in keys:
            left, right = right, left ^ (_mix(right, round_key) & mask)
        values[outside] = (left << shift) | right
        outside[outside] = values[outside] >= size
    return values.astype(np.int64)


def _mix(values: npt.NDArray[np.uint64], key: np.uint64) -> npt.NDArray[np.uint64]:
    """Apply splitmix64's finaliser (Steele et al. 2014) to value + key."""
    with np.errstate(over="ignore"):
        mixed = values * np.uint64(0x9E3779B97F4A7C15) + key
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))


@dataclass(frozen=True)
class Order:
    """Defines the order in which one phase trains the windows of its sources."""

    counts: dict[str, int]
    """Rows of each source in this phase."""
    available: dict[str, int]
    """Windows of each source on disk, at this phase's length."""
    offsets: dict[str, int]
    """Windows of each source that earlier phases have trained."""
    seed: int
    context: int
    """Length of a window; part of the permutation's key, as other lengths cut other windows."""

    @property
    def rows_total(self) -> int:
        """Return the number of rows of the whole phase."""
        return sum(self.counts.values())

    def rows(self, start: int, stop: int) -> list[tuple[str, int]]:
        """Return (source, window) of the rows ``start`` .. ``stop - 1`` of the phase."""
        return self._windows(self._between(start, stop))

    def _between(self, start: int, stop: int) -> list[tuple[str, int]]:
        """Return (source, running number within it) of a stretch of the phase."""
        if not 0 <= start <= stop <= self.rows_total:
            raise IndexError(f"rows {start}..{stop} of a phase of {self.rows_total}")
        low, high = self._position(start, below=True), self._position(stop, below=False)
        found: list[tuple[float, int, int]] = []
        before = 0
        for rank, count in enumerate(self.counts.values()):
            if count:
                first, last = self._count_below(count, low), self._count_below(count, high)
                before += first
                found += [((i + 0.5) / count, rank, i) for i in range(first, last)]
        found.sort()
        names = list(self.counts)
        return [(names[rank], i) for _, rank, i in found[start - before : stop - before]]

    @staticmethod
    def _count_below(count: int, position: float) -> int:
        """Count how many of (i + 1/2) / count, i in range(count), lie below a position."""
        index = min(count, max(0, math.floor(position * count - 0.5)))
        while index < count and (index + 0.5) / count < position:
            index += 1
        while index > 0 and (index - 0.5) / count >= position:
            index -= 1
        return index

    def _position(self, rank: int, *, below: bool) -> float:
        """Find a position in [0, 1] with at most (``below``) or at least ``rank`` rows below it."""
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            total = sum(self._count_below(count, middle) for count in self.counts.values())
            if total <= rank if below else total < rank:
                low = middle
            else:
                high = middle
        return low if below else high

    def _windows(self, chosen: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Turn the running number of a row within its source into a window on disk."""
        windows: dict[tuple[str, int], int] = {}
        for name in {name for name, _ in chosen}:
            available = self.available[name]
            numbers = np.array([i for other, i in chosen if other == name], dtype=np.int64)
            epochs, within = np.divmod(numbers + self.offsets[name], available)
            for epoch in np.unique(epochs).tolist():
                here = epochs == epoch
                key = f"{self.seed}/{name}/{self.context}/{epoch}"
                images = permuted(within[here], available, key)
                pairs = zip(numbers[here].tolist(), images.tolist(), strict=True)
                windows.update(((name, number), image) for number, image in pairs)
        return [(name, windows[name, i]) for name, i in chosen]
