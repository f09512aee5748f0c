# SPDX-License-Identifier: BSD-3-Clause
"""XnorPopcountMatMul, with the MultiThreshold after it, becomes XnorMVAU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import helper
from qonnx.core.datatype import DataType
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation
from qonnx.transformation.infer_datatypes import InferDataTypes

from hw_bnn.dataflow.engine import DOMAIN
from hw_bnn.errors import HwBnnError
from hw_bnn.export.integer import is_integer, layer_names

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper


class InferXnorMVAU(Transformation):
    """Replace FINN's binary matrix product by this package's operator.

    Thresholds must be integers in 0..MW+1: they are the popcount comparisons themselves. FINN+'s
    own conversion would leave them for later steps that compute the popcount's range as if it
    were signed.
    """

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply to every XnorPopcountMatMul."""
        nodes = model.get_nodes_by_op_type("XnorPopcountMatMul")
        layers = layer_names(model) if is_integer(model) else []
        names = layers if len(layers) == len(nodes) else [node.name for node in nodes]
        for node, name in zip(nodes, names, strict=True):
            _replace(model, node, name)
        return model.transform(InferDataTypes()), False


def _replace(model: ModelWrapper, node: NodeProto, layer: str) -> None:
    for name in node.input:
        if model.get_tensor_datatype(name) != DataType["BINARY"]:
            raise HwBnnError(
                f"node {node.name}: input {name} is {model.get_tensor_datatype(name).name}, not "
                "BINARY; only 1-bit activations and 1-bit weights are supported"
            )
    weights = model.get_initializer(node.input[1])
    inputs, outputs = weights.shape
    consumers = model.find_consumers(node.output[0]) or []
    fused = len(consumers) == 1 and consumers[0].op_type == "MultiThreshold"
    removed, operands, result = [node], list(node.input), node.output[0]
    if fused:
        removed.append(consumers[0])
        operands.append(_popcount_thresholds(model, consumers[0], inputs, outputs))
        result = consumers[0].output[0]
    mvau = helper.make_node(
        "XnorMVAU",
        operands,
        [result],
        domain=DOMAIN,
        backend="fpgadataflow",
        name=node.name,
        MW=inputs,
        MH=outputs,
        PE=1,
        SIMD=1,
        noActivation=int(not fused),
        sourceLayer=layer,
        numInputVectors=model.get_tensor_shape(node.input[0])[:-1],
    )
    model.graph.node.insert(list(model.graph.node).index(node), mvau)
    for old in removed:
        model.graph.node.remove(old)


def _popcount_thresholds(model: ModelWrapper, node: NodeProto, inputs: int, outputs: int) -> str:
    """Check a MultiThreshold and return the name of its thresholds, brought to [outputs, 1]."""
    operator: Any = getCustomOp(node)
    levels = operator.get_nodeattr("out_scale"), operator.get_nodeattr("out_bias")
    thresholds = np.asarray(model.get_initializer(node.input[1]))
    if levels != (1.0, 0.0) or thresholds.shape not in ((outputs, 1), (1, 1)):
        raise HwBnnError(
            f"node {node.name}: thresholds of shape {list(thresholds.shape)} with scale and bias "
            f"{levels}: one threshold per channel and outputs 0 and 1 are supported"
        )
    if (thresholds != np.rint(thresholds)).any():
        raise HwBnnError(
            f"node {node.name}: thresholds are not integers; make them exact first with "
            "hw_bnn.build.steps.step_exact_thresholds"
        )
    if thresholds.min() < 0 or thresholds.max() > inputs + 1:
        raise HwBnnError(
            f"node {node.name}: thresholds {thresholds.min():g}..{thresholds.max():g} exceed a "
            f"popcount's range 0..{inputs + 1}; make them exact first with "
            "hw_bnn.build.steps.step_exact_thresholds"
        )
    model.set_initializer(node.input[1], np.broadcast_to(thresholds, (outputs, 1)).copy())
    bits = (inputs + 1).bit_length()
    model.set_tensor_datatype(node.input[1], DataType[f"UINT{bits}"])
    return str(node.input[1])
