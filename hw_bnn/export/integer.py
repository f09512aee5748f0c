# SPDX-License-Identifier: BSD-3-Clause
"""The integer network: weights -1 and +1, integer thresholds, written as QONNX.

The file still takes the source's float input and returns the source's float output in qonnx's own
executor. Between the first MultiThreshold and the last MatMul every value is an integer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.export.inputs import InputKind, float_head_scale, pixel_thresholds
from hw_bnn.export.model import QONNX_DOMAIN, sub_model
from hw_bnn.export.network import SHAPE_ONLY, Network
from hw_bnn.export.tabulate import popcount_thresholds, tabulate

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper

METADATA = "hw_bnn"
"""Key of the model's metadata: JSON with `input`, `layers` (source names)."""


class _Chain:
    """Appends nodes one after the other, each fed by the last."""

    def __init__(self, network: Network) -> None:
        self.source = network.model
        self.tensor = network.model.graph.input[0].name
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, npt.NDArray[Any]] = {}

    def add(
        self,
        op_type: str,
        name: str,
        *constants: npt.ArrayLike,
        domain: str = "",
        **attributes: Any,
    ) -> None:
        from onnx import helper

        names = [f"{name}_param{index}" for index in range(len(constants))]
        for key, value in zip(names, constants, strict=True):
            self.constants[key] = np.asarray(value)
        output = f"{name}_out"
        self.nodes.append(
            helper.make_node(
                op_type, [self.tensor, *names], [output], name=name, domain=domain, **attributes
            )
        )
        self.tensor = output

    def threshold(self, name: str, thresholds: npt.NDArray[np.int64]) -> None:
        """Append y = +1 iff x >= thresholds[channel], else -1; one threshold may serve all."""
        values = thresholds.astype(np.float32)[:, None]
        options = {"out_dtype": "BIPOLAR", "out_scale": 2.0, "out_bias": -1.0}
        self.add("MultiThreshold", name, values, domain=QONNX_DOMAIN, **options)

    def copy(self, nodes: Sequence[NodeProto]) -> None:
        """Append nodes of the source as they are."""
        from onnx import NodeProto

        from hw_bnn.export.model import dynamic_inputs

        for node in nodes:
            copy = NodeProto()
            copy.CopyFrom(node)
            moving = list(node.input).index(dynamic_inputs(self.source, node)[0])
            copy.input[moving] = self.tensor
            for name in copy.input:
                value = self.source.get_initializer(name) if name else None
                if value is not None:
                    self.constants[name] = np.asarray(value)
            self.nodes.append(copy)
            self.tensor = copy.output[0]


def to_integer(network: Network, kind: InputKind) -> ModelWrapper:
    """Make the integer network of a source network.

    Args:
        network: the source.
        kind: what its input is made of.

    Raises:
        HwBnnError: if a chain cannot be expressed by thresholds; see tabulate.py.
    """
    chain = _Chain(network)
    flipped, scale = _head(chain, network, kind)
    for index, layer in enumerate(network.layers):
        synapses, channels = layer.weights.shape
        scale *= layer.scale
        weights = layer.weights * np.where(flipped, -1, 1)[:, None]
        if index == len(network.layers) - 1:
            chain.add("MatMul", layer.name, weights.astype(np.float32))
            if scale != 1.0:
                chain.add("Mul", f"{layer.name}_scale", np.float32(scale))
            chain.copy(layer.chain)
            break
        sums = np.arange(-synapses, synapses + 1, 2, dtype=np.float32) * np.float32(scale)
        table = tabulate(network.model, layer.chain, sums, channels, layer.name)
        found = popcount_thresholds(table, layer.name)
        weights = weights * np.where(found.inverted, -1, 1)
        chain.add("MatMul", layer.name, weights.astype(np.float32))
        chain.threshold(f"{layer.name}_threshold", 2 * found.popcount - synapses)
        flipped, scale = np.zeros(channels, dtype=np.bool_), found.scale
    return _model(chain, network, kind)


