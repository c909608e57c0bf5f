"""Structured output: JSON by a schema, with the right content."""

from typing import ClassVar

from envs.base import SingleTurnEnv


class StructuredOutputEnv(SingleTurnEnv):
    """Scored by schema and value."""

    domain: ClassVar[str] = "structured_output"
    reward: ClassVar[str] = "json_schema"
