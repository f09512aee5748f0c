# SPDX-License-Identifier: BSD-3-Clause
"""Layers of a binary network.

In eval mode a norm is one multiplication and one addition with float32 constants, each rounded
by itself. That is what is exported, so that every executor computes the same bits: the rounding
of a BatchNormalization operator differs between torch and onnxruntime, and then a tie at a
threshold falls to different sides.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (torch's own habit)
from torch.nn.utils import parametrize

from hw_bnn.config_model import WeightConfig
from hw_bnn.nn.quantizers import (
    BinaryActQuant,
    BinaryWeightQuant,
    Int8InputQuant,
    plain_surrogate,
    set_surrogate,
)
from hw_bnn.nn.surrogates import build_surrogate
from hw_bnn.nn.thresholds import ZeroThreshold
from hw_bnn.nn.weights import build_weight_method, start_weights


class BinaryWeights(nn.Module):
    """What layers with latent weights have in common: where these start, stay and end."""

    weight: Tensor
    weight_quant: nn.Module
    clips = True

    def reset_parameters(self) -> None:
        """Draw the latent weights from U(-1, 1)."""
        nn.init.uniform_(self.weight, -1.0, 1.0)

    def use(self, config: WeightConfig) -> None:
        """Take a weight method instead of the plain sign; see hw_bnn.nn.weights."""
        start_weights(self.weight, config.initial)
        method = build_weight_method(config, self.weight)
        if method is not None:
            parametrize.register_parametrization(self, "weight", method)
        set_surrogate(self.weight_quant, build_surrogate(config.surrogate))
        self.clips = config.clip

    def latent(self) -> Tensor:
        """Return the stored weights, before any method."""
        if parametrize.is_parametrized(self, "weight"):
            return self.get_parameter("parametrizations.weight.original")
        return self.weight

    def signs(self) -> Tensor:
        """Return what the layer multiplies by: +1 and -1, unless the user's quantiser differs."""
        surrogate = plain_surrogate(self.weight_quant)
        if surrogate is not None:
            return cast(Tensor, surrogate(self.weight))
        quantised = self.weight_quant(self.weight)
        return cast(Tensor, getattr(quantised, "value", quantised))  # a Tensor if switched off

    @torch.no_grad()
    def clip(self) -> None:
        """Clip the latent weights to [-1, 1], where the gradient Clip is not zero."""
        if self.clips:
            self.latent().clamp_(-1.0, 1.0)

    def fold(self) -> None:
        """Keep what the method has made of the weights, and forget the method."""
        if parametrize.is_parametrized(self, "weight"):
            parametrize.remove_parametrizations(self, "weight", leave_parametrized=True)


class BinaryLinear(BinaryWeights, QuantLinear):  # type: ignore[misc]
    """Fully connected layer with weights +1 and -1 and no bias: z = sum_i w_i a_i.

    For inputs +1 and -1, z is an integer in [-K, K] with the parity of K = in_features.
    Latent weights start uniform in [-1, 1]; call `clip` after each optimiser step.
    Shapes: [N, in_features] -> [N, out_features].
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features, bias=False, weight_quant=BinaryWeightQuant)

    def forward(self, x: Tensor) -> Tensor:
        """Multiply x; in training without Brevitas' proxies, to the same values and gradients."""
        if self.training and plain_surrogate(self.weight_quant) is not None:
            return F.linear(x, self.signs())
        return super().forward(x)  # type: ignore[no-any-return]


class BinaryConv2d(BinaryWeights, QuantConv2d):  # type: ignore[misc]
    """3x3 convolution with weights +1 and -1 and no bias.

    z[o, y, x] = sum_{c, i, j} w[o, c, i, j] a[c, s y + i, s x + j], s the stride, a surrounded by
    `border` rows and columns of -1. For activations +1 and -1 z has the parity of K =
    9 in_channels. Zeros would be a third value, which one bit does not hold.
    Shapes: [N, in_channels, H, W] -> [N, out_channels, H', W'], H' = (H - 3 + 2 border) // s + 1.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        border: rows and columns of -1 on each side.
        stride: of both axes.
    """

    in_channels: int
    out_channels: int

    def __init__(
        self, in_channels: int, out_channels: int, border: int = 0, stride: int = 1
    ) -> None:
        super().__init__(
            in_channels, out_channels, 3, stride=stride, bias=False, weight_quant=BinaryWeightQuant
        )
        self.border = border

    def forward(self, x: Tensor) -> Tensor:
        """Surround x by -1 and convolve it."""
        return super().forward(self.surrounded(x))  # type: ignore[no-any-return]

    def surrounded(self, x: Tensor) -> Tensor:
        """Return x with its border of -1."""
        return F.pad(x, [self.border] * 4, value=-1.0) if self.border else x


