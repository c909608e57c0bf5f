"""Instructions whose fulfilment a program can verify."""

from typing import ClassVar

from envs.base import SingleTurnEnv


class InstructionFollowingEnv(SingleTurnEnv):
    """Scored by whether every constraint holds."""

    domain: ClassVar[str] = "instruction_following"
    reward: ClassVar[str] = "ifeval"
