# SPDX-License-Identifier: BSD-3-Clause
"""From a trained network to constants."""

from __future__ import annotations

from torch import nn

from hw_bnn.nn.layers import BinaryWeights


def fold_norms(module: nn.Module) -> None:
    """Replace what is a constant in eval mode by that constant, in place.

    Norms become Affine, thresholds ShiftThreshold, weight methods the weights they make.
    """
    for name, child in module.named_children():
        if isinstance(child, BinaryWeights):
            child.fold()
        folded = getattr(child, "folded", None)
        if callable(folded):
            setattr(module, name, folded())
        else:
            fold_norms(child)
