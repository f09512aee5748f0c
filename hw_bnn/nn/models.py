# SPDX-License-Identifier: BSD-3-Clause
"""Networks by configuration."""

from __future__ import annotations

import math

from torch import nn

from hw_bnn.config import AnyModelConfig, CnvConfig, ModelConfig
from hw_bnn.config_model import ResNetConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.nn.blocks import ConvBlock
from hw_bnn.nn.layers import (
    BatchNorm,
    BinaryActivation,
    BinaryConv2d,
    BinaryLinear,
    ScalarNorm,
    SignedInput,
)
from hw_bnn.nn.real import RealConv2d, RealInput, RealLinear
from hw_bnn.nn.resnet import build_resnet
from hw_bnn.nn.surrogates import build_surrogate
from hw_bnn.nn.thresholds import ShiftThreshold, build_threshold


class UsedUpError(HwBnnError):
    """The images are too small for the convolutions."""


def build_model(
    config: AnyModelConfig, image_shape: tuple[int, int, int], classes: int
) -> nn.Sequential:
    """Build a network with binary weights and activations.

    mlp: flatten -> binarise -> perceptron.
    cnv: 8-bit input -> [conv -> norm -> binarise] per convolution, a pool after each block ->
    flatten -> perceptron. With pool "sums" it is conv -> pool -> norm -> binarise.
    perceptron: [linear -> norm -> binarise] per hidden layer -> linear -> ScalarNorm
    cnv with ends "real": real input -> conv with real weights -> pool -> norm -> binarise -> the
    same -> hardtanh in place of the last binarise -> linear with real weights and a bias.
    resnet: see hw_bnn.nn.resnet.

    Args:
        config: the `model` section.
        image_shape: channels, height and width.
        classes: number of logits.

    Returns:
        A network from float32 pixel/255 of shape [N, C, H, W] to float32 logits [N, classes].

    Raises:
        UsedUpError: the images are too small for the convolutions.
    """
    made = Layers(config)
    if isinstance(config, ResNetConfig):
        layers = build_resnet(config, image_shape[0], classes, made)
        return nn.Sequential(*layers)
    if isinstance(config, ModelConfig):
        front: list[nn.Module] = [
            nn.Flatten(),
            BinaryActivation(ShiftThreshold(config.input_threshold)),
        ]
        features = math.prod(image_shape)
    else:
        front, features = _convolutions(config, image_shape, made)
    return nn.Sequential(*front, *_perceptron(features, config.hidden, classes, made))


class Layers:
    """Makes layers with the methods of a configuration."""

    def __init__(self, config: AnyModelConfig) -> None:
        self.config = config
        self.shifts = iter(config.shifts())
        self.real_ends = isinstance(config, CnvConfig) and config.ends == "real"

    def activation(self, channels: int, *, images: bool) -> nn.Module:
        """The next hidden activation: binary, but for the last one of real ends."""
        shift = next(self.shifts, None)
        if shift is None:
            return nn.Hardtanh()
        threshold = build_threshold(self.config.threshold, shift, channels, images=images)
        return BinaryActivation(threshold, build_surrogate(self.config.surrogate))

    def linear(self, fan_in: int, width: int) -> BinaryLinear:
        """A fully connected layer."""
        layer = BinaryLinear(fan_in, width)
        layer.use(self.config.weights)
        return layer

    def conv(
        self, depth: int, width: int, border: int, stride: int = 1
    ) -> BinaryConv2d | RealConv2d:
        """A convolution of binary activations."""
        if isinstance(self.config, ResNetConfig) and self.config.binary == "activations":
            return RealConv2d(depth, width, 3, border=border, stride=stride, binary_input=True)
        layer = BinaryConv2d(depth, width, border, stride)
        layer.use(self.config.weights)
        return layer

    def first_conv(self, depth: int, width: int, border: int) -> BinaryConv2d | RealConv2d:
        """The convolution that reads the image."""
        if self.real_ends:
            return RealConv2d(depth, width, 3, border=border)
        return self.conv(depth, width, border)

    def last(self, features: int, classes: int) -> list[nn.Module]:
        """The layers that give the logits."""
        if self.real_ends:
            return [RealLinear(features, classes)]
        return [self.linear(features, classes), ScalarNorm(features)]


def _perceptron(features: int, hidden: list[int], classes: int, made: Layers) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [
            made.linear(features, width),
            BatchNorm(width),
            made.activation(width, images=False),
        ]
        features = width
    return [*layers, *made.last(features, classes)]


def _convolutions(
    config: CnvConfig, image_shape: tuple[int, int, int], made: Layers
) -> tuple[list[nn.Module], int]:
    """Layers from the image to the flattened features, and the number of features."""
    depth, *size = image_shape
    layers: list[nn.Module] = [RealInput() if made.real_ends else SignedInput()]
    for block, widths in enumerate(config.channels):
        for index, width in enumerate(widths):
            ends = index == len(widths) - 1
            pools = ends and (config.final_pool or block < len(config.channels) - 1)
            first = len(layers) == 1
            conv = made.first_conv if first else made.conv
            layers.append(
                ConvBlock(
                    conv(depth, width, config.padding),
                    made.activation(width, images=True),
                    config.pool if pools else None,
                    binary_input=not first,
                )
            )
            depth = width
            size = [(extent - 2 + 2 * config.padding) // (2 if pools else 1) for extent in size]
            if min(size) < 1:
                raise UsedUpError(
                    f"model.channels: images of {image_shape[1]} x {image_shape[2]} pixels are used"
                    f" up in block {block + 1}; must have fewer blocks, or padding 1"
                )
    return [*layers, nn.Flatten()], depth * math.prod(size)
