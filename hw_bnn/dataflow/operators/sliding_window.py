# SPDX-License-Identifier: BSD-3-Clause
"""Sliding window: an image becomes the rows of the matrix that a convolution multiplies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.dataflow.operators.library import LibraryOp
from hw_bnn.dataflow.operators.window_op import WindowOp
from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.codegen.verilog import Unit


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

    @property
    def image(self) -> tuple[int, int]:
        """Height and width with padding."""
        (height, width), (top, left, bottom, right) = super().image, self.padding
        return height + top + bottom, width + left + right

    def get_normal_output_shape(self, ind: int = 0) -> list[int]:
        """Shape of the output, [N, OH, OW, KH*KW*C]."""
        batch = int(self.get_nodeattr("numInputVectors")[0])
        return [batch, *self.area, math.prod(self.kernel) * self.channels]

    def get_exp_cycles(self) -> int:
        """Cycles per image."""
        return int(self.get_nodeattr("numInputVectors")[0]) * self.cycles(self.lanes)

    def cycles(self, lanes: int) -> int:
        """Cycles per image at so many channels per word: one word a cycle on the busier side."""
        positions = max(math.prod(self.image), math.prod(self.area) * math.prod(self.kernel))
        return positions * self.channels // lanes

    def compute(self, context: dict[str, Any]) -> None:
        """Pad, then gather the windows."""
        x = context[self.onnx_node.input[0]]
        if any(self.padding):
            top, left, bottom, right = self.padding
            codes = np.asarray(self.get_nodeattr("padCodes"), dtype=x.dtype)
            padded = np.empty((len(x), *self.image, self.channels), dtype=x.dtype)
            padded[:] = codes
            height, width = self.image
            padded[:, top : height - bottom, left : width - right] = x
            x = padded
        rows = np.stack(list(self.taps(x)), axis=3)
        context[self.onnx_node.output[0]] = rows.reshape(self.get_normal_output_shape())


class SlidingWindow_rtl(SlidingWindow, LibraryOp):
    """SlidingWindow as hardware."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of SlidingWindow and of an RTL operator."""
        return LibraryOp.get_nodeattr_types(self) | SlidingWindow.get_nodeattr_types(self)

    def unit(self, model: ModelWrapper) -> Unit:
        """Describe this node as hardware."""
        raise HwBnnError(
            f"layer {self.get_nodeattr('sourceLayer')}: convolutions have no hardware here yet"
        )

    def output_times(self, arrivals: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Cycle of each output beat."""
        raise NotImplementedError
