# SPDX-License-Identifier: BSD-3-Clause
"""Matrix-vector unit for 1-bit weights and 1-bit activations.

P[h] = number of w with x[w] == weight[w, h]; y[h] = 1 iff P[h] >= threshold[h], or P[h] itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from finn.custom_op.fpgadataflow.hwcustomop import HWCustomOp
from qonnx.core.datatype import DataType

from hw_bnn.codegen.memory import hex_lines, threshold_words, weight_words
from hw_bnn.codegen.verilog import Unit
from hw_bnn.dataflow.operators.library import LibraryOp

if TYPE_CHECKING:
    from qonnx.core.datatype import BaseDataType
    from qonnx.core.modelwrapper import ModelWrapper


class XnorMVAU(HWCustomOp):
    """XNOR-popcount matrix-vector unit with fused thresholds and embedded weights.

    Inputs: x [..., MW] of 0 and 1; weights [MW, MH] of 0 and 1; thresholds [MH, 1], integers in
    0..MW+1 (absent: the popcounts are the output). Output: [..., MH].
    """

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Attributes: shape, folding, and the number of input vectors."""
        return super().get_nodeattr_types() | {
            "MW": ("i", True, 0),
            "MH": ("i", True, 0),
            "PE": ("i", True, 1),
            "SIMD": ("i", True, 1),
            "noActivation": ("i", False, 0, {0, 1}),
            "numInputVectors": ("ints", False, [1]),
            "sourceLayer": ("s", False, ""),
        }

    @property
    def shape(self) -> tuple[int, int]:
        """(inputs, outputs) of the matrix."""
        return int(self.get_nodeattr("MW")), int(self.get_nodeattr("MH"))

    @property
    def folding(self) -> tuple[int, int]:
        """(PE, SIMD)."""
        return int(self.get_nodeattr("PE")), int(self.get_nodeattr("SIMD"))

    @property
    def folds(self) -> tuple[int, int]:
        """(neuron folds, synapse folds) = (MH / PE, MW / SIMD)."""
        (inputs, outputs), (pe, simd) = self.shape, self.folding
        return outputs // pe, inputs // simd

    @property
    def threshold_bits(self) -> int:
        """Bits of a threshold in 0..MW+1."""
        return (self.shape[0] + 1).bit_length()

    def get_input_datatype(self, ind: int = 0) -> BaseDataType:
        """Activations and weights are bits, thresholds unsigned integers."""
        return DataType[f"UINT{self.threshold_bits}"] if ind == 2 else DataType["BINARY"]

    def get_output_datatype(self, ind: int = 0) -> BaseDataType:
        """Bits, or popcounts 0..MW: unsigned, bit_length(MW) bits."""
        if self.get_nodeattr("noActivation"):
            return DataType[f"UINT{self.shape[0].bit_length()}"]
        return DataType["BINARY"]

    def infer_node_datatype(self, model: ModelWrapper) -> None:
        """Annotate the output."""
        model.set_tensor_datatype(self.onnx_node.output[0], self.get_output_datatype())

    def minimize_weight_bit_width(
        self, model: ModelWrapper, datatype_only: bool = False
    ) -> BaseDataType:
        """Weights are bits: nothing to minimise."""
        return self.get_input_datatype(1)

    def minimize_accumulator_width(self, model: ModelWrapper) -> BaseDataType:
        """The accumulator has the exact width of a popcount: nothing to minimise."""
        return self.get_output_datatype()

    def _vectors(self) -> list[int]:
        return list(self.get_nodeattr("numInputVectors"))

    def get_normal_input_shape(self, ind: int = 0) -> list[int]:
        """Shape of input `ind` without folding."""
        inputs, outputs = self.shape
        return [[*self._vectors(), inputs], [inputs, outputs], [outputs, 1]][ind]

    def get_normal_output_shape(self, ind: int = 0) -> list[int]:
        """Shape of the output without folding."""
        return [*self._vectors(), self.shape[1]]

    def get_folded_input_shape(self, ind: int = 0) -> list[int]:
        """Shape of the input stream: vectors, beats, SIMD."""
        return [*self._vectors(), self.folds[1], self.folding[1]]

    def get_folded_output_shape(self, ind: int = 0) -> list[int]:
        """Shape of the output stream: vectors, beats, PE."""
        return [*self._vectors(), self.folds[0], self.folding[0]]

    def get_instream_width(self, ind: int = 0) -> int:
        """Bits of the input stream; weights and thresholds are embedded, not streamed."""
        return self.folding[1] if ind == 0 else 0

    def get_outstream_width(self, ind: int = 0) -> int:
        """Bits of the output stream."""
        return self.folding[0] * int(self.get_output_datatype().bitwidth())

    def get_exp_cycles(self) -> int:
        """Cycles per image: (MH/PE) (MW/SIMD) for each vector, FINN's cycle law."""
        return int(np.prod(self.folds) * np.prod(self._vectors()))

    def get_op_and_param_counts(self) -> dict[str, int]:
        """Binary multiply-accumulates per image and parameters, under FINN's keys."""
        inputs, outputs = self.shape
        counts = {
            "op_mac_BINARYxBINARY": int(inputs * outputs * np.prod(self._vectors())),
            "param_weight_BINARY": inputs * outputs,
        }
        if not self.get_nodeattr("noActivation"):
            counts[f"param_threshold_{self.get_input_datatype(2).name}"] = outputs
        return counts

    def compute(self, context: dict[str, Any]) -> None:
        """Popcount by exact float32 matrix product, then the comparison."""
        node = self.onnx_node
        x, weights = (context[name].astype(np.float32) for name in node.input[:2])
        agreements = (self.shape[0] + (2 * x - 1) @ (2 * weights - 1)) / 2
        if not self.get_nodeattr("noActivation"):
            agreements = agreements >= context[node.input[2]].reshape(-1)
        context[node.output[0]] = agreements.astype(np.float32)

    def execute_node(self, context: dict[str, Any], graph: Any) -> None:
        """Compute in Python."""
        self.compute(context)


