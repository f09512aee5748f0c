# SPDX-License-Identifier: BSD-3-Clause
"""Which integer networks have hardware here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hw_bnn.errors import HwBnnError
from hw_bnn.golden import Golden

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper


def require_hardware(model: ModelWrapper) -> None:
    """Refuse an integer network that the package's RTL cannot compute, naming the layer."""
    golden = Golden(model)
    levels = golden.head.levels
    for layer in golden.layers:
        name, activation = layer.product.name, layer.activation
        if layer.product.window is not None:
            raise HwBnnError(
                f"layer {name}: convolutions have no hardware here yet; matrix layers (MatMul, "
                "Gemm) have"
            )
        if not levels.bipolar:
            raise HwBnnError(
                f"layer {name}: its input takes the codes {levels.lo}..{levels.hi}; only -1 and "
                "+1 have hardware here yet: put a binary quantiser before the layer"
            )
        if activation is not None:
            levels = activation.levels
