# SPDX-License-Identifier: BSD-3-Clause
"""Which sums float32 holds exactly, in any order of summation.

Multiples of a power of two are exact up to 2^24 times it. Where a source's sums stay below, it
does not matter how its executor, or hardware, adds them up.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from hw_bnn.errors import HwBnnError
from hw_bnn.export.gemm import ANY_ORDER
from hw_bnn.export.levels import Levels, largest_unit
from hw_bnn.export.model import constant

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.export.network import Layer

MOST_UNITS = 2**24
"""float32 has a significand of 24 bits."""


def require_exact_sums(model: ModelWrapper, layer: Layer, inputs: Levels) -> None:
    """Refuse a layer whose sums, or sums and bias of a Gemm, float32 may round.

    Args:
        model: holds the layer's chain.
        layer: the layer.
        inputs: levels that it reads.

    Raises:
        HwBnnError: naming the layer, how far its sums reach, and what to do.
    """
    most = layer.taps * max(abs(inputs.lo), abs(inputs.hi))
    if most + inputs.step > MOST_UNITS:  # a threshold may lie one step beyond
        raise HwBnnError(
            f"layer {layer.name}: its {layer.taps} inputs of {inputs.lo}..{inputs.hi} sum up to "
            f"{most}, but float32 is exact up to 2^24 only; use fewer inputs, or inputs of fewer "
            "levels"
        )
    unit = inputs.scale * layer.scale
    for node in layer.chain[:2]:  # a Gemm's Mul may stand before its Add
        operand: Any = constant(model, node.input[1]) if len(node.input) > 1 else None
        if node.doc_string == ANY_ORDER:
            _require_any_order(layer.name, operand, most, unit)
        elif node.op_type == "Mul" and operand is not None:
            unit *= float(np.abs(operand).max())


def _require_any_order(layer: str, bias: Any, most: int, unit: float) -> None:
    if not np.isfinite(bias).all():
        return  # refused where it is evaluated
    reach = most * unit + float(np.abs(bias).max())
    if reach <= MOST_UNITS * largest_unit(np.append(np.abs(bias), unit)):
        return
    exponent = math.ceil(math.log2(reach / MOST_UNITS))
    raise HwBnnError(
        f"node {layer}: Gemm rounds its bias in an order that depends on the batch; export it as "
        f"MatMul and Add, or round the bias to multiples of 2^{exponent}, which are exact"
    )
