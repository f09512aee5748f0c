# SPDX-License-Identifier: BSD-3-Clause
"""What the binary activations of a trained network see and give."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hw_bnn.nn.layers import BinaryActivation
from hw_bnn.study.statistics import entropy
from hw_bnn.training.activations import constant_threshold, watch

IMAGES = 1000
"""So many of the first test images are measured."""
EDGES: NDArray[np.float64] = np.linspace(-4.0, 4.0, 33)
"""Bins of pre-activations: 32 of width 1/4, half open as [a, b); the outer two hold the rest."""


class Layer(NamedTuple):
    """One binary activation over all measured images, channels and positions."""

    name: str
    share_of_plus_one: float
    """Of all channels together."""
    entropy: float
    """Bits per activation: mean over the channels c of H(p_c), p_c the channel's share of +1."""
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
    found: list[Layer] = []

    def note(name: str, activation: BinaryActivation, x: Tensor, y: Tensor) -> None:
        shares = (y > 0).double().transpose(0, 1).flatten(1).mean(1)
        bits = float(np.mean([entropy(share) for share in shares.tolist()]))
        t = constant_threshold(activation)
        extent = None if t is None else [float(t.min()), float(t.double().mean()), float(t.max())]
        found.append(Layer(name, float(shares.mean()), bits, extent, histogram(x)))

    watch(model, torch.from_numpy(images), note)
    return found[len(found) - hidden :]


def histogram(x: Tensor) -> list[float]:
    """Return the share of x in each bin of EDGES."""
    inside = x.detach().double().clamp(EDGES[0], np.nextafter(EDGES[-1], 0)).numpy()
    counts, _ = np.histogram(inside, EDGES)
    return [round(float(share), 6) for share in counts / x.numel()]
