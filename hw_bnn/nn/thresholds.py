# SPDX-License-Identifier: BSD-3-Clause
"""Threshold policies: where on the axis a binary activation switches.

A policy is a module that maps a pre-activation x to x - t. The activation that follows gives
+1 iff x - t >= 0, which in IEEE arithmetic is the same as x >= t, ties included.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn


class ZeroThreshold(nn.Module):
    """t = 0: the plain sign with +1 at zero. Adds nothing to the graph."""

    def forward(self, x: Tensor) -> Tensor:
        """Return x itself."""
        return x


class ShiftThreshold(nn.Module):
    """Constant t: a shift away from 0 makes the share of +1 unequal to one half.

    For a batch-norm output x ~ N(0, 1), P(+1) = 1 - Phi(t): t = -0.5 gives 0.69. The gradient
    window of the activation is centred on t as well (see BinaryActivation).

    Args:
        shift: the threshold t, in units of the pre-activation.

    Source: Kim, Park, Lee, Kim, "Improving Accuracy of Binary Neural Networks using Unbalanced
    Activation Distribution", CVPR 2021, arXiv:2012.00938.
    """

    t: Tensor

    def __init__(self, shift: float) -> None:
        super().__init__()
        self.register_buffer("t", torch.tensor(shift, dtype=torch.float32), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return x - t, in float32."""
        return x - self.t

    def extra_repr(self) -> str:
        """Show t when the module is printed."""
        return f"t={self.t.item():g}"


def build_threshold(policy: Literal["zero", "shift"], shift: float) -> nn.Module:
    """Return the module of a policy; `shift` is the t of policy "shift"."""
    return ZeroThreshold() if policy == "zero" else ShiftThreshold(shift)
