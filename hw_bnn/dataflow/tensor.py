# SPDX-License-Identifier: BSD-3-Clause
"""A tensor between the layers of a dataflow graph: what is left to the layer that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.dataflow.values import Values

if TYPE_CHECKING:
    from hw_bnn.export.levels import Levels

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tensor:
    """What the next layer reads.

    Attributes:
        name: in the graph.
        vectors: its shape without batch and channels: (H, W), or () for a vector.
        levels: of the codes, without sign.
        signs: [C], what each channel's codes are multiplied by.
        places: for every element of the integer network's tensor, its place in the stream.
    """

    name: str
    vectors: tuple[int, ...]
    levels: Levels
    signs: Ints
    places: Ints

    @property
    def bits(self) -> int:
        """Bits of u."""
        return self.levels.steps.bit_length()

    def values(self, layer: str, order: Ints | None) -> Values:
        """Say what u stands for."""
        base, factor = self.signs * self.levels.lo, self.signs * self.levels.step
        moved = None if order is None else order.tolist()
        return Values(layer, base.tolist(), factor.tolist(), list(self.places.shape), moved)


def places_of(vectors: tuple[int, ...], channels: int) -> Ints:
    """Return the place of every element of [C, ...] in the stream, where channels come first."""
    places = np.arange(int(np.prod((*vectors, channels))), dtype=np.int64)
    return np.moveaxis(places.reshape(*vectors, channels), -1, 0)


def input_tensor(shape: tuple[int, ...], levels: Levels) -> Tensor:
    """Describe the graph's input, of a `shape` [C, ...] in the integer network."""
    channels, vectors = shape[0], shape[1:]
    signs = np.ones(channels, dtype=np.int64)
    return Tensor("input", vectors, levels, signs, places_of(vectors, channels))
