"""Who the model says it is (stage 3)."""

from typing import ClassVar

from envs.base import SingleTurnEnv


class IdentityEnv(SingleTurnEnv):
    """Scored by what the response claims, not by what it mentions."""

    domain: ClassVar[str] = "identity"
    reward: ClassVar[str] = "identity"
