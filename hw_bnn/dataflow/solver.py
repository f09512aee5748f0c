# SPDX-License-Identifier: BSD-3-Clause
"""Exact choice of a folding for each unit of a chain: for a pace, or within a budget.

A stream passes every unit in turn, so resources are a sum: one term for each unit's choice and one
for each pair of neighbours (FIFOs, and a converter where their words differ), which depends on
nothing but the lanes that leave the first and those that enter the second. The pace is the slowest
unit's, so that a target is a bound for each unit alone.

Hence the dynamic programme is exact. Of all ways to choose units 0..i whose last one leaves with
the same number of lanes, what follows costs the same; so only those need be kept that no other
beats in look-up tables and block RAM both (Pareto front). Costs are integers: sums do not depend
on the order. A larger target only adds choices, so the least cycles within a budget are found by
bisection over the values that occur.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Cost(NamedTuple):
    """What hardware takes, or may take.

    Attributes:
        lut: look-up table sites, as logic or as memory.
        bram18: block RAMs of 18 Kbit.
    """

    lut: float
    bram18: float


NO_LIMIT = Cost(math.inf, math.inf)


@dataclass(frozen=True)
class Choice:
    """One folding of a unit.

    Attributes:
        folding: attributes and their values.
        entering, leaving: elements per word of the input and of the output stream.
        cycles: per image.
        cost: of the unit alone.
    """

    folding: Mapping[str, int]
    entering: int
    leaving: int
    cycles: int
    cost: Cost


Border = Callable[[int, int, int], Cost]
"""Cost between unit i-1 and unit i, given i and the lanes that leave one and enter the other. In
front of unit 0 and behind the last one lanes are equal: outside is as wide as the chain."""


class _Label(NamedTuple):
    """A way to choose the units so far, as its cost, last choice and the way before."""

    lut: float
    bram18: float
    choice: Choice | None
    before: _Label | None


def least_cost(
    units: Sequence[Sequence[Choice]], border: Border, cycles: int, limit: Cost = NO_LIMIT
) -> list[Choice] | None:
    """Choose for each unit so that none takes more than `cycles`, at the least look-up tables.

    Among equals the fewer block RAMs win.

    Returns:
        One choice per unit, or None if the target cannot be met within the limit.
    """
    fronts: dict[int, list[_Label]] = {0: [_Label(0, 0, None, None)]}
    for index, unit in enumerate(units):
        fronts = _step(fronts, [c for c in unit if c.cycles <= cycles], border, index, limit)
    ends = _front(
        (
            _plus(label, border(len(units), lanes, lanes))
            for lanes, front in fronts.items()
            for label in front
        ),
        limit,
    )
    return _choices(ends[0]) if ends else None


def least_cycles(
    units: Sequence[Sequence[Choice]], border: Border, limit: Cost
) -> tuple[int, list[Choice]] | None:
    """Choose for each unit so that the slowest one is as fast as the limit allows.

    Returns:
        Its cycles, and the choices that cost the fewest look-up tables among those as fast; None
        if nothing fits.
    """
    values = sorted({choice.cycles for unit in units for choice in unit})
    # What every unit can reach at all.
    slowest = max(min(choice.cycles for choice in unit) for unit in units)
    values = values[values.index(slowest) :]
    best = least_cost(units, border, values[-1], limit)
    if best is None:
        return None
    low, high = -1, len(values) - 1
    while high - low > 1:
        middle = (low + high) // 2
        found = least_cost(units, border, values[middle], limit)
        if found is None:
            low = middle
        else:
            high, best = middle, found
    return values[high], best


def total_cost(choices: Sequence[Choice], border: Border) -> Cost:
    """Return what a chain of choices costs."""
    lanes = [choices[0].entering, *(choice.leaving for choice in choices)]
    entering = [*(choice.entering for choice in choices), lanes[-1]]
    parts = [choice.cost for choice in choices]
    parts += [border(i, *pair) for i, pair in enumerate(zip(lanes, entering, strict=True))]
    return Cost(sum(part.lut for part in parts), sum(part.bram18 for part in parts))


def _step(
    fronts: Mapping[int, list[_Label]],
    choices: Sequence[Choice],
    border: Border,
    index: int,
    limit: Cost,
) -> dict[int, list[_Label]]:
    """Return the fronts behind unit `index`, by the lanes that leave it, from those before it."""
    entered = {
        lanes: _front(
            (
                _plus(label, border(index, lanes if index == 0 else left, lanes))
                for left, front in fronts.items()
                for label in front
            ),
            limit,
        )
        for lanes in {choice.entering for choice in choices}
    }
    leaving: dict[int, list[_Label]] = {}
    for choice in choices:
        (lut, bram18), labels = choice.cost, leaving.setdefault(choice.leaving, [])
        labels += (
            _Label(before.lut + lut, before.bram18 + bram18, choice, before)
            for before in entered[choice.entering]
        )
    return {lanes: _front(labels, limit) for lanes, labels in leaving.items()}


def _plus(label: _Label, cost: Cost) -> _Label:
    return label._replace(lut=label.lut + cost.lut, bram18=label.bram18 + cost.bram18)


def _front(labels: Iterable[_Label], limit: Cost) -> list[_Label]:
    """Return labels within the limit that no other beats in both, the fewest tables first.

    Without a limit for block RAM the first one alone is needed.
    """
    kept: list[_Label] = []
    for label in sorted(labels, key=lambda label: label[:2]):
        fits = label.lut <= limit.lut and label.bram18 <= limit.bram18
        if fits and (not kept or label.bram18 < kept[-1].bram18):
            kept.append(label)
    return kept[:1] if limit.bram18 == math.inf else kept


def _choices(label: _Label) -> list[Choice]:
    found: list[Choice] = []
    step: _Label | None = label
    while step is not None and step.choice is not None:
        found.append(step.choice)
        step = step.before
    return found[::-1]
