# SPDX-License-Identifier: BSD-3-Clause
"""FINN+'s own choice of a folding, its transformation SetFolding run on this package's operators.

SetFolding knows operators by FINN+'s names. So a copy of the graph takes them, and in place of
FINN+'s classes stand ours with the attributes that SetFolding asks for; what it decides from
(divisors, cycles, width of the weights) are our operators' own values.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from unittest import mock

from finn.transformation.fpgadataflow.set_folding import SetFolding
from qonnx.custom_op import registry

from hw_bnn.dataflow.engine import RTL_DOMAIN
from hw_bnn.dataflow.operators.sliding_window import SlidingWindow_rtl
from hw_bnn.dataflow.operators.stream_max_pool import StreamMaxPool_rtl
from hw_bnn.dataflow.operators.xnor_mvau import XnorMVAU_rtl

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.dataflow.folding import Folding


class _Matrix(XnorMVAU_rtl):
    """A matrix unit with embedded weights."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of the matrix unit, and where the weights are."""
        return super().get_nodeattr_types() | {"mem_mode": ("s", False, "internal_embedded")}


class _Window(SlidingWindow_rtl):
    """A sliding window; `parallel_window` gives whole windows."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of the window, and FINN+'s."""
        return super().get_nodeattr_types() | {
            "depthwise": ("i", False, 0),
            "parallel_window": ("i", False, 0),
            "IFMChannels": ("i", False, 0),
        }

    @property
    def lanes(self) -> int:
        """Elements of an output word."""
        whole = int(self.get_nodeattr("parallel_window"))
        return self.simd_values()[-1] if whole else super().lanes


_NAMES: dict[str, tuple[str, type]] = {
    "XnorMVAU_rtl": ("MVAU_rtl", _Matrix),
    "SlidingWindow_rtl": ("ConvolutionInputGenerator_rtl", _Window),
    "StreamMaxPool_rtl": ("Thresholding_rtl", StreamMaxPool_rtl),  # folded by PE over channels
}


def set_folding(model: ModelWrapper, cycles: int) -> Folding:
    """Return what SetFolding, with its default options, makes of a target."""
    from qonnx.core.modelwrapper import ModelWrapper

    trial = ModelWrapper(model.model, make_deepcopy=True)
    for node in trial.graph.node:
        if node.op_type == "SlidingWindow_rtl":
            channels = registry.getCustomOp(node).channels
        node.op_type, _ = _NAMES[node.op_type]
        if node.op_type == "ConvolutionInputGenerator_rtl":
            node.attribute.append(_integer("IFMChannels", channels))
    classes = dict(_NAMES.values())
    shadow = {name: {1: found} for name, found in classes.items()}
    with mock.patch.dict(registry._OP_REGISTRY[RTL_DOMAIN], shadow):
        logging.disable(logging.WARNING)  # of every target missed
        try:
            trial = trial.transform(SetFolding(cycles))
        finally:
            logging.disable(logging.NOTSET)
        found: Folding = {}
        for node, own in zip(trial.graph.node, model.graph.node, strict=True):
            unit = registry.getCustomOp(node)
            if own.op_type == "XnorMVAU_rtl":
                found[own.name] = dict(zip(("PE", "SIMD"), unit.folding, strict=True))
            else:
                found[own.name] = {unit.lanes_attribute: unit.lanes}
    return found


def _integer(name: str, value: int) -> Any:
    from onnx import helper

    return helper.make_attribute(name, value)
