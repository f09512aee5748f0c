# SPDX-License-Identifier: BSD-3-Clause
"""Residual networks in Bi-Real form, a shortcut around every binary convolution; and real ones.

From sources: the shortcut of every binary convolution and the gradient approx-sign (Liu et al.,
"Bi-Real Net", ECCV 2018, arXiv:1808.00278); ResNet-20 with parameter-free shortcuts; for CIFAR-10
hardtanh behind the sum and a norm between the last pool and the last layer; for ImageNet the
average pool with a real 1x1 convolution where the size halves, and PReLU behind the sum; the first
convolution and the last layer real (Xue et al., arXiv:2103.02394, and its repository). That norm
costs no hardware: it is affine, as the last layer is. The repository's ResNet-18 for CIFAR-10 has
one shortcut around two convolutions, and 1x1 convolutions of stride 2; here it has two shortcuts,
and between stages the ones of ImageNet.

Choices of this project: -1 around binary convolutions where all sources have 0, which one bit does
not hold; 2 p/255 - 1 as input instead of a normalisation per colour; the form with quantised
shortcuts; the same shortcuts in real networks, where sources have a 1x1 convolution of stride 2.
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn

from hw_bnn.config_model import ResNetConfig
from hw_bnn.nn.layers import BatchNorm, BatchNorm2d, BinaryConv2d
from hw_bnn.nn.real import (
    PaddedShortcut,
    RealBlock,
    RealConv2d,
    RealInput,
    RealLinear,
    ResidualSum,
    ShortcutQuantiser,
)


class Maker(Protocol):
    """Makes binary layers with the methods of a configuration."""

    def activation(self, channels: int, *, images: bool) -> nn.Module:
        """Return the next binary activation for so many channels."""

    def conv(
        self, depth: int, width: int, border: int, stride: int = 1
    ) -> BinaryConv2d | RealConv2d:
        """Return a convolution of binary activations."""


class BiRealBlock(nn.Module):
    """y = f(norm(conv(sign(x - t))) + shortcut(x)): one binary convolution with its shortcut.

    The threshold t moves the sign alone: the shortcut carries x itself.
    Shapes: [N, C, H, W] -> [N, C', H / stride, W / stride], rounded up.

    Args:
        activation: the sign, with its threshold.
        conv: the convolution; its weights are real in the first of two stages of training.
        shortcut: maps x to the shape of the convolution's output.
        after: the sum, with f.
    """

    def __init__(
        self,
        activation: nn.Module,
        conv: BinaryConv2d | RealConv2d,
        shortcut: nn.Module,
        after: ResidualSum,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.conv = conv
        self.norm = BatchNorm2d(conv.out_channels)
        self.shortcut = shortcut
        self.sum = after

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layers."""
        return self.sum(self.norm(self.conv(self.activation(x))), self.shortcut(x))  # type: ignore[no-any-return]


def build_resnet(config: ResNetConfig, channels: int, classes: int, made: Maker) -> list[nn.Module]:
    """Return the layers, from images pixel/255 [N, channels, H, W] to logits [N, classes].

    Args:
        config: the `model` section.
        channels: of the images.
        classes: number of logits.
        made: makes the binary layers.
    """
    depth = config.stages[0]
    layers: list[nn.Module] = [RealInput(), *_stem(config, channels, depth)]
    for stage, (width, blocks) in enumerate(
        zip(config.stages, config.blocks_per_stage, strict=True)
    ):
        for index in range(blocks):
            stride = 2 if stage and not index else 1
            if config.binary == "none":
                shortcut = _shortcut(config, depth, width, stride)
                layers.append(RealBlock(depth, width, stride, shortcut))
            else:
                layers += [
                    _bi_real(config, depth, width, stride, made),
                    _bi_real(config, width, width, 1, made),
                ]
            depth = width
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    if config.images == "small" and config.binary != "none":
        layers.append(BatchNorm(depth))
    return [*layers, RealLinear(depth, classes)]


def _bi_real(config: ResNetConfig, depth: int, width: int, stride: int, made: Maker) -> BiRealBlock:
    return BiRealBlock(
        made.activation(depth, images=True),
        made.conv(depth, width, 1, stride),
        _shortcut(config, depth, width, stride),
        ResidualSum(_after(config, width), config.shortcut_bits or 32),
    )


def _stem(config: ResNetConfig, channels: int, width: int) -> list[nn.Module]:
    """The real first convolution, and what brings its output to the first shortcut."""
    real: list[nn.Module] = [nn.ReLU()] if config.binary == "none" else []
    layers: list[nn.Module]
    if config.images == "large":
        conv = RealConv2d(channels, width, 7, border=3, stride=2)
        layers = [conv, BatchNorm2d(width), *real, nn.MaxPool2d(3, 2, 1)]
    else:
        conv = RealConv2d(channels, width, 3, border=1)
        layers = [conv, BatchNorm2d(width), *(real or [nn.Hardtanh()])]
    if config.shortcut_bits:
        layers.append(ShortcutQuantiser(config.shortcut_bits))
    return layers


def _after(config: ResNetConfig, width: int) -> nn.Module:
    if config.shortcut_bits:
        return ShortcutQuantiser(config.shortcut_bits)
    return nn.PReLU(width) if config.images == "large" else nn.Hardtanh()


def _shortcut(config: ResNetConfig, depth: int, width: int, stride: int) -> nn.Module:
    if stride == 1 and depth == width:
        return nn.Identity()
    if config.downsample == "pad":
        return PaddedShortcut(width - depth)
    pool = nn.AvgPool2d(2, ceil_mode=True)
    return nn.Sequential(pool, RealConv2d(depth, width, 1), BatchNorm2d(width))
