# SPDX-License-Identifier: BSD-3-Clause
"""Pixels enter the accelerator instead of the codes that the host makes of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from onnx import helper
from qonnx.core.datatype import DataType
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation

from hw_bnn.dataflow.engine import RTL_DOMAIN
from hw_bnn.dataflow.values import QUANTISER, Values, read_values, write_values
from hw_bnn.errors import HwBnnError
from hw_bnn.export.levels import MOST_LEVELS

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

_NAME = "Thresholding_hwbnn_0"


class QuantiseInput(Transformation):
    """Put thresholds on pixels in front of a dataflow graph.

    Codes that are the pixels themselves need none: the graph stays as it is. The node takes as many
    pixels at a time as the first operator takes codes.
    """

    def __init__(self, table: npt.NDArray[np.uint8]) -> None:
        """Take the unsigned code of each pixel in each channel, [C, 256], rising or falling."""
        super().__init__()
        self.table = table.astype(np.int64)

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply once.

        Raises:
            HwBnnError: if there are too many levels to compare a pixel with.
        """
        table, name = self.table, model.graph.input[0].name
        if (table == np.arange(256)).all():
            return model, False
        levels = table.max() + 1
        if levels > MOST_LEVELS:
            raise HwBnnError(
                f"input_quantiser is hardware: the input has {levels} levels; must be at most "
                f"{MOST_LEVELS}, or the pixels themselves; leave input_quantiser at host"
            )
        falls = table[:, 0] > table[:, -1]
        below = table[:, None] < np.arange(1, levels)[:, None]
        thresholds = np.where(falls[:, None], (~below).sum(axis=2), below.sum(axis=2))
        shape, kind = model.get_tensor_shape(name), model.get_tensor_datatype(name)
        first = model.find_consumer(name)
        lanes = math.gcd(len(table), getCustomOp(first).get_folded_input_shape()[-1])
        fields = np.concatenate([thresholds, falls[:, None]], axis=1).reshape(
            len(table) // lanes, -1
        )
        node = helper.make_node(
            "Thresholding_hwbnn",
            [name, f"{_NAME}_thresholds"],
            [f"{_NAME}_codes"],
            name=_NAME,
            domain=RTL_DOMAIN,
            backend="fpgadataflow",
            NumChannels=len(table),
            PE=lanes,
            numSteps=levels - 1,
            inputDataType="UINT8",
            weightDataType="UINT9",
            outputDataType=kind.name,
            numInputVectors=shape[:-1],
            falls=falls.astype(int).tolist(),
            period=1 if (fields == fields[0]).all() else len(fields),
            sourceLayer=QUANTISER,
        )
        first.input[list(first.input).index(name)] = node.output[0]
        model.graph.node.insert(0, node)
        model.set_initializer(node.input[1], thresholds.astype(np.float32))
        model.set_tensor_datatype(node.input[1], DataType["UINT9"])
        model.set_tensor_shape(node.output[0], shape)
        model.set_tensor_datatype(node.output[0], kind)
        model.set_tensor_datatype(name, DataType["UINT8"])
        codes, *layers = read_values(model) or []
        made = Values(QUANTISER, codes.base, codes.factor, codes.shape)
        write_values(model, [Values("", [0], [1], codes.shape), made, *layers])
        return model, False
