# SPDX-License-Identifier: BSD-3-Clause
"""The folding of a dataflow graph, by the exact solver: for a target, or within a budget."""

from __future__ import annotations

import itertools
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from qonnx.custom_op.registry import getCustomOp

from hw_bnn.dataflow.folding import Folding, foldable, limits, windows
from hw_bnn.dataflow.resources import converter, fifo
from hw_bnn.dataflow.solver import Border, Choice, Cost, least_cost, least_cycles
from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

DEFAULT_CYCLES = 1000
"""Cycles per image to aim at when nothing is said."""

FIFO_DEPTH = 2
"""Depth at which FIFOs are counted; the true depths follow from the folding."""


class Units(NamedTuple):
    """A dataflow graph as the solver sees it.

    Attributes:
        names: of the nodes, in order.
        choices: for each, all its foldings.
        border: cost between neighbours: FIFOs and converters.
    """

    names: list[str]
    choices: list[list[Choice]]
    border: Border


def units(model: ModelWrapper) -> Units:
    """Describe all foldings of a dataflow graph without converters and FIFOs."""
    nodes = foldable(model)
    bits = [int(unit.get_input_datatype().bitwidth()) for unit in nodes.values()]
    bits.append(int(list(nodes.values())[-1].get_output_datatype().bitwidth()))

    @cache
    def border(index: int, leaving: int, entering: int) -> Cost:
        before, behind = leaving * bits[index], entering * bits[index]
        parts = [fifo(before, FIFO_DEPTH)]
        if before != behind:
            parts += [converter(before, behind), fifo(behind, FIFO_DEPTH)]
        return Cost(sum(part.lut for part in parts), sum(part.bram18 for part in parts))

    return Units(list(nodes), [_choices(unit) for unit in nodes.values()], border)


def for_cycles(
    model: ModelWrapper, cycles: int | None = None, period_ns: float | None = None
) -> Folding:
    """Choose the folding with the fewest look-up tables that takes at most `cycles` an image.

    Without a number it is DEFAULT_CYCLES; or as many as the slowest unit needs unrolled, or a
    sliding window that gives one position in a cycle. `period_ns` is the clock's, for messages.

    Raises:
        HwBnnError: if a unit cannot be that fast even when fully unrolled.
    """
    graph = units(model)
    least = {
        name: min(choice.cycles for choice in choices)
        for name, choices in zip(graph.names, graph.choices, strict=True)
    }
    if cycles is None:
        usual = {name: unit.cycles(unit.channels) for name, unit in windows(model).items()}
        cycles = max(DEFAULT_CYCLES, *(least | usual).values())
    slowest = max(least, key=lambda name: least[name])
    if least[slowest] > cycles:
        raise HwBnnError(
            f"layer {slowest} needs {least[slowest]} cycles an image even fully unrolled, the "
            f"target is {cycles}; lower the target rate{highest_rate(least[slowest], period_ns)}"
        )
    return folding_of(graph, least_cost(graph.choices, graph.border, cycles))


def highest_rate(cycles: int, period_ns: float | None) -> str:
    """Return the end of a message: the rate at so many cycles an image, if there is a clock."""
    if period_ns is None:
        return ""
    return f": at most {int(1e9 / period_ns / cycles)} images/s at {1000 / period_ns:g} MHz"


def for_budget(model: ModelWrapper, limit: Cost) -> Folding:
    """Choose the folding with the fewest cycles an image within a budget.

    Raises:
        HwBnnError: if not even the smallest fits.
    """
    graph = units(model)
    found = least_cycles(graph.choices, graph.border, limit)
    if found is None:
        raise HwBnnError(
            f"no folding fits into {limit.lut} look-up tables and {limit.bram18 / 2} block RAMs of "
            "36 Kbit; raise resource_budget, or take a larger part"
        )
    return folding_of(graph, found[1])


def folding_of(graph: Units, chosen: list[Choice] | None) -> Folding:
    """Return the attributes of the chosen foldings by node name."""
    return {
        name: dict(choice.folding) for name, choice in zip(graph.names, chosen or [], strict=True)
    }


def _choices(unit: Any) -> list[Choice]:
    """Return all foldings of an operator; its node stays as it is."""
    node = type(unit.onnx_node)()
    node.CopyFrom(unit.onnx_node)
    trial = getCustomOp(node)
    names, values = zip(*((name, found) for name, (found, _) in limits(unit).items()), strict=True)
    choices = []
    for folding in itertools.product(*values):
        for name, value in zip(names, folding, strict=True):
            trial.set_nodeattr(name, value)
        used = trial.resources()
        choices.append(
            Choice(
                dict(zip(names, folding, strict=True)),
                entering=trial.get_folded_input_shape()[-1],
                leaving=trial.get_folded_output_shape()[-1],
                cycles=trial.get_exp_cycles(),
                cost=Cost(used.lut, used.bram18),
            )
        )
    return choices
