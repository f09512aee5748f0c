# SPDX-License-Identifier: BSD-3-Clause
"""A binary network as ONNX says it: head, binary layers, and the chain after each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.batch import require_batch
from hw_bnn.export.levels import is_power_of_two
from hw_bnn.export.model import constant, dynamic_inputs
from hw_bnn.export.windows import Window, conv_window

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper

PRODUCTS = frozenset(["MatMul", "Conv"])
"""Operations that a matrix-vector unit computes."""

# fmt: off
ELEMENTWISE = frozenset([
    "Abs", "Add", "BatchNormalization", "BipolarQuant", "Cast", "Ceil", "Clip", "Div", "Dropout",
    "Erf", "Exp", "Floor", "Greater", "GreaterOrEqual", "HardSigmoid", "Identity", "IntQuant",
    "LeakyRelu", "Less", "LessOrEqual", "Max", "Min", "Mul", "MultiThreshold", "Neg", "Not",
    "PRelu", "Pow", "Quant", "Relu", "Round", "Sigmoid", "Sign", "Sqrt", "Sub", "Tanh", "Where",
])
"""Operations that act on each element alone, given constant other operands: any chain of them
is a function of one integer per channel, so it can be tabulated."""
# fmt: on

MOVES = frozenset(["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"])
"""Operations that move elements and change none."""

_HINTS = {
    "ArgMax": "remove it: the class is chosen on the host",
    "AveragePool": "averages are no longer binary; use MaxPool",
    "GlobalAveragePool": "averages are no longer binary; flatten instead",
    "LogSoftmax": "remove it: the order of the logits is the same without it",
    "Softmax": "remove it: the order of the logits is the same without it",
    "TopK": "remove it: the class is chosen on the host",
}
_DEFAULT_HINT = (
    "express it with MatMul, Gemm, Conv, MaxPool, Pad, element-wise operations and reshapes"
)


@dataclass(frozen=True)
class Layer:
    """One binary layer and the chain of operations that follows it.

    Attributes:
        name: the source node's name.
        weights: int8 [outputs, inputs] or [outputs, inputs, height, width]; each -1 or +1.
        scale: positive power of two; the source multiplies by scale * weights.
        window: how a convolution moves; None for a matrix product.
        chain: the nodes up to the next layer, or to the output.
    """

    name: str
    weights: npt.NDArray[np.int8]
    scale: float
    window: Window | None
    chain: tuple[NodeProto, ...]

    @property
    def channels(self) -> int:
        """Number of outputs, or of output channels."""
        return int(self.weights.shape[0])

    @property
    def taps(self) -> int:
        """Number of products in one sum."""
        return int(np.prod(self.weights.shape[1:]))


@dataclass(frozen=True)
class Network:
    """A source network: `head` leads from the input to the first of `layers`.

    `input_shape` and `output_shape` have a leading batch of 1.
    """

    model: ModelWrapper
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    head: tuple[NodeProto, ...]
    layers: tuple[Layer, ...]


def read_network(model: ModelWrapper) -> Network:
    """Read a tidied model (see load_model) as a chain of binary layers.

    Raises:
        HwBnnError: naming the node, for a branch, an operation that is not supported, weights
            that are not binary, or a model without any layer.
    """
    head: list[NodeProto] = []
    layers: list[tuple[NodeProto, list[NodeProto]]] = []
    nodes = _walk(model)
    for node in nodes:
        if node.op_type in PRODUCTS:
            layers.append((node, []))
        elif node.op_type in ELEMENTWISE | MOVES | {"MaxPool", "Pad"}:
            (layers[-1][1] if layers else head).append(node)
        else:
            hint = _HINTS.get(node.op_type, _DEFAULT_HINT)
            raise HwBnnError(f"node {node.name}: operation {node.op_type} is not supported; {hint}")
    if not layers:
        raise HwBnnError(
            "the model has no MatMul or Conv with constant weights: nothing to build; give a "
            "network of binary layers"
        )
    found = tuple(_layer(model, node, chain) for node, chain in layers)
    require_batch(model, [node for node in nodes if node.op_type in ELEMENTWISE | MOVES])
    return Network(
        model=model,
        input_shape=shape_of(model, model.graph.input[0].name),
        output_shape=shape_of(model, model.graph.output[0].name),
        head=tuple(head),
        layers=found,
    )


def layer_inputs(network: Network) -> list[str]:
    """Return the tensor that each layer reads, before any padding."""
    names = []
    for layer in network.layers:
        node = network.model.get_node_from_name(layer.name)
        before = network.model.find_producer(node.input[0])
        padded = before is not None and before.op_type == "Pad"
        names.append(str(before.input[0] if padded else node.input[0]))
    return names


def shape_of(model: ModelWrapper, tensor: str) -> tuple[int, ...]:
    """Return a tensor's shape."""
    return tuple(int(dim) for dim in model.get_tensor_shape(tensor))


