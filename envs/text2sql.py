"""Text to SQL, by execution on several small databases."""

from typing import ClassVar

from envs.base import SingleTurnEnv


class Text2SqlEnv(SingleTurnEnv):
    """Scored by the rows that the query returns."""

    domain: ClassVar[str] = "text2sql"
    reward: ClassVar[str] = "sql"
