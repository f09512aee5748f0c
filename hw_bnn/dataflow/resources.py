# SPDX-License-Identifier: BSD-3-Clause
"""What each module of the library takes, as a function of its parameters.

Memories follow rules, see memories.py. Logic is a sum of terms, each a count that follows the
structure of the Verilog, times a coefficient. `hw-bnn bench resources` fits the coefficients to
syntheses of small units and shows the errors.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hw_bnn.dataflow.compressor import compressor
from hw_bnn.dataflow.memories import Memory, ram, rom

if TYPE_CHECKING:
    from hw_bnn.dataflow.window_shape import WindowShape

COEFFICIENTS: dict[str, dict[str, float]] = {
    "constant_unit": {
        "outputs": 1.187,
        "synapses": 0.148,
    },
    "input_quantiser": {
        "choices": 0.0,
        "codes": 1.769,
        "comparisons": 0.365,
        "constant comparisons": 1.319,
        "contents": 1.712,
        "unit": 6.054,
    },
    "label_select": {
        "bits": 0.937,
        "counter": 2.502,
    },
    "stream_add": {
        "sums": 0.5,
        "unit": 1.0,
    },
    "stream_dwc": {
        "choices": 1.244,
        "narrow": 0.0,
        "narrow counter": 1.05,
        "widen": 2.539,
        "widen counter": 1.413,
    },
    "stream_fifo": {
        "choices": 0.505,
        "counters": 3.794,
        "flip-flops": 0.75,
        "front": 0.862,
        "unit": 1.209,
        "wrapping": 0.658,
    },
    "stream_fork": {
        "copies": 1.547,
        "unit": 0.0,
    },
    "stream_max_pool": {
        "choices": 0.0,
        "comparisons": 0.469,
        "counters": 0.453,
        "lanes": 0.951,
        "unit": 6.785,
    },
    "stream_window": {
        "choices": 1.083,
        "counters": 2.543,
        "frame": 4.527,
        "frame counters": 1.033,
        "frame words": 0.448,
        "pointers": 0.838,
        "unit": 0.0,
    },
    "stream_window_whole": {
        "choices": 0.873,
        "counters": 1.431,
        "frame": 0.004,
        "frame counters": 0.042,
        "frame words": 0.133,
        "unit": 0.0,
    },
    "xnor_mvau": {
        "adders": 0.956,
        "bypass": 0.795,
        "choices": 0.584,
        "comparisons": 0.378,
        "contents": 0.975,
        "counters": 1.06,
        "elements": 0.0,
        "levels": 5.201,
        "outputs": 0.0,
        "starts": 1.254,
        "sums": 0.57,
        "unit": 19.111,
    },
}
"""{module: {term: logic cells}}."""


@dataclass(frozen=True)
class Resources:
    """An estimate for one module.

    Attributes:
        module: its name.
        terms: counts that its logic cells are a sum of.
        lutram: look-up table sites as memory or shift register.
        bram18: block RAMs of 18 Kbit.
        parts: modules inside; their memories are counted above, their logic is not.
    """

    module: str
    terms: Mapping[str, float]
    lutram: int = 0
    bram18: int = 0
    parts: tuple[Resources, ...] = ()

    def counts(self) -> Counter[tuple[str, str]]:
        """Return the counts of (module, term), also of the modules inside."""
        found = Counter({(self.module, name): count for name, count in self.terms.items()})
        for part in self.parts:
            found.update(part.counts())
        return found

    @property
    def lc(self) -> float:
        """Logic cells."""
        counts = self.counts().items()
        return sum(COEFFICIENTS[module][name] * count for (module, name), count in counts)

    @property
    def lut(self) -> int:
        """Look-up table sites in all."""
        return round(self.lc) + self.lutram


def matrix_unit(
    inputs: int, outputs: int, pe: int, simd: int, bits: int, thresholds: int
) -> Resources:
    """Estimate xnor_mvau."""
    synapse_folds, neuron_folds = inputs // simd, outputs // pe
    folds, largest = synapse_folds * neuron_folds, (2**bits - 1) * inputs
    width = largest.bit_length() + (thresholds == 1)
    memories = [rom(folds, pe * simd)]
    terms: dict[str, float] = {"unit": 1}
    # Thresholds lie near the middle: bits that differ, and one for the others.
    spread = min(width, (4 * largest**2 // inputs).bit_length() // 2 + 1)
    if thresholds == 1:
        starts = rom(neuron_folds, pe * spread)
        terms["starts"] = starts.tables
        memories.append(starts._replace(tables=0))
    elif thresholds > 1:
        parallel = -(-thresholds // synapse_folds)
        steps = -(-thresholds // parallel)
        field = (largest + 1).bit_length()
        memories.append(rom(neuron_folds * steps, pe * parallel * field))
        terms["levels"] = pe * thresholds.bit_length()
        terms["comparisons"] = pe * parallel * field
    if neuron_folds > 1:
        replay = ram(synapse_folds, simd * bits)
        memories.append(replay)
        terms["bypass"] = simd * bits * (replay.bram18 > 0)
    terms["adders"] = pe * (compressor(simd, bits).tables + bits * -(-simd // 2))
    terms["sums"] = pe * width
    terms["elements"] = pe
    terms["counters"] = _bits(synapse_folds) + _bits(neuron_folds)
    terms["outputs"] = pe * (synapse_folds == 1)
    return _made("xnor_mvau", terms, *memories)


def constant_unit(inputs: int, outputs: int) -> Resources:
    """Estimate a matrix unit with constant weights: sums are shared between outputs."""
    return Resources("constant_unit", {"synapses": inputs * outputs, "outputs": outputs})


def window(shape: WindowShape, width: int) -> Resources:
    """Estimate the modules stream_window* with input words of `width` bits."""
    if shape.module == "stream_window_rows":
        return _made(shape.module, {}, window(shape.columns, width), window(shape.rows, width))
    terms: dict[str, float] = {"unit": 1}
    if any(shape.padding):
        terms["frame"] = 1
        terms["frame counters"] = sum(map(_bits, (*shape.framed, shape.folds)))
        terms["frame words"] = width
    (rows, columns), (kernel_rows, kernel_columns) = shape.framed, shape.kernel
    if shape.module == "stream_window_whole":
        terms["counters"] = _bits(rows) + _bits(columns) + _bits(shape.folds)
        memories = [ram(columns * shape.folds, (kernel_rows - 1) * width)] * (kernel_rows > 1)
        lines = kernel_rows * (kernel_columns - 1) * width * (shape.folds > 2)
        return _made(shape.module, terms, *memories, Memory(lutram=lines))
    counts = (kernel_columns * shape.folds, kernel_rows, *shape.area)
    terms["counters"] = sum(map(_bits, counts))
    if math.prod(shape.kernel) * shape.folds > 1:  # else there is no way within a window
        terms["pointers"] = shape.depth.bit_length()
    return _made(shape.module, terms, ram(shape.depth, width))


def pool(shape: WindowShape, lanes: int, bits: int) -> Resources:
    """Estimate stream_max_pool with words of `lanes` values."""
    (rows, columns), strides = shape.image, shape.strides
    terms: dict[str, float] = {"unit": 1}
    windows: list[Resources] = []
    if shape.overlapping:
        windows.append(window(shape, lanes * bits))
        taps = math.prod(shape.kernel)
        rows, columns, strides = taps * math.prod(shape.area), 1, (taps, 1)
    blocks = -(-columns // strides[1])
    terms["counters"] = sum(map(_bits, (shape.folds, blocks, -(-rows // strides[0]), *strides)))
    terms["lanes" if bits == 1 else "comparisons"] = lanes * bits**2
    depth = 2 ** (max(_bits(blocks), 1) + max(_bits(shape.folds), 1))
    # yosys finds that both ports have one address, but not where a part of it is constant.
    memory = ram(depth, lanes * bits, one_port=shape.folds > 1)
    return _made("stream_max_pool", terms, memory, *windows)


def converter(in_width: int, out_width: int) -> Resources:
    """Estimate stream_dwc."""
    wide = math.lcm(in_width, out_width)
    terms: dict[str, float] = {}
    if wide > in_width:
        terms["widen"] = 1
        terms["widen counter"] = _bits(wide // in_width)
    if wide > out_width:
        terms["narrow"] = 1
        terms["narrow counter"] = _bits(wide // out_width)
        terms["choices"] = out_width * _multiplexer(wide // out_width)
    return Resources("stream_dwc", terms)


def fifo(width: int, depth: int) -> Resources:
    """Estimate stream_fifo."""
    front = depth > 64  # TableDepth; then a word lies in front of the ring
    words = depth - front
    memory = ram(words, width)
    terms: dict[str, float] = {
        "unit": 1,
        "counters": _bits(words),
        "wrapping": _bits(words) * (words.bit_count() > 1),
        "flip-flops": width * words * (memory.lutram == memory.bram18 == 0),
        "front": width * front,
    }
    return _made("stream_fifo", terms, memory)


def label_select(bits: int, labels: int) -> Resources:
    """Estimate label_select: a comparison, and a counter that is compared and kept."""
    return Resources("label_select", {"bits": bits, "counter": _bits(labels)})


def quantiser(lanes: int, words: int, thresholds: int) -> Resources:
    """Estimate input_quantiser on pixels of 8 bits."""
    kind = "constant comparisons" if words == 1 else "comparisons"
    bits = lanes * thresholds * (1 if words == 1 else 9)
    terms = {"unit": 1, kind: bits, "codes": lanes * (thresholds.bit_length() - 1)}
    return _made("input_quantiser", terms, rom(words, lanes * (9 * thresholds + 1)))


def fork(copies: int) -> Resources:
    """Estimate stream_fork: what says which copies are due."""
    return Resources("stream_fork", {"unit": 1, "copies": copies})


def add(lanes: int, bits: int) -> Resources:
    """Estimate stream_add; `bits` of the narrower values, the rest is a carry.

    A sum of single bits has no carry chain: two look-up tables.
    """
    return Resources("stream_add", {"unit": 1, "sums": lanes * max(bits, 2)})


def _made(module: str, terms: Mapping[str, float], *inside: Memory | Resources) -> Resources:
    """Join a module's own logic with memories and modules inside."""
    memories = [part for part in inside if isinstance(part, Memory)]
    contents = {
        "contents": sum(memory.tables for memory in memories),
        "choices": sum(memory.choices for memory in memories),
    }
    return Resources(
        module,
        {name: count for name, count in (*terms.items(), *contents.items()) if count},
        sum(part.lutram for part in inside),
        sum(part.bram18 for part in inside),
        tuple(part for part in inside if isinstance(part, Resources)),
    )


def _bits(count: int) -> int:
    """Bits of a counter to `count`; a count of one needs none."""
    return (count - 1).bit_length()


def _multiplexer(inputs: int) -> int:
    """Look-up tables of a multiplexer, about."""
    return -(-(inputs - 1) // 3)
