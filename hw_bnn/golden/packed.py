# SPDX-License-Identifier: BSD-3-Clause
"""Networks of matrix layers with 1-bit activations, on packed words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from hw_bnn.golden.bits import agreements, pack
from hw_bnn.golden.layers import GoldenLayer


def suits(layers: list[GoldenLayer], bipolar_input: bool) -> bool:
    """Whether every layer is a matrix product of -1 and +1 without anything between."""
    plain = all(
        layer.activation is None
        or (
            layer.activation.levels.bipolar
            and layer.activation.signs is None
            and layer.activation.order is None
        )
        for layer in layers
    )
    return bipolar_input and plain and all(layer.product.window is None for layer in layers)


class Packed:
    """Executes such a network."""

    def __init__(self, layers: list[GoldenLayer]) -> None:
        """Pack the weights once."""
        self.layers = layers
        self.words = [pack(layer.product.weights > 0) for layer in layers]
        # 2P - K >= T  is  P >= (T + K) / 2, and T + K is even or beyond the range.
        self.counts = [
            None
            if layer.activation is None
            else -(-(layer.activation.thresholds[:, 0] + layer.product.taps) // 2)
            for layer in layers
        ]

    def run(self, codes: npt.NDArray[np.bool_]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield each layer's output for input bits [N, elements]: codes, at last sums."""
        bits = codes
        for layer, words, least in zip(self.layers, self.words, self.counts, strict=True):
            equal = agreements(pack(bits), words, layer.product.taps)
            if least is None:
                yield 2 * equal - np.int32(layer.product.taps)
            else:
                bits = equal >= least
                yield 2 * bits.astype(np.int32) - 1
