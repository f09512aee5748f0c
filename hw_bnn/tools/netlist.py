# SPDX-License-Identifier: BSD-3-Clause
"""Figures of a mapped Xilinx netlist that cell counts do not give: paired look-up tables, depth.

A netlist is a module of yosys' JSON: {"cells": {name: {"type", "connections",
"port_directions"}}}; a net is a number there, a constant a string.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any, NamedTuple

MOST_LEVELS = 5
"""Look-up tables that a path between registers is meant to have at most; a rule for this library,
and a proxy for 200 MHz, not a timing result."""

_LUT = re.compile(r"LUT[1-6](_2)?")
_LOGIC = re.compile(r"LUT[1-6](_2)?|MUXF[789]|INV")
_LUT_MEMORY = re.compile(r"RAM\d+[XM]\d*.*|SRLC?\d+E")  # read like a look-up table
_FULL = ("LUT6", "LUT6_2")
_CARRY = ("CARRY4", "CARRY8")
_LATE = re.compile(r"RAMB\d+.*|DSP48.*")
_LATE_LEVELS = 2
_CHAIN_BITS = 16
_PAIR_INPUTS = 5
_COMMON = 200  # an input of more look-up tables than this is no hint which of them to pair


class _Cell(NamedTuple):
    """A cell, or the half of a LUT6_2 that drives one output; constants are net 0."""

    kind: str
    table: int  # of a LUT6_2
    pins: dict[str, list[int]]
    inputs: list[int]  # what the outputs depend on within a cycle
    outputs: list[int]


def joined(units: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the netlist of stream units in a row: each one's out0_V is the next one's in0_V."""
    same: dict[int, int] = {}  # net -> the net that drives it
    cells: dict[str, Any] = {}
    shift, before = 0, None
    for place, unit in enumerate(units):
        ports = {
            name: [_moved(bit, shift) for bit in port["bits"]]
            for name, port in unit["ports"].items()
        }
        if before is not None:
            for wire in ("TDATA", "TVALID"):
                same |= dict(zip(ports[f"in0_V_{wire}"], before[f"out0_V_{wire}"], strict=True))
            same[before["out0_V_TREADY"][0]] = ports["in0_V_TREADY"][0]
        before = ports
        for name, cell in unit["cells"].items():
            pins = {
                pin: [_moved(bit, shift) for bit in bits]
                for pin, bits in cell["connections"].items()
            }
            cells[f"{place}.{name}"] = cell | {"connections": pins}
        shift += 1 + max((bit for net in unit["netnames"].values() for bit in net["bits"]
                          if isinstance(bit, int)), default=0)  # fmt: skip
    for cell in cells.values():
        for bits in cell["connections"].values():
            for index, bit in enumerate(bits):
                while bit in same:
                    bit = same[bit]
                bits[index] = bit
    return {"cells": cells}


def _moved(bit: int | str, shift: int) -> Any:
    """Renumber a net; constants stay."""
    return bit + shift if isinstance(bit, int) else bit


def lut_sites(netlist: Mapping[str, Any]) -> int:
    """Sites that the look-up tables fill, where two with at most five inputs together share one.

    LUT6 and LUT6_2 fill a site. Partners are found greedily, the largest first: among tables that
    have an input in common, then among any.
    """
    tables = [cell for cell in _cells(netlist) if _LUT.fullmatch(cell.kind)]
    small = [frozenset(cell.inputs) - {0} for cell in tables if cell.kind not in _FULL]
    users: dict[int, list[int]] = defaultdict(list)
    for index, nets in enumerate(small):
        for net in nets:
            users[net].append(index)
    free = dict.fromkeys(sorted(range(len(small)), key=lambda i: -len(small[i])))
    alone = [0] * (_PAIR_INPUTS + 1)  # by number of inputs
    pairs = 0
    while free:
        index = next(iter(free))
        del free[index]
        near = {i for net in small[index] if len(users[net]) <= _COMMON for i in users[net]}
        fits = [i for i in near if i in free and len(small[i] | small[index]) <= _PAIR_INPUTS]
        if fits:
            del free[max(fits, key=lambda i: (len(small[i]), -i))]
            pairs += 1
        else:
            alone[len(small[index])] += 1
    for size in range(_PAIR_INPUTS, -1, -1):
        while alone[size]:
            alone[size] -= 1
            pairs += 1
            partner = next((n for n in range(_PAIR_INPUTS - size, -1, -1) if alone[n]), None)
            if partner is not None:
                alone[partner] -= 1
    return len(tables) - len(small) + pairs


