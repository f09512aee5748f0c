# SPDX-License-Identifier: BSD-3-Clause
"""Gemm becomes MatMul, and Mul and Add where it has factors or a third operand.

ONNX runtime may start a sum at the bias, or add it to the sum of the first taps only; that depends
on the size of the batch and on who runs the model. With transposed weights and no more than
`SLICE` taps it adds the bias to the whole sum: one rounding, as Add does. (MLAS, its library of
matrix products, cuts longer sums into slices, and has a kernel of its own for one image and
weights that are not transposed.) Any other bias must be exact in any order: see exactness.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import helper
from qonnx.transformation.base import Transformation

from hw_bnn.errors import HwBnnError
from hw_bnn.export.levels import is_power_of_two

SLICE = 128
"""Taps that are summed before the bias is added, whatever the batch."""

ANY_ORDER = "bias of a Gemm, added in any order"
"""Comment of the Add nodes whose result must not depend on the order."""

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper


class GemmToMatMul(Transformation):  # type: ignore[misc]
    """Replace every Gemm; the MatMul keeps its name."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply to every Gemm."""
        for node in model.get_nodes_by_op_type("Gemm"):
            _replace(model, node)
        return model, False


def _replace(model: ModelWrapper, node: NodeProto) -> None:
    values = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    alpha, beta = values.get("alpha", 1.0), values.get("beta", 1.0)
    if values.get("transA", 0):
        raise HwBnnError(f"node {node.name}: Gemm with transA is not supported; transpose before")
    for key, factor in (("alpha", alpha), ("beta", beta)):
        if not is_power_of_two(factor):
            raise HwBnnError(
                f"node {node.name}: Gemm with {key} {factor:g} is not supported: it rounds in an "
                "order of its own; apply the factor in a Mul after it"
            )
    taps = model.get_tensor_shape(node.input[0])[-1]
    ordered = bool(values.get("transB", 0)) and taps <= SLICE
    weights = _transposed(model, node) if values.get("transB", 0) else node.input[1]
    chain = [("MatMul", node.name, weights)]
    if alpha != 1.0:
        chain.append(("Mul", f"{node.name}_alpha", _constant(model, alpha)))
    if len(node.input) > 2 and node.input[2]:
        bias = model.get_initializer(node.input[2])
        if bias is None:
            raise HwBnnError(f"node {node.name}: the third operand of Gemm must be constant")
        chain.append(("Add", f"{node.name}_bias", _constant(model, bias * np.float32(beta))))
    place, tensor = list(model.graph.node).index(node), node.input[0]
    for step, (op_type, name, operand) in enumerate(chain, start=1):
        result = node.output[0] if step == len(chain) else model.make_new_valueinfo_name()
        made = helper.make_node(op_type, [tensor, operand], [result], name=name)
        made.doc_string = ANY_ORDER if op_type == "Add" and not ordered else ""
        model.graph.node.insert(place + step, made)
        tensor = result
    model.graph.node.remove(node)


def _transposed(model: ModelWrapper, node: NodeProto) -> str:
    """Transpose the second operand; where a quantiser computes it, by a node folded later."""
    weights = model.get_initializer(node.input[1])
    if weights is not None:
        return _constant(model, weights.T)
    name = str(model.make_new_valueinfo_name())
    turn = helper.make_node("Transpose", [node.input[1]], [name], perm=[1, 0])
    turn.name = f"{node.name}_transpose"
    model.graph.node.insert(list(model.graph.node).index(node), turn)
    return name


def _constant(model: ModelWrapper, value: Any) -> str:
    name = str(model.make_new_valueinfo_name())
    model.set_initializer(name, np.ascontiguousarray(value, dtype=np.float32))
    return name
