# SPDX-License-Identifier: BSD-3-Clause
"""Small operators that the resource models are fitted to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

# MW, MH, PE, SIMD, input bits, thresholds (0: sums)
_MATRICES = (
    (144, 16, 16, 16, 1, 1), (100, 20, 5, 10, 1, 0), (1152, 16, 4, 32, 1, 1), (96, 16, 1, 96, 1, 1),
    (27, 64, 16, 3, 8, 1), (512, 64, 1, 8, 1, 1), (144, 16, 4, 12, 2, 3), (64, 64, 8, 8, 1, 1),
    (1152, 2, 2, 128, 1, 1), (64, 10, 10, 8, 1, 0), (72, 32, 4, 8, 4, 15), (256, 64, 4, 16, 1, 1),
    (27, 32, 4, 27, 8, 1), (576, 8, 4, 64, 1, 1), (48, 8, 2, 48, 1, 1), (512, 10, 1, 4, 1, 0),
    (64, 16, 4, 64, 2, 3), (576, 64, 16, 9, 1, 1), (144, 16, 2, 16, 4, 15), (64, 64, 8, 4, 4, 1),
)  # fmt: skip
# Height and width, channels, kernel, stride, padding, SIMD, bits
_WINDOWS = (
    (32, 3, 3, 1, 0, 3, 8), (30, 64, 3, 1, 0, 32, 1), (12, 128, 3, 1, 0, 8, 1),
    (8, 16, 3, 1, 1, 4, 1), (16, 128, 3, 1, 1, 32, 1), (10, 8, 1, 2, 0, 8, 1),
    (32, 3, 3, 1, 0, 9, 8), (12, 32, 3, 1, 1, 96, 1), (32, 3, 3, 1, 0, 27, 8),
    (28, 32, 3, 1, 1, 288, 1),
)  # fmt: skip
# Height and width, channels, kernel, stride, PE, bits
_POOLS = (
    (28, 64, 2, 2, 32, 1), (10, 128, 2, 2, 4, 1), (8, 32, 2, 2, 8, 2), (12, 16, 3, 3, 16, 4),
    (12, 16, 3, 2, 8, 1),
)  # fmt: skip
# Bits in and bits out
_CONVERTERS = ((16, 32), (1, 8), (8, 128), (32, 16), (32, 4), (64, 2), (96, 8), (12, 8))
# Bits and depth
_FIFOS = ((4, 2), (16, 2), (72, 2), (8, 20), (32, 33), (16, 64), (32, 130), (8, 600), (64, 300))
# Classes, bits
_LABELS = ((10, 10), (100, 6))


def points() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield operation and attributes of every operator to measure."""
    for width, height, pe, simd, bits, thresholds in _MATRICES:
        yield "XnorMVAU_rtl", {
            "MW": width, "MH": height, "PE": pe, "SIMD": simd, "inputBits": bits,
            "outputBits": max(thresholds.bit_length(), 1), "noActivation": int(thresholds == 0),
        }  # fmt: skip
    for size, channels, kernel, stride, padding, simd, bits in _WINDOWS:
        yield "SlidingWindow_rtl", {
            "numInputVectors": [1, size, size], "NumChannels": channels,
            "KernelDim": [kernel] * 2, "Stride": [stride] * 2, "SIMD": simd, "inputBits": bits,
            "Padding": [padding] * 4, "padCodes": [0] * channels,
        }  # fmt: skip
    for size, channels, kernel, stride, pe, bits in _POOLS:
        yield "StreamMaxPool_rtl", {
            "numInputVectors": [1, size, size], "NumChannels": channels,
            "KernelDim": [kernel] * 2, "Stride": [stride] * 2, "PE": pe, "inputBits": bits,
        }  # fmt: skip
    for entering, leaving in _CONVERTERS:
        yield "StreamingDataWidthConverter_hwbnn", {
            "inShape": [1, entering * leaving], "outShape": [1, entering * leaving],
            "inWidth": entering, "outWidth": leaving, "dataType": "BINARY",
        }  # fmt: skip
    for width, depth in _FIFOS:
        yield "StreamingFIFO_hwbnn", {
            "depth": depth, "folded_shape": [1, 1, width], "normal_shape": [1, width],
            "dataType": "BINARY",
        }  # fmt: skip
    for classes, bits in _LABELS:
        yield "LabelSelect_hwbnn", {
            "Labels": classes, "PE": 1, "K": 1, "inputDataType": f"UINT{bits}",
            "outputDataType": f"UINT{(classes - 1).bit_length()}",
        }  # fmt: skip


def graph(operation: str, attributes: Mapping[str, Any]) -> ModelWrapper:
    """Return a graph of one such operator; drawn weights and thresholds, always the same."""
    from onnx import TensorProto, helper
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.dataflow.engine import RTL_DOMAIN

    inputs = ["x", "w", "t"] if operation == "XnorMVAU_rtl" else ["x"]
    node = helper.make_node(
        operation, inputs, ["y"], "point", domain=RTL_DOMAIN, backend="fpgadataflow", **attributes
    )
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", "y")]
    model = ModelWrapper(helper.make_model(helper.make_graph([node], "g", ends[:1], ends[1:])))
    if operation == "XnorMVAU_rtl":
        rng = np.random.default_rng(0)
        width, height = attributes["MW"], attributes["MH"]
        largest = (2 ** attributes["inputBits"] - 1) * width
        shape = height, 2 ** attributes["outputBits"] - 1
        model.set_initializer("w", rng.integers(0, 2, (width, height)).astype(np.float32))
        # Near the middle, like those of trained networks.
        spread = (2 ** attributes["inputBits"] - 1) * np.sqrt(width)
        drawn = np.clip(rng.normal(largest / 2, spread, shape).round(), 0, largest + 1)
        model.set_initializer("t", np.sort(drawn, axis=1).astype(np.float32))
    return model
