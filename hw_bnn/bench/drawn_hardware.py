# SPDX-License-Identifier: BSD-3-Clause
"""Hardware of a network, drawn: folding of every unit, what stands in front and behind."""

from __future__ import annotations

import contextlib
import itertools
import math
from typing import TYPE_CHECKING, Any

from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    import numpy as np
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.golden import Golden

PART = "xc7z020clg400-1"

MOST_LANES = 512
"""Products a cycle of one matrix unit: with more, compiling the simulator takes too long."""

MOST_CYCLES = 20_000
"""Cycles an image of one matrix unit."""

UNROLLED, QUANTISED, LABELLED = 0.3, 0.5, 0.5
"""Chances: of a matrix unit to be unrolled completely, of an input quantiser, of label select."""


def draw_hardware(integer: ModelWrapper, golden: Golden, rng: np.random.Generator) -> ModelWrapper:
    """Return the complete dataflow graph of a network, as the build's steps would make it.

    Args:
        integer: the integer network.
        golden: the same; hw_bnn.dataflow.engine must have started.
        rng: draws each unit's folding among all that it can take, and the rest.
    """
    from finn.transformation.fpgadataflow.specialize_layers import SpecializeLayers
    from finn.transformation.general import ApplyConfig
    from qonnx.transformation.general import GiveUniqueNodeNames

    from hw_bnn.build.plan import operators
    from hw_bnn.dataflow.fifo_depths import fifo_depths
    from hw_bnn.dataflow.folding import foldable
    from hw_bnn.dataflow.transformations.convert_to_hardware import ConvertToHardware
    from hw_bnn.dataflow.transformations.insert_streams import InsertStreams, SetFifoDepths
    from hw_bnn.dataflow.transformations.quantise_input import QuantiseInput
    from hw_bnn.dataflow.transformations.select_label import SelectLabel
    from hw_bnn.dataflow.transformations.weight_style import ChooseWeightStyle
    from hw_bnn.export.integer import body

    graph = body(integer).transform(ConvertToHardware())
    graph = graph.transform(SpecializeLayers(PART)).transform(GiveUniqueNodeNames())
    folding = {name: draw_folding(unit, rng) for name, unit in foldable(graph).items()}
    graph = graph.transform(ApplyConfig({"Defaults": {}} | folding)).transform(ChooseWeightStyle())
    with contextlib.suppress(HwBnnError):  # floats, or too many levels
        if rng.random() < QUANTISED:
            graph = graph.transform(QuantiseInput(golden.head.table))
    with contextlib.suppress(HwBnnError):  # classes that cannot be compared by their sums
        if rng.random() < LABELLED:
            golden.require_largest_sum_wins()
            graph = graph.transform(SelectLabel())
    graph = graph.transform(InsertStreams())
    return graph.transform(SetFifoDepths(fifo_depths(operators(graph))))


def draw_folding(unit: Any, rng: np.random.Generator) -> dict[str, int]:
    """Draw a folding among all that an operator can take, within the limits above."""
    from hw_bnn.dataflow.folding import limits

    known = limits(unit)
    options = list(itertools.product(*(values for values, _ in known.values())))
    if len(known) == 2:
        work = unit.get_exp_cycles()  # PE and SIMD are 1 still
        lanes = [math.prod(option) for option in options]
        options = [
            option
            for option, count in zip(options, lanes, strict=True)
            if count <= MOST_LANES and work // count <= MOST_CYCLES
        ]
        if rng.random() < UNROLLED:
            options = options[-1:]
    chosen = options[rng.integers(len(options))]
    return dict(zip(known, chosen, strict=True))


def hardware_traits(graph: ModelWrapper) -> set[str]:
    """Return what a complete dataflow graph is made of."""
    from hw_bnn.build.plan import operators
    from hw_bnn.dataflow.folding import foldable, limits

    traits = set()
    for unit in operators(graph):
        name = unit.onnx_node.op_type
        if name == "StreamingFIFO_hwbnn":
            traits |= {"FIFO of more than 2 words"} if unit.get_nodeattr("depth") > 2 else set()
        elif name == "StreamingDataWidthConverter_hwbnn":
            traits.add(f"converter in {len(unit.stages())} stages")
        elif name == "XnorMVAU_rtl":
            traits.add(f"weights as {unit.get_nodeattr('weightStyle')}")
        elif name == "SlidingWindow_rtl":
            traits.add(unit.window_shape(unit.lanes).module)
        else:
            traits.add({"StreamMaxPool_rtl": "max-pool"}.get(name, name.removesuffix("_hwbnn")))
    for unit in foldable(graph).values():
        for key, (values, _) in limits(unit).items():
            value = unit.get_nodeattr(key)
            extent = "largest" if value == values[-1] else "1" if value == 1 else "between"
            traits.add(f"{unit.onnx_node.op_type.removesuffix('_rtl')} with {key} {extent}")
    return traits
