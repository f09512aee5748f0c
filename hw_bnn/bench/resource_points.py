# SPDX-License-Identifier: BSD-3-Clause
"""Small operators that the resource models are fitted to, and others that show their errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

Point = tuple[str, dict[str, Any]]
"""Operation and attributes."""

_INPUTS = {
    "XnorMVAU_rtl": ["x", "w", "t"], "Thresholding_hwbnn": ["x", "t"],
    "ElementwiseAdd_hwbnn": ["x", "y"],
}  # fmt: skip
# MW, MH, PE, SIMD, input bits, thresholds (0: sums)
_MATRICES = (
    (144, 16, 16, 16, 1, 1), (100, 20, 5, 10, 1, 0), (1152, 16, 4, 32, 1, 1), (96, 16, 1, 96, 1, 1),
    (27, 64, 16, 3, 8, 1), (512, 64, 1, 8, 1, 1), (144, 16, 4, 12, 2, 3), (64, 64, 8, 8, 1, 1),
    (1152, 2, 2, 128, 1, 1), (64, 10, 10, 8, 1, 0), (72, 32, 4, 8, 4, 15), (256, 64, 4, 16, 1, 1),
    (27, 32, 4, 27, 8, 1), (576, 8, 4, 64, 1, 1), (48, 8, 2, 48, 1, 1), (512, 10, 1, 4, 1, 0),
    (64, 16, 4, 64, 2, 3), (576, 64, 16, 9, 1, 1), (144, 16, 2, 16, 4, 15), (64, 64, 8, 4, 4, 1),
    (1152, 128, 4, 32, 1, 1), (2304, 64, 1, 32, 1, 1), (1024, 160, 1, 8, 1, 1),
)  # fmt: skip
_OTHER_MATRICES = (
    (768, 96, 2, 16, 1, 1), (320, 24, 8, 40, 1, 1), (90, 20, 5, 18, 2, 3), (1024, 64, 1, 16, 1, 1),
)  # fmt: skip
# MW, MH of units with constant weights
_CONSTANTS, _OTHER_CONSTANTS = ((64, 32), (256, 16)), ((128, 24),)
# Height and width, channels, kernel, stride, padding, SIMD, bits
_WINDOWS = (
    (32, 3, 3, 1, 0, 3, 8), (30, 64, 3, 1, 0, 32, 1), (12, 128, 3, 1, 0, 8, 1),
    (8, 16, 3, 1, 1, 4, 1), (16, 128, 3, 1, 1, 32, 1), (10, 8, 1, 2, 0, 8, 1),
    (32, 3, 3, 1, 0, 9, 8), (12, 32, 3, 1, 1, 96, 1), (32, 3, 3, 1, 0, 27, 8),
    (28, 32, 3, 1, 1, 288, 1), (14, 64, 5, 1, 2, 16, 1), (20, 32, 3, 2, 0, 32, 1),
    (96, 4, 3, 1, 0, 36, 1),
)  # fmt: skip
_OTHER_WINDOWS = (
    (16, 64, 3, 1, 0, 16, 1), (13, 32, 3, 1, 1, 32, 1), (28, 1, 5, 1, 0, 25, 8),
    (24, 16, 3, 1, 0, 48, 1),
)  # fmt: skip
# Height and width, channels, kernel, stride, PE, bits
_POOLS = (
    (28, 64, 2, 2, 32, 1), (10, 128, 2, 2, 4, 1), (8, 32, 2, 2, 8, 2), (12, 16, 3, 3, 16, 4),
    (12, 16, 3, 2, 8, 1), (32, 128, 2, 2, 4, 1),
)  # fmt: skip
_OTHER_POOLS = ((20, 48, 2, 2, 8, 1), (12, 24, 2, 2, 6, 4))
# Bits in and bits out
_CONVERTERS = ((16, 32), (1, 8), (8, 128), (32, 16), (32, 4), (64, 2), (96, 8), (12, 8))
_OTHER_CONVERTERS = ((4, 64), (128, 16))
# Bits and depth
_FIFOS = (
    (4, 2), (16, 2), (72, 2), (8, 20), (32, 33), (16, 64), (32, 130), (8, 600), (64, 300),
    (8, 128), (20, 90),
)  # fmt: skip
_OTHER_FIFOS = ((8, 65), (16, 129), (12, 100), (10, 40))
# Classes, bits
_LABELS, _OTHER_LABELS = ((10, 10), (100, 6), (16, 8)), ((20, 9),)
# Lanes, words, thresholds
_QUANTISERS = (
    (3, 1, 1), (2, 1, 7), (4, 16, 1), (1, 300, 1), (8, 1, 3), (4, 64, 1), (2, 32, 3),
    (1, 3, 3), (4, 4, 1),
)  # fmt: skip
_OTHER_QUANTISERS = ((5, 1, 3), (2, 8, 3))
# Lanes, bits of one and of the other input
_SUMS, _OTHER_SUMS = ((4, 3, 5), (8, 1, 1), (2, 8, 8)), ((6, 4, 2),)
# Consumers, bits
_FORKS, _OTHER_FORKS = ((2, 8), (5, 16)), ((3, 4),)


def points(*, held_out: bool = False) -> Iterator[Point]:
    """Yield every operator to measure: those that are fitted, or those that are not."""
    for make, fitted, others in (
        (_matrix, _MATRICES, _OTHER_MATRICES),
        (_window, _WINDOWS, _OTHER_WINDOWS),
        (_pool, _POOLS, _OTHER_POOLS),
        (_converter, _CONVERTERS, _OTHER_CONVERTERS),
        (_fifo, _FIFOS, _OTHER_FIFOS),
        (_label_select, _LABELS, _OTHER_LABELS),
        (_quantiser, _QUANTISERS, _OTHER_QUANTISERS),
        (_sums, _SUMS, _OTHER_SUMS),
        (_fork, _FORKS, _OTHER_FORKS),
        (_constant, _CONSTANTS, _OTHER_CONSTANTS),
    ):
        for figures in others if held_out else fitted:
            yield make(*figures)


def _matrix(width: int, height: int, pe: int, simd: int, bits: int, thresholds: int) -> Point:
    return "XnorMVAU_rtl", {
        "MW": width, "MH": height, "PE": pe, "SIMD": simd, "inputBits": bits,
        "outputBits": max(thresholds.bit_length(), 1), "noActivation": int(thresholds == 0),
    }  # fmt: skip


def _constant(width: int, height: int) -> Point:
    operation, attributes = _matrix(width, height, height, width, 1, 1)
    return operation, attributes | {"weightStyle": "constant"}


def _window(
    size: int, channels: int, kernel: int, stride: int, padding: int, simd: int, bits: int
) -> Point:
    return "SlidingWindow_rtl", {
        "numInputVectors": [1, size, size], "NumChannels": channels,
        "KernelDim": [kernel] * 2, "Stride": [stride] * 2, "SIMD": simd, "inputBits": bits,
        "Padding": [padding] * 4, "padCodes": [0] * channels,
    }  # fmt: skip


def _pool(size: int, channels: int, kernel: int, stride: int, pe: int, bits: int) -> Point:
    return "StreamMaxPool_rtl", {
        "numInputVectors": [1, size, size], "NumChannels": channels,
        "KernelDim": [kernel] * 2, "Stride": [stride] * 2, "PE": pe, "inputBits": bits,
    }  # fmt: skip


def _converter(entering: int, leaving: int) -> Point:
    return "StreamingDataWidthConverter_hwbnn", {
        "inShape": [1, entering * leaving], "outShape": [1, entering * leaving],
        "inWidth": entering, "outWidth": leaving, "dataType": "BINARY",
    }  # fmt: skip


def _fifo(width: int, depth: int) -> Point:
    return "StreamingFIFO_hwbnn", {
        "depth": depth, "folded_shape": [1, 1, width], "normal_shape": [1, width],
        "dataType": "BINARY",
    }  # fmt: skip


def _label_select(classes: int, bits: int) -> Point:
    return "LabelSelect_hwbnn", {
        "Labels": classes, "PE": 1, "K": 1, "inputDataType": f"UINT{bits}",
        "outputDataType": f"UINT{(classes - 1).bit_length()}",
    }  # fmt: skip


def _quantiser(lanes: int, words: int, thresholds: int) -> Point:
    bits = thresholds.bit_length()
    return "Thresholding_hwbnn", {
        "NumChannels": lanes * words, "PE": lanes, "numSteps": thresholds, "period": words,
        "inputDataType": "UINT8", "weightDataType": "UINT9", "numInputVectors": [1],
        "outputDataType": "BINARY" if bits == 1 else f"UINT{bits}",
    }  # fmt: skip


def _sums(lanes: int, bits: int, others: int) -> Point:
    shape = [1, 2 * lanes]
    return "ElementwiseAdd_hwbnn", {
        "lhs_dtype": f"UINT{bits}", "rhs_dtype": f"UINT{others}", "PE": lanes,
        "out_dtype": f"UINT{max(bits, others) + 1}",
        "lhs_shape": shape, "rhs_shape": shape, "out_shape": shape,
    }  # fmt: skip


def _fork(copies: int, bits: int) -> Point:
    return "DuplicateStreams_hwbnn", {
        "NumChannels": 2 * bits, "PE": bits, "NumOutputStreams": copies,
        "inputDataType": "BINARY", "numInputVectors": [1],
    }  # fmt: skip


def graph(operation: str, attributes: Mapping[str, Any]) -> ModelWrapper:
    """Return a graph of one such operator; drawn weights and thresholds, always the same."""
    from onnx import TensorProto, helper
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.dataflow.engine import RTL_DOMAIN

    inputs = _INPUTS.get(operation, ["x"])
    outputs = [f"y{i}" for i in range(attributes.get("NumOutputStreams", 1))]
    node = helper.make_node(
        operation, inputs, outputs, "point", domain=RTL_DOMAIN, backend="fpgadataflow", **attributes
    )
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", "y0")]
    model = ModelWrapper(helper.make_model(helper.make_graph([node], "g", ends[:1], ends[1:])))
    rng = np.random.default_rng(0)
    if operation == "XnorMVAU_rtl":
        width, height = attributes["MW"], attributes["MH"]
        largest = (2 ** attributes["inputBits"] - 1) * width
        shape = height, 2 ** attributes["outputBits"] - 1
        model.set_initializer("w", rng.integers(0, 2, (width, height)).astype(np.float32))
        # Near the middle, like those of trained networks.
        spread = (2 ** attributes["inputBits"] - 1) * np.sqrt(width)
        drawn = np.clip(rng.normal(largest / 2, spread, shape).round(), 0, largest + 1)
        model.set_initializer("t", np.sort(drawn, axis=1).astype(np.float32))
    elif operation == "Thresholding_hwbnn":
        pixels = rng.integers(0, 257, (attributes["NumChannels"], attributes["numSteps"]))
        model.set_initializer("t", np.sort(pixels, axis=1).astype(np.float32))
    return model
