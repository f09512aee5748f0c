# SPDX-License-Identifier: BSD-3-Clause
"""What the host does before the first layer: images to integer codes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind, grid, require_grid, split_head, to_pixels
from hw_bnn.export.integer import input_kind, input_levels
from hw_bnn.export.model import run_batches, sub_model
from hw_bnn.export.network import MOVES
from hw_bnn.golden.layers import element_order, read_pad, read_signs, read_threshold

if TYPE_CHECKING:
    from hw_bnn.export.network import Network


class Head:
    """The input's quantiser.

    Attributes:
        kind: what the float input is made of.
        levels: of the codes.
        shape: of the codes of one image, without padding.
        pad: the frame that the first layer wants around them.
    """

    def __init__(self, network: Network) -> None:
        """Read the head of an integer network."""
        self.kind = input_kind(network.model)
        self._buffer: npt.NDArray[np.float32] | None = None
        self.levels = input_levels(network.model)
        acting, pad = split_head(network)
        self.pad = read_pad(network, pad)
        self._model = sub_model(network.model, acting, network.input_shape, "head")
        self.shape = tuple(self._model.get_tensor_shape(self._model.graph.output[0].name))[1:]
        if self.kind is InputKind.FLOAT:
            return
        names = [node.op_type for node in acting]
        place = names.index("MultiThreshold")
        thresholds, _ = read_threshold(network, acting[place])
        signs = read_signs(network, acting[place + 1 :])
        self._signs = 1 if signs is None else signs.astype(np.int16)
        moves = [node for node in acting if node.op_type in MOVES]
        self._order = element_order(network, moves, network.input_shape)
        # +1 iff pixel >= threshold, on a grid that rises with the pixel: compare the inputs.
        bounds = np.append(grid(self.kind), np.float32(np.inf))
        self._bounds = bounds[thresholds[:, 0]]
        pixels = np.arange(256)[:, None, None]
        steps = np.count_nonzero(pixels >= thresholds, axis=2)
        self._table = (self.levels.lo + self.levels.step * steps).astype(np.int16)

    def bits(self, x: npt.NDArray[np.float32], first: int = 0) -> npt.NDArray[np.bool_]:
        """Return bipolar codes of prepared images as bits, [N, *shape]; 1 is +1.

        `first` is the number of the first image, for messages.

        Raises:
            HwBnnError: for a value off the declared grid.
        """
        if self.kind is InputKind.FLOAT:
            return self.codes(x, first) > 0
        if self._buffer is None or len(self._buffer) < len(x):
            self._buffer = np.empty_like(x)  # kept: fresh memory costs as much as the work
        require_grid(x, self.kind, first, self._buffer[: len(x)])
        found = np.asarray(self._moved(x) >= self._spread(self._bounds))
        return found if isinstance(self._signs, int) else found ^ self._spread(self._signs < 0)

    def codes(self, x: npt.NDArray[np.float32], first: int = 0) -> npt.NDArray[np.int16]:
        """Return the codes of prepared images, [N, *shape].

        Raises:
            HwBnnError: for a value off the declared grid, or a float quantiser off its levels.
        """
        if self.kind is InputKind.FLOAT:
            values = run_batches(self._model, x)
            allowed = np.arange(self.levels.lo, self.levels.hi + 1, self.levels.step)
            if not np.isin(values, allowed).all():
                raise HwBnnError(
                    f"the input's quantiser gave values other than its levels {self.levels.lo}.."
                    f"{self.levels.hi}; check the images, or mend the model's quantiser"
                )
            return values.astype(np.int16)
        pixels = self._moved(to_pixels(x, self.kind, first).astype(np.uint8))
        codes: npt.NDArray[np.int16]
        if len(self._table[0]) == 1:
            codes = self._table[:, 0][pixels]
        else:
            codes = self._table[pixels, self._spread(np.arange(self.shape[0]))]
        return codes if isinstance(self._signs, int) else codes * self._spread(self._signs)

    def _moved(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        flat = x.reshape(len(x), math.prod(x.shape[1:]))
        return (flat if self._order is None else flat[:, self._order]).reshape(len(x), *self.shape)

    def _spread(self, channels: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return channels.reshape(-1, *[1] * (len(self.shape) - 1))
