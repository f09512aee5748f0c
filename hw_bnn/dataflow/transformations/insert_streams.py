# SPDX-License-Identifier: BSD-3-Clause
"""Width converters and FIFOs between the operators, in this package's hardware."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn.transformation.fpgadataflow.insert_dwc import InsertDWC
from finn.transformation.fpgadataflow.insert_fifo import InsertFIFO
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation
from qonnx.transformation.general import GiveUniqueNodeNames
from qonnx.transformation.infer_datatypes import InferDataTypes

from hw_bnn.dataflow.engine import DOMAIN, RTL_DOMAIN

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

_OWN = {
    "StreamingFIFO": "StreamingFIFO_hwbnn",
    "StreamingDataWidthConverter": "StreamingDataWidthConverter_hwbnn",
}


class InsertStreams(Transformation):
    """Insert FINN+'s converters and FIFOs, then give them this package's hardware."""

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply once; the nodes keep FINN+'s attributes."""
        model = model.transform(InsertDWC())
        model = model.transform(InsertFIFO(create_shallow_fifos=True))
        for node in model.graph.node:
            if node.domain == DOMAIN and node.op_type in _OWN:
                node.op_type, node.domain = _OWN[node.op_type], RTL_DOMAIN
        # InsertDWC leaves its output as FLOAT32; the operators know better.
        return model.transform(InferDataTypes()).transform(GiveUniqueNodeNames()), False


class SetFifoDepths(Transformation):
    """Set the FIFOs' depths by node name, or turn all of them into gauges."""

    def __init__(self, depths: dict[str, int] | None) -> None:
        """Take depths in words; None makes gauges."""
        super().__init__()
        self.depths = depths

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply to every FIFO."""
        for node in model.get_nodes_by_op_type(_OWN["StreamingFIFO"]):
            fifo = getCustomOp(node)
            fifo.set_nodeattr("depth_monitor", int(self.depths is None))
            if self.depths is not None:
                fifo.set_nodeattr("depth", self.depths[node.name])
        return model, False
