# SPDX-License-Identifier: BSD-3-Clause
"""Label select: FINN+'s graph node, this package's hardware."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finn.custom_op.fpgadataflow.labelselect import LabelSelect

from hw_bnn.codegen.verilog import Unit
from hw_bnn.dataflow.chain import BLOCKS, Stage
from hw_bnn.dataflow.operators.library import LibraryOp
from hw_bnn.dataflow.resources import Resources, label_select

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper


class LabelSelect_hwbnn(LabelSelect, LibraryOp):
    """[N, Labels] to [N, 1]: the index of the largest value, the first of equal ones, as numpy."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of FINN+'s operator and of an RTL operator; PE and K are 1."""
        own = LabelSelect.get_nodeattr_types(self) | {"sourceLayer": ("s", False, "")}
        return LibraryOp.get_nodeattr_types(self) | own

    def unit(self, model: ModelWrapper) -> Unit:
        """Describe this node as hardware."""
        bits, labels = int(self.get_instream_width()), int(self.get_nodeattr("Labels"))
        return Unit(
            name=self.onnx_node.name,
            module="label_select",
            parameters={"Bits": bits, "Classes": labels},
            in_bits=bits,
            out_bits=int(self.get_outstream_width()),
        )

    def stages(self) -> list[Stage]:
        """One result behind the last of so many words, like a pool over all of a row."""
        labels = int(self.get_nodeattr("Labels"))
        return [Stage(BLOCKS, (1, labels, 1, 1, labels, 1, labels))]

    def resources(self) -> Resources:
        """A comparison, a register and a counter."""
        return label_select(int(self.get_instream_width()), int(self.get_nodeattr("Labels")))

    lut_estimation = LibraryOp.lut_estimation
    bram_estimation = LibraryOp.bram_estimation

    def compute(self, context: dict[str, Any]) -> None:
        """Take the index of the first largest value."""
        values = context[self.onnx_node.input[0]]
        labels = values.argmax(axis=-1).astype(values.dtype)
        context[self.onnx_node.output[0]] = labels.reshape(self.get_normal_output_shape())

    def execute_node(self, context: dict[str, Any], graph: Any) -> None:
        """Compute in Python."""
        self.compute(context)
