"""Define an environment around the reward, so that its rows count as the domain `words`."""

from __future__ import annotations

from envs.base import SingleTurnEnv


class PalindromesEnv(SingleTurnEnv):
    """Scores one word by the reward `palindrome`."""

    domain = "words"
    reward = "palindrome"
