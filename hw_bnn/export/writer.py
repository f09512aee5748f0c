# SPDX-License-Identifier: BSD-3-Clause
"""Writes the chain of nodes of an integer network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.export.model import QONNX_DOMAIN, dynamic_inputs

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.export.levels import Levels
    from hw_bnn.export.network import Network


class Writer:
    """Appends nodes one after the other, each fed by the last."""

    def __init__(self, network: Network) -> None:
        """Start at the input of `network`, whose opset and shapes are kept."""
        self.network = network
        self.tensor = network.model.graph.input[0].name
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, npt.NDArray[Any]] = {}
        self.datatypes: dict[str, str] = {}
        self._taken = set(network.model.get_all_tensor_names())

    def add(
        self,
        op_type: str,
        name: str,
        *constants: npt.ArrayLike,
        domain: str = "",
        **attributes: Any,
    ) -> None:
        """Append a node; `constants` are its operands after the first."""
        from onnx import helper

        names = [self._fresh(f"{name}_param{index}") for index in range(len(constants))]
        for key, value in zip(names, constants, strict=True):
            self.constants[key] = np.asarray(value)
        inputs, output = [self.tensor, *names], self._fresh(f"{name}_out")
        self.nodes.append(
            helper.make_node(op_type, inputs, [output], name=name, domain=domain, **attributes)
        )
        self.tensor = output

    def _fresh(self, name: str) -> str:
        """Return a tensor name that neither the source nor this chain uses."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name

    def copy(self, nodes: Sequence[NodeProto]) -> None:
        """Append nodes of the source as they are."""
        from onnx import NodeProto

        source = self.network.model
        for node in nodes:
            copy = NodeProto()
            copy.CopyFrom(node)
            copy.input[list(node.input).index(dynamic_inputs(source, node)[0])] = self.tensor
            for name in copy.input:
                value = source.get_initializer(name) if name else None
                if value is not None:
                    self.constants[name] = np.asarray(value)
            self.nodes.append(copy)
            self.tensor = copy.output[0]

    def threshold(self, name: str, thresholds: npt.NDArray[np.int64], levels: Levels) -> None:
        """Append code = lo + step * (number of thresholds <= x).

        Args:
            name: the node's name.
            thresholds: [channels, steps], or [1, steps] for all channels.
            levels: gives lo and step.
        """
        values = thresholds.astype(np.float32)
        options = {
            "out_dtype": _datatype(levels),
            "out_scale": float(levels.step),
            "out_bias": float(levels.lo),
        }
        self.add("MultiThreshold", name, values, domain=QONNX_DOMAIN, **options)
        self.datatypes[self.nodes[-1].input[1]] = "INT32"
        self.annotate(levels)

    def negate(self, name: str, channels: npt.NDArray[np.bool_], rank: int) -> None:
        """Multiply some channels (axis 1 of a tensor of this rank) by -1."""
        signs = np.where(channels, -1, 1).astype(np.float32)
        datatype = self.datatypes[self.tensor]
        self.add("Mul", name, signs.reshape(1, -1, *[1] * (rank - 2)))
        self.datatypes[self.tensor] = datatype

    def pad(self, name: str, pads: tuple[int, int, int, int], code: int) -> None:
        """Write a frame of `code` around height and width; pads are top, left, bottom, right."""
        amounts = [0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]]
        if self._opset() < 11:
            self.add("Pad", name, mode="constant", pads=amounts, value=float(code))
        else:
            self.add("Pad", name, np.array(amounts, dtype=np.int64), np.float32(code))

    def annotate(self, levels: Levels) -> None:
        """Set the datatype of the last tensor."""
        self.datatypes[self.tensor] = _datatype(levels)

    def _opset(self) -> int:
        imports = self.network.model.model.opset_import
        return next(int(entry.version) for entry in imports if not entry.domain)

    def finish(self) -> ModelWrapper:
        """Return what is written so far as a model."""
        from onnx import TensorProto, helper, numpy_helper
        from qonnx.core.datatype import DataType
        from qonnx.core.modelwrapper import ModelWrapper
        from qonnx.transformation.infer_datatypes import InferDataTypes
        from qonnx.transformation.infer_shapes import InferShapes

        source = self.network.model
        name, shape = source.graph.input[0].name, list(self.network.input_shape)
        opsets = {entry.domain: entry.version for entry in source.model.opset_import}
        opsets.setdefault(QONNX_DOMAIN, 1)
        graph = helper.make_graph(
            self.nodes,
            "integer",
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(self.tensor, TensorProto.FLOAT, None)],
            [numpy_helper.from_array(value, key) for key, value in self.constants.items()],
        )
        imports = [helper.make_opsetid(domain, number) for domain, number in opsets.items()]
        proto = helper.make_model(graph, opset_imports=imports)
        proto.ir_version = source.model.ir_version
        model = ModelWrapper(proto, fix_missing_initializer_valueinfo=True).transform(InferShapes())
        for node in model.graph.node:
            if node.op_type in ("MatMul", "Conv"):
                model.set_tensor_datatype(node.input[1], DataType["BIPOLAR"])
        for step in range(2):  # what is known here first, what follows from it, and once more
            for tensor, datatype in self.datatypes.items():
                model.set_tensor_datatype(tensor, DataType[datatype])
            model = model.transform(InferDataTypes()) if step == 0 else model
        return model


def _datatype(levels: Levels) -> str:
    if levels.bipolar:
        return "BIPOLAR"
    if levels.lo >= 0:
        return f"UINT{levels.hi.bit_length()}"
    return f"INT{max((-levels.lo - 1).bit_length(), levels.hi.bit_length()) + 1}"
