# SPDX-License-Identifier: BSD-3-Clause
"""FIFO depths by simulation: measure with unbounded FIFOs, set, and check the same pace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hw_bnn.build.accelerator import Accelerator, Run, Stalls
from hw_bnn.build.plan import make_plan, operators, write_plan
from hw_bnn.dataflow.cycles import cycle_model
from hw_bnn.dataflow.transformations.insert_streams import SetFifoDepths
from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

IMAGES = 16
"""Images sent through: enough for the slowest layer to have set the pace."""

GAUGE_DEPTH = 32768
"""Words that stream_fifo_gauge.sv can hold."""

SMALLEST = 2
"""A FIFO of one word would halve the pace."""


def size_fifos(model: ModelWrapper, unbounded_rtl: Path, rtl: Path) -> ModelWrapper:
    """Set the depth of every FIFO of a dataflow graph.

    The data do not matter: how full a FIFO gets depends on the folding alone.

    Args:
        model: the graph.
        unbounded_rtl: folder for the design with unbounded FIFOs.
        rtl: folder for the design at the depths found; it is written and simulated.

    Raises:
        HwBnnError: if the design with the chosen depths is slower than with unbounded FIFOs.
    """
    # A source faster than the slowest layer would fill the first unbounded FIFO without end.
    pace = cycle_model(operators(model))["cycles_per_inference"]
    unbounded = _measure(model, None, unbounded_rtl, pace)
    full = [name for name, fill in unbounded.gauges.items() if fill >= GAUGE_DEPTH]
    if full:
        raise HwBnnError(
            f"FIFO sizing: {full[0]} would need more than {GAUGE_DEPTH} words; choose a folding "
            "whose layers take more equal numbers of cycles"
        )
    depths = {name: max(SMALLEST, fill) for name, fill in unbounded.gauges.items()}
    bounded = _measure(model, depths, rtl, pace)
    if bounded.cycles_per_inference > unbounded.cycles_per_inference:
        raise HwBnnError(
            f"FIFO sizing: {bounded.cycles_per_inference:g} cycles an image at the measured "
            f"depths, {unbounded.cycles_per_inference:g} with unbounded FIFOs; please report it"
        )
    return model.transform(SetFifoDepths(depths))


def _measure(model: ModelWrapper, depths: dict[str, int] | None, folder: Path, pace: int) -> Run:
    plan = make_plan(model.transform(SetFifoDepths(depths)))
    write_plan(plan, folder)
    codes = np.zeros((IMAGES, *plan.streams.input.shape), dtype=np.int32)
    return Accelerator(folder).simulate(codes, Stalls(interval=pace))
