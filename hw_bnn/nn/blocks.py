# SPDX-License-Identifier: BSD-3-Clause
"""A convolution with what belongs to it."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (torch's own habit)

from hw_bnn.nn.layers import BatchNorm2d, BinaryActivation, BinaryConv2d
from hw_bnn.nn.quantizers import plain_surrogate
from hw_bnn.nn.real import RealConv2d
from hw_bnn.nn.surrogates import Clip
from hw_bnn.nn.thresholds import ShiftThreshold, ZeroThreshold


class ConvBlock(nn.Module):
    """Convolution, batch normalisation, binary activation, and perhaps a 2x2 max-pool.

    In training it takes the functions of hw_bnn.nn.fused where they apply: float32 on a CPU,
    convolutions of bits by bits with stride 1, norms in training with one constant threshold for
    all channels and the gradient Clip. Everywhere else, and in eval mode, the layers run one by
    one. What applies is looked up at each call: quantisers may be exchanged or switched off, and
    what comes from the block before is taken for bits only if all of it is +1 or -1.
    Shapes: [N, in_channels, H, W] -> [N, out_channels, H', W'].

    Args:
        conv: the convolution.
        activation: the activation.
        pool: what the pool takes the largest of, "sums" before the norm or "activations"; None
            for no pool.
        binary_input: whether inputs come from binary activations.
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

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layers."""
        z = self._sums(x)
        y = self._activations(z)
        return F.max_pool2d(y, 2) if self.pool == "activations" else y

    def _fuses(self, x: Tensor) -> bool:
        """Whether the compiled loops can take x: float32 on a CPU, in training."""
        plain = x.device.type == "cpu" and x.dtype == torch.float32
        return self.training and plain and not torch.is_autocast_enabled("cpu")

    def _sums(self, x: Tensor) -> Tensor:
        conv = self.conv
        if (
            self.binary_input
            and isinstance(conv, BinaryConv2d)
            and conv.stride == (1, 1)
            and plain_surrogate(conv.weight_quant) is not None
            and self._fuses(x)
        ):
            from hw_bnn.nn.fused import BinaryConv, BinaryConvPool, are_signs

            if are_signs(x):
                function = BinaryConvPool if self.pool == "sums" else BinaryConv
                return function.apply(conv.surrounded(x), conv.signs())  # type: ignore[no-untyped-call, no-any-return]
        z: Tensor = conv(x)
        return F.max_pool2d(z, 2) if self.pool == "sums" else z

    def _activations(self, z: Tensor) -> Tensor:
        norm = self.norm
        t = _constant_threshold(self.activation) if norm.training and self._fuses(z) else None
        if t is None or norm.momentum is None:
            return self.activation(norm(z))  # type: ignore[no-any-return]
        from hw_bnn.nn.fused import NormSign

        y, mean, variance = NormSign.apply(z, norm.weight, norm.bias, norm.eps, t)  # type: ignore[no-untyped-call]
        count = z.numel() // z.shape[1]
        with torch.no_grad():
            for running, found in (
                (norm.get_buffer("running_mean"), mean),
                (norm.get_buffer("running_var"), variance * (count / (count - 1))),
            ):
                running.lerp_(found, norm.momentum)
            norm.get_buffer("num_batches_tracked").add_(1)
        return y  # type: ignore[no-any-return]


def _constant_threshold(activation: nn.Module) -> float | None:
    """Return t if the activation is sign(x - t) with the gradient Clip and one t, else None."""
    if not isinstance(activation, BinaryActivation):
        return None
    threshold = activation.threshold
    if type(plain_surrogate(activation.act_quant)) is not Clip:
        return None
    if type(threshold) is ShiftThreshold and threshold.t.dim() == 0:
        return threshold.t.item()
    return 0.0 if type(threshold) is ZeroThreshold else None
