# SPDX-License-Identifier: BSD-3-Clause
"""Thresholds on pixels: FINN+'s graph node, this package's hardware."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from finn.custom_op.fpgadataflow.thresholding import Thresholding

from hw_bnn.codegen.memory import hex_lines
from hw_bnn.codegen.verilog import Unit
from hw_bnn.dataflow.chain import MATRIX, Stage
from hw_bnn.dataflow.operators.library import LibraryOp
from hw_bnn.dataflow.resources import Resources, quantiser

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

_BITS = 9
"""Of a threshold in 0..256."""


class Thresholding_hwbnn(Thresholding, LibraryOp):
    """Pixels 0..255 to u = number of s with pixel >= threshold[c, s], of each channel.

    In channels with `falls` 1, u = number of s with pixel < threshold[c, s]. Thresholds are
    integers in 0..256, ascending in s, and descending where u falls.
    """

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of FINN+'s operator and of an RTL operator, and falling channels."""
        own = {
            "falls": ("ints", False, []),
            "period": ("i", False, 0),  # words after which thresholds repeat; 0: a position's
            "sourceLayer": ("s", False, ""),
        }
        return LibraryOp.get_nodeattr_types(self) | Thresholding.get_nodeattr_types(self) | own

    @property
    def falls(self) -> npt.NDArray[np.bool_]:
        """Which channels fall, [C]."""
        given = self.get_nodeattr("falls")
        return np.asarray(given or [0] * self.get_nodeattr("NumChannels"), dtype=np.bool_)

    @property
    def period(self) -> int:
        """Words after which thresholds repeat."""
        return int(self.get_nodeattr("period")) or int(self.calc_tmem())

    def unit(self, model: ModelWrapper) -> Unit:
        """Describe this node as hardware."""
        name, lanes = self.onnx_node.name, int(self.get_nodeattr("PE"))
        thresholds = np.asarray(model.get_initializer(self.onnx_node.input[1])).astype(np.int64)
        values = (thresholds[:, :, None] >> np.arange(_BITS) & 1).reshape(len(thresholds), -1)
        fields = np.concatenate([values, self.falls[:, None]], axis=1).astype(np.bool_)
        words = fields.reshape(-1, lanes * fields.shape[1])
        return Unit(
            name=name,
            module="input_quantiser",
            parameters={
                "Lanes": lanes,
                "Words": self.period,
                "Thresholds": thresholds.shape[1],
                "ThresholdFile": f"{name}_thresholds.mem",
            },
            in_bits=int(self.get_instream_width()),
            out_bits=int(self.get_outstream_width()),
            memories={f"{name}_thresholds.mem": hex_lines(words[: self.period])},
        )

    def stages(self) -> list[Stage]:
        """One module: every word leaves three cycles after it came."""
        return [Stage(MATRIX, (1, 1, 2))]

    def resources(self) -> Resources:
        """One quantiser."""
        lanes, steps = int(self.get_nodeattr("PE")), int(self.get_nodeattr("numSteps"))
        return quantiser(lanes, self.period, steps)

    lut_estimation = LibraryOp.lut_estimation
    bram_estimation = LibraryOp.bram_estimation

    def compute(self, context: dict[str, Any]) -> None:
        """Compare with one threshold after the other."""
        pixels, thresholds = (context[name] for name in self.onnx_node.input)
        reached = ((pixels >= column) != self.falls for column in thresholds.T)
        context[self.onnx_node.output[0]] = np.sum([*reached], axis=0, dtype=np.float32)

    def execute_node(self, context: dict[str, Any], graph: Any) -> None:
        """Compute in Python."""
        self.compute(context)
