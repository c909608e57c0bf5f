"""General chat: trained on the scalar reward model, evaluated by a rubric (stages 1 and 2)."""

from typing import ClassVar

from envs.base import SingleTurnEnv


class GeneralChatEnv(SingleTurnEnv):
    """The step's own verdict is the rubric; training takes the reward model's score instead."""

    domain: ClassVar[str] = "general_chat"
    reward: ClassVar[str] = "chat_rubric"
    uses_reward_model: ClassVar[bool] = True
