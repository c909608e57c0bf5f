"""Reads sentences in a known language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rewards.reading.languages import LANGUAGES


def sentences(path: Path) -> Iterator[dict[str, Any]]:
    """Read `language-testdata/sentences` of github.com/pemistahl/lingua-py (Apache-2.0).

    Every sentence is asked for in its own language, and in one of the eleven others in turn.
    """
    for place, own in enumerate(LANGUAGES):
        lines = (path / f"{own}.txt").read_text(encoding="utf-8").splitlines()
        for number, sentence in enumerate(lines):
            other = LANGUAGES[(place + 1 + number % (len(LANGUAGES) - 1)) % len(LANGUAGES)]
            for wanted in (own, other):
                yield {
                    "reward": "language",
                    "name": f"{own} as {wanted}",
                    "completion": sentence,
                    "ground_truth": {"language": wanted},
                    "correct": wanted == own,
                }
