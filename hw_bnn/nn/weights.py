# SPDX-License-Identifier: BSD-3-Clause
"""Weight methods: what is done to latent weights before their sign is taken.

Each is a parametrization in torch's sense (torch.nn.utils.parametrize): the layer's weight is a
function of the stored one. Only signs reach the hardware, so all of them fold: the export takes
the function's value at the end of training. A positive scale per output, which some of them have
in their sources, is left out: a batch normalisation follows and undoes it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from hw_bnn.config_model import WeightConfig
from hw_bnn.errors import HwBnnError


def _per_output(w: Tensor) -> tuple[int, ...]:
    """Axes of one output's weights, w [outputs, inputs, ...]."""
    return tuple(range(1, w.dim()))


class IrNet(nn.Module):
    """w' = (w - mean(w_o)) / std(w_o) for each output o: balanced, and of one spread.

    Its source takes the gradient Ede for these weights and for activations. Clip would pass none to
    those beyond 1, four of ten at the start.

    Source: Qin et al., "Forward and Backward Information Retention for Accurate Binary Neural
    Networks" (IR-Net), CVPR 2020, arXiv:1909.10788.
    """

    def forward(self, w: Tensor) -> Tensor:
        """Standardise w [outputs, inputs, ...]."""
        axes = _per_output(w)
        centred = w - w.mean(axes, keepdim=True)
        return centred / (centred.std(axes, keepdim=True) + 1e-12)


class ReCU(nn.Module):
    """Rectified clamp: w' = clip((w - mean(w_o)) 2 sqrt(2) / std(w_o), -Q, Q).

    Q = -mean|w| ln(2 - 2 tau), the tau-quantile of a Laplace distribution of that mean. So weights
    far out, which would hardly ever change their sign, are drawn in. During training tau rises
    from 0.85 to 0.99, slowly at first: tau = 0.85 + 0.14 (e^p - 1) / (e - 1), p the share of epochs
    that are done. The gradient of the sign is the identity in the source.

    Source: Xu et al., "ReCU: Reviving the Dead Weights in Binary Neural Networks", ICCV 2021,
    arXiv:2103.12369.
    """

    first, last = 0.85, 0.99

    def __init__(self) -> None:
        super().__init__()
        self.set_progress(0.0)

    def set_progress(self, progress: float) -> None:
        """Take the share in [0, 1] of the training that is done."""
        share = math.expm1(progress) / math.expm1(1)
        self.tau: float = self.first + (self.last - self.first) * share

    def forward(self, w: Tensor) -> Tensor:
        """Standardise and clip w [outputs, inputs, ...]."""
        axes = _per_output(w)
        centred = w - w.mean(axes, keepdim=True)
        scaled = centred * (2 * math.sqrt(2)) / (centred.std(axes, keepdim=True) + 1e-12)
        limit = (-scaled.abs().mean() * math.log(2 - 2 * self.tau)).detach()
        return torch.minimum(torch.maximum(scaled, -limit), limit)


class Wsd(nn.Module):
    """Weight self-distribution: w' = w + 0.01 sigmoid(a_o) mean(w_o), the mean without gradient.

    a is learned for each output, from 0. The gradient of the sign in the source is Ede for CIFAR-10
    and Clip for ImageNet.

    Args:
        outputs: of the layer.
        axes: of one output's weights.

    Source: Xue, Lu, Chang, Wei, Wei, "Self-Distribution Binary Neural Networks", 2021,
    arXiv:2103.02394.
    """

    def __init__(self, outputs: int, axes: int) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.zeros(outputs, *[1] * axes))

    def forward(self, w: Tensor) -> Tensor:
        """Shift w [outputs, inputs, ...]."""
        mean = w.detach().mean(_per_output(w), keepdim=True)
        return w + 0.01 * torch.sigmoid(self.a) * mean


def build_weight_method(config: WeightConfig, weight: Tensor) -> nn.Module | None:
    """Return the parametrization of a configuration, None for the plain sign.

    Raises:
        HwBnnError: the method divides by the deviation of an output's weights, which is only one.
    """
    if config.method == "sign":
        return None
    if config.method == "wsd":
        return Wsd(len(weight), weight.dim() - 1)
    if weight[0].numel() == 1:
        raise HwBnnError(
            f"model.weights.method is {config.method}: must be sign or wsd in a layer of one input,"
            " whose only weight has no deviation"
        )
    return IrNet() if config.method == "irnet" else ReCU()


@torch.no_grad()
def start_weights(w: Tensor, initial: str) -> None:
    """Take latent weights [outputs, inputs, ...] from U(-1, 1) to where `initial` says.

    Source of he and he_out: He, Zhang, Ren, Sun, "Delving Deep into Rectifiers", ICCV 2015,
    arXiv:1502.01852.
    """
    if initial == "fan_in":
        w.mul_(w[0].numel() ** -0.5)
    elif initial != "unit":
        nn.init.kaiming_normal_(w, mode="fan_in" if initial == "he" else "fan_out")


def kurtosis(w: Tensor) -> Tensor:
    """Return mean((w - mean)^4) / var^2: 1 for two values, 1.8 for a uniform distribution."""
    centred = w - w.mean()
    return centred.pow(4).mean() / centred.square().mean().square()


def kurtosis_loss(weights: list[Tensor], target: float) -> Tensor:
    """Return the mean over layers of (kurtosis - target)^2.

    Source: Zhao, Xu, Wang, Chao, et al., "BD-BNN: Bimodal Distributed Binarized Neural Networks",
    2022, arXiv:2204.02004.
    """
    return torch.stack([(kurtosis(w) - target).square() for w in weights]).mean()
