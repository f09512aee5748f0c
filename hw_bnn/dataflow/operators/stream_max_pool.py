# SPDX-License-Identifier: BSD-3-Clause
"""Max-pool on a stream: the largest code of each window, channel by channel."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.dataflow.operators.library import LibraryOp
from hw_bnn.dataflow.operators.window_op import WindowOp
from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.codegen.verilog import Unit


class StreamMaxPool(WindowOp):
    """[N, H, W, C] to [N, OH, OW, C]; windows may overlap, and leave out what they do not reach."""

    lanes_attribute = "PE"

    def get_normal_output_shape(self, ind: int = 0) -> list[int]:
        """Shape of the output, [N, OH, OW, C]."""
        return [int(self.get_nodeattr("numInputVectors")[0]), *self.area, self.channels]

    def get_exp_cycles(self) -> int:
        """Cycles per image: one input word a cycle."""
        return int(np.prod(self.get_folded_input_shape()[:-1]))

    def compute(self, context: dict[str, Any]) -> None:
        """Take the largest code of each window."""
        taps = self.taps(context[self.onnx_node.input[0]])
        context[self.onnx_node.output[0]] = functools.reduce(np.maximum, taps)


class StreamMaxPool_rtl(StreamMaxPool, LibraryOp):
    """StreamMaxPool as hardware."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of StreamMaxPool and of an RTL operator."""
        return LibraryOp.get_nodeattr_types(self) | StreamMaxPool.get_nodeattr_types(self)

    def unit(self, model: ModelWrapper) -> Unit:
        """Describe this node as hardware."""
        raise HwBnnError(
            f"layer {self.get_nodeattr('sourceLayer')}: max-pools have no hardware here yet"
        )

    def output_times(self, arrivals: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Cycle of each output beat."""
        raise NotImplementedError
