"""Name our environments and the nine domains of the recipe's first RL stage."""

from __future__ import annotations

# Environment id, which is also its domain -> where its class is.
BUILTIN_ENVS: dict[str, str] = {
    "math": "envs.domains:MathEnv",
    "science": "envs.domains:ScienceEnv",
    "logic": "envs.domains:LogicEnv",
    "instruction_following": "envs.domains:InstructionFollowingEnv",
    "structured_output": "envs.domains:StructuredOutputEnv",
    "text2sql": "envs.domains:Text2SqlEnv",
    "temporal": "envs.domains:TemporalEnv",
    "general_chat": "envs.domains:GeneralChatEnv",
    "in_context_learning": "envs.domains:InContextLearningEnv",
    "identity": "envs.domains:IdentityEnv",
    "calibration": "envs.domains:CalibrationEnv",
    "sql_explorer": "envs.sql_explorer:SqlExplorerEnv",
}
# The nine of the recipe's first stage, in its order; identity and calibration are stage 3's, and
# sql_explorer, with tools and several turns, is for whoever trains that.
NINE_DOMAINS: tuple[str, ...] = tuple(BUILTIN_ENVS)[:9]
