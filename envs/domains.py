"""Environments of the recipe's domains: one turn, scored by the domain's reward.

Nine are trained in the first stage; identity and calibration in the third.
"""

from typing import ClassVar

from envs.base import SingleTurnEnv


class MathEnv(SingleTurnEnv):
    """Scored by the last boxed answer."""

    domain: ClassVar[str] = "math"
    reward: ClassVar[str] = "math"


class ScienceEnv(SingleTurnEnv):
    """Scored by the letter that is stated as the answer."""

    domain: ClassVar[str] = "science"
    reward: ClassVar[str] = "mcq"


class LogicEnv(SingleTurnEnv):
    """Scored by exact match of the tagged answer; rows of other kinds name their own reward.

    Those are `grid_exact` for grid puzzles and `reasoning_gym` for that library's vetted tasks.
    """

    domain: ClassVar[str] = "logic"
    reward: ClassVar[str] = "logic_exact"


class InstructionFollowingEnv(SingleTurnEnv):
    """Scored by whether every constraint holds."""

    domain: ClassVar[str] = "instruction_following"
    reward: ClassVar[str] = "ifeval"


class StructuredOutputEnv(SingleTurnEnv):
    """Scored by schema and value."""

    domain: ClassVar[str] = "structured_output"
    reward: ClassVar[str] = "json_schema"


class Text2SqlEnv(SingleTurnEnv):
    """Scored by the rows that the query returns."""

    domain: ClassVar[str] = "text2sql"
    reward: ClassVar[str] = "sql"


class TemporalEnv(SingleTurnEnv):
    """Scored by the canonical date, time, weekday or number."""

    domain: ClassVar[str] = "temporal"
    reward: ClassVar[str] = "temporal"


class GeneralChatEnv(SingleTurnEnv):
    """The step's own verdict is the rubric; training takes the reward model's score instead."""

    domain: ClassVar[str] = "general_chat"
    reward: ClassVar[str] = "chat_rubric"
    uses_reward_model: ClassVar[bool] = True


class InContextLearningEnv(SingleTurnEnv):
    """Scored by the exact set of items."""

    domain: ClassVar[str] = "in_context_learning"
    reward: ClassVar[str] = "in_context"


class IdentityEnv(SingleTurnEnv):
    """Scored by what the response claims, not by what it mentions."""

    domain: ClassVar[str] = "identity"
    reward: ClassVar[str] = "identity"


class CalibrationEnv(SingleTurnEnv):
    """Scored +1 / 0 / -penalty: right, abstained needlessly, wrong."""

    domain: ClassVar[str] = "calibration"
    reward: ClassVar[str] = "abstention"
