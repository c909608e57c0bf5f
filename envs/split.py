"""Decide by the prompt itself whether it is held out, the same way for every data set."""

from __future__ import annotations

import hashlib
from typing import Literal

Split = Literal["train", "heldout"]
SPLITS: tuple[Split, ...] = ("train", "heldout")

HELDOUT_ONE_IN = 4


def split_of(domain: str, prompt: str) -> Split:
    """Return the split that a prompt of a domain always belongs to."""
    digest = hashlib.sha256(f"{domain}\0{prompt}".encode()).digest()
    return "heldout" if digest[0] % HELDOUT_ONE_IN == 0 else "train"
