"""Computes the objective a second time, from the papers, sample by sample and in float64.

Nothing here comes from granite_rl.algorithm or SkyRL: own softmax, own advantages, own loss, and
the aggregations as nested means, not as weights over a denominator. A module of its own, so that
spawned ranks can import it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from granite_rl.config import AlgorithmSection
from granite_rl.types import Completion, PromptGroup, PromptRow, ScoredGroup
from rewards.result import RewardResult

MAX_RESPONSE_TOKENS = 6
TEMPERATURE = 0.8
DOMAINS = ("chat", "math")

DEFAULTS: dict[str, Any] = {
    "advantage": "grpo",
    "policy_loss": "regular",
    "policy_loss_options": None,
    "norm_by_std": True,
    "clip_low": 0.2,
    "clip_high": 0.28,
    "loss_aggregation": "token_mean",
    "kl_beta": 0.3,
    "kl_beta_per_domain": {"chat": 0.1},
    "kl_estimator": "k3",
    "kl_in": "loss",
    "overlong_buffer": 0,
    "overlong_penalty": 1.0,
    "overlong_masking": False,
    "zero_variance": "keep",
    "importance_correction": "none",
    "importance_cap": 2.0,
    "modules": [],
}


def section(**changes: Any) -> AlgorithmSection:
    return AlgorithmSection.model_validate(DEFAULTS | changes)


def make_groups(vocabulary: int, seed: int = 0, surprise: float = 4.1) -> list[ScoredGroup]:
    """Make four groups of four samples: one failed, one empty, two cut off, and one group of equal
    rewards.

    Prompt and response together are 8 to 12 tokens long; the generator found each token of about
    ``surprise`` nats.
    """
    random = np.random.default_rng(seed)
    scores: list[list[float | None]] = [
        [1.0, 0.0, 0.25, 0.0],
        [0.0, 1.0, None, 0.5],
        [1.0, 1.0, 1.0, 1.0],
        [0.0, 1.0, 0.0, 0.75],
    ]
    lengths = [[2, 6, 3, 4], [5, 2, 4, 6], [3, 2, 5, 2], [4, 0, 2, 3]]
    groups = []
    for index, (row_scores, row_lengths) in enumerate(zip(scores, lengths, strict=True)):
        domain = DOMAINS[index % 2]
        prompt = ({"role": "user", "content": "q"},)
        tokens = tuple(random.integers(3, vocabulary, 6).tolist())
        row = PromptRow("t", prompt, domain, {}, {}, domain, f"f:{index}", token_ids=tokens)
        completions = [
            Completion(
                random.integers(3, vocabulary, n).tolist(),
                # As a generator would: numbers that float32 holds exactly.
                (-np.abs(random.normal(surprise, 1.0, n))).astype(np.float32).tolist(),
                "text",
                truncated=n == MAX_RESPONSE_TOKENS,
            )
            for n in row_lengths
        ]
        results = [
            RewardResult.error("verifier died") if score is None else RewardResult(score)
            for score in row_scores
        ]
        groups.append(ScoredGroup(PromptGroup(index, row, 0), completions, results, 0))
    return groups


def group_advantages(rewards: Sequence[float], name: str, norm_by_std: bool) -> list[float]:
    """Compute advantages by the closed forms of Shao et al. 2024, Liu et al. 2025, Ahmadian et al.
    2024 and Tajwar et al. 2026."""
    count = len(rewards)
    mean = math.fsum(rewards) / count
    if name == "rloo":
        return [r - (math.fsum(rewards) - r) / (count - 1) for r in rewards]
    if name == "maxrl":
        return [(r - mean) / (mean + 1e-6) for r in rewards]
    assert name == "grpo"
    std = math.sqrt(math.fsum((r - mean) ** 2 for r in rewards) / (count - 1))
    return [(r - mean) / (std + 1e-6) if norm_by_std else r - mean for r in rewards]


def kl_estimate(name: str, logp: Tensor, reference: Tensor) -> Tensor:
    """Compute Schulman's KL estimators from the ratio of probabilities, r = reference / policy."""
    ratio = torch.exp(reference) / torch.exp(logp)
    forms: dict[str, Callable[[], Tensor]] = {
        "k1": lambda: -torch.log(ratio),
        "k2": lambda: torch.log(ratio) ** 2 / 2,
        "k3": lambda: ratio - 1 - torch.log(ratio),
        "abs": lambda: torch.log(ratio).abs(),
    }
    return forms[name]()


