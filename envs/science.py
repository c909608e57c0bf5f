"""Science questions with lettered choices."""

from typing import ClassVar

from envs.base import SingleTurnEnv


class ScienceEnv(SingleTurnEnv):
    """Scored by the letter that is stated as the answer."""

    domain: ClassVar[str] = "science"
    reward: ClassVar[str] = "mcq"
