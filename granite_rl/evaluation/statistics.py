"""Computes the uncertainty of accuracies: intervals for one, for a mean of several, and for the
difference of two.

Everything is closed-form and needs only the standard library. Two choices matter:

* One proportion gets Wilson's score interval. The textbook ("Wald") interval has zero width at 0
  or n successes, which is exactly where a weak base model lives.
* Two checkpoints are compared as if their samples were independent, although both answered the
  same held-out prompts. Answers to one prompt correlate positively between parent and child, so
  the true interval of the difference is narrower: a difference called significant here is so a
  fortiori, and a small one may be missed. Pairing would need per-prompt answers of both, which
  eval.json doesn't keep.

All intervals are two-sided at 95 % unless a confidence is given. No correction for looking at many
domains at once is made; the report says how many comparisons it shows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """Holds a two-sided confidence interval, in the unit of the estimate."""

    low: float
    high: float

    def contains(self, value: float) -> bool:
        """Return whether the value lies in the interval, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Proportion:
    """Holds an accuracy: the share of right answers (0 to 1) among ``n`` samples."""

    accuracy: float
    n: int

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError(f"an accuracy needs at least one sample, got n = {self.n}")
        if not 0.0 <= self.accuracy <= 1.0:
            raise ValueError(f"an accuracy lies between 0 and 1, got {self.accuracy}")


@dataclass(frozen=True)
class Estimate:
    """Holds a value with the half width of its 95 % interval."""

    value: float
    half_width: float

    @property
    def significant(self) -> bool:
        """Return whether the interval leaves zero out."""
        return abs(self.value) > self.half_width


@dataclass(frozen=True)
class Difference:
    """Holds ``new - old`` of two proportions with its interval."""

    value: float
    interval: Interval

    @property
    def significant(self) -> bool:
        """Return whether the interval leaves zero out."""
        return not self.interval.contains(0.0)


def normal_quantile(confidence: float = CONFIDENCE) -> float:
    """Return the z for which a standard normal lies within ±z with this probability (1.95996 at 95
    %)."""
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"a confidence lies strictly between 0 and 1, got {confidence}")
    return NormalDist().inv_cdf(0.5 + confidence / 2.0)


def wilson_interval(proportion: Proportion, confidence: float = CONFIDENCE) -> Interval:
    """Compute Wilson's score interval: the p for which ``|p̂ - p| <= z·sqrt(p(1-p)/n)``.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    JASA 22 (1927) 209-212; recommended for small n by Brown, Cai and DasGupta (2001).
    """
    z = normal_quantile(confidence)
    p, n = proportion.accuracy, proportion.n
    scale = 1.0 + z * z / n
    centre = (p + z * z / (2.0 * n)) / scale
    half = z / scale * math.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n))
    # The ends are exactly 0 and 1 at 0 and n successes; rounding must not push them past p̂.
    return Interval(min(max(0.0, centre - half), p), max(min(1.0, centre + half), p))


def difference(old: Proportion, new: Proportion, confidence: float = CONFIDENCE) -> Difference:
    """Compute ``new - old`` for independent proportions, with Newcombe's hybrid score interval.

    Source: R. G. Newcombe, "Interval estimation for the difference between independent
    proportions", Statistics in Medicine 17 (1998) 873-890, method 10: the distances from each
    estimate to the ends of its Wilson interval, added in quadrature.
    """
    before, after = wilson_interval(old, confidence), wilson_interval(new, confidence)
    value = new.accuracy - old.accuracy
    low = value - math.hypot(new.accuracy - after.low, before.high - old.accuracy)
    high = value + math.hypot(after.high - new.accuracy, old.accuracy - before.low)
    return Difference(value, Interval(low, high))


def binomial_variance(proportion: Proportion, confidence: float = CONFIDENCE) -> float:
    """Estimate the variance of an accuracy by Agresti-Coull, so that it isn't 0 at 0 or n
    successes.

    ``p̃(1-p̃)/ñ`` with ``ñ = n + z²`` and ``p̃ = (np̂ + z²/2)/ñ``. Source: A. Agresti and B. A.
    Coull, The American Statistician 52 (1998) 119-126.
    """
    z2 = normal_quantile(confidence) ** 2
    size = proportion.n + z2
    p = (proportion.accuracy * proportion.n + z2 / 2.0) / size
    return p * (1.0 - p) / size


def mean_of_proportions(
    proportions: Sequence[Proportion], confidence: float = CONFIDENCE
) -> Estimate:
    """Compute the unweighted mean of independent accuracies, with the interval from the sum of
    their variances.

    Every domain counts the same, whatever its number of samples: ``sqrt(Σ var_i)/k`` is the
    standard error of the mean of k independent binomial proportions.
    """
    if not proportions:
        raise ValueError("a mean needs at least one accuracy")
    variance = sum(binomial_variance(proportion, confidence) for proportion in proportions)
    half = normal_quantile(confidence) * math.sqrt(variance) / len(proportions)
    return Estimate(fmean(proportion.accuracy for proportion in proportions), half)


def estimate_difference(old: Estimate, new: Estimate) -> Estimate:
    """Compute ``new - old`` of independent estimates, whose half widths add in quadrature."""
    return Estimate(new.value - old.value, math.hypot(new.half_width, old.half_width))


def mean_and_spread(values: Sequence[float]) -> tuple[float, float | None]:
    """Compute mean and sample standard deviation (n - 1) over seeds; None as spread of a single
    value."""
    if not values:
        raise ValueError("a mean needs at least one value")
    return fmean(values), stdev(values) if len(values) > 1 else None


def student_half_width(values: Sequence[float]) -> float | None:
    """Compute the half width of Student's 95 % interval of the mean over seeds; None for fewer than
    two values.

    The quantile is tabulated for up to 10 seeds and normal beyond, where it is off by less than 14
    %. Source: any table of the t distribution, two-sided 95 %.
    """
    if len(values) < 2:
        return None
    table = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
    degrees = len(values) - 1
    quantile = table[degrees - 1] if degrees <= len(table) else normal_quantile()
    return quantile * stdev(values) / math.sqrt(len(values))
