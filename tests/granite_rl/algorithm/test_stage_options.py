"""Tests a stage with most options off their defaults: they reach the roles, and two ranks don't
lock up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.granite_rl.stage_runs import finish, metrics_of, stage_arguments, start

LOSS = """
from skyrl.backends.skyrl_train.utils.ppo_utils import (
    apply_off_policy_correction, reduce_loss, register_policy_loss
)

@register_policy_loss("corrected_reinforce")
def corrected_reinforce(
    log_probs, old_log_probs, advantages, config, loss_mask=None, rollout_logprobs=None
):
    loss, loss_mask, metrics = apply_off_policy_correction(
        -advantages * log_probs, old_log_probs, rollout_logprobs, loss_mask,
        config.off_policy_correction,
    )
    return reduce_loss(loss, loss_mask), metrics
"""


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.long
def test_a_stage_with_every_option(tiny_checkpoint: Path, any_rows: Path, tmp_path: Path) -> None:
    """ZeRO 2 reduces in the backward pass: asking the wrong rank for a group's KL would wait for
    ever."""
    (tmp_path / "my_loss.py").write_text(LOSS)
    arguments = stage_arguments(
        tiny_checkpoint,
        any_rows,
        tmp_path / "run",
        2,
        f"algorithm.modules={tmp_path / 'my_loss.py'}",
        "algorithm.policy_loss=corrected_reinforce",
        "algorithm.advantage=rloo",
        "algorithm.loss_aggregation=sequence_sum",
        "algorithm.kl_in=reward",
        "algorithm.kl_estimator=k1",
        "algorithm.zero_variance=drop",
        "algorithm.importance_correction=token",
        "algorithm.importance_cap=1.0",
        "trainer.ranks=2",
        "trainer.zero_stage=2",
        "trainer.rows_per_microbatch=1",
        "checkpoint.every_steps=0",
    )
    finish(start(arguments, tmp_path / "log"), tmp_path / "log")
    lines = metrics_of(tmp_path / "run")
    assert [line["step"] for line in lines] == [1, 2]
    for line in lines:
        assert line["policy/kl_loss"] == 0.0
        assert line["policy/grad_norm"] > 0
        # About as often above 1 as below: generator and trainer differ by rounding.
        assert 0 < line["mismatch/importance_capped_fraction"] < 1
    assert abs(lines[0]["policy/kl"]) < 1e-5 < abs(lines[1]["policy/kl"])
    penalties = []
    for step in (1, 2):
        path = tmp_path / "run" / "rollouts" / f"step_{step:06d}.jsonl"
        records = [json.loads(row) for row in path.read_text().splitlines()]
        penalties.append(max(abs(record["score"] - record["reward"]) for record in records))
    assert penalties[0] < 1e-5 < penalties[1], "the reference is the policy of the first step"
