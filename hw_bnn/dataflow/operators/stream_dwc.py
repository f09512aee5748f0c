# SPDX-License-Identifier: BSD-3-Clause
"""Stream width converter: FINN+'s graph node, this package's hardware."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from finn.custom_op.fpgadataflow.streamingdatawidthconverter import StreamingDataWidthConverter

from hw_bnn.codegen.verilog import Unit
from hw_bnn.dataflow.chain import NARROW, WIDEN, Stage
from hw_bnn.dataflow.operators.library import LibraryOp
from hw_bnn.dataflow.resources import Resources, converter

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper


class StreamingDataWidthConverter_hwbnn(StreamingDataWidthConverter, LibraryOp):
    """Converter between any two stream widths that divide the tensor."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of FINN+'s converter and of an RTL operator."""
        own = StreamingDataWidthConverter.get_nodeattr_types(self)
        return LibraryOp.get_nodeattr_types(self) | own

    def unit(self, model: ModelWrapper) -> Unit:
        """Describe this node as hardware."""
        in_bits, out_bits = int(self.get_instream_width()), int(self.get_outstream_width())
        return Unit(
            name=self.onnx_node.name,
            module="stream_dwc",
            parameters={"InWidth": in_bits, "OutWidth": out_bits},
            in_bits=in_bits,
            out_bits=out_bits,
        )

    def stages(self) -> list[Stage]:
        """Words gather, then leave in parts."""
        in_bits, out_bits = int(self.get_instream_width()), int(self.get_outstream_width())
        wide = math.lcm(in_bits, out_bits)
        parts = (WIDEN, wide // in_bits), (NARROW, wide // out_bits)
        return [Stage(kind, (count,)) for kind, count in parts if count > 1]

    def resources(self) -> Resources:
        """One converter."""
        return converter(int(self.get_instream_width()), int(self.get_outstream_width()))

    lut_estimation = LibraryOp.lut_estimation
    bram_estimation = LibraryOp.bram_estimation

    def compute(self, context: dict[str, Any]) -> None:
        """Pass the values on in the output's shape."""
        value = context[self.onnx_node.input[0]]
        context[self.onnx_node.output[0]] = value.reshape(self.get_normal_output_shape())

    def execute_node(self, context: dict[str, Any], graph: Any) -> None:
        """Compute in Python."""
        self.compute(context)
