# SPDX-License-Identifier: BSD-3-Clause
"""The class with the largest sum, instead of the sums, leaves the accelerator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onnx import TensorProto, helper
from qonnx.core.datatype import DataType
from qonnx.transformation.base import Transformation

from hw_bnn.dataflow.engine import RTL_DOMAIN
from hw_bnn.dataflow.values import LABEL, Values, read_values, write_values
from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper


class SelectLabel(Transformation):
    """Append label select to a dataflow graph that ends with one vector of sums."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply once.

        Raises:
            HwBnnError: if sums of different classes cannot be compared as they are.
        """
        values = read_values(model) or []
        sums, output = values[-1], model.graph.output[0]
        if len(sums.shape) != 1 or len(set(sums.base)) != 1:
            raise HwBnnError(
                f"layer {sums.layer}: label select needs one vector of sums of equal offset, with "
                "inputs of -1 and +1 or other levels that are symmetric; leave label_select out"
            )
        shape = model.get_tensor_shape(output.name)
        kind = DataType.get_smallest_possible(max(shape[-1] - 1, 1))
        node = helper.make_node(
            "LabelSelect_hwbnn",
            [output.name],
            ["label"],
            name="LabelSelect_hwbnn_0",
            domain=RTL_DOMAIN,
            backend="fpgadataflow",
            Labels=shape[-1],
            PE=1,
            K=1,
            numInputVectors=shape[:-1],
            inputDataType=model.get_tensor_datatype(output.name).name,
            outputDataType=kind.name,
            sourceLayer=LABEL,
        )
        model.graph.node.append(node)
        label = helper.make_tensor_value_info("label", TensorProto.FLOAT, [*shape[:-1], 1])
        model.graph.value_info.append(output)
        model.graph.output[0].CopyFrom(label)
        model.set_tensor_datatype("label", kind)
        write_values(model, [*values, Values(LABEL, [0], [1], [1])])
        return model, False
