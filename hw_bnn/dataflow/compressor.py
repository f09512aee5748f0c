# SPDX-License-Identifier: BSD-3-Clause
"""What rtl/compressor.sv makes of the bits of a popcount."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


class Compressor(NamedTuple):
    """Stages that bring the bits down to two rows.

    Attributes:
        registers: one behind each stage.
        tables: look-up tables: two for each counter of six bits, one for each full adder.
    """

    registers: int
    tables: int


@cache
def compressor(simd: int, bits: int) -> Compressor:
    """Describe the compressor behind `simd` lanes of `bits` bits; the rule of compressor.sv."""
    columns = ((2**bits - 1) * simd).bit_length()
    pairs = (simd + 1) // 2
    carries = pairs - (simd % 6 == 1)
    heights = [-(-pairs // 3) * (c < bits) + carries * (0 < c <= bits) for c in range(columns)]
    registers = tables = 0
    while max(heights) > 2:
        sixes = [(height + 1) // 6 for height in heights]
        threes = [int(height % 6 in (3, 4)) for height in heights]
        pairs_up = [six + three for six, three in zip(sixes, threes, strict=True)]
        waiting = [h % 6 - 3 * (h % 6 in (3, 4)) if h % 6 != 5 else 0 for h in heights]
        heights = [
            pairs_up[c]
            + waiting[c]
            + (pairs_up[c - 1] if c > 0 else 0)
            + (sixes[c - 2] if c > 1 else 0)
            for c in range(columns)
        ]
        registers += 1
        tables += 2 * sum(sixes) + sum(threes)
    return Compressor(registers, tables)
