# SPDX-License-Identifier: BSD-3-Clause
"""Runs models with qonnx's executor, node by node; what it cannot run is named."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper


def execute(model: ModelWrapper, x: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    """Return every tensor of a model run on `x`, which has exactly its input's shape.

    Raises:
        HwBnnError: naming the node that cannot be executed.
    """
    from qonnx.core.onnx_exec import execute_onnx

    inputs = {model.graph.input[0].name: x}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return dict(execute_onnx(model, inputs, True))
        except Exception as error:  # executors raise bare exceptions of any kind
            raise not_executable(_first_to_fail(model, inputs), error) from error


def not_executable(node: NodeProto, error: Exception) -> HwBnnError:
    """Return the error for a node that qonnx or ONNX runtime cannot execute."""
    reason = " ".join(str(error).split())[:200]
    return HwBnnError(
        f"node {node.name}: {node.op_type} cannot be executed ({reason}); express it otherwise, "
        "or mend its attributes and operands and export again"
    )


def _first_to_fail(model: ModelWrapper, inputs: dict[str, npt.NDArray[Any]]) -> NodeProto:
    from qonnx.core.onnx_exec import execute_onnx

    for node in model.graph.node:
        try:
            execute_onnx(model, inputs, True, end_node=node)
        except Exception:
            break
    found: NodeProto = node
    return found
