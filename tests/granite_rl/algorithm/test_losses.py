"""Tests the policy objective token by token: gradients, splits, estimators, clipping off-policy.

Whole steps, with batches and a model, are in test_brute_force.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from granite_rl.algorithm.loss_options import loss_config
from granite_rl.algorithm.losses import LossInputs, PolicyObjective
from granite_rl.algorithm.registry import policy_loss
from granite_rl.errors import ConfigError
from tests.granite_rl.algorithm.brute_force import importance_weight, surrogate


def objective(loss: str = "regular", kl_estimator: str = "k3", **settings: Any) -> PolicyObjective:
    config = loss_config(loss, clip_low=0.2, clip_high=0.28, **settings)
    return PolicyObjective(config, kl_estimator)


def make_inputs(lengths: list[int], seed: int = 0, *, reference: bool = True) -> LossInputs:
    generator = torch.Generator().manual_seed(seed)
    total = sum(lengths)
    sequence = torch.cat([torch.full((n,), i) for i, n in enumerate(lengths)])
    advantage = torch.randn(len(lengths), generator=generator)[sequence]
    logprobs = (-torch.rand(total, generator=generator) * 3).requires_grad_(True)
    return LossInputs(
        logprobs=logprobs,
        reference_logprobs=-torch.rand(total, generator=generator) * 3 if reference else None,
        advantages=advantage,
        weight=torch.ones(total),
        kl_beta=torch.linspace(0.01, 0.1, len(lengths))[sequence],
        rollout_logprobs=None,
        sequence=sequence,
    )


def test_gradient_is_the_policy_gradient_plus_kl_term_by_term() -> None:
    """On-policy the ratio is 1: d/dlogp of -A*ratio is -A, and of beta*k3 is beta*(1 - exp(ref -
    logp))."""
    inputs = make_inputs([3, 1, 5])
    sums = objective()(inputs)
    sums.total.backward()
    logp = inputs.logprobs.detach().double().numpy()
    assert inputs.reference_logprobs is not None
    reference = inputs.reference_logprobs.double().numpy()
    beta, advantage = inputs.kl_beta.double().numpy(), inputs.advantages.double().numpy()
    log_ratio = reference - logp
    kl = np.exp(log_ratio) - log_ratio - 1
    assert float(sums.total.detach()) == pytest.approx(
        float((-advantage + beta * kl).sum()), abs=1e-4
    )
    assert sums.kl_weighted == pytest.approx(float((beta * kl).sum()), rel=1e-5)
    assert inputs.logprobs.grad is not None
    expected = -advantage + beta * (1 - np.exp(log_ratio))
    np.testing.assert_allclose(inputs.logprobs.grad.double().numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("loss", ["regular", "dual_clip", "gspo", "cispo"])
def test_splitting_a_batch_changes_no_gradient(loss: str) -> None:
    """Sums over micro-batches equal the batch's, for token- and sequence-level losses."""
    whole = make_inputs([4, 2, 3])
    objective(loss)(whole).total.backward()
    assert whole.logprobs.grad is not None
    parts = []
    for part in (whole.sequence < 2, whole.sequence == 2):
        piece = LossInputs(
            logprobs=whole.logprobs.detach()[part].requires_grad_(True),
            reference_logprobs=None
            if whole.reference_logprobs is None
            else whole.reference_logprobs[part],
            advantages=whole.advantages[part],
            weight=whole.weight[part],
            kl_beta=whole.kl_beta[part],
            rollout_logprobs=None,
            sequence=whole.sequence[part],
        )
        objective(loss)(piece).total.backward()
        assert piece.logprobs.grad is not None
        parts.append(piece.logprobs.grad)
    torch.testing.assert_close(torch.cat(parts), whole.logprobs.grad, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        ("k1", lambda d: d),
        ("k2", lambda d: d * d / 2),
        ("k3", lambda d: math.exp(-d) + d - 1),
        ("abs", abs),
    ],
)
def test_kl_estimators_are_schulmans(estimator: str, expected) -> None:  # type: ignore[no-untyped-def]
    logp, reference = torch.tensor([-1.0, -2.0, -0.5]), torch.tensor([-1.5, -1.0, -0.5])
    values = objective(kl_estimator=estimator).kl(logp, reference)
    np.testing.assert_allclose(
        values.numpy(), [expected(float(d)) for d in logp - reference], atol=1e-6
    )


