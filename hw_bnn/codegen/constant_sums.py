# SPDX-License-Identifier: BSD-3-Clause
"""Sums of subsets of bits, many at once: see hw_bnn.codegen.constant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hw_bnn.codegen.constant_netlist import ZERO, Bit, Netlist, Number

NOTHING = Number((), 0)


class Sum(NamedTuple):
    """A number, and single bits yet to be added to it."""

    number: Number
    singles: tuple[Bit, ...]


class Plan(NamedTuple):
    """What is added up, for the sums of all subsets and the sum of all bits.

    Attributes:
        groups: indices of outputs, by group.
        inverted: [outputs], the sum is that of the other inputs.
        classes: for each group, inputs by pattern; bit j stands for the group's output j.
        triples: the same, disjoint triples of these inputs to be counted first.
        all_triples: the same for the sum of all inputs.
    """

    groups: list[list[int]]
    inverted: NDArray[np.bool_]
    classes: list[dict[int, list[int]]]
    triples: list[dict[int, list[tuple[int, int, int]]]]
    all_triples: list[tuple[int, int, int]]


def plan(columns: NDArray[np.bool_], size: int, may_invert: bool) -> Plan:
    """Plan the sums over the subsets `columns` [inputs, outputs] in groups of `size` outputs."""
    from hw_bnn.codegen.constant_search import groups_of_outputs, shared_triples

    inputs, outputs = columns.shape
    groups = groups_of_outputs(columns, size)
    inverted = np.zeros(outputs, np.bool_)
    rows = [np.ones(inputs, np.bool_)]
    places: list[tuple[int, int]] = []
    for index, group in enumerate(groups):
        patterns = columns[:, group] @ (1 << np.arange(len(group)))
        if may_invert:
            largest = int(np.bincount(patterns).argmax())
            inverted[group] = [bool(largest >> j & 1) for j in range(len(group))]
            patterns = patterns ^ largest
        for pattern in sorted(set(patterns.tolist()) - {0}):
            rows.append(patterns == pattern)
            places.append((index, pattern))
    matrix = np.array(rows)
    wanted = np.array([_triples_wanted(int(n)) for n in matrix.sum(axis=1)])
    everything, *chosen = shared_triples(matrix, wanted)
    classes: list[dict[int, list[int]]] = [{} for _ in groups]
    triples: list[dict[int, list[tuple[int, int, int]]]] = [{} for _ in groups]
    for (index, pattern), row, own in zip(places, rows[1:], chosen, strict=True):
        classes[index][pattern] = np.flatnonzero(row).tolist()
        triples[index][pattern] = own
    return Plan(groups, inverted, classes, triples, everything)


def _triples_wanted(inputs: int) -> int:
    return 1 if inputs in (3, 4) else (inputs + 1) // 8


def add_sums(netlist: Netlist, bits: Sequence[Bit], planned: Plan) -> tuple[list[Sum], Number]:
    """Add the planned sums of `bits` to the netlist; returns those of the outputs, and of all."""
    sums = [Sum(NOTHING, ())] * len(planned.inverted)
    for group, classes, triples in zip(
        planned.groups, planned.classes, planned.triples, strict=True
    ):
        counts = {
            pattern: _count(netlist, bits, members, triples[pattern])
            for pattern, members in classes.items()
        }
        for output, total in zip(group, _halve(netlist, counts, len(group)), strict=True):
            sums[output] = total
    everything = _count(netlist, bits, range(len(bits)), planned.all_triples)
    return sums, finish(netlist, everything, 0).number


def finish(netlist: Netlist, value: Sum, allowed: int) -> Sum:
    """Add single bits to the number until at most `allowed` are left."""
    number, singles = value.number, list(value.singles)
    while len(singles) > allowed:
        one = Number((singles.pop(),), 1)
        if not number.largest:
            number = one
            continue
        number = _plus(netlist, number, one, singles)
    return Sum(number, tuple(singles))


def _plus(netlist: Netlist, a: Number, b: Number, singles: list[Bit]) -> Number:
    """Add two numbers, and a single bit if there is one, which is then gone from `singles`."""
    largest = a.largest + b.largest + bool(singles)
    carry = singles.pop() if singles else ZERO
    if len(a.bits) < len(b.bits):
        a, b = b, a
    return Number(netlist.add(a.bits, b.bits, carry, largest.bit_length()), largest)


def _count(
    netlist: Netlist,
    bits: Sequence[Bit],
    members: Iterable[int],
    triples: Sequence[tuple[int, int, int]],
) -> Sum:
    """Count the ones among `members`; adders take two counts of three and a single bit."""
    rest = sorted(set(members) - {i for triple in triples for i in triple})
    singles = [bits[i] for i in rest]

    def three() -> Number:
        return netlist.inline_adder([singles.pop(), singles.pop(), singles.pop()])

    numbers: list[Number] = []
    for triple in triples:
        first = netlist.full_adder([bits[i] for i in triple])
        numbers.append(_plus(netlist, first, three(), singles) if len(singles) >= 3 else first)
    if not numbers and len(singles) >= 5:
        numbers.append(_plus(netlist, Number((singles.pop(),), 1), three(), singles))
    if numbers:
        # Every further addition takes a single bit as carry, so it takes four bits.
        for _ in range((len(singles) - len(numbers) + 2) // 4):
            numbers.sort(key=lambda number: number.largest)
            numbers.append(_plus(netlist, numbers.pop(0), three(), singles))
    return _reduce(netlist, [Sum(number, ()) for number in numbers] + [Sum(NOTHING, (*singles,))])


def _reduce(netlist: Netlist, sums: Iterable[Sum]) -> Sum:
    """Add up, the smallest numbers first; single bits are the carries."""
    sums = list(sums)
    numbers = [value.number for value in sums if value.number.largest]
    singles = [bit for value in sums for bit in value.singles]
    if not numbers and len(singles) >= 3:
        numbers.append(netlist.full_adder([singles.pop(), singles.pop(), singles.pop()]))
    while len(numbers) > 1:
        numbers.sort(key=lambda number: number.largest)
        numbers.append(_plus(netlist, numbers.pop(0), numbers.pop(0), singles))
    while len(singles) >= 3:
        three = netlist.inline_adder([singles.pop(), singles.pop(), singles.pop()])
        numbers.append(_plus(netlist, numbers.pop(), three, singles))
    return Sum(numbers[0] if numbers else NOTHING, tuple(singles))


def _halve(netlist: Netlist, counts: Mapping[int, Sum], outputs: int) -> list[Sum]:
    """Sums of `outputs` outputs from the counts of their classes (no class with pattern 0)."""
    if outputs == 1:
        return [counts.get(1, Sum(NOTHING, ()))]
    low = outputs // 2
    first: dict[int, list[Sum]] = {}
    second: dict[int, list[Sum]] = {}
    for pattern, count in counts.items():
        if pattern & ((1 << low) - 1):
            first.setdefault(pattern & ((1 << low) - 1), []).append(count)
        if pattern >> low:
            second.setdefault(pattern >> low, []).append(count)
    return [
        total
        for half, number in ((first, low), (second, outputs - low))
        for total in _halve(
            netlist, {pattern: _reduce(netlist, sums) for pattern, sums in half.items()}, number
        )
    ]
