# SPDX-License-Identifier: BSD-3-Clause
"""Stream FIFO: FINN+'s graph node, this package's hardware."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from finn.custom_op.fpgadataflow.streamingfifo import StreamingFIFO

from hw_bnn.codegen.verilog import Unit
from hw_bnn.dataflow.operators.library import LibraryOp
from hw_bnn.dataflow.resources import Resources, fifo

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.dataflow.chain import Stage


class StreamingFIFO_hwbnn(StreamingFIFO, LibraryOp):
    """FIFO of `depth` words; with `depth_monitor` of 32,768, and it reports its largest fill."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of FINN+'s FIFO and of an RTL operator."""
        return LibraryOp.get_nodeattr_types(self) | StreamingFIFO.get_nodeattr_types(self)

    @property
    def gauge(self) -> bool:
        """Whether this FIFO measures instead of limiting."""
        return bool(self.get_nodeattr("depth_monitor"))

    def unit(self, model: ModelWrapper) -> Unit:
        """Describe this node as hardware."""
        bits = int(self.get_instream_width())
        depth = {} if self.gauge else {"Depth": int(self.get_nodeattr("depth"))}
        return Unit(
            name=self.onnx_node.name,
            module="stream_fifo_gauge" if self.gauge else "stream_fifo",
            parameters={"Width": bits} | depth,
            in_bits=bits,
            out_bits=bits,
            gauge=self.gauge,
        )

    def output_times(self, arrivals: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """A word leaves one cycle after it came."""
        return arrivals + 1

    def stages(self) -> list[Stage]:
        """None: it stands between units."""
        return []

    def resources(self) -> Resources:
        """One FIFO."""
        return fifo(int(self.get_instream_width()), int(self.get_nodeattr("depth")))

    lut_estimation = LibraryOp.lut_estimation
    bram_estimation = LibraryOp.bram_estimation

    def compute(self, context: dict[str, Any]) -> None:
        """Pass the input on."""
        context[self.onnx_node.output[0]] = context[self.onnx_node.input[0]]

    def execute_node(self, context: dict[str, Any], graph: Any) -> None:
        """Compute in Python."""
        self.compute(context)
