"""Tests loss, gradient and advantages of a step against a brute force in float64, to 1e-6.

The policy runs in double. 1e-6 and not 1e-12, because four things stay in float32 whatever the
model's type: advantages and token weights (as they travel to the trainer), the logits in
`TokenLogprobs` (memory), and the exponential in SkyRL's losses (`safe_exp_delta`).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from transformers import GraniteConfig, GraniteForCausalLM

from granite_rl.algorithm.losses import LossInputs, policy_objective
from granite_rl.algorithm.skyrl import algorithm_config, ppo_utils
from granite_rl.rl.batching import BatchBuilder
from granite_rl.rl.kl_penalty import with_kl_penalty
from granite_rl.training.engine import batch_tensors
from granite_rl.training.policy import TokenLogprobs
from granite_rl.types import PackedBatch
from tests.granite_rl.algorithm import brute_force as oracle

TOLERANCE = 1e-6
VOCABULARY = 61
# No two sequences of 8 to 12 tokens fit into a row of 12: one sequence a row, padded.
PADDED, PACKED, SHARED = (12, False), (40, False), (40, True)
GROUPS = oracle.make_groups(VOCABULARY)


def _model(seed: int) -> GraniteForCausalLM:
    torch.manual_seed(seed)
    config = GraniteConfig(
        vocab_size=VOCABULARY,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        tie_word_embeddings=True,
        logits_scaling=2.0,
        attention_multiplier=0.25,
        residual_multiplier=0.5,
        embedding_multiplier=3.0,
        initializer_range=0.3,
        use_cache=False,
    )
    return GraniteForCausalLM(config).double()


POLICY, REFERENCE = _model(0), _model(1)


@cache
def expected(changes: tuple[tuple[str, Any], ...]) -> oracle.Answer:
    return oracle.brute_force(POLICY, REFERENCE, GROUPS, oracle.section(**dict(changes)))


def ours(
    changes: dict[str, Any], layout: tuple[int, bool] = SHARED, rows: int = 3
) -> tuple[BatchBuilder, float, dict[str, torch.Tensor], tuple[int, int]]:
    """Compute a step through our batch builder and objective: loss, gradient, importance counts."""
    settings = oracle.section(**changes)
    objective = policy_objective(settings)
    policy, reference = TokenLogprobs(POLICY), TokenLogprobs(REFERENCE)

    def logprobs(packed: PackedBatch) -> tuple[torch.Tensor, torch.Tensor]:
        inputs = batch_tensors(packed)
        with torch.no_grad():
            theirs, _ = reference(**inputs, temperature=oracle.TEMPERATURE)
        return policy(**inputs, temperature=oracle.TEMPERATURE)[0], theirs

    def sequence_kl(packed: PackedBatch) -> list[float]:
        kl = objective.kl(*(part.double() for part in logprobs(packed))).detach()
        index = packed.target_sequence
        return [float(kl[torch.from_numpy(index == i)].sum()) for i in range(index.max() + 1)]

    builder = BatchBuilder(
        algorithm=settings,
        row_tokens=layout[0],
        rows=rows,
        pad_id=0,
        share_prompts=layout[1],
        max_response_tokens=oracle.MAX_RESPONSE_TOKENS,
        min_group_fraction=0.5,
        domains=oracle.DOMAINS,
    )
    POLICY.zero_grad()
    loss, ratios, capped = 0.0, 0, 0
    for batch in builder.batches(with_kl_penalty(GROUPS, builder, sequence_kl)):
        current, theirs = logprobs(batch.packed)
        assert batch.rollout_logprobs is not None
        sums = objective(
            LossInputs(
                logprobs=current,
                reference_logprobs=theirs,
                advantages=torch.from_numpy(batch.advantages),
                weight=torch.from_numpy(batch.weight),
                kl_beta=torch.from_numpy(batch.kl_beta),
                rollout_logprobs=torch.from_numpy(batch.rollout_logprobs),
                sequence=torch.from_numpy(batch.packed.target_sequence),
            )
        )
        sums.total.backward()
        loss += float(sums.total.detach())
        ratios += sums.importance_ratios
        capped += sums.importance_capped
    gradient = {
        name: parameter.grad / builder.denominator
        for name, parameter in POLICY.named_parameters()
        if parameter.grad is not None
    }
    POLICY.zero_grad()
    return builder, loss / builder.denominator, gradient, (ratios, capped)


def check(changes: dict[str, Any], layout: tuple[int, bool] = SHARED, rows: int = 3) -> None:
    key = tuple((name, value) for name, value in changes.items() if not isinstance(value, dict))
    answer = expected(key)
    builder, loss, gradient, (ratios, capped) = ours(changes, layout, rows)
    assert loss == pytest.approx(answer.loss, abs=TOLERANCE)
    assert builder.targets == answer.trained_tokens
    assert gradient.keys() == answer.gradient.keys()
    assert max(float(value.abs().max()) for value in gradient.values()) > 1e-2
    for name, value in answer.gradient.items():
        torch.testing.assert_close(gradient[name], value, atol=TOLERANCE, rtol=TOLERANCE, msg=name)
    for outcome, known in zip(builder.outcomes, answer.advantages, strict=True):
        assert [a is None for a in outcome.advantages] == [a is None for a in known]
        np.testing.assert_allclose(
            [a for a in outcome.advantages if a is not None],
            [a for a in known if a is not None],
            atol=TOLERANCE,
        )
    if changes.get("importance_correction", "none") != "none":
        assert capped / ratios == pytest.approx(answer.capped_fraction)
        assert 0 < capped < ratios
    else:
        assert ratios == 0


@pytest.mark.parametrize("rows", [1, 3, 8])
@pytest.mark.parametrize("layout", [PADDED, PACKED, SHARED], ids=["padded", "packed", "shared"])
@pytest.mark.parametrize("aggregation", ["token_mean", "sequence_mean", "sequence_sum"])
def test_no_cutting_changes_the_step(aggregation: str, layout: tuple[int, bool], rows: int) -> None:
    check({"loss_aggregation": aggregation}, layout, rows)


@pytest.mark.parametrize(
    ("advantage", "norm_by_std"),
    [("grpo", True), ("grpo", False), ("rloo", True), ("maxrl", True)],
)
def test_every_advantage(advantage: str, norm_by_std: bool) -> None:
    check({"advantage": advantage, "norm_by_std": norm_by_std})


@pytest.mark.parametrize(
    "loss",
    ["dual_clip", "gspo", "cispo", "sapo", "importance_sampling", "rollout_is", "dppo"],
)
@pytest.mark.parametrize("layout", [PADDED, SHARED], ids=["padded", "shared"])
def test_every_policy_loss(loss: str, layout: tuple[int, bool]) -> None:
    check({"policy_loss": loss, "loss_aggregation": "sequence_mean"}, layout)


@pytest.mark.parametrize("kl_estimator", ["k1", "k2", "k3", "abs"])
@pytest.mark.parametrize("kl_in", ["loss", "reward"])
def test_every_kl(kl_in: str, kl_estimator: str) -> None:
    check({"kl_in": kl_in, "kl_estimator": kl_estimator})


@pytest.mark.parametrize("loss", ["regular", "gspo", "cispo"])
@pytest.mark.parametrize(("correction", "cap"), [("token", 1.5), ("sequence", 0.6)])
@pytest.mark.parametrize("layout", [PADDED, SHARED], ids=["padded", "shared"])
def test_importance_correction(
    loss: str, correction: str, cap: float, layout: tuple[int, bool]
) -> None:
    check(
        {
            "policy_loss": loss,
            "importance_correction": correction,
            "importance_cap": cap,
            "loss_aggregation": "sequence_mean",
        },
        layout,
    )


@pytest.mark.parametrize("aggregation", ["token_mean", "sequence_mean", "sequence_sum"])
def test_filters(aggregation: str) -> None:
    changes = {"loss_aggregation": aggregation}
    check(changes | {"overlong_masking": True})
    check(changes | {"zero_variance": "drop"})
    check(changes | {"overlong_masking": True, "zero_variance": "drop", "kl_in": "reward"})


@pytest.mark.parametrize(
    ("aggregation", "theirs"),
    [
        ("token_mean", "token_mean"),
        ("sequence_mean", "sequence_mean"),
        ("sequence_sum", "seq_mean_token_sum_norm"),
    ],
)
def test_the_policy_term_is_skyrls_whole_batch(aggregation: str, theirs: str) -> None:
    """The second oracle: SkyRL's estimator, reduction and loss on the padded batch at once."""
    changes = {"loss_aggregation": aggregation, "kl_beta": 0.0, "kl_beta_per_domain": None}
    builder, loss, gradient, _ = ours(changes)
    utils = ppo_utils()
    rows, masks, scores, index = [], [], [], []
    for number, group in enumerate(GROUPS):
        for completion, result in zip(group.completions, group.results, strict=True):
            if not result.teaches:
                continue
            tokens = completion.token_ids
            row = torch.zeros(oracle.MAX_RESPONSE_TOKENS, dtype=torch.float64)
            if tokens:
                row[: len(tokens)] = oracle.token_logprobs(
                    POLICY, group.group.row.token_ids, tokens
                )
            short = oracle.MAX_RESPONSE_TOKENS - len(tokens)
            rows.append(row)
            masks.append([1.0] * len(tokens) + [0.0] * short)
            scores.append(result.score)
            index.append(number)
    mask, logprobs = torch.tensor(masks, dtype=torch.float64), torch.stack(rows)
    rewards = torch.zeros_like(mask)
    rewards[:, 0] = torch.tensor(scores)
    advantages, _ = utils.AdvantageEstimatorRegistry._functions["grpo"](
        rewards, mask, np.asarray(index)
    )
    # SkyRL counts the empty response as a sequence of its mean; here what trains nothing does not.
    kept = mask.sum(-1) > 0
    scaled = utils.apply_loss_reduction_to_advantages_minibatch(
        advantages[kept], mask[kept], theirs, 1, oracle.MAX_RESPONSE_TOKENS
    )
    config = algorithm_config(eps_clip_low=0.2, eps_clip_high=0.28)
    total, _ = utils.ppo_policy_loss(
        logprobs[kept], logprobs[kept].detach(), scaled, config, mask[kept]
    )
    total.backward()
    assert loss == pytest.approx(float(total.detach()), abs=TOLERANCE)
    for name, parameter in POLICY.named_parameters():
        torch.testing.assert_close(gradient[name], parameter.grad, atol=TOLERANCE, rtol=TOLERANCE)
    POLICY.zero_grad()
    assert builder.denominator > 0
