# SPDX-License-Identifier: BSD-3-Clause
"""Whether a model, read for one image, does the same to each image of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hw_bnn.errors import HwBnnError
from hw_bnn.export.model import constant, dynamic_inputs, sub_model

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper


def require_batch(model: ModelWrapper, nodes: Sequence[NodeProto]) -> None:
    """Infer the shapes for two images: the first axis must hold them, the others stay.

    A Reshape to a fixed [1, ...] is taken as the export of a single image.

    Raises:
        HwBnnError: naming the first node that mixes images or loses the axis.
    """
    for node in nodes:
        before = tuple(model.get_tensor_shape(dynamic_inputs(model, node)[0]))
        after = tuple(model.get_tensor_shape(node.output[0]))
        if after == before and node.op_type != "Transpose":
            continue
        found = _shape_of_two(model, node, before)
        if len(after) == 0 or found != (2, *after[1:]):
            shown = "no valid shape" if found is None else f"{list(found)}"
            raise HwBnnError(
                f"node {node.name}: {node.op_type} makes {list(after)} of one image {list(before)} "
                f"and {shown} of two: the batch must stay the first axis; use Flatten with axis 1, "
                "Squeeze with axes, Reshape to [0, ...]"
            )


def _shape_of_two(
    model: ModelWrapper, node: NodeProto, before: tuple[int, ...]
) -> tuple[int, ...] | None:
    replaced = {}
    if node.op_type == "Reshape":
        target = constant(model, node.input[1])
        if target is not None and target[0] == 1:
            replaced[node.input[1]] = np.array([2, *target[1:]])
    try:
        part = sub_model(model, [node], (2, *before[1:]), node.name, replaced)
        return tuple(part.get_tensor_shape(node.output[0]))
    except Exception:  # shape inference raises bare exceptions of any kind
        return None
