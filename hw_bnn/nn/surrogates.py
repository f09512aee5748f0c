# SPDX-License-Identifier: BSD-3-Clause
"""Surrogate gradients: what training takes for the derivative of a sign.

Every surrogate is a module whose output is +1 iff v >= 0, else -1, so that it changes nothing at
inference; they differ in the derivative d(v) of backward: dL/dv = dL/dy d(v). In an activation
v = x - t, so the derivative is centred on the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from hw_bnn.config_model import SurrogateConfig


def sign(x: Tensor) -> Tensor:
    """Return +1 where x >= 0, else -1, in the type of x; without a gradient."""
    return torch.ge(x, 0, out=torch.empty_like(x)).mul_(2).sub_(1)  # the fastest on a CPU


class ClippedSign(torch.autograd.Function):
    """Sign with +1 at zero and the clipped straight-through gradient.

    y = +1 iff x >= 0, else -1;  dL/dx = dL/dy 1[|x| <= 1]
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Return +1 or -1 for each element of x."""
        ctx.save_for_backward(x)
        return sign(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        """Pass the gradient where |x| <= 1.

        torch's own function, several times faster on a CPU, passes it inside two bounds: the
        numbers next to -1 and 1 are the bounds that include these.
        """
        x: Tensor = ctx.saved_tensors[0]
        bound = 1 + torch.finfo(x.dtype).eps
        passed: Tensor = torch.ops.aten.hardtanh_backward(grads[0], x, -bound, bound)
        return passed


class _Sign(torch.autograd.Function):
    """Sign with +1 at zero and any derivative."""

    @staticmethod
    def forward(ctx: Any, v: Tensor, derivative: Callable[[Tensor], Tensor]) -> Tensor:
        ctx.save_for_backward(v)
        ctx.derivative = derivative
        return sign(v)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (v,) = ctx.saved_tensors
        return grads[0] * ctx.derivative(v), None


class Clip(nn.Module):
    """d(v) = 1[|v| <= 1].

    Source: Courbariaux, Hubara, Soudry, El-Yaniv, Bengio, "Binarized Neural Networks", 2016,
    arXiv:1602.02830.
    """

    def forward(self, v: Tensor) -> Tensor:
        """Binarise v of any shape."""
        y: Tensor = ClippedSign.apply(v)  # type: ignore[no-untyped-call]
        return y


class _Surrogate(nn.Module):
    def derivative(self, v: Tensor) -> Tensor:
        """Return d(v), elementwise."""
        raise NotImplementedError

    def forward(self, v: Tensor) -> Tensor:
        """Binarise v of any shape."""
        y: Tensor = _Sign.apply(v, self.derivative)  # type: ignore[no-untyped-call]
        return y


class Identity(_Surrogate):
    """d(v) = 1: the plain straight-through estimator."""

    def derivative(self, v: Tensor) -> Tensor:
        """Return 1."""
        return torch.ones_like(v)


class ApproxSign(_Surrogate):
    """d(v) = max(0, 2 - 2|v|), the derivative of a piecewise polynomial.

    Source: Liu, Wu, Luo, Yang, Liu, Cheng, "Bi-Real Net", ECCV 2018, arXiv:1808.00278.
    """

    def derivative(self, v: Tensor) -> Tensor:
        """Return d(v)."""
        return (2 - 2 * v.abs()).clamp_(min=0)


class Triangular(_Surrogate):
    """d(v) = max(0, 1 - |v|).

    Source: Esser et al., "Convolutional Networks for Fast, Energy-Efficient Neuromorphic
    Computing", PNAS 2016, arXiv:1603.08270.
    """

    def derivative(self, v: Tensor) -> Tensor:
        """Return d(v)."""
        return (1 - v.abs()).clamp_(min=0)


class SignSwish(_Surrogate):
    """d(v) = beta (2 - beta v tanh(beta v / 2)) / (1 + cosh(beta v)).

    Source: Darabi, Belbahri, Courbariaux, Partovi Nia, "Regularized Binary Network Training",
    2018, arXiv:1812.11800.

    Args:
        beta: how steep; 5 in the source.
    """

    def __init__(self, beta: float) -> None:
        super().__init__()
        self.beta = beta

    def derivative(self, v: Tensor) -> Tensor:
        """Return d(v); beyond |beta v| = 60, where it is 0 in float32, as at 60."""
        u = (self.beta * v).clamp(-60, 60)
        return self.beta * (2 - u * torch.tanh(u / 2)) / (1 + torch.cosh(u))


class Ede(_Surrogate):
    """Error decay estimator: d(v) = k s (1 - tanh(s v)^2), from wide to steep in the training.

    s = 10^(lg start + (lg end - lg start) progress), k = max(1/s, 1), progress the share of epochs
    that are done.

    Source: Qin, Gong, Liu, Shen, Wei, Yu, Song, "Forward and Backward Information Retention for
    Accurate Binary Neural Networks" (IR-Net), CVPR 2020, arXiv:1909.10788.

    Args:
        start: s at the beginning.
        end: s at the end.
    """

    def __init__(self, start: float, end: float) -> None:
        super().__init__()
        self.exponents = math.log10(start), math.log10(end)
        self.set_progress(0.0)

    def set_progress(self, progress: float) -> None:
        """Take the share in [0, 1] of the training that is done."""
        first, last = self.exponents
        self.slope: float = 10 ** (first + (last - first) * progress)

    def derivative(self, v: Tensor) -> Tensor:
        """Return d(v)."""
        factor = max(1 / self.slope, 1.0) * self.slope
        return factor * (1 - torch.tanh(self.slope * v).square())


def build_surrogate(config: SurrogateConfig) -> nn.Module:
    """Return the module of a configuration."""
    if config.name == "ede":
        return Ede(config.start, config.end)
    if config.name == "sign_swish":
        return SignSwish(config.beta)
    plain = {
        "clip": Clip,
        "identity": Identity,
        "approx_sign": ApproxSign,
        "triangular": Triangular,
    }
    return plain[config.name]()
