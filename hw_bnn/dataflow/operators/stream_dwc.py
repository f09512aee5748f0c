# SPDX-License-Identifier: BSD-3-Clause
"""Stream width converter: FINN+'s graph node, this package's hardware."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from finn.custom_op.fpgadataflow.streamingdatawidthconverter import StreamingDataWidthConverter

from hw_bnn.codegen.verilog import Unit
from hw_bnn.dataflow.operators.library import LibraryOp

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

    def output_times(self, arrivals: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Words gather to the least common multiple, which leaves in parts; see stream_dwc.sv."""
        in_bits, out_bits = self.get_instream_width(), self.get_outstream_width()
        wide = math.lcm(in_bits, out_bits)
        gathered, parts = wide // in_bits, wide // out_bits
        whole = arrivals[gathered - 1 :: gathered] + (gathered > 1)
        if parts == 1:
            return whole
        times, free = [], 0
        for arrival in whole:
            start = max(int(arrival) + 1, free)
            times.append(start + np.arange(parts))
            free = start + parts
        return np.concatenate(times)

    def compute(self, context: dict[str, Any]) -> None:
        """Pass the values on in the output's shape."""
        value = context[self.onnx_node.input[0]]
        context[self.onnx_node.output[0]] = value.reshape(self.get_normal_output_shape())

    def execute_node(self, context: dict[str, Any], graph: Any) -> None:
        """Compute in Python."""
        self.compute(context)
