# SPDX-License-Identifier: BSD-3-Clause
"""What yosys makes of the library's memories on the 7 series and later families.

It takes what costs least by its own measure (its passes/memory/memory_libmap.cc): a block RAM of
18 Kbit counts 129, one of 36 Kbit 257, a group of four look-up tables as RAM 1 and 7 for the share
that is used, a flip-flop 1, a port for reading alone 8, and half a one each further input of a
multiplexer behind parts of the depth, and each part that is written.
"""

from __future__ import annotations

import math
from typing import NamedTuple

_HALVES = ((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))
"""Width and depth that a block RAM of 18 Kbit can have."""
_BLOCKS = (
    *((lanes, rows, 1, 129) for lanes, rows in _HALVES),
    *((lanes, 2 * rows, 2, 257) for lanes, rows in ((72, 256), *_HALVES)),
)
"""Width, depth, halves of 36 Kbit and cost of all block RAMs."""


class Memory(NamedTuple):
    """A memory.

    Attributes:
        tables: look-up tables that hold contents.
        choices: bits times further inputs of the multiplexers behind its parts.
        lutram: look-up table sites as RAM.
        bram18: block RAMs of 18 Kbit.
    """

    tables: float = 0
    choices: float = 0
    lutram: int = 0
    bram18: int = 0


def rom(depth: int, width: int) -> Memory:
    """Describe constant_memory with drawn contents."""
    if depth > 32 and depth * width >= 8192:  # the rule of constant_memory.sv
        return _block(depth, width)[1]
    if depth <= 64:
        # Of `width` functions of the address, those that differ from each other and need a table.
        functions = 2.0 ** min(depth, 40)
        different = functions * -math.expm1(-width / functions)
        return Memory(tables=max(different - 2 * max(depth - 1, 1).bit_length() - 2, 0))
    parts = -(-depth // 64)
    # Four tables are one with the multiplexers of their slice.
    return Memory(tables=width * parts, choices=width * (-(-parts // 4) - 1))


def ram(depth: int, width: int, *, one_port: bool = False) -> Memory:
    """Describe a memory that is written and read; with one port, at the same address."""
    if depth == 1:
        return Memory()
    shapes = ((8, 32), (4, 64), (2, 128), (1, 256)) if one_port else ((6, 32), (3, 64))
    cost, memory = min(_block(depth, width), *(_tables(depth, width, *shape) for shape in shapes))
    flip_flops = depth * width <= cost + 8 * (not one_port)
    return Memory() if flip_flops else memory


def _tables(depth: int, width: int, bits: int, words: int) -> tuple[float, Memory]:
    """Return groups of look-up tables as RAM of such a shape, with their cost."""
    parts = -(-depth // words)
    groups, choices = parts * -(-width // bits), width * (parts - 1)
    cost = groups + 7 * parts * width / bits + (choices + parts) / 2
    return cost, Memory(choices=choices, lutram=4 * groups)


def _block(depth: int, width: int) -> tuple[float, Memory]:
    """Return the cheapest block RAMs with their cost; parts may lie beside each other in a word."""

    def made(lanes: int, rows: int, halves: int, each: int) -> tuple[float, Memory]:
        parts = -(-depth // rows)
        count, choices = -(-width * parts // lanes), width * (parts - 1)
        return count * each + choices / 2, Memory(choices=choices, bram18=count * halves)

    return min(made(*block) for block in _BLOCKS)
