# SPDX-License-Identifier: BSD-3-Clause
"""Networks by configuration."""

from __future__ import annotations

import math

from torch import nn

from hw_bnn.config import ModelConfig
from hw_bnn.nn.layers import BatchNorm, BinaryActivation, BinaryLinear, ScalarNorm
from hw_bnn.nn.thresholds import ShiftThreshold, build_threshold


def build_model(
    config: ModelConfig, image_shape: tuple[int, int, int], classes: int
) -> nn.Sequential:
    """Build a multi-layer perceptron with binary inputs, weights and activations.

    flatten -> binarise -> [BinaryLinear -> BatchNorm -> BinaryActivation] per hidden layer
    -> BinaryLinear -> ScalarNorm

    Args:
        config: the `model` section; its input_threshold is compared with pixel/255.
        image_shape: channels, height and width.
        classes: number of logits.

    Returns:
        A network from float32 pixel/255 of shape [N, C, H, W] to float32 logits [N, classes].
    """
    widths = [math.prod(image_shape), *config.hidden]
    layers: list[nn.Module] = [
        nn.Flatten(),
        BinaryActivation(ShiftThreshold(config.input_threshold)),
    ]
    for fan_in, width, shift in zip(widths[:-1], widths[1:], config.shifts(), strict=True):
        threshold = build_threshold(config.threshold.policy, shift)
        layers += [BinaryLinear(fan_in, width), BatchNorm(width), BinaryActivation(threshold)]
    layers += [BinaryLinear(widths[-1], classes), ScalarNorm(widths[-1])]
    return nn.Sequential(*layers)
