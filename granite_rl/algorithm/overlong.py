"""Computes DAPO's soft overlong punishment of long responses."""

from __future__ import annotations


def overlong_penalty(length: int, *, max_length: int, buffer: int, penalty: float) -> float:
    """Return the (non-positive) reward that a response's length adds (DAPO, Yu et al. 2025, arXiv
    2503.14476, eq. 13).

    Zero up to ``max_length - buffer`` tokens, then linear, ``-penalty`` at ``max_length`` and
    beyond.

    Args:
        length: response length in tokens, the end token included.
        max_length: hard limit in tokens.
        buffer: width of the punished interval in tokens; 0 switches the punishment off.
        penalty: largest punishment (1.0 in the paper).
    """
    excess = length - (max_length - buffer)
    if buffer == 0 or excess <= 0:
        return 0.0
    return -penalty * min(excess / buffer, 1.0)
