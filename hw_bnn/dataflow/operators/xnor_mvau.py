# SPDX-License-Identifier: BSD-3-Clause
"""Matrix-vector unit for 1-bit weights and unsigned activations u of b bits, M = 2**b - 1.

P[h] = sum over i of (u[i] where weight[i, h] is 1, M - u[i] where it is 0), 0 <= P <= M*MW; at
b = 1 the number of inputs that agree with their weights. y[h] = number of s with
P[h] >= threshold[h, s], or P[h] itself.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from finn.custom_op.fpgadataflow.hwcustomop import HWCustomOp
from qonnx.core.datatype import DataType

from hw_bnn.codegen.constant import ConstantLayer
from hw_bnn.codegen.constant_stream import stream
from hw_bnn.codegen.memory import hex_lines, threshold_words, weight_words
from hw_bnn.codegen.verilog import Unit
from hw_bnn.dataflow.chain import MATRIX, Stage
from hw_bnn.dataflow.compressor import compressor
from hw_bnn.dataflow.operators.library import LibraryOp
from hw_bnn.dataflow.resources import Resources, constant_unit, matrix_unit

if TYPE_CHECKING:
    from qonnx.core.datatype import BaseDataType
    from qonnx.core.modelwrapper import ModelWrapper

ONE_REGISTER = 512
"""Weight words from which on a second register is behind them, see xnor_mvau.sv."""


class XnorMVAU(HWCustomOp):
    """XNOR-popcount matrix-vector unit with fused thresholds and embedded weights.

    Inputs: x [..., MW] of 0..M; weights [MW, MH] of 0 and 1; thresholds [MH, S], integers in
    0..M*MW+1 (absent: P is the output). Output: [..., MH].
    """

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Attributes: shape, folding, bits of x and y, and the number of input vectors."""
        return super().get_nodeattr_types() | {
            "MW": ("i", True, 0),
            "MH": ("i", True, 0),
            "PE": ("i", True, 1),
            "SIMD": ("i", True, 1),
            "inputBits": ("i", False, 1),
            "outputBits": ("i", False, 1),  # bit_length(S); without thresholds it has no meaning
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
    def input_bits(self) -> int:
        """Bits b of an element of x."""
        return int(self.get_nodeattr("inputBits"))

    @property
    def largest(self) -> int:
        """The largest P, M * MW."""
        return (2**self.input_bits - 1) * self.shape[0]

    @property
    def threshold_bits(self) -> int:
        """Bits of a threshold in 0..M*MW+1."""
        return (self.largest + 1).bit_length()

    def get_input_datatype(self, ind: int = 0) -> BaseDataType:
        """All are unsigned: x, weights of one bit, thresholds."""
        return DataType[f"UINT{[self.input_bits, 1, self.threshold_bits][ind]}"]

    def get_output_datatype(self, ind: int = 0) -> BaseDataType:
        """Unsigned: y of outputBits, or P of bit_length(M*MW)."""
        bits = int(self.get_nodeattr("outputBits"))
        return DataType[f"UINT{self.largest.bit_length() if self.no_activation else bits}"]

    @property
    def no_activation(self) -> bool:
        """Whether P is the output, without thresholds."""
        return bool(self.get_nodeattr("noActivation"))

    def infer_node_datatype(self, model: ModelWrapper) -> None:
        """Annotate the output."""
        model.set_tensor_datatype(self.onnx_node.output[0], self.get_output_datatype())

    def minimize_weight_bit_width(
        self, model: ModelWrapper, datatype_only: bool = False
    ) -> BaseDataType:
        """Weights are bits: nothing to minimise."""
        return self.get_input_datatype(1)

    def minimize_accumulator_width(self, model: ModelWrapper) -> BaseDataType:
        """The accumulator has the exact width of P: nothing to minimise."""
        return self.get_output_datatype()

    def _vectors(self) -> list[int]:
        return list(self.get_nodeattr("numInputVectors"))

    def get_normal_input_shape(self, ind: int = 0) -> list[int]:
        """Shape of input `ind` without folding; there are at most 2**outputBits - 1 thresholds."""
        inputs, outputs = self.shape
        thresholds = 2 ** int(self.get_nodeattr("outputBits")) - 1
        return [[*self._vectors(), inputs], [inputs, outputs], [outputs, thresholds]][ind]

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
        return self.folding[1] * self.input_bits if ind == 0 else 0

    def get_outstream_width(self, ind: int = 0) -> int:
        """Bits of the output stream."""
        return self.folding[0] * int(self.get_output_datatype().bitwidth())

    def get_exp_cycles(self) -> int:
        """Cycles per image: (MH/PE) (MW/SIMD) for each vector, FINN's cycle law."""
        return int(np.prod(self.folds) * np.prod(self._vectors()))

    def get_op_and_param_counts(self) -> dict[str, int]:
        """Multiply-accumulates per image and parameters, under FINN's keys."""
        inputs, outputs = self.shape
        macs = f"op_mac_{self.get_input_datatype().name}xBINARY"
        counts = {
            macs: int(inputs * outputs * np.prod(self._vectors())),
            "param_weight_BINARY": inputs * outputs,
        }
        if not self.no_activation:
            thresholds = int(np.prod(self.get_normal_input_shape(2)))
            counts[f"param_threshold_{self.get_input_datatype(2).name}"] = thresholds
        return counts

    def compute(self, context: dict[str, Any]) -> None:
        """P as a matrix product of floats that hold every partial sum exactly; then compare."""
        node = self.onnx_node
        floats = np.float32 if self.largest <= 2**24 else np.float64
        x, weights = (np.asarray(context[name], dtype=floats) for name in node.input[:2])
        inverted = (weights == 0).sum(0, dtype=floats)
        rows: npt.NDArray[Any] = x.reshape(-1, self.shape[0])  # an image becomes one long vector
        sums = rows @ (2 * weights - 1) + (2**self.input_bits - 1) * inverted
        if self.no_activation:
            result = sums.astype(np.float32)
        else:
            result = np.zeros(sums.shape, dtype=np.float32)
            for threshold in context[node.input[2]].astype(floats).T:
                result += sums >= threshold
        context[node.output[0]] = result.reshape(-1, *self.get_normal_output_shape()[1:])

    def execute_node(self, context: dict[str, Any], graph: Any) -> None:
        """Compute in Python."""
        self.compute(context)


class XnorMVAU_rtl(XnorMVAU, LibraryOp):
    """XnorMVAU as hardware: module xnor_mvau, or logic made for constant weights."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of XnorMVAU and of an RTL operator; see transformations/weight_style.py."""
        own = XnorMVAU.get_nodeattr_types(self) | {
            "weightStyle": ("s", False, "memory", {"memory", "constant"}),
            "pipelineStages": ("i", False, 0),  # of constant weights
        }
        return LibraryOp.get_nodeattr_types(self) | own

    @property
    def constant(self) -> bool:
        """Whether weights are constants."""
        return str(self.get_nodeattr("weightStyle")) == "constant"

    @property
    def may_be_constant(self) -> bool:
        """Whether there is logic for constant weights: bits in, one threshold at most."""
        return self.input_bits == 1 and (
            self.no_activation or int(self.get_nodeattr("outputBits")) == 1
        )

    def constant_layer(self, model: ModelWrapper) -> ConstantLayer:
        """Return weights and thresholds."""
        node, thresholds = self.onnx_node, None
        weights = np.asarray(model.get_initializer(node.input[1])) > 0
        if not self.no_activation:
            table = np.asarray(model.get_initializer(node.input[2]))
            thresholds = table.astype(np.int64).reshape(-1)
        return ConstantLayer(weights, thresholds)

    @property
    def steps(self) -> tuple[int, int]:
        """Thresholds compared at a time, and cycles to compare all; see xnor_mvau.sv."""
        thresholds, cycles = 2 ** int(self.get_nodeattr("outputBits")) - 1, self.folds[1]
        parallel = -(-thresholds // cycles)
        return parallel, -(-thresholds // parallel)

    def unit(self, model: ModelWrapper) -> Unit:
        """Describe this node as hardware."""
        return self._constant_unit(model) if self.constant else self._memory_unit(model)

    def _constant_unit(self, model: ModelWrapper) -> Unit:
        name, stages = f"{self.onnx_node.name}_constant", int(self.get_nodeattr("pipelineStages"))
        return Unit(
            name=self.onnx_node.name,
            module=name,
            parameters={},
            in_bits=self.get_instream_width(),
            out_bits=self.get_outstream_width(),
            sources=stream(name, [self.constant_layer(model)], stages),
        )

    def _memory_unit(self, model: ModelWrapper) -> Unit:
        node, (inputs, outputs), (pe, simd) = self.onnx_node, self.shape, self.folding
        weights = np.asarray(model.get_initializer(node.input[1])).astype(np.int8)
        weight_file, threshold_file = f"{node.name}_weights.mem", f"{node.name}_thresholds.mem"
        memories = {weight_file: hex_lines(weight_words(weights, pe, simd))}
        thresholds = 0
        if not self.no_activation:
            thresholds = 2 ** int(self.get_nodeattr("outputBits")) - 1
            table = np.asarray(model.get_initializer(node.input[2])).astype(np.int64)
            memories[threshold_file] = hex_lines(self._threshold_words(table))
        return Unit(
            name=node.name,
            module="xnor_mvau",
            parameters={
                "MatrixW": inputs,
                "MatrixH": outputs,
                "Pe": pe,
                "Simd": simd,
                "InputBits": self.input_bits,
                "Thresholds": thresholds,
                "WeightFile": weight_file,
                "ThresholdFile": threshold_file if thresholds else "",
            },
            in_bits=self.get_instream_width(),
            out_bits=self.get_outstream_width(),
            memories=memories,
        )

    def _threshold_words(self, table: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Order thresholds [MH, S] as the hardware reads them; see xnor_mvau.sv."""
        pe, outputs = self.folding[0], self.shape[1]
        parallel, steps = self.steps
        if parallel * steps == 1:
            bits = self.largest.bit_length()
            return threshold_words(2**bits - table.reshape(-1), pe, bits + 1)
        filled = np.full((outputs, steps * parallel), self.largest + 1, dtype=np.int64)
        filled[:, : table.shape[1]] = table
        ordered = filled.reshape(-1, pe, steps, parallel).transpose(0, 2, 1, 3)
        return threshold_words(ordered.reshape(-1), pe * parallel, self.threshold_bits)

    @property
    def latency(self) -> int:
        """Cycles from the last beat of a fold to its result; see xnor_mvau.sv."""
        if self.constant:
            return int(self.get_nodeattr("pipelineStages"))
        registers = compressor(self.folding[1], self.input_bits).registers
        cycles = 3 + (self.folds[0] > 1) + (math.prod(self.folds) > ONE_REGISTER) + registers
        several = not self.no_activation and self.steps != (1, 1)
        return cycles + self.steps[1] if several else cycles

    def stages(self) -> list[Stage]:
        """One module."""
        neuron_folds, synapse_folds = self.folds
        return [Stage(MATRIX, (synapse_folds, neuron_folds, self.latency))]

    def resources(self) -> Resources:
        """One matrix unit; one that is unrolled completely will have constant weights."""
        if self.constant or (self.folds == (1, 1) and self.may_be_constant):
            return constant_unit(*self.shape)
        thresholds = 0 if self.no_activation else 2 ** int(self.get_nodeattr("outputBits")) - 1
        return matrix_unit(*self.shape, *self.folding, self.input_bits, thresholds)
