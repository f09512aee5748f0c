# SPDX-License-Identifier: BSD-3-Clause
"""Dataflow graphs of known networks by their shapes alone: folding does not look at weights."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper


class _Chain:
    """Adds one operator after the other; `shape` is that of the stream behind the last."""

    def __init__(self, shape: Sequence[int], bits: int) -> None:
        self.shape, self.bits = list(shape), bits
        self.first = list(shape)
        self.nodes: list[NodeProto] = []

    def add(self, operation: str, tensors: int = 1, **attributes: Any) -> None:
        from onnx import helper

        from hw_bnn.dataflow.engine import RTL_DOMAIN

        index = len(self.nodes)
        names = [f"x{index}", f"w{index}", f"t{index}"][:tensors]
        name = f"{operation}_{sum(node.op_type == operation for node in self.nodes)}"
        self.nodes.append(
            helper.make_node(
                operation, names, [f"x{index + 1}"], name, domain=RTL_DOMAIN,
                backend="fpgadataflow", inputBits=self.bits, **attributes,
            )
        )  # fmt: skip

    def window(
        self, operation: str, kernel: int, stride: int, padding: int, **folding: int
    ) -> None:
        height, width, channels = self.shape
        pads: dict[str, Any] = {}
        if padding:
            pads = {"Padding": [padding] * 4, "padCodes": [0] * channels}
        self.add(
            operation, numInputVectors=[1, height, width], NumChannels=channels,
            KernelDim=[kernel] * 2, Stride=[stride] * 2, **folding, **pads,
        )  # fmt: skip
        size = [(extent + 2 * padding - kernel) // stride + 1 for extent in (height, width)]
        self.shape = [*size, channels]

    def matrix(self, inputs: int, outputs: int, *, last: bool = False) -> None:
        vectors = [1, *self.shape[:-1]]
        self.add(
            "XnorMVAU_rtl", tensors=2 if last else 3, MW=inputs, MH=outputs, PE=1, SIMD=1,
            noActivation=int(last), outputBits=1, numInputVectors=vectors,
        )  # fmt: skip
        self.shape, self.bits = [*self.shape[:-1], outputs], 1

    def flatten(self) -> None:
        self.shape = [math.prod(self.shape)]

    def graph(self) -> ModelWrapper:
        from onnx import TensorProto, helper
        from qonnx.core.modelwrapper import ModelWrapper

        ends = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, *shape])
            for name, shape in (("x0", self.first), (f"x{len(self.nodes)}", self.shape))
        ]
        return ModelWrapper(
            helper.make_model(helper.make_graph(self.nodes, "g", ends[:1], ends[1:]))
        )


def perceptron(widths: Sequence[int]) -> ModelWrapper:
    """Return the graph of a perceptron with 1-bit inputs."""
    chain = _Chain(widths[:1], 1)
    for index, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        chain.matrix(inputs, outputs, last=index == len(widths) - 2)
    return chain.graph()


def convolutions(
    channels: Sequence[Sequence[int]],
    hidden: Sequence[int],
    *,
    padding: int = 0,
    final_pool: bool = False,
    size: int = 32,
    depth: int = 3,
) -> ModelWrapper:
    """Return the graph of a network like hw_bnn.config.CnvConfig's, with 10 classes."""
    chain = _Chain([size, size, depth], 8)
    for block, widths in enumerate(channels):
        for width in widths:
            inputs = 9 * chain.shape[-1]
            chain.window("SlidingWindow_rtl", 3, 1, padding, SIMD=1)
            chain.matrix(inputs, width)
        if final_pool or block < len(channels) - 1:
            chain.window("StreamMaxPool_rtl", 2, 2, 0, PE=1)
    chain.flatten()
    for width in hidden:
        chain.matrix(chain.shape[-1], width)
    chain.matrix(chain.shape[-1], 10, last=True)
    return chain.graph()
