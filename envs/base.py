"""Wrap a reward in a single-turn environment.

SkyRL-Gym's step output has room for one float, which cannot say whether a zero is a verdict or a
failed verifier. So the whole `RewardResult` travels in the metadata, and the float is only what
SkyRL itself would train on: the score, or 0 where the result does not teach.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from omegaconf import OmegaConf
from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput, ConversationType

from rewards import RewardResult
from rewards.composition import compose


def _plain(config: Any) -> Any:
    """Turn Hydra's containers into dicts and lists; leave anything else unchanged."""
    return OmegaConf.to_container(config, resolve=True) if OmegaConf.is_config(config) else config


class SingleTurnEnv(BaseTextEnv):
    """Takes one prompt and one completion, and gives one verdict.

    Subclasses name their `domain` and their `reward`. With `uses_reward_model` the training
    score comes from the scalar reward model, outside this class; `reward` then is the
    deterministic rubric that held-out evaluation uses.
    """

    domain: ClassVar[str]
    reward: ClassVar[str]
    uses_reward_model: ClassVar[bool] = False

    def __init__(self, env_config: Any = None, extras: Mapping[str, Any] | None = None) -> None:
        """Take a row: `extras` holds its `reward_spec` and optionally `prompt`, `extra_info`.

        `env_config` is SkyRL-Gym's per-environment configuration. Its `reward`, if there is one,
        replaces the `reward_spec.method` of every row: a name, or several with weights, as in
        `rewards.composition`.

        Raises:
            ValueError: `reward_spec` is missing, or its `ground_truth` although the reward needs
                one, or the method is malformed.
            rewards.UnknownReward: the method names a reward that does not exist.
        """
        super().__init__()
        row = dict(extras or {})
        spec = row.get("reward_spec")
        if not isinstance(spec, Mapping):
            raise ValueError(f"{self.domain}: the row has no reward_spec with a ground_truth")
        # A row may name another reward of the same kind, a user's own (path/to/file.py:name), or
        # several with weights.
        override = _plain(env_config or {}).get("reward")
        self.scorer = compose(spec.get("method") if override is None else override, self.reward)
        if "ground_truth" not in spec and self.scorer.needs_ground_truth:
            raise ValueError(f"{self.domain}: the row has no reward_spec with a ground_truth")
        self.ground_truth: Any = spec.get("ground_truth")
        self.extra_info: dict[str, Any] = dict(row.get("extra_info") or {})
        self.prompt: ConversationType = list(row.get("prompt") or [])

    def init(self, prompt: ConversationType) -> tuple[ConversationType, dict[str, Any]]:
        """Remember the prompt, which some rewards read, and hand it to the model unchanged."""
        self.prompt = list(prompt)
        return prompt, {}

    def step(self, action: str) -> BaseTextEnvStepOutput:
        """Score the completion; `metadata["result"]` is the full `RewardResult`."""
        self.turns += 1
        result: RewardResult = self.scorer.score(
            action,
            ground_truth=self.ground_truth,
            prompt=self.prompt,
            extra_info=self.extra_info,
        )
        return BaseTextEnvStepOutput(
            observations=[],
            reward=result.score if result.teaches else 0.0,
            done=True,
            metadata={"result": result},
            postprocessed_action=None,
        )
