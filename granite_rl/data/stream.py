"""Order the prompts of a run: domains in exact proportions, resumable from a position.

The stream is a pure function of (rows, seed, mixture, position). Its only state is the position, so
that a run resumed at step N sees exactly the prompts it would have seen, on any number of ranks or
generators, also across the boundary of an epoch.

Within an epoch of E slots a domain with weight w gets E*w slots (largest remainder), spread evenly:
its i-th slot sorts at (i + 1/2) / count, which is the closed form of "always serve the domain that
is most behind". Each domain walks through its own rows in a fresh shuffle per pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from granite_rl.errors import ConfigError
from granite_rl.types import PromptRow


class PromptStream:
    """Gives an endless, domain-mixed sequence of prompt rows.

    Args:
        rows: all prompt rows.
        seed: run seed.
        mixture: weight of each domain; None: in proportion to its rows, i.e. every row once an
            epoch.

    Raises:
        ConfigError: the mixture names a domain without rows, or leaves out one that has some.
    """

    def __init__(
        self, rows: Sequence[PromptRow], *, seed: int, mixture: Mapping[str, float] | None
    ) -> None:
        self._rows = rows
        self._seed = seed
        by_domain: dict[str, list[int]] = {}
        for index, row in enumerate(rows):
            by_domain.setdefault(row.domain, []).append(index)
        self.domains = tuple(sorted(by_domain))
        """Domains of the rows, in a fixed order."""
        self._members = [np.asarray(by_domain[domain], dtype=np.int64) for domain in self.domains]
        sizes = np.asarray([len(members) for members in self._members], dtype=np.float64)
        if mixture is not None:
            if set(mixture) != set(self.domains):
                raise ConfigError(
                    f"data.mixture: names {sorted(mixture)}, but the rows are of {self.domains}",
                    "give one weight to each domain that has rows",
                )
            sizes = np.asarray([mixture[domain] for domain in self.domains], dtype=np.float64)
        self.epoch_size = len(rows)
        """Prompts in one epoch."""
        self._counts = _largest_remainder(sizes / sizes.sum(), self.epoch_size)
        self._slots = _even_interleave(self._counts)
        self._ranks = _rank_within(self._slots, len(self.domains))
        self._shuffles: dict[tuple[int, int], npt.NDArray[np.int64]] = {}

    def take(self, position: int, count: int) -> list[PromptRow]:
        """Return rows ``position .. position + count``, counted from the start of the run."""
        return [self._rows[self._row_index(position + offset)] for offset in range(count)]

    def _row_index(self, position: int) -> int:
        epoch, slot = divmod(position, self.epoch_size)
        domain = int(self._slots[slot])
        served = epoch * int(self._counts[domain]) + int(self._ranks[slot])
        members = self._members[domain]
        passes, within = divmod(served, len(members))
        return int(members[self._shuffle(domain, passes)[within]])

    def _shuffle(self, domain: int, passes: int) -> npt.NDArray[np.int64]:
        key = (domain, passes)
        if key not in self._shuffles:
            self._shuffles = {
                known: order for known, order in self._shuffles.items() if known[1] >= passes - 1
            }
            generator = np.random.default_rng([self._seed, domain, passes])
            self._shuffles[key] = generator.permutation(len(self._members[domain]))
        return self._shuffles[key]


def _largest_remainder(shares: npt.NDArray[np.float64], total: int) -> npt.NDArray[np.int64]:
    """Round shares to integers that sum to ``total``, by largest remainder (Hamilton's method)."""
    exact = shares * total
    counts = np.floor(exact).astype(np.int64)
    missing = total - int(counts.sum())
    order = np.argsort(-(exact - counts), kind="stable")
    counts[order[:missing]] += 1
    return counts


def _even_interleave(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the domain of each slot, [sum(counts)], with every domain spread evenly."""
    domains = np.repeat(np.arange(len(counts)), counts)
    keys = np.concatenate([(np.arange(count) + 0.5) / count for count in counts if count])
    return domains[np.argsort(keys, kind="stable")].astype(np.int64)


def _rank_within(slots: npt.NDArray[np.int64], domains: int) -> npt.NDArray[np.int64]:
    """Return for each slot, [slots], how many earlier slots have the same domain."""
    ranks = np.empty_like(slots)
    for domain in range(domains):
        where = np.flatnonzero(slots == domain)
        ranks[where] = np.arange(len(where))
    return ranks