class SignedInput(nn.Module):
    """8-bit input: pixel/255 in [0, 1] becomes a multiple of 1/128 in [-1, 127/128].

    y = clip(round((2x - 1) 128), -128, 127) / 128, rounded half to even.
    """

    def __init__(self) -> None:
        super().__init__()
        self.spread = Affine(torch.tensor(2.0), torch.tensor(-1.0))
        self.quantise = QuantIdentity(act_quant=Int8InputQuant)

    def forward(self, x: Tensor) -> Tensor:
        """Quantise images [N, C, H, W]."""
        return self.quantise(self.spread(x))  # type: ignore[no-any-return]


class BinaryActivation(QuantIdentity):  # type: ignore[misc]
    """Binary activation with a threshold.

    y = +1 iff x - t >= 0, else -1;  dL/dx = dL/dy 1[|x - t| <= 1]

    Args:
        threshold: policy that maps x to x - t; zero if not given.
        surrogate: another gradient of the sign.
    """

    def __init__(
        self, threshold: nn.Module | None = None, surrogate: nn.Module | None = None
    ) -> None:
        super().__init__(act_quant=BinaryActQuant)
        self.threshold = threshold if threshold is not None else ZeroThreshold()
        if surrogate is not None:
            set_surrogate(self.act_quant, surrogate)

    def forward(self, x: Tensor) -> Tensor:
        """Binarise x of any shape; in training without Brevitas' proxies, to the same values."""
        shifted = self.threshold(x)
        surrogate = plain_surrogate(self.act_quant) if self.training else None
        y = super().forward(shifted) if surrogate is None else surrogate(shifted)
        return cast(Tensor, y)


class Affine(nn.Module):
    """y = x * scale + offset with float32 constants: exactly one Mul and one Add.

    Args:
        scale: one value per channel, or one for all.
        offset: the same shape.
    """

    scale: Tensor
    offset: Tensor

    def __init__(self, scale: Tensor, offset: Tensor) -> None:
        super().__init__()
        self.register_buffer("scale", scale)
        self.register_buffer("offset", offset)

    def forward(self, x: Tensor) -> Tensor:
        """Scale and shift x of shape [N, channels, ...]."""
        return x * self.scale + self.offset


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation that is an Affine in eval mode.

    scale = gamma / sqrt(var + eps) and offset = beta - mean gamma / sqrt(var + eps) are computed
    in float64 and rounded once. gamma may be negative or zero: the channel is then inverted or
    constant. Shapes: [N, channels] -> [N, channels].
    """

    channel_shape: tuple[int, ...] = (-1,)
    """Shape of the affine map's constants."""

    def folded(self) -> Affine:
        """Return the affine map that eval mode applies."""
        mean, variance = self.get_buffer("running_mean"), self.get_buffer("running_var")
        with torch.no_grad():
            scale = self.weight.double() / torch.sqrt(variance.double() + self.eps)
            offset = self.bias.double() - mean.double() * scale
        shape = self.channel_shape
        return Affine(scale.float().view(shape), offset.float().view(shape))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise by the batch's statistics in training, by the stored ones in eval mode."""
        if self.training:
            return super().forward(x)
        affine: Tensor = self.folded()(x)
        return affine


class BatchNorm2d(BatchNorm):
    """BatchNorm over images: [N, channels, H, W] -> the same."""

    channel_shape = (-1, 1, 1)

    def _check_input_dim(self, x: Tensor) -> None:
        nn.BatchNorm2d._check_input_dim(self, x)  # type: ignore[arg-type]


class ScalarNorm(nn.Module):
    """One positive scale and one offset for all classes, so that they cannot change the argmax.

    y = x exp(s) + b with the parameters s and b. It brings integer sums to the range that the
    loss wants. Shapes: [N, classes] -> [N, classes].

    Args:
        fan_in: inputs of the layer before it; the scale starts at 1/sqrt(fan_in).
    """

    def __init__(self, fan_in: int) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(-0.5 * math.log(fan_in)))
        self.offset = nn.Parameter(torch.zeros(()))

    def folded(self) -> Affine:
        """Return the same map with constants."""
        with torch.no_grad():
            scale = torch.exp(self.log_scale.double())
        return Affine(scale.float(), self.offset.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        """Scale and shift the logits."""
        if self.training:
            return x * torch.exp(self.log_scale) + self.offset
        affine: Tensor = self.folded()(x)
        return affine
