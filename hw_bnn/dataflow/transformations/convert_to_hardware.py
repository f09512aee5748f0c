# SPDX-License-Identifier: BSD-3-Clause
"""The integer network becomes a graph of hardware operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, helper
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.base import Transformation
from qonnx.transformation.general import GiveUniqueNodeNames
from qonnx.transformation.infer_datatypes import InferDataTypes
from qonnx.transformation.infer_shapes import InferShapes

from hw_bnn.dataflow.engine import DOMAIN
from hw_bnn.dataflow.tensor import Ints, Tensor, input_tensor, places_of
from hw_bnn.dataflow.values import Values, write_values
from hw_bnn.errors import HwBnnError
from hw_bnn.export.integer import METADATA, input_levels
from hw_bnn.export.network import read_network
from hw_bnn.golden.layers import read_layers, read_pad

if TYPE_CHECKING:
    from onnx import NodeProto

    from hw_bnn.export.windows import Window
    from hw_bnn.golden.layers import Activation, GoldenLayer, Pad


class ConvertToHardware(Transformation):
    """Replace an integer network (hw_bnn.export.integer.body) by SlidingWindow, XnorMVAU, ...

    Codes lo, lo + step, ..., hi become unsigned u = (code - lo) / step; images [N, C, H, W]
    become [N, H, W, C]. Flattening and transposing permute the rows of the matrix behind them.
    """

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Build the graph anew; the integer network's metadata stay."""
        network = read_network(model)
        writer = _Writer(input_tensor(network.input_shape[1:], input_levels(model)))
        pads = [read_pad(network, node) for node in network.head]
        pad = pads[0] if pads else None
        for layer in read_layers(network):
            writer.layer(layer, pad)
            pad = layer.activation.pad if layer.activation is not None else None
        graph = writer.finish()
        graph.set_metadata_prop(METADATA, model.get_metadata_prop(METADATA))
        return graph, False


