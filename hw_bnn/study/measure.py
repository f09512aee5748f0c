# SPDX-License-Identifier: BSD-3-Clause
"""What the binary activations of a trained network see and give."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hw_bnn.nn.layers import BinaryActivation
from hw_bnn.nn.thresholds import ZeroThreshold
from hw_bnn.study.statistics import entropy

IMAGES = 1000
"""So many of the first test images are measured."""
EDGES: NDArray[np.float64] = np.linspace(-4.0, 4.0, 33)
"""Bins of pre-activations: 32 of width 1/4, half open as [a, b); the outer two hold the rest."""


class Layer(NamedTuple):
    """One binary activation over all measured images, channels and positions."""

    name: str
    share_of_plus_one: float
    entropy: float
    """Bits per activation, of share_of_plus_one."""
    threshold: list[float] | None
    """Smallest, mean and largest t of the channels; None if it depends on the image."""
    histogram: list[float]
    """Share of the pre-activations (outputs of the norm) in each bin."""


def measure(model: nn.Module, images: NDArray[np.uint8], hidden: int) -> list[Layer]:
    """Measure the hidden binary activations, in order.

    Args:
        model: a trained network, which is run in eval mode.
        images: uint8 [N, C, H, W].
        hidden: number of hidden activations; what stands before them binarises the input.
    """
    found = [(name, m) for name, m in model.named_modules() if isinstance(m, BinaryActivation)]
    found = found[len(found) - hidden :]
    seen: dict[str, Layer] = {}

    def note(name: str, module: BinaryActivation) -> None:
        def hook(_module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            share = float((output > 0).double().mean())
            threshold = _threshold(module.threshold)
            seen[name] = Layer(name, share, entropy(share), threshold, histogram(inputs[0]))

        handles.append(module.register_forward_hook(hook))

    handles: list[torch.utils.hooks.RemovableHandle] = []
    for name, module in found:
        note(name, module)
    try:
        with torch.no_grad():
            model.eval()(torch.from_numpy(images).float() / 255)
    finally:
        for handle in handles:
            handle.remove()
    return [seen[name] for name, _ in found]


def histogram(x: Tensor) -> list[float]:
    """Return the share of x in each bin of EDGES."""
    inside = x.detach().double().clamp(EDGES[0], np.nextafter(EDGES[-1], 0)).numpy()
    counts, _ = np.histogram(inside, EDGES)
    return [round(float(share), 6) for share in counts / x.numel()]


def _threshold(policy: Any) -> list[float] | None:
    if isinstance(policy, ZeroThreshold):
        return [0.0, 0.0, 0.0]
    if not policy.folds:
        return None
    t = (policy.threshold() if hasattr(policy, "threshold") else policy.t).detach().double()
    return [float(t.min()), float(t.mean()), float(t.max())]
