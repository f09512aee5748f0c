# SPDX-License-Identifier: BSD-3-Clause
"""Layers that stay real in networks as they are published; hardware has none of them."""

from __future__ import annotations

import torch
from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (torch's own habit)

from hw_bnn.nn.layers import Affine, BatchNorm2d
from hw_bnn.nn.quantizers import shortcut_quantiser


class RealConv2d(QuantConv2d):  # type: ignore[misc]
    """Convolution with float32 weights and no bias.

    Shapes: [N, in_channels, H, W] -> [N, out_channels, H', W'],
    H' = (H - size + 2 border) // stride + 1.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        size: rows and columns of the kernel.
        border: rows and columns on each side.
        stride: of both axes.
        binary_input: whether all inputs are +1 or -1. The border is -1 then, as in a binary
            convolution, else 0.
    """

    out_channels: int

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: int,
        *,
        border: int = 0,
        stride: int = 1,
        binary_input: bool = False,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            size,
            stride=stride,
            padding=0 if binary_input else border,
            bias=False,
            weight_quant=None,
        )
        self.border = border
        self.binary_input = binary_input

    def forward(self, x: Tensor) -> Tensor:
        """Surround x and convolve it."""
        if self.binary_input:
            x = F.pad(x, [self.border] * 4, value=-1.0)
        return super().forward(x)  # type: ignore[no-any-return]


class RealLinear(QuantLinear):  # type: ignore[misc]
    """Fully connected layer with float32 weights and biases: [N, in] -> [N, out]."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features, bias=True, weight_quant=None)


class RealInput(Affine):
    """Pixel/255 in [0, 1] becomes 2x - 1, unrounded."""

    def __init__(self) -> None:
        super().__init__(torch.tensor(2.0), torch.tensor(-1.0))


class ResidualSum(nn.Module):
    """y = f(x + shortcut), f a nonlinearity or a quantiser.

    Args:
        after: f.
        bits: of one element of y; 32 if f does not quantise.
    """

    def __init__(self, after: nn.Module, bits: int = 32) -> None:
        super().__init__()
        self.after = after
        self.bits = bits

    def forward(self, x: Tensor, shortcut: Tensor) -> Tensor:
        """Add two tensors of one shape."""
        return self.after(x + shortcut)  # type: ignore[no-any-return]


class RealBlock(nn.Module):
    """y = relu(norm(conv(relu(norm(conv(x))))) + shortcut(x)), 3x3 convolutions with 0 around.

    Shapes: [N, C, H, W] -> [N, C', H / stride, W / stride], rounded up.

    Source: as PaddedShortcut.

    Args:
        depth: C.
        width: C'.
        stride: of the first convolution.
        shortcut: maps x to the shape of y.
    """

    def __init__(self, depth: int, width: int, stride: int, shortcut: nn.Module) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            RealConv2d(depth, width, 3, border=1, stride=stride),
            BatchNorm2d(width),
            nn.ReLU(),
            RealConv2d(width, width, 3, border=1),
            BatchNorm2d(width),
        )
        self.shortcut = shortcut
        self.sum = ResidualSum(nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layers."""
        return self.sum(self.inner(x), self.shortcut(x))  # type: ignore[no-any-return]


class ShortcutQuantiser(QuantIdentity):  # type: ignore[misc]
    """Residual sums on a grid of 2^bits values in [-2, 2): step s = 2^(2 - bits).

    y = s clip(round(x / s), -2^(bits-1), 2^(bits-1) - 1);  dL/dx = dL/dy inside the range, else 0
    """

    def __init__(self, bits: int) -> None:
        super().__init__(act_quant=shortcut_quantiser(bits))


class PaddedShortcut(nn.Module):
    """Shortcut without weights past a convolution of stride 2: every other row and column.

    New channels are 0, as many before as behind. Values stay on their grid.
    Shapes: [N, C, H, W] -> [N, C + added, ceil(H / 2), ceil(W / 2)].

    Source ("option A"): He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition",
    CVPR 2016, arXiv:1512.03385.
    """

    def __init__(self, added: int) -> None:
        super().__init__()
        self.added = added

    def forward(self, x: Tensor) -> Tensor:
        """Subsample x and add channels."""
        before = self.added // 2
        return F.pad(x[:, :, ::2, ::2], [0, 0, 0, 0, before, self.added - before])
