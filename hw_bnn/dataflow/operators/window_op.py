# SPDX-License-Identifier: BSD-3-Clause
"""What operators share that move a two-dimensional window over an image [N, H, W, C]."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from finn.custom_op.fpgadataflow.hwcustomop import HWCustomOp
from qonnx.core.datatype import DataType

from hw_bnn.dataflow.window_shape import WindowShape

if TYPE_CHECKING:
    from qonnx.core.datatype import BaseDataType
    from qonnx.core.modelwrapper import ModelWrapper


class WindowOp(HWCustomOp):
    """Operator on unsigned codes of `inputBits` bits, `lanes` of them per word that leaves."""

    lanes_attribute: str
    """Name of the attribute that holds the number of elements per word."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Attributes: input [N, H, W] without channels, window, folding."""
        return super().get_nodeattr_types() | {
            "numInputVectors": ("ints", True, [1, 1, 1]),
            "NumChannels": ("i", True, 1),
            "KernelDim": ("ints", True, [1, 1]),
            "Stride": ("ints", True, [1, 1]),
            "inputBits": ("i", False, 1),
            "sourceLayer": ("s", False, ""),
            self.lanes_attribute: ("i", True, 1),
        }

    @property
    def channels(self) -> int:
        """Channels C."""
        return int(self.get_nodeattr("NumChannels"))

    @property
    def lanes(self) -> int:
        """Elements per word that leaves: of one position, or whole positions of a window."""
        return int(self.get_nodeattr(self.lanes_attribute))

    @property
    def in_lanes(self) -> int:
        """Elements per word that comes, all of one position."""
        return min(self.lanes, self.channels)

    @property
    def bits(self) -> int:
        """Bits of one code."""
        return int(self.get_nodeattr("inputBits"))

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width of the window."""
        height, width = self.get_nodeattr("KernelDim")
        return int(height), int(width)

    @property
    def strides(self) -> tuple[int, int]:
        """Vertical and horizontal distance of windows."""
        vertical, horizontal = self.get_nodeattr("Stride")
        return int(vertical), int(horizontal)

    @property
    def padding(self) -> tuple[int, int, int, int]:
        """Positions added at top, left, bottom and right."""
        return 0, 0, 0, 0

    @property
    def area(self) -> tuple[int, int]:
        """Windows in a column and in a row."""
        return self.window_shape(self.lanes).area

    def window_shape(self, lanes: int) -> WindowShape:
        """Describe window and input at so many elements per word that leaves."""
        _, height, width = self.get_nodeattr("numInputVectors")
        image = int(height), int(width)
        taps, folds = max(lanes // self.channels, 1), max(self.channels // lanes, 1)
        return WindowShape(image, self.kernel, self.strides, self.padding, folds, taps)

    def parameters(self) -> dict[str, int | str]:
        """Parameters of the hardware."""
        shape = self.window_shape(self.lanes)
        names = ("ImageH", "ImageW", "KernelH", "KernelW", "StrideH", "StrideW", "Folds")
        values = (*shape.image, *shape.kernel, *shape.strides, shape.folds)
        return dict(zip(names, values, strict=True))

    def get_input_datatype(self, ind: int = 0) -> BaseDataType:
        """Unsigned codes."""
        return DataType[f"UINT{self.bits}"]

    def get_output_datatype(self, ind: int = 0) -> BaseDataType:
        """Codes like those of the input."""
        return self.get_input_datatype()

    def infer_node_datatype(self, model: ModelWrapper) -> None:
        """Annotate the output."""
        model.set_tensor_datatype(self.onnx_node.output[0], self.get_output_datatype())

    def get_normal_input_shape(self, ind: int = 0) -> list[int]:
        """Shape of the input, [N, H, W, C]."""
        return [*map(int, self.get_nodeattr("numInputVectors")), self.channels]

    @abstractmethod
    def get_normal_output_shape(self, ind: int = 0) -> list[int]:
        """Shape of the output, [N, OH, OW, elements of a window]."""

    def get_folded_input_shape(self, ind: int = 0) -> list[int]:
        """Shape of the input stream."""
        return self._folded(self.get_normal_input_shape(), self.in_lanes)

    def get_folded_output_shape(self, ind: int = 0) -> list[int]:
        """Shape of the output stream."""
        return self._folded(self.get_normal_output_shape(), self.lanes)

    @staticmethod
    def _folded(shape: list[int], lanes: int) -> list[int]:
        return [*shape[:-1], shape[-1] // lanes, lanes]

    def get_instream_width(self, ind: int = 0) -> int:
        """Bits of one word."""
        return self.in_lanes * self.bits

    def get_outstream_width(self, ind: int = 0) -> int:
        """Bits of one word."""
        return self.lanes * self.bits

    def taps(self, x: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
        """Yield, for each position of the kernel, what all windows see there: [N, OH, OW, C]."""
        (height, width), (sh, sw) = self.area, self.strides
        for y, x0 in np.ndindex(self.kernel):
            yield x[:, y : y + height * sh : sh, x0 : x0 + width * sw : sw]

    def execute_node(self, context: dict[str, Any], graph: Any) -> None:
        """Compute in Python."""
        self.compute(context)

    @abstractmethod
    def compute(self, context: dict[str, Any]) -> None:
        """Write this node's output into `context`."""
