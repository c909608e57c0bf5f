"""The policy objective against a brute force in float64, and against SkyRL's own reduction."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from granite_rl.algorithm.losses import LossInputs, PolicyObjective
from granite_rl.errors import ConfigError


def objective(loss: str = "regular", kl_estimator: str = "k3") -> PolicyObjective:
    return PolicyObjective(loss=loss, clip_low=0.2, clip_high=0.28, kl_estimator=kl_estimator)


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
