# SPDX-License-Identifier: BSD-3-Clause
"""Means over seeds with their intervals, and what a difference lets one say.

Method and baseline have the same split and, where their parameters are the same, the same initial
weights under one seed. So they are compared seed by seed: the interval is that of the mean of the
differences d_s = accuracy_s(method) - accuracy_s(baseline), which is narrower than that of a
difference of two means wherever seeds matter.

A study makes many comparisons. Each has its plain 95% interval; whether a method is better or worse
is decided by Holm's procedure over the paired t tests of the study, so that the probability of any
false verdict in it is at most 5%.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

LEVEL = 0.95


class Estimate(NamedTuple):
    """Mean of n = `number` values, with what is known about it."""

    number: int
    mean: float
    deviation: float | None
    """Sample standard deviation, with n - 1 in the denominator; None for one value."""
    interval: tuple[float, float] | None
    """mean -+ t s / sqrt(n), t the 97.5% quantile of Student's distribution, n - 1 degrees."""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        interval = None if self.interval is None else list(self.interval)
        return {"mean": self.mean, "deviation": self.deviation, "interval": interval}


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of independent values and its 95% interval."""
    from scipy.stats import t

    count, mean = len(values), float(np.mean(values))
    if count == 1:
        return Estimate(1, mean, None, None)
    deviation = float(np.std(values, ddof=1))
    half = float(t.ppf((1 + LEVEL) / 2, count - 1)) * deviation / math.sqrt(count)
    return Estimate(count, mean, deviation, (mean - half, mean + half))


def p_value(difference: Estimate) -> float:
    """Return the two-sided p of the t test that the mean of two or more differences is 0.

    p = 2 P(T > |mean| sqrt(n) / s), T Student's with n - 1 degrees; 1 for equal differences, which
    show no spread to judge by: shares of so many images are equal by chance.
    """
    from scipy.stats import t

    if not difference.deviation:
        return 1.0
    statistic = abs(difference.mean) * math.sqrt(difference.number) / difference.deviation
    return float(2 * t.sf(statistic, difference.number - 1))


def holm(values: Sequence[float]) -> list[float]:
    """Return p values adjusted for their number m: to reject those below a errs with P <= a.

    Of the rising p_(1) to p_(m), p_(k) becomes the largest (m - j + 1) p_(j) of j <= k, at most 1.

    Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal
    of Statistics 6, 1979.
    """
    order = np.argsort(values, kind="stable")
    factors = np.arange(len(values), 0, -1)
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * np.take(values, order)), 1)
    return [float(value) for value in adjusted]


def resolution(deviation: float, number: int, comparisons: int) -> float:
    """Return the smallest mean difference that is surely told from 0, as the clearest of m.

    q s with q = t(1 - 0.025/m) / sqrt(n), t Student's quantile with n - 1 degrees of freedom.

    Args:
        deviation: s, the sample standard deviation of the differences.
        number: n, seeds; at least 2.
        comparisons: m.
    """
    from scipy.stats import t

    quantile = float(t.ppf(1 - (1 - LEVEL) / (2 * comparisons), number - 1))
    return quantile / math.sqrt(number) * deviation


def verdict(difference: Estimate, adjusted: float) -> str:
    """Say what a difference to the baseline shows, given its p by Holm."""
    if adjusted >= 1 - LEVEL:
        return "not distinguishable"
    return "better" if difference.mean > 0 else "worse"


def sentence(method: str, baseline: str, difference: Estimate, adjusted: float) -> str:
    """Say the comparison in words; accuracies in percentage points."""
    low, high = (100 * bound for bound in difference.interval or (math.nan, math.nan))
    return (
        f"{method}: {100 * difference.mean:+.2f} points against {baseline}, 95% interval"
        f" {low:+.2f} to {high:+.2f}, {difference.number} seeds, p by Holm {adjusted:.2g}:"
        f" {verdict(difference, adjusted)}"
    )


def caution(comparisons: int) -> str | None:
    """Say how the verdicts of several comparisons are to be read; nothing if there are not."""
    if comparisons < 2:
        return None
    return (
        f"{comparisons} comparisons: better and worse by Holm's procedure, which errs anywhere"
        f" among them with a probability of at most {1 - LEVEL:.0%}; each interval is for itself"
        f" and excludes 0 by chance in {1 - LEVEL:.0%} of cases"
    )


def entropy(share: float) -> float:
    """Binary entropy in bits: -p log2 p - (1 - p) log2 (1 - p); 0 for p = 0 and p = 1."""
    return -sum(p * math.log2(p) for p in (share, 1 - share) if p > 0) + 0.0