class XnorMVAU_rtl(XnorMVAU, LibraryOp):
    """XnorMVAU as hardware: module xnor_mvau."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of XnorMVAU and of an RTL operator."""
        return LibraryOp.get_nodeattr_types(self) | XnorMVAU.get_nodeattr_types(self)

    def unit(self, model: ModelWrapper) -> Unit:
        """Describe this node as hardware."""
        node, (inputs, outputs), (pe, simd) = self.onnx_node, self.shape, self.folding
        activation = not self.get_nodeattr("noActivation")
        weights = np.asarray(model.get_initializer(node.input[1])).astype(np.int8)
        weight_file, threshold_file = f"{node.name}_weights.mem", f"{node.name}_thresholds.mem"
        memories = {weight_file: hex_lines(weight_words(weights, pe, simd))}
        if activation:
            thresholds = np.asarray(model.get_initializer(node.input[2])).astype(np.int64)
            words = threshold_words(thresholds.reshape(-1), pe, self.threshold_bits)
            memories[threshold_file] = hex_lines(words)
        return Unit(
            name=node.name,
            module="xnor_mvau",
            parameters={
                "MatrixW": inputs,
                "MatrixH": outputs,
                "Pe": pe,
                "Simd": simd,
                "Threshold": int(activation),
                "WeightFile": weight_file,
                "ThresholdFile": threshold_file if activation else "",
            },
            in_bits=self.get_instream_width(),
            out_bits=self.get_outstream_width(),
            memories=memories,
        )

    def output_times(self, arrivals: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """First fold at the pace of the input, the others one beat a cycle; see xnor_mvau.sv."""
        neuron_folds, synapse_folds = self.folds
        replays = np.arange(neuron_folds) * synapse_folds
        depth = 3 if neuron_folds == 1 else 4  # PipelineDepth in xnor_mvau.sv
        times, free = [], 0
        for vector in arrivals.reshape(-1, synapse_folds):
            for arrival in vector:
                free = max(int(arrival), free) + 1
            times.append(free + depth + replays)
            free += int(replays[-1])
        return np.concatenate(times)

    def lut_estimation(self, fpgapart: str) -> int:
        """Rough LUT count: two per lane, and accumulator and comparison for each PE."""
        pe, simd = self.folding
        return int(pe * (2 * simd + 2 * self.shape[0].bit_length()))
