# SPDX-License-Identifier: BSD-3-Clause
"""Layer boundaries in the graphs that the steps of a build leave.

Everywhere a graph can be executed on a batch and compared, layer by layer, with the golden
executor: see Golden.codes and Golden.activations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.dataflow.values import read_values
from hw_bnn.export import model as export_model
from hw_bnn.export.network import read_network

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

_SHAPES = ("numInputVectors", "normal_shape", "folded_shape", "inShape", "outShape")
"""Attributes of dataflow operators that begin with the batch."""

Codes = Callable[[npt.NDArray[Any]], npt.NDArray[np.int32]]


@dataclass(frozen=True)
class Boundary:
    """The result of a source layer in a graph.

    Attributes:
        layer: the source layer's name.
        tensor: name of the graph's tensor that holds it.
        codes: turns that tensor's values, [N, ...], into what Golden.activations yields.
    """

    layer: str
    tensor: str
    codes: Codes


def boundaries(model: ModelWrapper) -> list[Boundary]:
    """Return the layers' boundaries in a graph left by any step, in order.

    Args:
        model: the integer network's inner part (see hw_bnn.export.integer.body), or a dataflow
            graph made of it.
    """
    values = read_values(model)
    if values is None:
        return _integer_boundaries(model)
    tensors = {}
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "sourceLayer":
                tensors[attribute.s.decode()] = node.output[0]
    return [Boundary(item.layer, tensors[item.layer], item.codes) for item in values[1:]]


def _integer_boundaries(model: ModelWrapper) -> list[Boundary]:
    found = []
    for layer in read_network(export_model.with_batch(model, 1)).layers:
        node = model.get_node_from_name(layer.name)
        last = [node, *(after for after in layer.chain if after.op_type != "Pad")][-1]
        found.append(Boundary(layer.name, last.output[0], _rounded))
    return found


def _rounded(values: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    return np.rint(values).astype(np.int32)


def execute(model: ModelWrapper, codes: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.float32]]:
    """Execute such a graph on a batch of any size; hw_bnn.dataflow.engine must have started.

    Args:
        model: the graph.
        codes: [N, ...] as Golden.codes gives them.

    Returns:
        The values of all tensors by name.
    """
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.custom_op.registry import getCustomOp

    values, name = read_values(model), model.graph.input[0].name
    model = with_batch(model, len(codes))
    if values is None:
        inputs = {name: codes.astype(np.float32)}
        return dict(execute_onnx(model, inputs, return_full_exec_context=True))
    # qonnx would check every element of every tensor against its type, in Python.
    context = {
        tensor.name: model.get_initializer(tensor.name) for tensor in model.graph.initializer
    }
    context[name] = values[0].hardware(codes).astype(np.float32)
    for node in model.graph.node:
        getCustomOp(node).execute_node(context, model.graph)
    return context


def with_batch(model: ModelWrapper, batch: int) -> ModelWrapper:
    """Return such a graph for another batch size; hw_bnn.dataflow.engine must have started."""
    from qonnx.transformation.change_batchsize import ChangeBatchSize
    from qonnx.transformation.infer_shapes import InferShapes

    if model.get_tensor_shape(model.graph.input[0].name)[0] == batch:
        return model
    model = model.transform(ChangeBatchSize(batch))
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name in _SHAPES:
                attribute.ints[0] = batch
    return model.transform(InferShapes(), make_deepcopy=False)
