"""Find and declare rewards: plain functions, one per file, found by name.

A reward scores a completion against a row's ground truth and answers with a `RewardResult`,
whose status keeps "the model was wrong" apart from "the verifier failed". That distinction is
the point of this package: a verifier that fails and silently returns 0 teaches the policy noise.

    from rewards import get_reward

    get_reward("math").score("so it is \\boxed{7}", ground_truth="7").score   # 1.0

Nothing here imports ray or torch, so that rewards load fast in any process.
"""

from rewards.registry import Reward, UnknownReward, get_reward, known_rewards, reward
from rewards.result import Continue, Reply, RewardResult, Status

__all__ = [
    "Continue",
    "Reply",
    "Reward",
    "RewardResult",
    "Status",
    "UnknownReward",
    "get_reward",
    "known_rewards",
    "reward",
]