def test_tokens_of_a_sequence_need_not_be_adjacent() -> None:
    ordered = make_inputs([3, 2], reference=False)
    shuffle = torch.tensor([3, 0, 4, 1, 2])
    mixed = LossInputs(
        ordered.logprobs[shuffle],
        None,
        ordered.advantages[shuffle],
        ordered.weight[shuffle],
        ordered.kl_beta[shuffle],
        None,
        ordered.sequence[shuffle],
    )
    assert objective("gspo")(mixed).total.item() == pytest.approx(
        objective("gspo")(ordered).total.item(), abs=1e-6
    )


def test_an_unknown_loss_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match=r"algorithm\.policy_loss") as caught:
        objective("regulr")
    assert "did you mean `regular`" in str(caught.value)


CORRECTED = ["regular", "dual_clip", "gspo", "cispo", "sapo"]
UNCORRECTED = [*CORRECTED, "importance_sampling", "rollout_is", "dppo"]


@pytest.mark.parametrize(
    ("loss", "correction", "cap"),
    [(loss, "none", 2.0) for loss in UNCORRECTED]
    + [(loss, "token", 1.3) for loss in CORRECTED]
    + [(loss, "sequence", 1.1) for loss in CORRECTED],
)
def test_away_from_the_old_policy_too_each_loss_is_its_papers(
    loss: str, correction: str, cap: float
) -> None:
    """SkyRL's function, with our configuration, where ratios are not 1 and clips bite.

    1e-6: SkyRL exponentiates in float32.
    """
    random = np.random.default_rng(0)
    for advantage in (1.5, -0.75):
        tokens = 40
        old = torch.tensor(-random.uniform(0.1, 3, tokens))
        logp = (old + torch.tensor(random.normal(0, 0.7, tokens))).clamp(max=-1e-3)
        logp.requires_grad_(True)
        rollout = (old + torch.tensor(random.normal(0, 0.2, tokens))).clamp(max=-1e-3)
        config = loss_config(
            loss, clip_low=0.2, clip_high=0.28, importance_correction=correction, importance_cap=cap
        )
        mask = torch.ones(1, tokens, dtype=torch.float64)
        total, _ = policy_loss(loss)(
            logp[None], old[None], advantage * mask, config, mask, rollout[None]
        )
        (gradient,) = torch.autograd.grad(total, logp)
        weight = importance_weight(correction, cap, old, rollout)
        should = (surrogate(loss, logp, old, rollout, advantage) * weight).sum()
        (expected,) = torch.autograd.grad(should, logp)
        assert float(total.detach()) == pytest.approx(float(should.detach()), rel=1e-6)
        torch.testing.assert_close(gradient, expected, atol=1e-6, rtol=1e-6)
        if loss in ("regular", "dppo"):
            assert 0 < int((expected == 0).sum()) < tokens, "some are clipped and some are not"
        if correction == "token":
            assert 0 < int((weight == cap).sum()) < tokens


def far(loss: str, distance: float, advantage: float) -> tuple[torch.Tensor, ...]:
    """Return value and gradient of one token ``distance`` nats from the old policy and the
    generator: SkyRL's, then the paper's."""
    logp = torch.tensor([-1.0 + min(distance, 0.0)], dtype=torch.float64, requires_grad=True)
    old = logp.detach() - distance
    config = loss_config(loss, clip_low=0.2, clip_high=0.28)
    one = torch.ones(1, 1, dtype=torch.float64)
    value, _ = policy_loss(loss)(logp[None], old[None], advantage * one, config, one, old[None])
    should = surrogate(loss, logp, old, old, advantage).sum()
    (gradient,), (expected,) = (torch.autograd.grad(v, logp) for v in (value, should))
    return value.detach(), gradient, should.detach(), expected


@pytest.mark.parametrize("advantage", [1.5, -0.75])
@pytest.mark.parametrize("loss", UNCORRECTED)
def test_far_from_the_old_policy_each_loss_is_its_papers(loss: str, advantage: float) -> None:
    """Ratios go from 20 nats less likely to 20 more; GSPO's up to its bound (docs/algorithm.md)."""
    for distance in np.linspace(-20.0, 10.0 if loss == "gspo" else 20.0, 80):
        value, gradient, should, expected = far(loss, float(distance), advantage)
        torch.testing.assert_close(value, should, rtol=1e-5, atol=1e-8)
        torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-8)


