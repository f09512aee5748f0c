# SPDX-License-Identifier: BSD-3-Clause
"""What each module of the library takes, as a function of its parameters.

The formulas follow the structure of the Verilog; where synthesis decides, a coefficient does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from hw_bnn.dataflow.compressor import compressor

if TYPE_CHECKING:
    from hw_bnn.dataflow.window_shape import WindowShape

BRAM_SHAPES = ((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))
"""Width and depth that a block RAM of 18 Kbit can have."""


class Resources(NamedTuple):
    """An estimate.

    Attributes:
        lc: logic cells: look-up tables as logic.
        lutram: look-up table sites as memory.
        bram18: block RAMs of 18 Kbit.
    """

    lc: float
    lutram: int = 0
    bram18: int = 0

    @property
    def lut(self) -> int:
        """Look-up table sites in all."""
        return round(self.lc) + self.lutram


def added(*parts: Resources) -> Resources:
    """Return the sum of estimates."""
    return Resources(*(sum(column) for column in zip(*parts, strict=True)))


def matrix_unit(
    inputs: int, outputs: int, pe: int, simd: int, bits: int, thresholds: int
) -> Resources:
    """Estimate xnor_mvau: processing elements, weights, thresholds, replay buffer, control."""
    synapse_folds, neuron_folds = inputs // simd, outputs // pe
    largest = (2**bits - 1) * inputs
    width = largest.bit_length() + (thresholds == 1)
    element = compressor(simd, bits).tables + bits * ((simd + 1) // 2) + width + 1
    parts = [
        Resources(pe * element + 15 + 2 * (synapse_folds * neuron_folds).bit_length()),
        rom(synapse_folds * neuron_folds, pe * simd),
    ]
    if neuron_folds > 1:
        parts.append(ram(synapse_folds, simd * bits))
    if thresholds == 1:
        parts.append(rom(neuron_folds, pe * width))
    elif thresholds > 1:
        parallel = -(-thresholds // synapse_folds)
        steps = -(-thresholds // parallel)
        field = (largest + 1).bit_length()
        parts.append(rom(neuron_folds * steps, pe * parallel * field))
        parts.append(Resources(pe * (parallel * field / 2 + 2 * thresholds.bit_length()) + 10))
    return added(*parts)


def window(shape: WindowShape, width: int) -> Resources:
    """Estimate stream_window with input words of `width` bits, or what gives wider words."""
    lc = 10 + 4 * shape.depth.bit_length() + 10 * any(shape.padding)
    return added(Resources(lc), ram(shape.depth, width, block=True))


def label_select(bits: int, labels: int) -> Resources:
    """Estimate label_select: a comparison, and a counter that is compared and kept."""
    return Resources(bits + 2 * labels.bit_length())


def pool(shape: WindowShape, lanes: int, bits: int) -> Resources:
    """Estimate stream_max_pool with words of `lanes` values."""
    width, blocks = lanes * bits, shape.folds
    if not shape.overlapping:
        blocks *= -(-shape.image[1] // shape.strides[1])
    largest = added(Resources(20 + width * (1 if bits == 1 else 2)), ram(blocks, width))
    return added(largest, window(shape, width)) if shape.overlapping else largest


def converter(in_width: int, out_width: int) -> Resources:
    """Estimate stream_dwc."""
    if in_width == out_width:
        return Resources(0)
    wide = math.lcm(in_width, out_width)
    lc = 0.0
    if wide > in_width:
        lc += 3 + (wide // in_width).bit_length()
    if wide > out_width:
        parts = wide // out_width
        lc += 3 + parts.bit_length() + out_width * math.ceil(parts / 4)
    return Resources(lc)


def fifo(width: int, depth: int) -> Resources:
    """Estimate stream_fifo."""
    return added(Resources(5 + 2 * depth.bit_length()), ram(depth, width, block=True))


def rom(depth: int, width: int) -> Resources:
    """Estimate constant_memory: block RAM or logic, as constant_memory.sv decides."""
    if depth == 1:
        return Resources(0)
    if depth > 32 and depth * width >= 8192:
        return _block(depth, width)
    return Resources(width * math.ceil(depth / 64))


def ram(depth: int, width: int, *, block: bool = False) -> Resources:
    """Estimate a memory that is written and read, of distributed or block RAM."""
    if depth > (128 if block else 256):
        return _block(depth, width)
    rows = 32 if depth <= 32 else 64
    return Resources(0, 4 * math.ceil(width / (6 if rows == 32 else 3)) * math.ceil(depth / rows))


def _block(depth: int, width: int) -> Resources:
    """Return block RAMs in the shape that takes fewest: a bit may lie in several lanes of a word.

    Of `rows` words a block holds one in each of so many lanes, and a multiplexer takes one.
    """
    blocks, rows = min(
        (-(-width * -(-depth // block_depth) // block_width), -(-depth // block_depth))
        for block_width, block_depth in BRAM_SHAPES
    )
    return Resources(width * _multiplexer(rows), 0, blocks)


def _multiplexer(inputs: int) -> float:
    return (inputs - 1) / 2
