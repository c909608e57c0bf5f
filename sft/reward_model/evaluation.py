"""Score preference pairs: the loss that is trained, and the accuracy on held-out pairs.

The loss of a pair is the Bradley-Terry negative log-likelihood, -log sigmoid(r_chosen - r_rejected)
(Bradley & Terry 1952, as used by Ouyang et al. 2022, arXiv 2203.02155). Both answers of a pair are
always in the same micro-batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.nn.functional import logsigmoid

from granite_rl.models.reward_model import RewardModel, pad_right
from granite_rl.training.distributed import device
from sft.reward_model.data import Pair, micro_batches


def scores_of(model: Any, pairs: Sequence[Pair]) -> tuple[torch.Tensor, torch.Tensor]:
    """Score the chosen and the rejected answers, [pairs] each, in one forward pass."""
    input_ids, last_index = pad_right(
        [pair.chosen for pair in pairs] + [pair.rejected for pair in pairs]
    )
    scores = model(input_ids=input_ids.to(device()), last_index=last_index.to(device()))
    chosen, rejected = scores.chunk(2)
    return chosen, rejected


def bradley_terry_loss(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    """Sum -log sigmoid(chosen - rejected) over pairs. Shapes [pairs], result a scalar."""
    return -logsigmoid(chosen - rejected).sum()


def evaluate(
    model: RewardModel,
    pairs: Sequence[Pair],
    conversations: int,
    stop_point: Callable[[], None] = lambda: None,
) -> dict[str, dict[str, float]]:
    """Compute accuracy (share of pairs ranked correctly), mean margin and n, by language and "all".

    Args:
        model: the reward model.
        pairs: the pairs to score.
        conversations: in one micro-batch.
        stop_point: called before each micro-batch; may raise.
    """
    model = model.to(device()).eval()
    differences: dict[str, list[float]] = {}
    with torch.no_grad():
        for batch in micro_batches(pairs, conversations):
            stop_point()
            chosen, rejected = scores_of(model, batch)
            for pair, difference in zip(batch, (chosen - rejected).tolist(), strict=True):
                for key in (pair.language, "all"):
                    differences.setdefault(key, []).append(difference)
    return {
        key: {
            "accuracy": sum(value > 0 for value in values) / len(values),
            "margin": sum(values) / len(values),
            "n": len(values),
        }
        for key, values in sorted(differences.items())
    }


def heldout_metrics(report: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the metrics of an `evaluate` report."""
    languages = {key: value for key, value in report.items() if key != "all"}
    metrics = {"eval/mean": report["all"]["accuracy"]}
    for language, values in languages.items():
        metrics[f"eval/{language}/accuracy"] = values["accuracy"]
        metrics[f"eval/{language}/n"] = float(values["n"])
    return metrics


def table(report: Mapping[str, Mapping[str, float]]) -> str:
    """Format an `evaluate` report as text."""
    lines = ["held-out pairs ranked correctly:"]
    lines += [
        f"  {key:8} {values['accuracy']:6.1%}  of {values['n']:5}  margin {values['margin']:+.2f}"
        for key, values in report.items()
    ]
    return "\n".join(lines)