def surrogate(
    name: str,
    logp: Tensor,
    old: Tensor,
    rollout: Tensor,
    advantage: float,
    *,
    low: float = 0.2,
    high: float = 0.28,
) -> Tensor:
    """Compute one sample's loss [tokens] term by term as the papers write it, with SkyRL's
    constants."""
    ratio = torch.exp(logp) / torch.exp(old)
    a = torch.as_tensor(advantage, dtype=torch.float64)
    clipped = torch.minimum(torch.maximum(ratio, torch.tensor(1 - low)), torch.tensor(1 + high))
    ppo = -torch.minimum(ratio * a, clipped * a)
    if name == "regular":  # Schulman et al. 2017, eq. 7; DAPO, eq. 10
        return ppo
    if name == "dual_clip":  # Ye et al. 2019, eq. 5: max(ppo, cA) for A < 0
        return -torch.maximum(-ppo, 3.0 * a) if advantage < 0 else ppo
    if name == "gspo":  # Zheng et al. 2025, eqs. 13 and 14
        sequence = torch.exp((logp - old).mean()).detach()
        s = sequence * torch.exp(logp) / torch.exp(logp).detach()
        s_clipped = torch.minimum(torch.maximum(s, torch.tensor(1 - low)), torch.tensor(1 + high))
        return -torch.minimum(s * a, s_clipped * a)
    if name == "cispo":  # MiniMax 2025, eqs. 4 and 5; bounds 1 - 0 and 1 + 5
        return (
            -torch.minimum(torch.maximum(ratio, torch.tensor(1.0)), torch.tensor(6.0)).detach()
            * a
            * logp
        )
    if name == "sapo":  # Gao et al. 2025, eq. 6
        tau = 1.0 if advantage > 0 else 1.05
        return -4 / tau / (1 + torch.exp(-tau * (ratio - 1))) * a
    if name == "importance_sampling":
        return -ratio * a
    behaviour = torch.exp(logp) / torch.exp(rollout)
    if name == "rollout_is":
        inside = (behaviour > 1 - low) & (behaviour < 1 + high)
        return -(behaviour * inside).detach() * a * logp
    assert name == "dppo"  # Binary TV, eq. 13, thresholds 0.2
    moved = (torch.exp(logp) - torch.exp(rollout)).detach()
    kept = ~(((a > 0) & (moved > 0.2)) | ((a < 0) & (-moved > 0.2)))
    return -behaviour * a * kept


def importance_weight(mode: str, cap: float, current: Tensor, rollout: Tensor) -> Tensor:
    """Compute min(pi_trainer / pi_generator, cap) [tokens], per token or for the whole response."""
    if mode == "none":
        return torch.ones_like(current)
    ratio = torch.exp(current) / torch.exp(rollout)
    if mode == "sequence":
        ratio = ratio.prod().expand_as(ratio)
    return torch.minimum(ratio, torch.tensor(cap, dtype=ratio.dtype)).detach()


@dataclass
class Answer:
    """Holds the loss, gradient and advantages that a step must have."""

    loss: float
    gradient: dict[str, Tensor]
    advantages: list[list[float | None]]
    trained_tokens: int
    capped_fraction: float


