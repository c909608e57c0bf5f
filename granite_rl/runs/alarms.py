"""Watch the metrics of a run and raise alarms when a rule finds a value that points to a fault.

An alarm is raised when its condition begins and again only after it has cleared, so an hour of
bad steps makes one line. Alarms never stop a run. The thresholds are deliberately coarse: a
healthy run should show none, because a warning that is always there is no longer read.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

ZERO_VARIANCE_LIMIT = 0.9
ZERO_VARIANCE_STEPS = 10
TRUNCATED_LIMIT = 0.5
FAILED_LIMIT = 0.05
ENTROPY_BASELINE_STEPS = 5
ENTROPY_DROP = 0.5
GRAD_NORM_WINDOW = 100
GRAD_NORM_MIN_STEPS = 20
GRAD_NORM_SIGMAS = 6.0
GRAD_NORM_LEAST_SIGMA = 0.05
"""Lower bound of sigma, as a share of the mean: a nearly constant norm must not alarm at noise."""
DISK_FREE_CHECKPOINTS = 2.0

CONDITIONS = MappingProxyType(
    {
        "non_finite": ("any", "a value is NaN or infinite"),
        "zero_variance": (
            "rollout/zero_variance_fraction",
            f"over {ZERO_VARIANCE_LIMIT} for {ZERO_VARIANCE_STEPS} steps",
        ),
        "truncated": ("rollout/truncated_fraction", f"over {TRUNCATED_LIMIT}"),
        "rollout_errors": ("rollout/failed", f"over {FAILED_LIMIT}"),
        "logprob_mismatch": (
            "mismatch/logprob_abs_diff_mean",
            "over 1e-2, or 1e-4 where generator and trainer both compute in float32; not with "
            "`rollout.staleness`",
        ),
        "kl_bounded": (
            "policy/kl_bounded_fraction",
            "over 0: tokens e^20 times less likely than under the reference",
        ),
        "entropy_drop": (
            "policy/entropy",
            f"mean of {ENTROPY_BASELINE_STEPS} steps under {ENTROPY_DROP} of the session's first "
            f"{ENTROPY_BASELINE_STEPS}",
        ),
        "grad_norm": (
            "policy/grad_norm",
            f"{GRAD_NORM_SIGMAS:g} sigma over the mean of the last {GRAD_NORM_WINDOW} steps",
        ),
        "disk_free": (
            "run/disk_free_checkpoints",
            f"under {DISK_FREE_CHECKPOINTS:g}: the next saves may fail",
        ),
        "eval_regression": (
            "eval/<domain>/accuracy",
            "under the parent run's by more than the 95 % interval of the difference",
        ),
    }
)
"""The metric each alarm looks at and when it is raised; docs/observability.md shows this table."""


@dataclass(frozen=True)
class Alarm:
    """Holds one alarm: what was seen and what a person should look at."""

    name: str
    step: int
    message: str


class Alarms:
    """Applies the alarm rules of one run to each step's metrics, in order."""

    def __init__(self, logprob_threshold: float = 1e-2) -> None:
        """Start with an empty history.

        Args:
            logprob_threshold: mean absolute difference between generator and trainer
                log-probabilities, in nats per token, above which they count as different policies:
                1e-2 for bfloat16, 1e-4 for float32.
        """
        self._logprob_threshold = logprob_threshold
        self._raised: set[str] = set()
        self._zero_variance_steps = 0
        self._entropy_first: list[float] = []
        self._entropy_last: deque[float] = deque(maxlen=ENTROPY_BASELINE_STEPS)
        self._grad_norms: deque[float] = deque(maxlen=GRAD_NORM_WINDOW)

    def check(self, step: int, metrics: Mapping[str, float]) -> list[Alarm]:
        """Return the alarms that begin at this step; metrics that are not reported raise none."""
        finite = {name: value for name, value in metrics.items() if math.isfinite(value)}
        conditions = {
            "non_finite": self._non_finite(metrics),
            "zero_variance": self._zero_variance(finite),
            "truncated": self._truncated(finite),
            "rollout_errors": self._rollout_errors(finite),
            "logprob_mismatch": self._logprob_mismatch(finite),
            "kl_bounded": self._kl_bounded(finite),
            "entropy_drop": self._entropy_drop(finite),
            "grad_norm": self._grad_norm(finite),
            "disk_free": self._disk_free(finite),
        }
        begun = []
        for name, message in conditions.items():
            if message is None:
                self._raised.discard(name)
            elif name not in self._raised:
                self._raised.add(name)
                begun.append(Alarm(name, step, message))
        return begun

    def _non_finite(self, metrics: Mapping[str, float]) -> str | None:
        names = [name for name, value in metrics.items() if not math.isfinite(value)]
        return f"not finite: {', '.join(names)}" if names else None

    def _zero_variance(self, metrics: Mapping[str, float]) -> str | None:
        share = metrics.get("rollout/zero_variance_fraction")
        if share is None:
            return None
        high = share > ZERO_VARIANCE_LIMIT
        self._zero_variance_steps = self._zero_variance_steps + 1 if high else 0
        if self._zero_variance_steps < ZERO_VARIANCE_STEPS:
            return None
        return (
            f"{share:.0%} of the prompt groups have equal rewards, over 90 % for "
            f"{self._zero_variance_steps} steps: too easy or too hard, almost no gradient"
        )

    def _truncated(self, metrics: Mapping[str, float]) -> str | None:
        share = metrics.get("rollout/truncated_fraction", 0.0)
        if share <= TRUNCATED_LIMIT:
            return None
        return (
            f"{share:.0%} of the responses hit the token limit: raise "
            "rollout.max_response_tokens, or look at what the policy says"
        )

    def _rollout_errors(self, metrics: Mapping[str, float]) -> str | None:
        share = metrics.get("rollout/failed", 0.0)
        if share <= FAILED_LIMIT:
            return None
        return (
            f"{share:.0%} of the samples could not be scored: see rollout/failed/<status> and the "
            "messages in rollouts/"
        )

    def _logprob_mismatch(self, metrics: Mapping[str, float]) -> str | None:
        difference = metrics.get("mismatch/logprob_abs_diff_mean", 0.0)
        if difference <= self._logprob_threshold:
            return None
        return (
            f"generator and trainer log-probabilities differ by {difference:.2g} nats a token "
            f"(limit {self._logprob_threshold:g}): stale weights or a numerics bug"
        )

    def _kl_bounded(self, metrics: Mapping[str, float]) -> str | None:
        share = metrics.get("policy/kl_bounded_fraction", 0.0)
        if share <= 0.0:
            return None
        return (
            f"{share:.2%} of the tokens are e^20 times less likely than under the reference, where "
            "k3 goes on as its tangent: lower optim.lr, raise algorithm.kl_beta, or look whether "
            "model.reference is the right checkpoint"
        )

    def _entropy_drop(self, metrics: Mapping[str, float]) -> str | None:
        entropy = metrics.get("policy/entropy")
        if entropy is None:
            return None
        if len(self._entropy_first) < ENTROPY_BASELINE_STEPS:
            self._entropy_first.append(entropy)
            return None
        self._entropy_last.append(entropy)
        baseline = statistics.fmean(self._entropy_first)
        recent = statistics.fmean(self._entropy_last)
        if len(self._entropy_last) < ENTROPY_BASELINE_STEPS or recent >= ENTROPY_DROP * baseline:
            return None
        return (
            f"entropy fell from {baseline:.3g} to {recent:.3g} nats a token: exploration "
            "collapses; lower the learning rate or raise algorithm.clip_high"
        )

    def _grad_norm(self, metrics: Mapping[str, float]) -> str | None:
        names = ("policy/grad_norm", "train/grad_norm")
        norm = next((metrics[name] for name in names if name in metrics), None)
        if norm is None:
            return None
        history = list(self._grad_norms)
        self._grad_norms.append(norm)
        if len(history) < GRAD_NORM_MIN_STEPS:
            return None
        mean = statistics.fmean(history)
        sigma = max(statistics.stdev(history), GRAD_NORM_LEAST_SIGMA * mean)
        if norm <= mean + GRAD_NORM_SIGMAS * sigma:
            return None
        distance = (norm - mean) / sigma
        return f"gradient norm {norm:.3g} is {distance:.1f} sigma above its mean {mean:.3g}"

    def _disk_free(self, metrics: Mapping[str, float]) -> str | None:
        room = metrics.get("run/disk_free_checkpoints", math.inf)
        if room >= DISK_FREE_CHECKPOINTS:
            return None
        return (
            f"the disk has room for {room:.1f} more checkpoints: make room, or lower "
            "checkpoint.keep; the old one goes only when the new one is complete"
        )


def markdown() -> str:
    """Return the table of alarms in docs/observability.md, as Markdown."""
    lines = ["| Alarm | Looks at | Raised when |", "| --- | --- | --- |"]
    lines += [
        f"| `{name}` | {'any metric' if metric == 'any' else f'`{metric}`'} | {when} |"
        for name, (metric, when) in CONDITIONS.items()
    ]
    return "\n".join(lines)