def logic_levels(netlist: Mapping[str, Any]) -> int:
    """Look-up tables on the longest path between registers, memories and ports.

    A carry chain counts one, and one more per 16 bits begun; the outputs of block RAMs and DSPs
    start at two.
    """
    arrivals: dict[int, int] = defaultdict(int)
    passing = []
    for cell in _cells(netlist):
        if cell.kind == "LUT6_2":
            passing += _halves(cell)
        elif cell.inputs:
            passing.append(cell)
        elif _LATE.fullmatch(cell.kind):
            arrivals.update(dict.fromkeys(cell.outputs, _LATE_LEVELS))
    drivers = {net: index for index, cell in enumerate(passing) for net in cell.outputs}
    before = {
        index: {drivers[net] for net in cell.inputs if net in drivers}
        for index, cell in enumerate(passing)
    }
    chains: dict[int, tuple[int, int]] = {}
    for index in TopologicalSorter(before).static_order():
        cell = passing[index]
        if cell.kind in _CARRY:
            _pass_chain(cell.pins, arrivals, chains)
        else:
            level = 1 + max((arrivals[net] for net in cell.inputs), default=0)
            arrivals.update(dict.fromkeys(cell.outputs, level))
    return max(arrivals.values(), default=0)


def _pass_chain(
    pins: dict[str, list[int]], arrivals: dict[int, int], chains: dict[int, tuple[int, int]]
) -> None:
    """Arrivals behind a carry cell; `chains` holds a carry's level of entry and bits since."""

    def left(level: int, bits: int) -> int:
        return level + 1 + -(-bits // _CHAIN_BITS)

    entries = [(arrivals[net], 0) for net in pins.get("CYINIT", [])]
    entries += [chains.get(net, (arrivals[net], 0)) for net in pins["CI"][:1]]
    for place in range(len(pins["S"])):
        select, data = (arrivals[pins[name][place]] for name in ("S", "DI"))
        arrivals[pins["O"][place]] = max(left(level, bits + 1) for level, bits in
                                         [*entries, (select, 0)])  # fmt: skip
        entries = [(level, bits + 1) for level, bits in [*entries, (select, 0), (data, 0)]]
        latest = max(entries, key=lambda entry: entry[0] * _CHAIN_BITS + entry[1])
        entries = [latest]
        chains[pins["CO"][place]] = latest
        arrivals[pins["CO"][place]] = left(*latest)


def _halves(cell: _Cell) -> list[_Cell]:
    """Both functions of a LUT6_2, each with the inputs that its truth table depends on."""
    halves = []
    for name, first in (("O5", 0), ("O6", 32)):
        half = cell.table >> first
        used = [
            cell.pins[f"I{k}"][0]
            for k in range(5)
            if any((half >> i ^ half >> (i ^ 1 << k)) & 1 for i in range(32))
        ]
        halves.append(_Cell("LUT5", 0, {}, used, cell.pins[name]))
    return halves


def _cells(netlist: Mapping[str, Any]) -> list[_Cell]:
    cells = []
    for cell in netlist["cells"].values():
        kind, directions = cell["type"], cell["port_directions"]
        pins = {
            name: [bit if isinstance(bit, int) else 0 for bit in bits]
            for name, bits in cell["connections"].items()
        }
        inputs: list[int] = []
        if _LOGIC.fullmatch(kind) or kind in _CARRY:
            inputs = [n for name, ns in pins.items() if directions[name] == "input" for n in ns]
        elif _LUT_MEMORY.fullmatch(kind):
            inputs = [n for name, ns in pins.items() if name.startswith(("A", "DPRA")) for n in ns]
        outputs = [n for name, ns in pins.items() if directions[name] == "output" for n in ns]
        table = int(cell["parameters"]["INIT"], 2) if kind == "LUT6_2" else 0
        cells.append(_Cell(kind, table, pins, inputs, [net for net in outputs if net]))
    return cells
