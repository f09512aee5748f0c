# SPDX-License-Identifier: BSD-3-Clause
"""Any integer network, in float32 arithmetic that is exact because all sums stay below 2**24."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from hw_bnn.errors import HwBnnError
from hw_bnn.golden.head import Head
from hw_bnn.golden.layers import Activation, GoldenLayer, Pad

LARGEST = 2**24


class Exact:
    """Executes an integer network with torch, channels last."""

    def __init__(self, layers: list[GoldenLayer], head: Head) -> None:
        """Prepare the weights; `head` gives the input's codes and the frame around them.

        Raises:
            HwBnnError: for a layer whose sums float32 could not hold.
        """
        self.layers = layers
        self.pad = head.pad
        self.weights = []
        largest_code = max(abs(head.levels.lo), abs(head.levels.hi))
        for layer in layers:
            if layer.product.taps * largest_code >= LARGEST:
                raise HwBnnError(
                    f"layer {layer.product.name}: sums up to {layer.product.taps * largest_code} "
                    "are too large for exact float32 arithmetic; make the layer smaller"
                )
            weights = torch.from_numpy(layer.product.weights.astype(np.float32))
            if weights.ndim == 4:
                weights = weights.contiguous(memory_format=torch.channels_last)
            self.weights.append(weights)
            if layer.activation is not None:
                levels = layer.activation.levels
                largest_code = max(abs(levels.lo), abs(levels.hi))

    def last(self, codes: npt.NDArray[np.int16]) -> npt.NDArray[np.int32]:
        """Return the last layer's sums for input codes [N, ...]."""
        return deque(self.run(codes), maxlen=1)[0]

    def run(self, codes: npt.NDArray[np.int16]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield each layer's output for input codes [N, ...]: codes, at last sums."""
        values = torch.from_numpy(codes).to(torch.float32)
        if self.pad is not None:
            values = frame(values, self.pad)
        for layer, weights in zip(self.layers, self.weights, strict=True):
            with torch.inference_mode():
                if layer.product.window is None:
                    sums = values @ weights.T
                else:
                    values = values.contiguous(memory_format=torch.channels_last)
                    sums = functional.conv2d(values, weights, stride=layer.product.window.strides)
                if layer.activation is None:
                    yield sums.to(torch.int32).contiguous().numpy()
                    return
                values = _activate(sums, layer.activation)
                yield values.to(torch.int32).contiguous().numpy()
                if layer.activation.pad is not None:
                    values = frame(values, layer.activation.pad)


def _activate(sums: Tensor, activation: Activation) -> Tensor:
    spread = (-1, *[1] * (sums.ndim - 2))
    thresholds = torch.from_numpy(activation.thresholds.astype(np.float32))
    levels = activation.levels
    codes = torch.full_like(sums, levels.lo)
    for column in thresholds.T:
        codes += levels.step * (sums >= column.reshape(spread))
    if activation.pool is not None:
        codes = functional.max_pool2d(codes, activation.pool.kernel, activation.pool.strides)
    if activation.signs is not None:
        codes = codes * torch.from_numpy(activation.signs.astype(np.float32)).reshape(spread)
    if activation.order is not None:
        codes = codes.reshape(len(codes), -1)[:, torch.from_numpy(activation.order)]
    return codes.reshape(len(codes), *activation.shape)


def frame(values: Tensor, pad: Pad) -> Tensor:
    """Write a code around height and width."""
    code, (top, left, bottom, right) = pad
    return functional.pad(values, (left, right, top, bottom), value=code)
