# SPDX-License-Identifier: BSD-3-Clause
"""Networks of matrix layers with 1-bit activations, on packed words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from hw_bnn.golden.bits import Differ, pack
from hw_bnn.golden.layers import GoldenLayer

CHUNK = 500
"""Images at most per call: their arrays stay in the processor's cache."""


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
        self.differ = [Differ(pack(layer.product.weights > 0), CHUNK) for layer in layers]
        self.below = []
        for layer, differ in zip(layers[:-1], self.differ, strict=False):
            # z = K - 2D with D differing bits: z >= T is D < (K - T) / 2 + 1, rounded down.
            taps, activation = layer.product.taps, layer.activation
            if activation is not None:
                below = (taps - activation.thresholds) // 2 + 1
                self.below.append(np.clip(below, 0, taps + 1).astype(differ.dtype))

    def last(self, codes: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
        """Return the last layer's sums for input bits [N, elements], N <= CHUNK."""
        bits = codes
        for index in range(len(self.below)):
            bits = self._hidden(index, bits)
        return self._sums(bits)

    def run(self, codes: npt.NDArray[np.bool_]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield each layer's output for input bits [N, elements], N <= CHUNK; sums at last."""
        bits = codes
        for index in range(len(self.below)):
            bits = self._hidden(index, bits)
            yield 2 * bits.astype(np.int32) - 1
        yield self._sums(bits)

    def _hidden(self, index: int, bits: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        return np.asarray((self.differ[index](pack(bits)) < self.below[index]).T)

    def _sums(self, bits: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
        different = self.differ[-1](pack(bits)).T.astype(np.int32)
        return np.int32(self.layers[-1].product.taps) - 2 * different
