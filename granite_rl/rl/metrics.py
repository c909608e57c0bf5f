"""Compute the numbers of one step, under the names of the metric catalogue."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from granite_rl.actors.trainer import StepReport, TokenSums
from granite_rl.rl.batching import GroupOutcome

LOST_SAMPLE = "not generated to its end before rollout.deadline_s"
"""Why a sample has no reward that no verifier has seen."""

_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
"""Rows are hostile until proven otherwise: only this may become part of a metric's name."""


def rollout_metrics(outcomes: Sequence[GroupOutcome]) -> dict[str, float]:
    """Compute rewards, lengths and failures over all samples, and per domain.

    Means are over samples whose scoring succeeded; failed ones are counted, never averaged in.
    """
    metrics = _summary(outcomes, "reward", "rollout")
    for domain in sorted({outcome.scored.group.row.domain for outcome in outcomes}):
        chosen = [outcome for outcome in outcomes if outcome.scored.group.row.domain == domain]
        summary = _summary(chosen, f"reward/{domain}", f"rollout/{domain}")
        keep = ("mean", "std", "zero_variance_fraction", "truncated_fraction", "groups")
        for name, value in summary.items():
            if name.startswith(f"reward/{domain}/") or name.rsplit("/", 1)[1] in keep[2:]:
                metrics[name] = value
        length = summary.get(f"rollout/{domain}/response_length/mean")
        if length is not None:
            metrics[f"rollout/{domain}/response_length"] = length
        metrics[f"reward/{domain}/n"] = float(sum(r is not None for o in chosen for r in o.rewards))
        metrics |= _components(domain, chosen)
        metrics |= _languages(domain, chosen)
    statuses = Counter(result.status for outcome in outcomes for result in outcome.scored.results)
    for status in ("timeout", "error", "skipped"):
        metrics[f"rollout/failed/{status}"] = float(statuses[status])
    lost = sum(outcome.scored.lost for outcome in outcomes)
    metrics["rollout/failed/lost"] = float(lost)
    samples = sum(statuses.values()) + lost
    failed = sum(statuses[status] for status in ("timeout", "error", "skipped")) + lost
    metrics["rollout/failed"] = failed / samples if samples else 0.0
    metrics["rollout/samples"] = float(samples)
    versions = [outcome.scored.weight_version for outcome in outcomes if outcome.scored.completions]
    if versions:
        metrics["mismatch/weight_version"] = float(min(versions))
    metrics["rollout/groups_dropped"] = float(sum(outcome.dropped for outcome in outcomes))
    advantages = [
        value for outcome in outcomes for value in outcome.advantages if value is not None
    ]
    metrics["reward/advantage_std"] = float(np.std(advantages)) if advantages else 0.0
    penalties = [
        reward - result.score + kl
        for outcome in outcomes
        for reward, result, kl in zip(
            outcome.rewards,
            outcome.scored.results,
            outcome.scored.kl_penalty or [0.0] * len(outcome.rewards),
            strict=True,
        )
        if reward is not None
    ]
    metrics["reward/overlong_penalty"] = float(np.mean(penalties)) if penalties else 0.0
    return metrics


def _summary(outcomes: Sequence[GroupOutcome], reward: str, rollout: str) -> dict[str, float]:
    rewards = [
        result.score for outcome in outcomes for result in outcome.scored.results if result.teaches
    ]
    lengths = [item.length for outcome in outcomes for item in outcome.scored.completions]
    truncated = [item.truncated for outcome in outcomes for item in outcome.scored.completions]
    prompts = [len(outcome.scored.group.row.token_ids) for outcome in outcomes]
    metrics = {
        f"{rollout}/groups": float(len(outcomes)),
        f"{rollout}/zero_variance_fraction": float(
            np.mean([outcome.zero_variance for outcome in outcomes])
        ),
        f"{rollout}/prompt_length/mean": float(np.mean(prompts)),
    }
    if lengths:
        metrics |= {
            f"{rollout}/response_length/mean": float(np.mean(lengths)),
            f"{rollout}/response_length/max": float(np.max(lengths)),
            f"{rollout}/response_length/min": float(np.min(lengths)),
            f"{rollout}/truncated_fraction": float(np.mean(truncated)),
        }
    if rewards:
        metrics[f"{reward}/mean"] = float(np.mean(rewards))
        metrics[f"{reward}/std"] = float(np.std(rewards))
    return metrics


