"""Temporal reasoning about dates, times and weekdays."""

from typing import ClassVar

from envs.base import SingleTurnEnv


class TemporalEnv(SingleTurnEnv):
    """Scored by the canonical date, time, weekday or number."""

    domain: ClassVar[str] = "temporal"
    reward: ClassVar[str] = "temporal"
