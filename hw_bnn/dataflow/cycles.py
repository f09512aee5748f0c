# SPDX-License-Identifier: BSD-3-Clause
"""Cycle model of a whole dataflow graph."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.dataflow.chain import run_chain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hw_bnn.dataflow.operators.library import LibraryOp

IMAGES = 12
"""Images sent through for the pace; the first ones fill the units."""


@dataclass(frozen=True)
class Run:
    """Images through a graph whose source and sink never wait.

    Attributes:
        ends: cycle in which each image's last word left.
        fills: the most words that each FIFO held.
    """

    ends: npt.NDArray[np.int64]
    fills: npt.NDArray[np.int64]

    @property
    def pace(self) -> int:
        """Cycles from the last image but one to the last."""
        return int(self.ends[-1] - self.ends[-2])


def run_images(operators: Sequence[LibraryOp], depths: Sequence[int], images: int) -> Run:
    """Send images through FIFO, unit, FIFO, ..., unit, FIFO with other depths of the FIFOs."""
    units = [operator.stages() for operator in operators if operator.stages()]
    first, last = operators[0].get_folded_input_shape(), operators[-1].get_folded_output_shape()
    arrivals = np.zeros(images * math.prod(first[:-1]), dtype=np.int64)
    flow = run_chain(units, depths, arrivals, images * math.prod(last[:-1]))
    return Run(flow.times.reshape(images, -1)[:, -1], flow.fills)


def cycle_model(operators: Sequence[LibraryOp]) -> dict[str, int]:
    """Predict pace and latency of a chain of operators.

    Returns:
        `cycles_per_inference`: from image to image in a long run;
        `latency_cycles`: from the first input word to the last word of the first image, when the
        source offers a word in every cycle and the sink takes one in every cycle.
    """
    fifos = [operator for operator in operators if not operator.stages()]
    run = run_images(operators, [int(fifo.get_nodeattr("depth")) for fifo in fifos], IMAGES)
    return {"cycles_per_inference": run.pace, "latency_cycles": int(run.ends[0])}
