"""Knowing what one does not know (stage 3)."""

from typing import ClassVar

from envs.base import SingleTurnEnv


class CalibrationEnv(SingleTurnEnv):
    """Scored +1 / 0 / -penalty: right, abstained needlessly, wrong."""

    domain: ClassVar[str] = "calibration"
    reward: ClassVar[str] = "abstention"
