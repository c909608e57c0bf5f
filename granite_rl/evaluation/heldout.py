"""Evaluates a model on held-out prompts through the generators: greedy, scored by the environments'
own rubrics.

Accuracy is the share of prompts whose answer earns full marks. A prompt whose scoring failed is
counted apart and is not part of the denominator: a verifier's crash is never a wrong answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from granite_rl.rl.rollouts import RolloutEngine, Sampling
from granite_rl.types import PromptGroup, PromptRow, ScoredGroup
from rewards.files import write_whole

FULL_MARKS = 1.0 - 1e-6
SAMPLES_PER_DOMAIN = 4
"""Completions of each domain that are kept for reading."""


def evaluate(
    rollouts: RolloutEngine,
    rows: Sequence[PromptRow],
    *,
    max_response_tokens: int,
    max_context: int,
    max_turns: int,
    model: Path,
    model_hash: str,
    check: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Generate one greedy answer for every row and score the answers.

    ``check`` is called every few seconds at least; what it raises ends the evaluation.

    Returns:
        ``{"model", "model_hash", "greedy", "domains": {domain: {"accuracy", "n", "mean_reward",
        "failed"}}, "samples": [...]}``.
    """
    groups = [PromptGroup(index, row, 0) for index, row in enumerate(rows)]
    sampling = Sampling(
        samples=1,
        temperature=0.0,
        top_p=1.0,
        max_response_tokens=max_response_tokens,
        max_context=max_context,
        logprobs=False,
        evaluation=True,
        max_turns=max_turns,
    )
    by_domain: dict[str, list[ScoredGroup]] = {}
    for scored in rollouts.run(groups, sampling, check):
        by_domain.setdefault(scored.group.row.domain, []).append(scored)
    return {
        "model": str(model),
        "model_hash": model_hash,
        "greedy": True,
        "domains": {domain: _domain(scored) for domain, scored in sorted(by_domain.items())},
        "samples": [
            _sample(scored)
            for domain in sorted(by_domain)
            for scored in [group for group in by_domain[domain] if group.results][
                :SAMPLES_PER_DOMAIN
            ]
        ],
    }


def _domain(groups: Sequence[ScoredGroup]) -> dict[str, float | int]:
    results = [result for group in groups for result in group.results]
    scores = [result.score for result in results if result.teaches]
    return {
        "accuracy": sum(score >= FULL_MARKS for score in scores) / len(scores) if scores else 0.0,
        "n": len(scores),
        "mean_reward": sum(scores) / len(scores) if scores else 0.0,
        "failed": len(groups) - len(scores),
    }


def _sample(scored: ScoredGroup) -> dict[str, Any]:
    row = scored.group.row
    return {
        "domain": row.domain,
        "prompt": "\n".join(f"{message['role']}: {message['content']}" for message in row.prompt),
        "completion": scored.completions[0].text,
        "reward": scored.results[0].score,
        "status": scored.results[0].status,
    }


def write_evaluation(path: Path, result: Mapping[str, Any]) -> None:
    """Write an evaluation to a file atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(result, indent=1, ensure_ascii=False))
