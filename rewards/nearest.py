"""Find the known names that a mistyped one most likely stands for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MAX_CHARS = 80
"""Of a name that is looked at: comparing takes time quadratic in its length."""


def nearest(name: str, known: Iterable[str], most: int = 1, cutoff: float = 0.6) -> list[str]:
    """Return up to ``most`` known names like ``name``, the likeliest first.

    Args:
        name: what was written.
        known: what could have been meant; equally likely ones come in the order of their names.
        most: how many to give.
        cutoff: likeness from 0 to 1 below which a name is not given.
    """
    return difflib.get_close_matches(name[:MAX_CHARS], sorted(known), n=most, cutoff=cutoff)


def did_you_mean(name: str, known: Iterable[str], most: int = 1, cutoff: float = 0.6) -> str:
    """Ask "did you mean `x` or `y`?", or return nothing where no known name is near."""
    close = nearest(name, known, most, cutoff)
    return f"did you mean {' or '.join(f'`{one}`' for one in close)}?" if close else ""
