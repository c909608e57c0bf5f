"""Math with a boxed final answer (stages 1 and 4)."""

from typing import ClassVar

from envs.base import SingleTurnEnv


class MathEnv(SingleTurnEnv):
    """Scored by the last boxed answer."""

    domain: ClassVar[str] = "math"
    reward: ClassVar[str] = "math"
