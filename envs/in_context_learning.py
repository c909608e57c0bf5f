"""Learning from the context alone: what the prompt says, no more."""

from typing import ClassVar

from envs.base import SingleTurnEnv


class InContextLearningEnv(SingleTurnEnv):
    """Scored by the exact set of items."""

    domain: ClassVar[str] = "in_context_learning"
    reward: ClassVar[str] = "in_context"
