# SPDX-License-Identifier: BSD-3-Clause
"""Max-pool on a stream: the largest code of each window, channel by channel."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from hw_bnn.codegen.verilog import Unit
from hw_bnn.dataflow.operators.library import LibraryOp
from hw_bnn.dataflow.operators.window_op import WindowOp
from hw_bnn.dataflow.resources import Resources, pool

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.dataflow.chain import Stage


class StreamMaxPool(WindowOp):
    """[N, H, W, C] to [N, OH, OW, C]; windows may overlap, and leave out what they do not reach."""

    lanes_attribute = "PE"

    def get_normal_output_shape(self, ind: int = 0) -> list[int]:
        """Shape of the output, [N, OH, OW, C]."""
        return [int(self.get_nodeattr("numInputVectors")[0]), *self.area, self.channels]

    def get_exp_cycles(self) -> int:
        """Cycles per image: one input word a cycle, or one word of overlapping windows."""
        shape = self.window_shape(self.lanes)
        cycles = shape.pace() if shape.overlapping else math.prod(shape.image) * shape.folds
        return int(self.get_nodeattr("numInputVectors")[0]) * cycles

    def compute(self, context: dict[str, Any]) -> None:
        """Take the largest code of each window."""
        taps = self.taps(context[self.onnx_node.input[0]])
        context[self.onnx_node.output[0]] = functools.reduce(np.maximum, taps)


class StreamMaxPool_rtl(StreamMaxPool, LibraryOp):
    """StreamMaxPool as hardware: module stream_max_pool."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of StreamMaxPool and of an RTL operator."""
        return LibraryOp.get_nodeattr_types(self) | StreamMaxPool.get_nodeattr_types(self)

    def unit(self, model: ModelWrapper) -> Unit:
        """Describe this node as hardware."""
        width = int(self.get_instream_width())
        parameters = {"Bits": self.bits, "Lanes": self.lanes} | self.parameters()
        return Unit(self.onnx_node.name, "stream_max_pool", parameters, width, width)

    def stages(self) -> list[Stage]:
        """Blocks, and windows in front of them if they overlap."""
        return self.window_shape(self.lanes).pool_stages()

    def resources(self) -> Resources:
        """Blocks, and windows in front of them if they overlap."""
        return pool(self.window_shape(self.lanes), self.lanes, self.bits)
