# SPDX-License-Identifier: BSD-3-Clause
"""Threshold policies: where on the axis a binary activation switches.

A policy is a module that maps a pre-activation x to x - t. The activation that follows gives
+1 iff x - t >= 0, which in IEEE arithmetic is the same as x >= t, ties included. A policy whose t
is a constant after training folds: its `folded` is a ShiftThreshold, and hardware compares with
one integer per channel. Its attribute `folds` says so; a policy without it does not fold.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (torch's own habit)

from hw_bnn.config_model import ThresholdConfig

_BELOW_ONE = 1 - 2.0**-24
"""The largest float32 below 1."""


def folds(policy: nn.Module) -> bool:
    """Return whether the policy's threshold is a constant in eval mode."""
    return bool(getattr(policy, "folds", False))


class ZeroThreshold(nn.Module):
    """t = 0: the plain sign with +1 at zero. Adds nothing to the graph."""

    folds = True

    def forward(self, x: Tensor) -> Tensor:
        """Return x itself."""
        return x


class ShiftThreshold(nn.Module):
    """Constant t: a shift away from 0 makes the share of +1 unequal to one half.

    For a batch-norm output x ~ N(0, 1), P(+1) = 1 - Phi(t): t = -0.5 gives 0.69. The gradient
    window of the activation is centred on t as well (see BinaryActivation).

    Args:
        shift: the threshold t, in units of the pre-activation; a number, or one per channel in a
            shape that fits x.

    Source: Kim, Park, Lee, Kim, "Improving Accuracy of Binary Neural Networks using Unbalanced
    Activation Distribution", CVPR 2021, arXiv:2012.00938.
    """

    folds = True
    t: Tensor

    def __init__(self, shift: float | Tensor) -> None:
        super().__init__()
        self.register_buffer("t", torch.as_tensor(shift, dtype=torch.float32), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return x - t."""
        return x - self.t

    def extra_repr(self) -> str:
        """Show t when the module is printed."""
        return f"t={self.t.item():g}" if self.t.numel() == 1 else f"t of {self.t.numel()} channels"


class _PerChannel(nn.Module):
    """Policies with a threshold for each channel, which is axis 1 of x."""

    folds = True

    def __init__(self, shape: tuple[int, ...]) -> None:
        """Take the shape of t: [channels], or [channels, 1, 1] for images."""
        super().__init__()
        self.shape = shape

    def threshold(self) -> Tensor:
        """Return t, float32 of the shape `shape`."""
        raise NotImplementedError

    def folded(self) -> ShiftThreshold:
        """Return the same threshold as a constant."""
        return ShiftThreshold(self.threshold().detach().clone())

    def _rows(self, x: Tensor) -> Tensor:
        """View x as [channels, values]."""
        return x.detach().transpose(0, 1).reshape(x.shape[1], -1)


class LearnedThreshold(_PerChannel):
    """A learned t for each channel: dL/dt = -(sum of dL/dx over the channel).

    Args:
        shape: of t.
        shift: where it starts.
        from_batch: start at mean + shift * (standard deviation) of the first training batch.

    Source (RSign): Liu, Shen, Savvides, Cheng, "ReActNet", ECCV 2020, arXiv:2003.03488.
    """

    started: Tensor

    def __init__(self, shape: tuple[int, ...], shift: float, *, from_batch: bool) -> None:
        super().__init__(shape)
        self.t = nn.Parameter(torch.full(shape, shift))
        self.shift = shift
        self.register_buffer("started", torch.tensor(not from_batch))

    def threshold(self) -> Tensor:
        """Return the parameter."""
        return self.t

    def forward(self, x: Tensor) -> Tensor:
        """Return x - t."""
        if self.training and not self.started:
            deviation, mean = torch.std_mean(self._rows(x), dim=1)
            with torch.no_grad():
                self.t.copy_((mean + self.shift * deviation).view(self.shape))
                self.started.fill_(True)
        return x - self.t


MARGIN = 1 / 32
"""Least distance of a balanced threshold from the median, in units of the norm's output."""


class BalancedThreshold(_PerChannel):
    """t follows each channel's median from below: half of its activations are +1, or more.

    Far more where many values equal the median, which all become +1.

    t is the running mean, with momentum 0.1, of m - max(g / 2, MARGIN), m the median of a batch
    (of two the smaller) and g = m - (the largest smaller value), or the distance to the next
    larger one where none is smaller, or 0. It has no gradient and is the same in training and in
    eval mode. Norms of integer sums have few values and many equal the median, a background above
    all: a t of each batch alone would split them in another way than the mean does, and so would
    a t that lies among them.

    Args:
        shape: of t.
    """

    running_median: Tensor
    momentum = 0.1

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__(shape)
        self.register_buffer("running_median", torch.zeros(shape))

    def threshold(self) -> Tensor:
        """Return the running median."""
        return self.running_median

    def forward(self, x: Tensor) -> Tensor:
        """Return x - t."""
        if self.training:
            t = _below_median(self._rows(x)).view(self.shape)
            self.running_median.lerp_(t.to(self.running_median.dtype), self.momentum)
        return x - self.running_median


def _below_median(rows: Tensor) -> Tensor:
    """Return t of each row, see BalancedThreshold."""
    median = rows.median(dim=1, keepdim=True).values
    smaller = torch.where(rows < median, rows, -torch.inf).amax(dim=1)
    larger = torch.where(rows > median, rows, torch.inf).amin(dim=1)
    median = median.flatten()
    gap = torch.where(smaller.isfinite(), median - smaller, larger - median)
    return median - torch.where(gap.isfinite(), gap / 2, 0.0).clamp(min=MARGIN)


class StaticAsd(_PerChannel):
    """Static activation self-distribution: y = sign(hardtanh(x) + sigmoid(beta)).

    beta is learned for each channel, from 0. As 0 < sigmoid < 1, y = +1 iff x >= -sigmoid(beta).
    hardtanh lets no gradient pass where |x| > 1: that window is centred on 0, not on t.

    Args:
        shape: of beta.

    Source: Xue, Lu, Chang, Wei, Wei, "Self-Distribution Binary Neural Networks", 2021,
    arXiv:2103.02394; this form stands in the authors' ResNet-20.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__(shape)
        self.beta = nn.Parameter(torch.zeros(shape))

    def threshold(self) -> Tensor:
        """Return -sigmoid(beta), kept above -1 where float32 rounds it to -1."""
        return -torch.sigmoid(self.beta).clamp(max=_BELOW_ONE)

    def forward(self, x: Tensor) -> Tensor:
        """Return hardtanh(x) - t in training, and x - t, which has the same sign, in eval mode."""
        return (F.hardtanh(x) if self.training else x) - self.threshold()


class DynamicAsd(nn.Module):
    """Activation self-distribution as published: the threshold depends on the image.

    y = sign(h + a), h = hardtanh(x), a = sigmoid(W2 relu(W1 m)), m the mean of h over the image,
    for each channel. No constant can stand for a, so no network with it can be exported.

    Args:
        channels: of x.
        reduction: channels per hidden unit of the two matrices; in the source 16 for CIFAR-10 and
            8 for ImageNet.
        hardtanh: whether h is hardtanh(x), as in the source for CIFAR-10, not x itself, as there
            for ImageNet, where PReLU stands before it.

    Source: see StaticAsd.
    """

    folds = False

    def __init__(self, channels: int, reduction: int = 16, *, hardtanh: bool = True) -> None:
        super().__init__()
        self.hardtanh = hardtanh
        hidden = max(1, channels // reduction)
        self.squeeze = nn.Linear(channels, hidden, bias=False)
        self.excite = nn.Linear(hidden, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return h + a for x [N, channels, ...]."""
        h = F.hardtanh(x) if self.hardtanh else x
        mean = h.reshape(*h.shape[:2], -1).mean(2)
        shift = torch.sigmoid(self.excite(F.relu(self.squeeze(mean))))
        return h + shift.view(*shift.shape, *[1] * (x.dim() - 2))


def build_threshold(
    config: ThresholdConfig, shift: float, channels: int, *, images: bool
) -> nn.Module:
    """Return the module of a policy for one layer.

    Args:
        config: the policy.
        shift: this layer's.
        channels: of the pre-activation.
        images: whether it is [N, channels, H, W], not [N, channels].
    """
    shape = (channels, 1, 1) if images else (channels,)
    if config.policy == "zero":
        return ZeroThreshold()
    if config.policy == "shift":
        return ShiftThreshold(shift)
    if config.policy == "learned":
        return LearnedThreshold(shape, shift, from_batch=config.initial == "batch")
    if config.policy == "balanced":
        return BalancedThreshold(shape)
    if config.policy == "static_asd":
        return StaticAsd(shape)
    return DynamicAsd(channels, config.reduction, hardtanh=config.hardtanh)