def test_gspo_is_bounded_above_e_to_the_10_as_documented() -> None:
    """Only for stale samples, whose ratio `policy/ratio_max` shows: on-policy it is 1."""
    value, gradient, _, _ = far("gspo", 15.0, -1.0)
    assert float(value) == pytest.approx(math.exp(10), rel=1e-5)
    assert float(gradient) == 0.0


def test_the_constants_of_a_loss_reach_it() -> None:
    one, ratio = torch.ones(1, 1, dtype=torch.float64), 9.0
    old, logp = torch.full_like(one, -4.0), torch.full_like(one, -4.0 + math.log(ratio))

    def value(loss: str, advantage: float, options: dict[str, Any] | None) -> float:
        config = loss_config(loss, clip_low=0.2, clip_high=0.28, options=options)
        return float(policy_loss(loss)(logp, old, advantage * one, config, one, old)[0])

    assert value("dual_clip", -1.0, None) == pytest.approx(3.0)
    assert value("dual_clip", -1.0, {"clip_ratio_c": 5}) == pytest.approx(5.0)
    assert value("cispo", 1.0, None) == pytest.approx(-6.0 * float(logp))
    options = {"cispo": {"cispo_eps_clip_high": 2.0}}
    assert value("cispo", 1.0, options) == pytest.approx(-3.0 * float(logp))


def test_what_the_gradient_of_each_kl_estimator_is_of() -> None:
    """Exact expectations over a small vocabulary, against autograd of the divergences."""
    torch.manual_seed(0)
    logits = torch.randn(7, dtype=torch.float64, requires_grad=True)
    reference = torch.log_softmax(torch.randn(7, dtype=torch.float64), -1)

    def gradient(value: torch.Tensor) -> torch.Tensor:
        (result,) = torch.autograd.grad(value, logits)
        return result

    def in_the_loss(estimator: str) -> torch.Tensor:
        logp = torch.log_softmax(logits, -1)
        estimate = objective(kl_estimator=estimator).kl(logp, reference)
        return gradient((logp.exp().detach() * estimate).sum())

    def in_the_reward(estimator: str) -> torch.Tensor:
        logp = torch.log_softmax(logits, -1)
        penalty = objective(kl_estimator=estimator).kl(logp, reference).detach()
        return gradient((logp.exp().detach() * penalty * logp).sum())

    logp = torch.log_softmax(logits, -1)
    to_reference = gradient((logp.exp() * (logp - reference)).sum())
    logp = torch.log_softmax(logits, -1)
    from_reference = gradient((reference.exp() * (reference - logp)).sum())
    assert float((to_reference - from_reference).abs().max()) > 0.05
    torch.testing.assert_close(in_the_loss("k1"), torch.zeros(7, dtype=torch.float64))
    torch.testing.assert_close(in_the_loss("k2"), to_reference)
    torch.testing.assert_close(in_the_loss("k3"), from_reference)
    torch.testing.assert_close(in_the_reward("k1"), to_reference)


@pytest.mark.parametrize(
    ("loss", "says"),
    [
        ("importance_sampling", "does not apply it"),
        ("rollout_is", "same ratio itself"),
        ("dppo", "same ratio itself"),
    ],
)
def test_a_correction_that_would_not_happen_is_refused(loss: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        objective(loss, importance_correction="token", importance_cap=2.0)
    assert "algorithm.importance_correction" in str(caught.value)


def test_a_correction_without_the_generators_numbers_is_a_bug_not_a_silence() -> None:
    with pytest.raises(ValueError, match="log-probabilities"):
        objective(importance_correction="token", importance_cap=2.0)(make_inputs([2]))


@pytest.mark.parametrize("loss", ["clip_cov", "kl_cov", "cross_entropy"])
def test_losses_that_cannot_work_here_say_why(loss: str) -> None:
    with pytest.raises(ConfigError, match=r"covariance|ignores the advantages"):
        objective(loss)