class _Writer:
    """Writes one layer after the other; `tensor` is what the next one reads."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.shape = [1, *tensor.vectors, len(tensor.signs)]
        self.bits = tensor.bits
        self.values = [tensor.values("", None)]
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, tuple[npt.NDArray[Any], int]] = {}

    def layer(self, layer: GoldenLayer, pad: Pad | None) -> None:
        """Write a layer: window, matrix, pool."""
        product, activation, inputs = layer.product, layer.activation, self.tensor
        weights = product.weights.astype(np.int64)
        name, vectors = inputs.name, inputs.vectors
        if product.window is None:
            rows = np.empty_like(weights)
            rows[:, inputs.places] = weights
            rows *= inputs.signs[np.arange(product.taps) % len(inputs.signs)]
            vectors = ()
        else:
            self._require_image(product.name)
            signed = weights * inputs.signs[:, None, None]
            rows = np.moveaxis(signed, 1, -1).reshape(product.channels, -1)
            name, vectors = self._window(product.name, product.window, pad)
        # z = step P + offset
        lo, step, largest = inputs.levels.lo, inputs.levels.step, 2**inputs.bits - 1
        negative = np.count_nonzero(rows < 0, axis=1)
        offset = lo * (product.taps - 2 * negative) - step * largest * negative
        if activation is None:
            self._matrix(product.name, name, vectors, rows, None)
            shape = [product.channels, *vectors]
            self.values.append(Values(product.name, offset.tolist(), [step], shape))
            return
        thresholds = -((offset[:, None] - activation.thresholds) // step)  # rounded up
        thresholds = np.clip(thresholds, 0, largest * product.taps + 1)
        name = self._matrix(product.name, name, vectors, rows, thresholds)
        self._activation(product.name, name, vectors, activation)

    def _require_image(self, layer: str) -> None:
        """Refuse a convolution of a tensor whose elements were moved after the last layer."""
        inputs = self.tensor
        if not np.array_equal(inputs.places, places_of(inputs.vectors, len(inputs.signs))):
            raise HwBnnError(
                f"layer {layer}: a transpose or reshape before a convolution has no hardware; "
                "keep the order [N, C, H, W] between convolutions"
            )

    def _window(self, layer: str, window: Window, pad: Pad | None) -> tuple[str, tuple[int, int]]:
        """Write the sliding window, unless each window is one position of the input."""
        inputs = self.tensor
        code, pads = pad if pad is not None else (0, (0, 0, 0, 0))
        height, width = inputs.vectors
        area = _area((height + pads[0] + pads[2], width + pads[1] + pads[3]), window)
        if window.kernel == window.strides == (1, 1) and pad is None:
            return inputs.name, area
        u = (inputs.signs * code - inputs.levels.lo) // inputs.levels.step
        padding = {} if pad is None else {"Padding": pads, "padCodes": u.tolist()}
        options = self._window_options(inputs.vectors, len(inputs.signs), window, inputs.bits)
        name = f"{layer}_window"
        self._node("SlidingWindow", layer, [inputs.name], name, SIMD=1, **options, **padding)
        return name, area

    def _matrix(
        self,
        layer: str,
        name: str,
        vectors: tuple[int, ...],
        rows: Ints,
        thresholds: Ints | None,
    ) -> str:
        outputs, inputs = rows.shape
        operands = [name, f"{layer}_weights"]
        self.constants[operands[1]] = (rows > 0).T, 1
        bits = 1
        if thresholds is not None:
            operands.append(f"{layer}_thresholds")
            most = (2**self.tensor.bits - 1) * inputs + 1
            self.constants[operands[2]] = thresholds, most.bit_length()
            bits = thresholds.shape[1].bit_length()
        self._node(
            "XnorMVAU",
            layer,
            operands,
            f"{layer}_matrix",
            MW=inputs,
            MH=outputs,
            PE=1,
            SIMD=1,
            inputBits=self.tensor.bits,
            outputBits=bits,
            noActivation=int(thresholds is None),
            numInputVectors=[1, *vectors],
        )
        return f"{layer}_matrix"

    def _activation(
        self, layer: str, name: str, vectors: tuple[int, ...], activation: Activation
    ) -> None:
        """Write the pool; sign and order are left to the next layer."""
        channels, levels, pool = len(activation.thresholds), activation.levels, activation.pool
        if pool is not None and (pool.kernel, pool.strides) != ((1, 1), (1, 1)):
            bits = levels.steps.bit_length()
            options = self._window_options(vectors, channels, pool, bits)
            self._node("StreamMaxPool", layer, [name], f"{layer}_pool", PE=1, **options)
            name, vectors = f"{layer}_pool", _area(vectors, pool)
        signs = np.ones(channels, dtype=np.int64)
        if activation.signs is not None:
            signs = np.broadcast_to(activation.signs.astype(np.int64), channels)
        places = places_of(vectors, channels)
        if activation.order is not None:
            places = places.reshape(-1)[activation.order]
        self.tensor = Tensor(name, vectors, levels, signs, places.reshape(activation.shape))
        self.values.append(self.tensor.values(layer, activation.order))

    @staticmethod
    def _window_options(
        vectors: tuple[int, ...], channels: int, window: Window, bits: int
    ) -> dict[str, Any]:
        return {
            "numInputVectors": [1, *vectors],
            "NumChannels": channels,
            "KernelDim": window.kernel,
            "Stride": window.strides,
            "inputBits": bits,
        }

    def _node(
        self, operation: str, layer: str, inputs: list[str], output: str, **options: Any
    ) -> None:
        self.nodes.append(
            helper.make_node(
                operation,
                inputs,
                [output],
                domain=DOMAIN,
                backend="fpgadataflow",
                sourceLayer=layer,
                **options,
            )
        )

    def finish(self) -> ModelWrapper:
        """Return the graph."""
        first = helper.make_tensor_value_info("input", TensorProto.FLOAT, self.shape)
        output = self.nodes[-1].output[0]
        last = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "dataflow", [first], [last])
        model = ModelWrapper(helper.make_model(graph))
        for name, (value, bits) in self.constants.items():
            model.set_initializer(name, value.astype(np.float32))
            model.set_tensor_datatype(name, DataType[f"UINT{bits}"])
        model.set_tensor_datatype("input", DataType[f"UINT{self.bits}"])
        write_values(model, self.values)
        for transformation in (InferShapes(), InferDataTypes(), GiveUniqueNodeNames()):
            model = model.transform(transformation)
        return model


def _area(image: tuple[int, ...], window: Window) -> tuple[int, int]:
    """Return the number of windows in a column and in a row."""
    (height, width), (kh, kw), (sh, sw) = image, window.kernel, window.strides
    return (height - kh) // sh + 1, (width - kw) // sw + 1
