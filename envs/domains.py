"""Define the environments of the recipe's domains: one turn, scored by the domain's reward.

Nine are trained in the first stage; identity and calibration in the third.
"""

from typing import ClassVar

from envs.base import SingleTurnEnv


class MathEnv(SingleTurnEnv):
    """Scores the last boxed answer."""

    domain: ClassVar[str] = "math"
    reward: ClassVar[str] = "math"


class ScienceEnv(SingleTurnEnv):
    """Scores the letter that is stated as the answer."""

    domain: ClassVar[str] = "science"
    reward: ClassVar[str] = "mcq"


class LogicEnv(SingleTurnEnv):
    """Scores exact match of the tagged answer; rows of other kinds name their own reward.

    Those are `grid_exact` for grid puzzles and `reasoning_gym` for that library's vetted tasks.
    """

    domain: ClassVar[str] = "logic"
    reward: ClassVar[str] = "logic_exact"


class InstructionFollowingEnv(SingleTurnEnv):
    """Scores whether every constraint holds."""

    domain: ClassVar[str] = "instruction_following"
    reward: ClassVar[str] = "ifeval"


class StructuredOutputEnv(SingleTurnEnv):
    """Scores schema and value."""

    domain: ClassVar[str] = "structured_output"
    reward: ClassVar[str] = "json_schema"


class Text2SqlEnv(SingleTurnEnv):
    """Scores the rows that the query returns."""

    domain: ClassVar[str] = "text2sql"
    reward: ClassVar[str] = "sql"


class TemporalEnv(SingleTurnEnv):
    """Scores the canonical date, time, weekday or number."""

    domain: ClassVar[str] = "temporal"
    reward: ClassVar[str] = "temporal"


class GeneralChatEnv(SingleTurnEnv):
    """Scores the rubric when evaluating; training takes the reward model's score instead."""

    domain: ClassVar[str] = "general_chat"
    reward: ClassVar[str] = "chat_rubric"
    uses_reward_model: ClassVar[bool] = True


class InContextLearningEnv(SingleTurnEnv):
    """Scores the exact set of items."""

    domain: ClassVar[str] = "in_context_learning"
    reward: ClassVar[str] = "in_context"


class IdentityEnv(SingleTurnEnv):
    """Scores what the response claims, not what it mentions."""

    domain: ClassVar[str] = "identity"
    reward: ClassVar[str] = "identity"


class CalibrationEnv(SingleTurnEnv):
    """Scores +1 if right, 0 if abstained needlessly, -penalty if wrong."""

    domain: ClassVar[str] = "calibration"
    reward: ClassVar[str] = "abstention"
