# SPDX-License-Identifier: BSD-3-Clause
"""Modules that drawn networks are made of and that hw_bnn.nn has no need for."""

from __future__ import annotations

import numpy as np
import torch
from brevitas.nn import QuantConv2d, QuantIdentity
from brevitas.quant import Int8ActPerTensorFixedPoint, Uint8ActPerTensorFixedPoint
from torch import Tensor, nn

from hw_bnn.nn.quantizers import BinaryWeightQuant


class Times(nn.Module):
    """y = x * factor, one Mul in ONNX."""

    factor: Tensor

    def __init__(self, factor: Tensor) -> None:
        super().__init__()
        self.register_buffer("factor", factor)

    def forward(self, x: Tensor) -> Tensor:
        """Multiply x of any shape that `factor` spreads over."""
        return x * self.factor


class Plus(nn.Module):
    """y = x + term, one Add in ONNX."""

    term: Tensor

    def __init__(self, term: Tensor) -> None:
        super().__init__()
        self.register_buffer("term", term)

    def forward(self, x: Tensor) -> Tensor:
        """Add to x of any shape that `term` spreads over."""
        return x + self.term


def quantiser(bits: int, scale: float, *, signed: bool) -> nn.Module:
    """Return a uniform quantiser to codes of `bits` bits times a power of two."""
    module: nn.Module = QuantIdentity(
        act_quant=Int8ActPerTensorFixedPoint if signed else Uint8ActPerTensorFixedPoint,
        bit_width=bits,
        scaling_impl_type="const",
        scaling_init=scale * 2 ** (bits - signed),
    )
    return module


def conv(
    rng: np.random.Generator,
    inputs: int,
    outputs: int,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
) -> nn.Module:
    """Return a convolution with drawn weights -1 and +1."""
    module: nn.Module = QuantConv2d(
        inputs, outputs, kernel, stride, padding, bias=False, weight_quant=BinaryWeightQuant
    )
    module.weight.data = latent_weights(rng, outputs, inputs, *kernel)
    return module


def latent_weights(rng: np.random.Generator, *shape: int) -> Tensor:
    """Draw weights before their quantiser; a tenth is exactly 0, which counts as +1."""
    values = rng.uniform(-1, 1, shape) * (rng.random(shape) < 0.9)
    return torch.from_numpy(values.astype(np.float32))
