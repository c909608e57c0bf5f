"""Tests that a user's file can register a loss and an estimator, and that errors name the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from granite_rl.algorithm.advantages import group_advantages
from granite_rl.algorithm.losses import LossInputs, policy_objective
from granite_rl.algorithm.registry import load_modules
from granite_rl.algorithm.skyrl import ppo_utils
from granite_rl.errors import ConfigError
from tests.granite_rl.algorithm.brute_force import section

REINFORCE = """
import torch
from skyrl.backends.skyrl_train.utils.ppo_utils import (
    reduce_loss, register_advantage_estimator, register_policy_loss
)

@register_policy_loss("plain_reinforce")
def plain_reinforce(
    log_probs, old_log_probs, advantages, config, loss_mask=None, rollout_logprobs=None
):
    return reduce_loss(-advantages * log_probs, loss_mask), {}

@register_advantage_estimator("best_of_group")
def best_of_group(token_level_rewards, response_mask, index, config, **kwargs):
    scores = token_level_rewards.sum(-1)
    best = (scores == scores.max()).float().unsqueeze(-1) * response_mask
    return best, best
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "mine.py"
    path.write_text(REINFORCE)
    yield path
    utils = ppo_utils()
    utils.PolicyLossRegistry._functions.pop("plain_reinforce", None)
    utils.AdvantageEstimatorRegistry._functions.pop("best_of_group", None)


def test_a_users_loss_and_estimator_are_used_by_name(file: Path) -> None:
    objective = policy_objective(section(policy_loss="plain_reinforce", modules=file))
    load_modules([file])  # a second time is nothing new
    logprobs = torch.tensor([-1.0, -2.0, -0.5], requires_grad=True)
    advantages = torch.tensor([1.0, 1.0, -2.0])
    sums = objective(
        LossInputs(
            logprobs=logprobs,
            reference_logprobs=None,
            advantages=advantages,
            weight=torch.tensor([0.5, 0.5, 1.0]),
            kl_beta=torch.zeros(3),
            rollout_logprobs=None,
            sequence=torch.tensor([0, 0, 1]),
        )
    )
    sums.total.backward()
    assert logprobs.grad is not None
    assert logprobs.grad.tolist() == [-0.5, -0.5, 2.0]
    assert group_advantages([0.0, 3.0, 1.0], estimator="best_of_group", norm_by_std=True) == [
        0.0,
        1.0,
        0.0,
    ]


def test_a_users_loss_without_a_correction_can_not_be_asked_for_one(file: Path) -> None:
    with pytest.raises(ConfigError, match="'plain_reinforce' does not apply it"):
        policy_objective(
            section(policy_loss="plain_reinforce", modules=file, importance_correction="token")
        )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no such file"),
        ("def broken(:\n", "SyntaxError"),
        ("import nowhere_to_be_found\n", "nowhere_to_be_found"),
        (REINFORCE.replace("plain_reinforce", "gspo"), "'gspo' already registered"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_name(
    tmp_path: Path, content: str | None, says: str
) -> None:
    path = tmp_path / "bad.py"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"algorithm\.modules") as caught:
        load_modules([path])
    assert str(path) in str(caught.value)
    assert says in str(caught.value)
