# SPDX-License-Identifier: BSD-3-Clause
"""Networks by configuration."""

from __future__ import annotations

import math
from collections.abc import Iterator

from torch import nn

from hw_bnn.config import AnyModelConfig, CnvConfig, ModelConfig
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
from hw_bnn.nn.thresholds import ShiftThreshold, build_threshold


def build_model(
    config: AnyModelConfig, image_shape: tuple[int, int, int], classes: int
) -> nn.Sequential:
    """Build a network with binary weights and activations.

    mlp: flatten -> binarise -> perceptron.
    cnv: 8-bit input -> [conv -> norm -> binarise] per convolution, a pool after each block ->
    flatten -> perceptron. With pool "sums" it is conv -> pool -> norm -> binarise.
    perceptron: [linear -> norm -> binarise] per hidden layer -> linear -> ScalarNorm

    Args:
        config: the `model` section.
        image_shape: channels, height and width.
        classes: number of logits.

    Returns:
        A network from float32 pixel/255 of shape [N, C, H, W] to float32 logits [N, classes].

    Raises:
        HwBnnError: the images are too small for the convolutions.
    """
    activations = _activations(config)
    if isinstance(config, ModelConfig):
        front: list[nn.Module] = [
            nn.Flatten(),
            BinaryActivation(ShiftThreshold(config.input_threshold)),
        ]
        features = math.prod(image_shape)
    else:
        front, features = _convolutions(config, image_shape, activations)
    return nn.Sequential(*front, *_perceptron(features, config.hidden, classes, activations))


def _activations(config: AnyModelConfig) -> Iterator[BinaryActivation]:
    """The hidden activations in order."""
    for shift in config.shifts():
        yield BinaryActivation(build_threshold(config.threshold.policy, shift))


def _perceptron(
    features: int, hidden: list[int], classes: int, activations: Iterator[BinaryActivation]
) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [BinaryLinear(features, width), BatchNorm(width), next(activations)]
        features = width
    return [*layers, BinaryLinear(features, classes), ScalarNorm(features)]


def _convolutions(
    config: CnvConfig, image_shape: tuple[int, int, int], activations: Iterator[BinaryActivation]
) -> tuple[list[nn.Module], int]:
    """Layers from the image to the flattened features, and the number of features."""
    depth, *size = image_shape
    layers: list[nn.Module] = [SignedInput()]
    for block, widths in enumerate(config.channels):
        for index, width in enumerate(widths):
            ends = index == len(widths) - 1
            pools = ends and (config.final_pool or block < len(config.channels) - 1)
            layers.append(
                ConvBlock(
                    BinaryConv2d(depth, width, config.padding),
                    next(activations),
                    config.pool if pools else None,
                    binary_input=len(layers) > 1,
                )
            )
            depth = width
            size = [(extent - 2 + 2 * config.padding) // (2 if pools else 1) for extent in size]
            if min(size) < 1:
                raise HwBnnError(
                    f"model.channels: images of {image_shape[1]} x {image_shape[2]} pixels are used"
                    f" up in block {block + 1}; must have fewer blocks, or padding 1"
                )
    return [*layers, nn.Flatten()], depth * math.prod(size)
