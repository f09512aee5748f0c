# SPDX-License-Identifier: BSD-3-Clause
"""What the host does before the first layer: images to integer codes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind, grid_unit, require_grid, split_head, to_pixels
from hw_bnn.export.integer import input_kind, input_levels
from hw_bnn.export.model import run_batches, sub_model
from hw_bnn.export.network import MOVES
from hw_bnn.golden import kernels
from hw_bnn.golden.engine import Packed, bit_width, empty, pack, unpack
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
        moves = [node for node in acting if node.op_type in MOVES]
        order = element_order(network, moves, network.input_shape)
        if order is None:
            order = np.arange(math.prod(self.shape), dtype=np.int64)
        self._source = np.moveaxis(order.reshape((*self.shape, 1, 1)[:3]), 0, -1).astype(np.int32)
        self._source = np.ascontiguousarray(self._source)
        steps = np.count_nonzero(np.arange(256)[:, None] >= thresholds[:, None], axis=2)
        codes = self.levels.lo + self.levels.step * steps
        if signs is not None:
            codes = codes * signs.astype(np.int64)[:, None]
        table = ((codes - self.levels.lo) // self.levels.step).astype(np.uint8)
        self._table = np.broadcast_to(table, (self._source.shape[2], 256))

    def pack(self, x: npt.NDArray[np.float32], first: int = 0) -> Packed:
        """Quantise prepared images to packed codes, without the frame.

        `first` is the number of the first image, for messages.

        Raises:
            HwBnnError: for a value off the declared grid, or a float quantiser off its levels.
        """
        if self.kind is InputKind.FLOAT:
            return pack(self._quantised(x), self.levels)
        planes = empty(bit_width(self.levels), len(x), *self._source.shape)
        flat = np.ascontiguousarray(x).reshape(len(x), math.prod(x.shape[1:]))
        unit = np.float32(grid_unit(self.kind))
        wrong = kernels.quantise(flat, unit, self._source, self._table, planes)
        if wrong >= 0:
            require_grid(x[wrong : wrong + 1], self.kind, first + wrong)
        return Packed(planes, self._source.shape[2], self.levels, len(self.shape) + 1)

    def codes(self, x: npt.NDArray[np.float32], first: int = 0) -> npt.NDArray[np.int32]:
        """Return the codes of prepared images, [N, *shape]; raises as `pack` does."""
        return unpack(self.pack(x, first))

    @property
    def table(self) -> npt.NDArray[np.uint8]:
        """The unsigned code (code - lo) / step of each pixel in each channel, [C, 256].

        Raises:
            HwBnnError: if the input is not made of pixels.
        """
        self._require_pixels()
        return self._table

    @property
    def order(self) -> npt.NDArray[np.int32]:
        """The place in the image, flat, of the pixel behind each code of `shape`, flat."""
        self._require_pixels()
        return np.moveaxis(self._source, -1, 0).reshape(-1)

    def pixels(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        """Return the pixels of prepared images at the places of their codes, [N, *shape]."""
        self._require_pixels()
        flat = to_pixels(x, self.kind).astype(np.uint8).reshape(len(x), -1)
        return np.moveaxis(flat[:, self._source], -1, 1).reshape(len(x), *self.shape)

    def _require_pixels(self) -> None:
        if self.kind is InputKind.FLOAT:
            raise HwBnnError("the input is float and has no pixels; leave input_quantiser at host")

    def _quantised(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
        values = run_batches(self._model, x)
        allowed = np.arange(self.levels.lo, self.levels.hi + 1, self.levels.step)
        if not np.isin(values, allowed).all():
            raise HwBnnError(
                f"the input's quantiser gave values other than its levels {self.levels.lo}.."
                f"{self.levels.hi}; check the images, or mend the model's quantiser"
            )
        return values.astype(np.int16)
