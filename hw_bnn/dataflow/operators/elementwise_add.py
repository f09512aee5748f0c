# SPDX-License-Identifier: BSD-3-Clause
"""Sum of two streams: FINN+'s graph node, this package's hardware."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finn.custom_op.fpgadataflow.elementwise_binary import ElementwiseAdd

from hw_bnn.codegen.verilog import Unit
from hw_bnn.dataflow.chain import BLOCKS, Stage
from hw_bnn.dataflow.operators.library import LibraryOp
from hw_bnn.dataflow.resources import Resources, add
from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper


class ElementwiseAdd_hwbnn(ElementwiseAdd, LibraryOp):
    """Sums of two streams of unsigned values of equal shape, one bit wider than the wider one."""

    def get_nodeattr_types(self) -> dict[str, Any]:
        """Those of FINN+'s operator and of an RTL operator."""
        return LibraryOp.get_nodeattr_types(self) | ElementwiseAdd.get_nodeattr_types(self)

    @property
    def bits(self) -> tuple[int, int]:
        """Bits of the two inputs."""
        return int(self.lhs_dtype.bitwidth()), int(self.rhs_dtype.bitwidth())

    def unit(self, model: ModelWrapper) -> Unit:
        """Describe this node as hardware.

        Raises:
            HwBnnError: for constants, broadcasting, signed values or a sum of another width.
        """
        name, lanes, (a, b) = self.onnx_node.name, int(self.pe), self.bits
        kinds = [self.get_input_datatype(i).get_canonical_name() for i in (0, 1)]
        if any(not kind.startswith(("UINT", "BINARY")) for kind in kinds):
            raise HwBnnError(f"node {name}: adds {kinds[0]} and {kinds[1]}; both must be unsigned")
        if "const" in (self.lhs_style, self.rhs_style) or list(self.lhs_shape) != self.rhs_shape:
            raise HwBnnError(
                f"node {name}: adds {list(self.lhs_shape)} and {list(self.rhs_shape)}; both must "
                "be streams of one shape"
            )
        if int(self.out_dtype.bitwidth()) != max(a, b) + 1:
            raise HwBnnError(
                f"node {name}: the sum has type {self.out_dtype.name}; must be UINT{max(a, b) + 1}"
            )
        return Unit(
            name=name,
            module="stream_add",
            parameters={"Lanes": lanes, "ABits": a, "BBits": b},
            in_bits=lanes * (a + b),
            out_bits=int(self.get_outstream_width()),
            inputs=(lanes * a, lanes * b),
        )

    def stages(self) -> list[Stage]:
        """A register, entered when the later one of two words is there."""
        return [Stage(BLOCKS, (1, 1, 1, 1, 1, 1, 1))]

    def resources(self) -> Resources:
        """An adder for each lane."""
        return add(int(self.pe), min(self.bits))

    lut_estimation = LibraryOp.lut_estimation
    bram_estimation = LibraryOp.bram_estimation

    def compute(self, context: dict[str, Any]) -> None:
        """Add."""
        a, b = (context[name] for name in self.onnx_node.input)
        context[self.onnx_node.output[0]] = a + b

    def execute_node(self, context: dict[str, Any], graph: Any) -> None:
        """Compute in Python."""
        self.compute(context)
