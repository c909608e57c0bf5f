"""Logical reasoning with one right answer between answer tags."""

from typing import ClassVar

from envs.base import SingleTurnEnv


class LogicEnv(SingleTurnEnv):
    """Scored by exact match of the tagged answer."""

    domain: ClassVar[str] = "logic"
    reward: ClassVar[str] = "logic_exact"
