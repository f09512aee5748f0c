# SPDX-License-Identifier: BSD-3-Clause
"""Means over seeds with their intervals, and what a difference lets one say.

Method and baseline have the same split and, where their parameters are the same, the same initial
weights under one seed. So they are compared seed by seed: the interval is that of the mean of the
differences d_s = accuracy_s(method) - accuracy_s(baseline), which is narrower than that of a
difference of two means wherever seeds matter.
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


def verdict(difference: Estimate) -> str:
    """Say what the interval of a difference to the baseline shows."""
    if difference.interval is None:
        return "one seed shows nothing"
    low, high = difference.interval
    if low > 0:
        return "better"
    return "worse" if high < 0 else "not distinguishable"


def sentence(method: str, baseline: str, difference: Estimate) -> str:
    """Say the comparison in words; accuracies in percentage points."""
    text = f"{method}: {100 * difference.mean:+.2f} points against {baseline}, "
    if difference.interval is not None:
        low, high = (100 * bound for bound in difference.interval)
        text += f"95% interval {low:+.2f} to {high:+.2f}, {difference.number} seeds: "
    return text + verdict(difference)


def caution(comparisons: int) -> str:
    """Say what so many intervals at once amount to."""
    noun = "comparison" if comparisons == 1 else "comparisons"
    return (
        f"{comparisons} {noun}, intervals not widened for their number: if no method "
        f"differed, {comparisons * (1 - LEVEL):.1f} of them would be expected to exclude 0"
    )


def entropy(share: float) -> float:
    """Binary entropy in bits: -p log2 p - (1 - p) log2 (1 - p); 0 for p = 0 and p = 1."""
    return -sum(p * math.log2(p) for p in (share, 1 - share) if p > 0) + 0.0
