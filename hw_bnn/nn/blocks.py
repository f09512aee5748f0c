# SPDX-License-Identifier: BSD-3-Clause
"""A convolution with what belongs to it."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (torch's own habit)

from hw_bnn.nn.layers import BatchNorm2d, BinaryConv2d
from hw_bnn.nn.real import RealConv2d
from hw_bnn.nn.surrogates import Clip
from hw_bnn.nn.thresholds import ShiftThreshold, ZeroThreshold


class ConvBlock(nn.Module):
    """Convolution, batch normalisation, binary activation, and perhaps a 2x2 max-pool.

    In training it takes the functions of hw_bnn.nn.fused where they apply: float32 on a CPU,
    convolutions of bits, constant thresholds with the gradient Clip. Everywhere else, and in eval
    mode, the layers run one by one.
    Shapes: [N, in_channels, H, W] -> [N, out_channels, H', W'].

    Args:
        conv: the convolution.
        activation: the activation.
        pool: what the pool takes the largest of, "sums" before the norm or "activations"; None
            for no pool.
        binary_input: whether all inputs are +1 or -1.
    """

    def __init__(
        self,
        conv: BinaryConv2d | RealConv2d,
        activation: nn.Module,
        pool: Literal["sums", "activations"] | None,
        *,
        binary_input: bool,
    ) -> None:
        super().__init__()
        self.conv = conv
        self.norm = BatchNorm2d(conv.out_channels)
        self.activation = activation
        self.pool = pool
        self.binary_input = binary_input
        self.clipped = any(isinstance(module, Clip) for module in activation.modules())

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layers."""
        z = self._sums(x)
        y = self._activations(z)
        return F.max_pool2d(y, 2) if self.pool == "activations" else y

    def _fuses(self, x: Tensor) -> bool:
        """Whether the compiled loops can take x: float32 on a CPU, in training."""
        plain = x.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
        return self.training and plain

    def _sums(self, x: Tensor) -> Tensor:
        if self.binary_input and isinstance(self.conv, BinaryConv2d) and self._fuses(x):
            from hw_bnn.nn.fused import BinaryConv, BinaryConvPool

            function = BinaryConvPool if self.pool == "sums" else BinaryConv
            return function.apply(self.conv.surrounded(x), self.conv.signs())  # type: ignore[no-untyped-call, no-any-return]
        z: Tensor = self.conv(x)
        return F.max_pool2d(z, 2) if self.pool == "sums" else z

    def _activations(self, z: Tensor) -> Tensor:
        threshold = getattr(self.activation, "threshold", None)  # hardtanh has none
        constant = isinstance(threshold, ZeroThreshold | ShiftThreshold)
        if not (constant and self.clipped and self._fuses(z)):
            return self.activation(self.norm(z))  # type: ignore[no-any-return]
        from hw_bnn.nn.fused import NormSign

        t = threshold.t.item() if isinstance(threshold, ShiftThreshold) else 0.0
        norm = self.norm
        y, mean, variance = NormSign.apply(z, norm.weight, norm.bias, norm.eps, t)  # type: ignore[no-untyped-call]
        count = z.numel() // z.shape[1]
        with torch.no_grad():
            for running, found in (
                (norm.get_buffer("running_mean"), mean),
                (norm.get_buffer("running_var"), variance * (count / (count - 1))),
            ):
                running.lerp_(found, norm.momentum or 0.0)
            norm.get_buffer("num_batches_tracked").add_(1)
        return y  # type: ignore[no-any-return]
