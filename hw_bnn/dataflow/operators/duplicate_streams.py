# SPDX-License-Identifier: BSD-3-Clause
"""Stream duplication: FINN+'s graph node, this package's hardware."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finn.custom_op.fpgadataflow.duplicatestreams import DuplicateStreams

from hw_bnn.codegen.verilog import Unit
from hw_bnn.dataflow.chain import BLOCKS, Stage
from hw_bnn.dataflow.operators.library import LibraryOp
from hw_bnn.dataflow.resources import Resources, fork

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper


class DuplicateStreams_hwbnn(DuplicateStreams, LibraryOp):
    """One stream to NumOutputStreams consumers."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of FINN+'s operator and of an RTL operator."""
        return LibraryOp.get_nodeattr_types(self) | DuplicateStreams.get_nodeattr_types(self)

    def unit(self, model: ModelWrapper) -> Unit:
        """Describe this node as hardware."""
        bits, copies = int(self.get_instream_width()), int(self.get_num_output_streams())
        return Unit(
            name=self.onnx_node.name,
            module="stream_fork",
            parameters={"Width": bits, "Copies": copies},
            in_bits=bits,
            out_bits=copies * bits,
            outputs=(bits,) * copies,
        )

    def stages(self) -> list[Stage]:
        """A register, as one consumer sees it while the others are always ready."""
        return [Stage(BLOCKS, (1, 1, 1, 1, 1, 1, 1))]

    def resources(self) -> Resources:
        """One fork."""
        return fork(int(self.get_num_output_streams()))

    lut_estimation = LibraryOp.lut_estimation
    bram_estimation = LibraryOp.bram_estimation

    def compute(self, context: dict[str, Any]) -> None:
        """Pass the input on, to each output."""
        for output in self.onnx_node.output:
            context[output] = context[self.onnx_node.input[0]]

    def execute_node(self, context: dict[str, Any], graph: Any) -> None:
        """Compute in Python."""
        self.compute(context)