def _components(domain: str, outcomes: Iterable[GroupOutcome]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for outcome in outcomes:
        for result in outcome.scored.results:
            if result.teaches:
                for name, value in result.components.items():
                    # A weighted reward's are `part/name`; in a metric's name it is one word.
                    values.setdefault(name.replace("/", "."), []).append(value)
    return {
        f"reward/{domain}/component/{name}": float(np.mean(items)) for name, items in values.items()
    }


def _languages(domain: str, outcomes: Iterable[GroupOutcome]) -> dict[str, float]:
    """Mean reward by the language that rows name; a name that is no language code is not one."""
    scores: dict[str, list[float]] = {}
    for outcome in outcomes:
        language = outcome.scored.group.row.extra_info.get("language")
        if isinstance(language, str) and _LANGUAGE_CODE.fullmatch(language):
            results = outcome.scored.results
            scores.setdefault(language, []).extend(
                result.score for result in results if result.teaches
            )
    return {
        f"reward/{domain}/language/{language}": float(np.mean(values))
        for language, values in scores.items()
        if values
    }


def failures(outcomes: Sequence[GroupOutcome]) -> tuple[int, str]:
    """Count the samples that have no reward, and say why the first of them has none."""
    verdicts = [
        f"{outcome.scored.group.row.env_class} ({outcome.scored.group.row.origin}): "
        f"{result.status}: {result.message or 'the verifier gave no reason'}"
        for outcome in outcomes
        for result in outcome.scored.results
        if not result.teaches
    ]
    lost = sum(outcome.scored.lost for outcome in outcomes)
    return len(verdicts) + lost, verdicts[0] if verdicts else LOST_SAMPLE


def policy_metrics(reports: Sequence[StepReport], lr: float) -> dict[str, float]:
    """Aggregate losses, and KL, entropy and mismatch as token means, over all ranks."""
    sums = TokenSums()
    for report in reports:
        sums.add(report.sums)
    tokens = max(sums.tokens, 1)
    metrics = {
        "policy/loss": sums.loss / reports[0].denominator,
        "policy/pg_loss": sums.policy_loss / reports[0].denominator,
        "policy/kl_loss": sums.kl_loss / reports[0].denominator,
        "policy/kl": sums.kl / tokens,
        "policy/kl_bounded_fraction": sums.kl_bounded / tokens,
        "policy/entropy": sums.entropy / tokens,
        "policy/clip_fraction": sums.clipped / tokens,
        "policy/clip_fraction_low": sums.clipped_low / tokens,
        "policy/clip_fraction_high": sums.clipped_high / tokens,
        "policy/ratio_max": sums.ratio_max,
        "policy/grad_norm": reports[0].grad_norm,
        "policy/lr": lr,
        "policy/tokens": float(sums.tokens),
        "policy/step_skipped": float(reports[0].skipped),
    }
    for domain, count in sums.domain_tokens.items():
        metrics[f"policy/{domain}/kl"] = sums.domain_kl[domain] / max(count, 1)
    if sums.mismatch_tokens:
        metrics["mismatch/logprob_abs_diff_mean"] = sums.mismatch_abs / sums.mismatch_tokens
        metrics["mismatch/logprob_abs_diff_max"] = sums.mismatch_max
        metrics["mismatch/token_mult_prob_error"] = sums.mismatch_exp / sums.mismatch_tokens
        metrics["mismatch/kl"] = sums.mismatch_kl / sums.mismatch_tokens
    if sums.importance_ratios:
        metrics["mismatch/importance_capped_fraction"] = (
            sums.importance_capped / sums.importance_ratios
        )
    metrics["time/reference_s"] = max(report.sums.reference_s for report in reports)
    return metrics


def engine_metrics(
    generators: Sequence[Mapping[str, float]], generator_restarts: int, reward_worker_restarts: int
) -> dict[str, float]:
    """Aggregate the engine statistics of a step over all generators.

    Args:
        generators: what each one's ``statistics`` returned; none if one of them was just lost.
        generator_restarts: since the run began.
        reward_worker_restarts: since the run began.
    """

    def total(name: str) -> float:
        return sum(statistics[name] for statistics in generators)

    restarts = {
        "engine/generator_restarts": float(generator_restarts),
        "engine/reward_worker_restarts": float(reward_worker_restarts),
    }
    if not generators:
        return restarts | {"time/generate_s": 0.0}
    metrics = restarts | {
        "time/generate_s": total("busy_s") / len(generators),
        "time/generators_idle_s": total("idle_s") / len(generators),
        "engine/kv_cache_usage": max(statistics["kv_cache_usage"] for statistics in generators),
        "engine/requests_running": total("requests_running"),
        "engine/requests_waiting": total("requests_waiting"),
        "engine/preemptions": total("preemptions"),
        "engine/generated_tokens": total("generated_tokens"),
        "engine/generators_alive": float(len(generators)),
    }
    if total("prefix_queries"):
        metrics["engine/prefix_cache_hit_rate"] = total("prefix_hits") / total("prefix_queries")
    return metrics


def rollout_records(outcomes: Sequence[GroupOutcome]) -> list[dict[str, Any]]:
    """Return what was said and how it was scored, one record a sample."""
    records = []
    for outcome in outcomes:
        group = outcome.scored.group
        prompt = "\n".join(
            f"{message['role']}: {message['content']}" for message in group.row.prompt
        )
        samples = zip(
            outcome.scored.completions,
            outcome.scored.results,
            outcome.rewards,
            outcome.advantages,
            strict=True,
        )
        for index, (completion, result, reward, advantage) in enumerate(samples):
            records.append(
                {
                    "group": group.index,
                    "sample": index,
                    "domain": group.row.domain,
                    "env_class": group.row.env_class,
                    "prompt": prompt,
                    "messages": [dict(message) for message in group.row.prompt],
                    "completion": completion.text,
                    "method": group.row.reward_spec.get("method"),
                    "ground_truth": group.row.reward_spec.get("ground_truth"),
                    "extra_info": group.row.extra_info,
                    "reward": reward,
                    "score": result.score,
                    "status": result.status,
                    "components": dict(result.components),
                    "extracted": result.extracted,
                    "message": result.message,
                    "advantage": advantage,
                    "tokens": completion.length,
                    "turns": len(completion.actions),
                    "transcript": completion.transcript,
                    "truncated": completion.truncated,
                    "weight_version": outcome.scored.weight_version,
                    "weight_versions": [list(run) for run in completion.versions],
                    "origin": group.row.origin,
                }
            )
    return records
