# SPDX-License-Identifier: BSD-3-Clause
"""Nodes whose inputs are all constants are evaluated once, when a model is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import AttributeProto, ValueInfoProto, helper, numpy_helper
from qonnx.transformation.base import Transformation

from hw_bnn.export.execute import not_executable

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper


class FoldConstants(Transformation):  # type: ignore[misc]
    """Replace such nodes by their values, weight quantisers among them, all in one pass.

    qonnx's transformation of this name copies the model and infers all shapes again for each
    node, which takes minutes for networks with large weights. Shapes must have been inferred: a
    Shape node is a constant where its input has one.
    """

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply to the whole graph, whose nodes are in order."""
        values = {item.name: item for item in model.graph.initializer}
        known: dict[str, Any] = {"": None}
        folded = []
        for node in model.graph.node:
            if node.op_type == "Shape" and not node.attribute:
                shape = model.get_tensor_shape(node.input[0])
                results = None if shape is None else [np.array(shape, dtype=np.int64)]
            elif all(name in known or name in values for name in node.input):
                for name in node.input:
                    if name not in known:
                        known[name] = numpy_helper.to_array(values[name])
                try:
                    results = _evaluate(model, node, known)
                except Exception as error:  # executors raise bare exceptions of any kind
                    raise not_executable(node, error) from error
            else:
                continue
            if results is not None:
                known |= dict(zip(node.output, results, strict=True))
                folded.append(node)
        for node in folded:
            for name in filter(None, node.output):
                model.set_initializer(name, known[name])
            model.graph.node.remove(node)
        return model, bool(folded) and any(node.op_type == "Shape" for node in model.graph.node)


def _evaluate(model: ModelWrapper, node: NodeProto, known: dict[str, Any]) -> list[Any] | None:
    """Return a node's outputs; None if it holds graphs, which may read anything."""
    from onnxruntime import InferenceSession
    from qonnx.custom_op.registry import getCustomOp

    if any(item.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS) for item in node.attribute):
        return None
    inputs = {name: known[name] for name in node.input if name}
    if node.domain not in ("", "ai.onnx"):
        context = dict(inputs)
        getCustomOp(node).execute_node(context, model.graph)
        return [context[name] for name in node.output]
    graph = helper.make_graph(
        [node],
        "constant",
        [],
        [ValueInfoProto(name=name) for name in node.output if name],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in inputs.items()],
    )
    proto = helper.make_model(graph, opset_imports=model.model.opset_import)
    proto.ir_version = model.model.ir_version
    session = InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    found = iter(session.run(None, {}))
    return [next(found) if name else None for name in node.output]
