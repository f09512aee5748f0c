# SPDX-License-Identifier: BSD-3-Clause
"""Sliding window: an image becomes the rows of the matrix that a convolution multiplies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from hw_bnn.codegen.memory import hex_lines, threshold_words
from hw_bnn.codegen.verilog import Unit
from hw_bnn.dataflow.operators.library import LibraryOp
from hw_bnn.dataflow.operators.window_op import WindowOp
from hw_bnn.dataflow.resources import Resources, window

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.dataflow.chain import Stage


class SlidingWindow(WindowOp):
    """[N, H, W, C] to [N, OH, OW, KH*KW*C], elements ordered (kh, kw, c), c fastest.

    Codes `padCodes`, one per channel, are written around the image first; `Padding` says how many
    at top, left, bottom and right.
    """

    lanes_attribute = "SIMD"

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of a window, and the padding."""
        return super().get_nodeattr_types() | {
            "Padding": ("ints", False, [0, 0, 0, 0]),
            "padCodes": ("ints", False, []),
        }

    @property
    def padding(self) -> tuple[int, int, int, int]:
        """Positions added at top, left, bottom and right."""
        top, left, bottom, right = self.get_nodeattr("Padding")
        return int(top), int(left), int(bottom), int(right)

    def get_normal_output_shape(self, ind: int = 0) -> list[int]:
        """Shape of the output, [N, OH, OW, KH*KW*C]."""
        batch = int(self.get_nodeattr("numInputVectors")[0])
        return [batch, *self.area, math.prod(self.kernel) * self.channels]

    def get_exp_cycles(self) -> int:
        """Cycles per image."""
        return int(self.get_nodeattr("numInputVectors")[0]) * self.cycles(self.lanes)

    def cycles(self, lanes: int) -> int:
        """Cycles per image at so many elements per word."""
        return self.window_shape(lanes).pace()

    def simd_values(self) -> list[int]:
        """Return what SIMD may be, ascending: parts of a position, a kernel's row, all of it."""
        parts = [d for d in range(1, self.channels + 1) if self.channels % d == 0]
        row = self.kernel[1] * self.channels
        return sorted({*parts, row, self.kernel[0] * row})

    def compute(self, context: dict[str, Any]) -> None:
        """Pad, then gather the windows."""
        x = context[self.onnx_node.input[0]]
        if any(self.padding):
            top, left, bottom, right = self.padding
            _, height, width, channels = x.shape
            framed = (len(x), height + top + bottom, width + left + right, channels)
            padded = np.empty(framed, dtype=x.dtype)
            padded[:] = np.asarray(self.get_nodeattr("padCodes"), dtype=x.dtype)
            padded[:, top : top + height, left : left + width] = x
            x = padded
        rows = np.stack(list(self.taps(x)), axis=3)
        context[self.onnx_node.output[0]] = rows.reshape(self.get_normal_output_shape())


class SlidingWindow_rtl(SlidingWindow, LibraryOp):
    """SlidingWindow as hardware: positions one by one, row by row of the kernel, or all at once."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of SlidingWindow and of an RTL operator."""
        return LibraryOp.get_nodeattr_types(self) | SlidingWindow.get_nodeattr_types(self)

    def unit(self, model: ModelWrapper) -> Unit:
        """Describe this node as hardware."""
        name, shape = self.onnx_node.name, self.window_shape(self.lanes)
        in_bits, out_bits = int(self.get_instream_width()), int(self.get_outstream_width())
        sides = zip(("PadTop", "PadLeft", "PadBottom", "PadRight"), self.padding, strict=True)
        parameters = {"Width": in_bits} | self.parameters() | dict(sides)
        if shape.module == "stream_window_rows":
            del parameters["Folds"]  # a whole position
        memories = {}
        if any(self.padding):
            codes = np.array(self.get_nodeattr("padCodes"), dtype=np.int64)
            words = threshold_words(codes, self.in_lanes, self.bits)
            memories[f"{name}_pad.mem"] = hex_lines(words)
            parameters["PadFile"] = f"{name}_pad.mem"
        return Unit(name, shape.module, parameters, in_bits, out_bits, memories)

    def stages(self) -> list[Stage]:
        """The module's parts."""
        return self.window_shape(self.lanes).stages()

    def resources(self) -> Resources:
        """The module's, by its shape and the width of what enters."""
        return window(self.window_shape(self.lanes), int(self.get_instream_width()))
