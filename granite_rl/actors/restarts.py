"""Bounds how often a run replaces what it has lost."""

from __future__ import annotations

from granite_rl.errors import InfrastructureError


class RestartBudget:
    """Counts the replacements of one kind of actor, and ends the run where they are used up.

    Args:
        limit: replacements in the whole run, ``cluster.max_restarts``.
    """

    def __init__(self, limit: int) -> None:
        self._left = limit
        self.used = 0
        """Replacements so far."""

    def spend(self, exhausted: str, look_at: object | None, what: str = "replacements") -> None:
        """Count one more replacement.

        Args:
            exhausted: what is said where none is left.
            look_at: where the cause may stand besides the node's memory; None: nowhere.
            what: name of what is counted.

        Raises:
            InfrastructureError: none is left.
        """
        if self._left == 0:
            place = "" if look_at is None else f" and at {look_at}"
            raise InfrastructureError(
                exhausted,
                f"look at the node's memory{place}; cluster.max_restarts bounds the {what}",
            )
        self._left -= 1
        self.used += 1