def token_logprobs(model: torch.nn.Module, prompt: Sequence[int], response: list[int]) -> Tensor:
    """Compute the log-probabilities [response] of one sequence on its own, softmax written out, in
    float64."""
    logits = model(input_ids=torch.tensor([[*prompt, *response]])).logits[0].double() / TEMPERATURE
    rows = logits[len(prompt) - 1 : -1]
    powers = torch.exp(rows - rows.max(dim=-1, keepdim=True).values)
    probabilities = powers / powers.sum(-1, keepdim=True)
    return torch.log(probabilities[torch.arange(len(response)), torch.tensor(response)])


def brute_force(
    policy: torch.nn.Module,
    reference: torch.nn.Module,
    groups: Sequence[ScoredGroup],
    settings: AlgorithmSection,
) -> Answer:
    """Compute loss, gradient and advantages of an on-policy step over ``groups``."""
    policy.zero_grad()
    advantages: list[list[float | None]] = []
    trained: list[Tensor] = []
    capped: list[bool] = []
    for group in groups:
        prompt, domain = group.group.row.token_ids, group.group.row.domain
        beta = (settings.kl_beta_per_domain or {}).get(domain, settings.kl_beta)
        logps = [
            token_logprobs(policy, prompt, c.token_ids) if c.token_ids else torch.zeros(0).double()
            for c in group.completions
        ]
        with torch.no_grad():
            references = [
                token_logprobs(reference, prompt, c.token_ids) if c.token_ids else torch.zeros(0)
                for c in group.completions
            ]
        scored = [index for index, result in enumerate(group.results) if result.status == "ok"]
        scores = {index: group.results[index].score for index in scored}
        dropped = len(scored) < 2 or (
            settings.zero_variance == "drop" and len(set(scores.values())) == 1
        )
        if dropped:
            advantages.append([None] * len(group.completions))
            continue
        if settings.kl_in == "reward":
            for index in scored:
                kl = kl_estimate(settings.kl_estimator, logps[index].detach(), references[index])
                scores[index] -= beta * float(kl.sum())
        found = dict(
            zip(
                scored,
                group_advantages(list(scores.values()), settings.advantage, settings.norm_by_std),
                strict=True,
            )
        )
        if settings.overlong_masking:
            found = {i: a for i, a in found.items() if not group.completions[i].truncated}
        advantages.append([found.get(index) for index in range(len(group.completions))])
        for index, advantage in found.items():
            completion, logp = group.completions[index], logps[index]
            if not completion.token_ids:
                continue
            rollout = torch.tensor(completion.logprobs, dtype=torch.float64)
            weight = importance_weight(
                settings.importance_correction, settings.importance_cap, logp.detach(), rollout
            )
            ratios = torch.exp((logp - rollout).detach())
            if settings.importance_correction == "sequence":
                capped.append(float(ratios.prod()) > settings.importance_cap)
            else:
                capped += (ratios > settings.importance_cap).tolist()
            loss = surrogate(settings.policy_loss, logp, logp.detach(), rollout, advantage)
            terms = loss * weight
            if settings.kl_in == "loss":
                terms = terms + beta * kl_estimate(settings.kl_estimator, logp, references[index])
            trained.append(terms)
    total = aggregate(settings.loss_aggregation, trained)
    total.backward()
    gradient = {
        name: parameter.grad.detach().double().clone()
        for name, parameter in policy.named_parameters()
        if parameter.grad is not None
    }
    policy.zero_grad()
    return Answer(
        float(total.detach()),
        gradient,
        advantages,
        sum(len(terms) for terms in trained),
        sum(capped) / len(capped),
    )


def aggregate(name: str, samples: Sequence[Tensor]) -> Tensor:
    """Aggregate the tokens' losses over the global batch by the definition of each mean."""
    if name == "token_mean":
        return torch.cat(list(samples)).mean()
    if name == "sequence_mean":
        return torch.stack([sample.mean() for sample in samples]).mean()
    assert name == "sequence_sum"
    return torch.stack([sample.sum() / MAX_RESPONSE_TOKENS for sample in samples]).mean()
