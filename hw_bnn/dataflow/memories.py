# SPDX-License-Identifier: BSD-3-Clause
"""What yosys makes of the library's memories on the 7 series and later families.

It takes what costs least by its own measure: a block RAM of 18 Kbit counts 129, a group of four
look-up tables as RAM 8, a flip-flop 1, and each row of groups 1 more.
"""

from __future__ import annotations

import math
from typing import NamedTuple

_SHAPES = ((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))
"""Width and depth that a block RAM of 18 Kbit can have."""
_BLOCK_COST, _GROUP_COST = 129, 8


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
        return _block(depth, width)
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
    if depth == 1 or depth * width <= _GROUP_COST:
        return Memory()  # flip-flops
    block = _block(depth, width)
    shapes = ((8, 32), (4, 64), (2, 128), (1, 256)) if one_port else ((6, 32), (3, 64))
    bits, words = next((shape for shape in shapes if depth <= shape[1]), shapes[-1])
    rows = -(-depth // words)
    groups = rows * -(-width // bits)
    if _GROUP_COST * groups + rows > _BLOCK_COST * block.bram18:
        return block
    return Memory(lutram=4 * groups, choices=width * (rows - 1))


def _block(depth: int, width: int) -> Memory:
    """Take the shape that needs fewest: parts of the depth may lie beside each other in a word."""
    blocks, parts = min(
        (-(-width * -(-depth // rows) // lanes), -(-depth // rows)) for lanes, rows in _SHAPES
    )
    return Memory(choices=width * (parts - 1), bram18=blocks)