def _walk(model: ModelWrapper) -> list[NodeProto]:
    """Return the nodes from input to output, which must form a chain."""
    tensor, end = model.graph.input[0].name, model.graph.output[0].name
    nodes: list[NodeProto] = []
    while tensor != end:
        if len(nodes) > len(model.graph.node):
            raise HwBnnError("the graph is a circle; export the model again")
        consumers = model.find_consumers(tensor) or []
        if len(consumers) != 1:
            after = nodes[-1].name if nodes else "the input"
            raise HwBnnError(
                f"the output of {after} goes to {len(consumers)} nodes; only chains are "
                "supported, without branches or shortcuts"
            )
        node = consumers[0]
        if len(dynamic_inputs(model, node)) != 1 or len([o for o in node.output if o]) != 1:
            raise HwBnnError(
                f"node {node.name}: operation {node.op_type} has more than one input or output "
                "that is not constant; only chains are supported, without branches or shortcuts"
            )
        _require_inference(model, node)
        _require_float32(model, node)
        nodes.append(node)
        tensor = node.output[0]
    return nodes


def _require_inference(model: ModelWrapper, node: NodeProto) -> None:
    """Refuse nodes that act as in training: they depend on the batch, or on chance."""
    training = any(a.name == "training_mode" and a.i for a in node.attribute)
    if node.op_type == "Dropout" and len(node.input) > 2 and node.input[2]:
        training = bool(np.any(constant(model, node.input[2])))
    if training:
        raise HwBnnError(
            f"node {node.name}: {node.op_type} is in training mode; export the model in eval mode"
        )


def _require_float32(model: ModelWrapper, node: NodeProto) -> None:
    """Refuse operands of other floating-point types, and casts to any other type."""
    from onnx import TensorProto

    target = [a.i for a in node.attribute if node.op_type == "Cast" and a.name == "to"]
    if target and target[0] != TensorProto.FLOAT:
        kind = TensorProto.DataType.Name(target[0]).lower()
        raise HwBnnError(
            f"node {node.name}: Cast to {kind} is not supported: values are float32; remove it"
        )
    for name in filter(None, node.input):
        value = constant(model, name)
        if value is not None and value.dtype != np.float32 and value.dtype.kind not in "iub":
            raise HwBnnError(
                f"node {node.name}: an operand of {node.op_type} is {value.dtype}; export the "
                "model in float32"
            )


def _layer(model: ModelWrapper, node: NodeProto, chain: list[NodeProto]) -> Layer:
    weights = constant(model, node.input[1])
    in_shape = shape_of(model, node.input[0]) if weights is not None else ()
    window = None
    if node.op_type == "Conv":
        window = conv_window(node, weights, in_shape)
    elif weights is None or weights.ndim != 2:
        raise HwBnnError(
            f"node {node.name}: the second operand of MatMul must be a constant [inputs, outputs]"
        )
    elif in_shape != (1, weights.shape[0]):
        raise HwBnnError(
            f"node {node.name}: its input has shape {list(in_shape)}, the weights want "
            f"[1, {weights.shape[0]}]; flatten before the layer"
        )
    else:
        weights = weights.T
    signs, scale = _signs(node.name, weights)
    return Layer(node.name, signs, scale, window, tuple(chain))


def _signs(name: str, weights: Any) -> tuple[npt.NDArray[np.int8], float]:
    """Split binary weights into signs and scale."""
    magnitudes = np.unique(np.abs(weights))
    if len(magnitudes) != 1 or magnitudes[0] == 0:
        shown = ", ".join(f"{v:g}" for v in magnitudes[:4])
        raise HwBnnError(
            f"node {name}: weights are not binary: magnitudes {shown}"
            f"{', ...' if len(magnitudes) > 4 else ''}; exactly +1 and -1 are supported, with any "
            "scale applied after the layer"
        )
    scale = float(magnitudes[0])
    if not is_power_of_two(scale):
        raise HwBnnError(
            f"node {name}: the weights' scale is {scale:g}, not a power of two: float32 sums of it "
            "depend on the order of summation, so nothing after them is exact; use +1 and -1 and "
            "apply the scale to the layer's output"
        )
    return np.sign(weights).astype(np.int8), scale