def _head(chain: _Chain, network: Network, kind: InputKind) -> tuple[npt.NDArray[np.bool_], float]:
    """Append the input's quantiser; return which inputs of the first layer it negates, and s."""
    synapses = network.layers[0].weights.shape[0]
    if kind is InputKind.FLOAT:
        scale = float_head_scale(network)
        chain.copy(network.head)
        if scale != 1.0:
            chain.add("Mul", "head_scale", np.float32(1 / scale))
        return np.zeros(synapses, dtype=np.bool_), scale
    found = pixel_thresholds(network, kind)
    if kind is InputKind.UINT8_255:
        chain.add("Mul", "pixel_scale", np.float32(255))
        chain.add("Add", "pixel_half", np.float32(0.5))
        chain.add("Floor", "pixel")
    chain.copy([node for node in network.head if node.op_type in SHAPE_ONLY])
    levels = found.popcount
    shared = bool((levels == levels[0]).all())
    chain.threshold("input_threshold", levels[:1] if shared else levels)
    return found.inverted, found.scale


def _model(chain: _Chain, network: Network, kind: InputKind) -> ModelWrapper:
    from onnx import TensorProto, helper, numpy_helper
    from qonnx.core.datatype import DataType
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.transformation.infer_datatypes import InferDataTypes
    from qonnx.transformation.infer_shapes import InferShapes

    source = network.model
    first = helper.make_tensor_value_info(
        source.graph.input[0].name, TensorProto.FLOAT, list(network.input_shape)
    )
    last = helper.make_tensor_value_info(
        chain.tensor, TensorProto.FLOAT, list(network.output_shape)
    )
    constants = [numpy_helper.from_array(value, name) for name, value in chain.constants.items()]
    graph = helper.make_graph(chain.nodes, "integer", [first], [last], constants)
    proto = helper.make_model(graph, opset_imports=_opsets(source))
    proto.ir_version = source.model.ir_version
    model = ModelWrapper(proto, fix_missing_initializer_valueinfo=True).transform(InferShapes())
    for layer in network.layers:
        model.set_tensor_datatype(f"{layer.name}_param0", DataType["BIPOLAR"])
    for node in model.get_nodes_by_op_type("MultiThreshold"):
        model.set_tensor_datatype(node.input[1], DataType["INT32"])
    model = model.transform(InferDataTypes())
    names = [layer.name for layer in network.layers]
    model.set_metadata_prop(METADATA, json.dumps({"input": str(kind), "layers": names}))
    return model


def _opsets(source: ModelWrapper) -> list[Any]:
    from onnx import helper

    opsets = {entry.domain: entry.version for entry in source.model.opset_import}
    opsets.setdefault(QONNX_DOMAIN, 1)
    return [helper.make_opsetid(domain, version) for domain, version in opsets.items()]


def input_kind(model: ModelWrapper) -> InputKind:
    """Return what an integer network's input is made of."""
    return InputKind(json.loads(model.get_metadata_prop(METADATA))["input"])


def layer_names(model: ModelWrapper) -> list[str]:
    """Return the source's names of an integer network's layers; none for another model."""
    metadata = model.get_metadata_prop(METADATA)
    return list(json.loads(metadata)["layers"]) if metadata else []


def body(model: ModelWrapper) -> ModelWrapper:
    """Return the part of an integer network that becomes hardware: bits in, integer sums out.

    What stands before it (the input's quantiser) and after it (scales) runs on the host. It is
    cut off here because later passes would fold float operations together and round anew.
    """
    from qonnx.core.datatype import DataType

    products = model.get_nodes_by_op_type("MatMul")
    nodes = list(model.graph.node)
    inside = nodes[nodes.index(products[0]) : nodes.index(products[-1]) + 1]
    shape = model.get_tensor_shape(products[0].input[0])
    part = sub_model(model, inside, shape, "body")
    for tensor in (name for node in inside for name in (*node.input, *node.output)):
        part.set_tensor_datatype(tensor, model.get_tensor_datatype(tensor))
    part.set_tensor_datatype(products[0].input[0], DataType["BIPOLAR"])
    part.set_metadata_prop(METADATA, model.get_metadata_prop(METADATA))
    return part
