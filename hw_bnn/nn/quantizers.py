# SPDX-License-Identifier: BSD-3-Clause
"""Brevitas quantisers with values +1 and -1 exactly, for weights and for activations.

Both have scale 1, so that a binary layer's sums are integers and float32 holds them exactly in
any order of summation. A scale, where a method has one, belongs behind the layer.
"""

from __future__ import annotations

from typing import Any

import torch
from brevitas.inject.enum import ScalingImplType
from brevitas.quant import (
    Int8ActPerTensorFixedPoint,
    SignedBinaryActPerTensorConst,
    SignedBinaryWeightPerTensorConst,
)
from torch import Tensor, nn

from hw_bnn.nn.surrogates import Clip


class BinaryTensorQuant(nn.Module):
    """Tensor quantiser in Brevitas' sense: x -> (value, scale 1, zero point 0, bit width 1).

    With the surrogate Clip it gives the same values and gradients as Brevitas' ClampedBinaryQuant
    at scale 1, in less time, as clamp, sign and scaling are one function here: see
    `hw-bnn bench steps`.
    """

    scale: Tensor
    zero_point: Tensor
    bit_width: Tensor

    def __init__(self, surrogate: nn.Module) -> None:
        super().__init__()
        for name, value in (("scale", 1.0), ("zero_point", 0.0), ("bit_width", 1.0)):
            self.register_buffer(name, torch.tensor(value), persistent=False)
        self.surrogate = surrogate

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Quantise x."""
        value: Tensor = self.surrogate(x)
        return value, self.scale, self.zero_point, self.bit_width


def set_surrogate(proxy: Any, surrogate: nn.Module) -> None:
    """Give a layer's quantiser another gradient; see hw_bnn.nn.surrogates.

    It goes into the recipe that Brevitas makes the quantiser from: loading a state makes it anew.

    Args:
        proxy: the layer's `weight_quant` or `act_quant`.
        surrogate: the gradient.
    """
    proxy.quant_injector = proxy.quant_injector.let(surrogate=surrogate)
    proxy.init_tensor_quant()


def plain_surrogate(proxy: Any) -> nn.Module | None:
    """Return the surrogate that is all of a quantiser; None for others than ours, or when off.

    Training may call it in place of Brevitas' proxies, which take longer than a small layer.

    Args:
        proxy: the layer's `weight_quant` or `act_quant`.
    """
    inner = getattr(proxy, "fused_activation_quant_proxy", proxy)
    quantiser = getattr(inner, "tensor_quant", None)
    if proxy.disable_quant or not isinstance(quantiser, BinaryTensorQuant):
        return None
    return quantiser.surrogate


class BinaryWeightQuant(SignedBinaryWeightPerTensorConst):  # type: ignore[misc]
    """Weights: +1 iff w >= 0, scale 1. Does not clip the stored weights (the trainer does)."""

    tensor_quant = BinaryTensorQuant
    surrogate = Clip()
    scaling_const = 1.0


class BinaryActQuant(SignedBinaryActPerTensorConst):  # type: ignore[misc]
    """Activations: +1 iff x >= 0, scale 1, gradient window [-1, 1]."""

    tensor_quant = BinaryTensorQuant
    surrogate = Clip()


class Int8InputQuant(Int8ActPerTensorFixedPoint):  # type: ignore[misc]
    """Inputs in [-1, 1): multiples of 1/128, the scale constant."""

    scaling_impl_type = ScalingImplType.CONST
    min_val = -1.0
    max_val = 1.0 - 2.0**-7


def shortcut_quantiser(bits: int) -> type[Int8ActPerTensorFixedPoint]:
    """Return a signed quantiser of so many bits for [-2, 2), with the scale 2^(2 - bits)."""
    return Int8ActPerTensorFixedPoint.let(  # type: ignore[no-any-return]
        scaling_impl_type=ScalingImplType.CONST,
        bit_width=bits,
        min_val=-2.0,
        max_val=2.0 - 2.0 ** (2 - bits),
    )
