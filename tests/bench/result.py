"""Prints a benchmark's result: our number and a peer's, measured in one run."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """Holds one comparison; a ratio over 1 means that we are ahead."""

    name: str
    ours: float
    peer: float
    unit: str
    lower_is_better: bool = False

    @property
    def ratio(self) -> float:
        """Return how many times better our number is."""
        return self.peer / self.ours if self.lower_is_better else self.ours / self.peer

    def print(self) -> None:
        """Print the comparison as one JSON line."""
        line = {
            "name": self.name,
            "ours": round(self.ours, 4),
            "peer": round(self.peer, 4),
            "ratio": round(self.ratio, 3),
            "unit": self.unit,
        }
        print(json.dumps(line), flush=True)
