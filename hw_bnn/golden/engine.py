# SPDX-License-Identifier: BSD-3-Clause
"""The layers of an integer network on packed words.

Every layer is a convolution here: a matrix product has one position and a window of 1 x 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.levels import Levels
from hw_bnn.golden import kernels
from hw_bnn.golden.kernels import Planes
from hw_bnn.golden.layers import Activation, GoldenLayer, Pad


@dataclass(frozen=True)
class Packed:
    """A tensor of codes lo + step * u; see kernels.py for the planes.

    Attributes:
        planes: [bits, N, H, W, words].
        channels: bits used in the words of one position.
        levels: of the codes.
        rank: of the tensor as the network has it: [N, C, H, W], or [N, K] with H = W = 1.
    """

    planes: Planes
    channels: int
    levels: Levels
    rank: int


def empty(bits: int, images: int, height: int, width: int, channels: int) -> Planes:
    """Return memory for the planes of a tensor."""
    return np.empty((bits, images, height, width, -(-channels // 64)), dtype=np.uint64)


def pack(codes: npt.NDArray[np.integer], levels: Levels) -> Packed:
    """Pack codes [N, C, H, W] or [N, K]."""
    image = codes.reshape(*codes.shape, *[1] * (4 - codes.ndim))
    u = np.moveaxis((image - levels.lo) // levels.step, 1, -1).astype(np.uint8)
    images, height, width, channels = u.shape
    planes = empty(bit_width(levels), images, height, width, channels)
    octets = planes.view(np.uint8)
    octets[:] = 0
    for k in range(len(planes)):
        bits = np.packbits((u >> k) & 1, axis=-1, bitorder="little")
        octets[k, ..., : bits.shape[-1]] = bits
    return Packed(planes, codes.shape[1], levels, codes.ndim)


def unpack(tensor: Packed) -> npt.NDArray[np.int32]:
    """Return the codes, [N, C, H, W] or [N, K]."""
    octets = np.ascontiguousarray(tensor.planes).view(np.uint8)
    bits = np.unpackbits(octets, axis=-1, count=tensor.channels, bitorder="little")
    weights = 1 << np.arange(len(bits), dtype=np.int32)
    u = np.tensordot(weights, bits.astype(np.int32), axes=1)
    codes: npt.NDArray[np.int32] = tensor.levels.lo + tensor.levels.step * np.moveaxis(u, -1, 1)
    return codes.reshape(codes.shape[: tensor.rank])


def bit_width(levels: Levels) -> int:
    """Number of planes."""
    return levels.steps.bit_length()


class PackedLayer:
    """A product and what follows it.

    Attributes:
        levels: of the output's codes.
        positions: window positions times outputs: the size of the work.
    """

    def __init__(self, layer: GoldenLayer, shape: tuple[int, ...], inputs: Levels) -> None:
        """Pack the weights.

        Args:
            layer: what to compute.
            shape: of the input as the network has it, framed, without batch.
            inputs: levels of the input.
        """
        self.layer, self.inputs = layer, inputs
        self.shape = (*shape, 1, 1)[:3]
        self.channels, *area = self.shape
        weights, window = layer.product.weights, layer.product.window
        self.strides = (1, 1) if window is None else window.strides
        self.kernel = (1, 1) if window is None else window.kernel
        if window is None:
            weights = weights.reshape(len(weights), self.channels, 1, 1)
        ordered = np.moveaxis(weights > 0, 1, -1).reshape(len(weights), -1)
        self.outputs = len(weights)
        self.weights = np.ascontiguousarray(pack_rows(ordered).T)
        self.area = tuple(
            (size - kernel) // stride + 1
            for size, kernel, stride in zip(area, self.kernel, self.strides, strict=True)
        )
        # z = base - step D, with D as in kernels.differences
        positive = np.count_nonzero(ordered, axis=1)
        taps, largest = ordered.shape[1], 2 ** bit_width(inputs) - 1
        self.base = inputs.lo * (2 * positive - taps) + inputs.step * largest * positive
        self.positions = int(np.prod(self.area)) * self.outputs
        if layer.activation is not None:
            self._prepare(layer.activation)

    def _prepare(self, activation: Activation) -> None:
        self.levels = activation.levels
        signs = np.ones(self.outputs, dtype=np.int64)
        if activation.signs is not None:  # only with levels that are symmetric around 0
            signs = activation.signs.astype(np.int64)
        self.start = np.where(signs < 0, self.levels.steps, 0).astype(np.uint8)
        self.direction = signs.astype(np.uint8)
        self.flip = pack_rows((signs < 0)[None])[0]
        # z >= t is D <= (base - t) / step
        bounds = (self.base[:, None] - activation.thresholds.astype(np.int64)) // self.inputs.step
        limits = np.iinfo(np.int32)
        self.bounds = np.clip(bounds.T, limits.min, limits.max).astype(np.int32, order="C")

    def sums(self, tensor: Packed) -> npt.NDArray[np.int32]:
        """Return z, [N, outputs] or [N, outputs, OH, OW]."""
        z = self.base.astype(np.int32) - self.inputs.step * self._differences(tensor)
        z = np.ascontiguousarray(np.moveaxis(z, -1, 1))
        return z.reshape(z.shape[: tensor.rank])

    def activations(self, tensor: Packed) -> Packed:
        """Return the codes after thresholds, pool, signs and moves; not framed."""
        activation = self.layer.activation
        assert activation is not None  # the last layer has sums only
        counts = self._differences(tensor)
        images, height, width, _ = counts.shape
        planes = empty(bit_width(self.levels), images, height, width, self.outputs)
        kernels.threshold(counts, self.bounds, self.start, self.direction, planes)
        if activation.pool is not None:
            planes = self._pool(planes, activation.pool.kernel, activation.pool.strides)
        result = Packed(planes, self.outputs, self.levels, tensor.rank)
        return moved(result, activation)

    def _differences(self, tensor: Packed) -> npt.NDArray[np.int32]:
        bits, images, *area, _ = tensor.planes.shape
        if (tensor.channels, *area) != self.shape or bits != bit_width(self.inputs):
            raise HwBnnError(  # the loops below would read outside of the words
                f"layer {self.layer.product.name}: its input is {tensor.channels} x {area}, "
                f"{bits} bits; {list(self.shape)}, {bit_width(self.inputs)} bits is required"
            )
        counts = np.empty((images, *self.area, self.outputs), dtype=np.int32)
        kernels.differences(
            tensor.planes, self.channels, self.kernel, self.strides, self.weights, counts
        )
        return counts

    def _pool(self, planes: Planes, kernel: tuple[int, int], strides: tuple[int, int]) -> Planes:
        bits, images, height, width, words = planes.shape
        area = ((height - kernel[0]) // strides[0] + 1, (width - kernel[1]) // strides[1] + 1)
        result = np.empty((bits, images, *area, words), dtype=np.uint64)
        kernels.pool(planes, kernel, strides, self.flip, result)
        return result


def pack_rows(bits: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    """Pack [rows, n] bits into [rows, ceil(n/64)] words; unused bits are 0."""
    octets = np.packbits(bits, axis=1, bitorder="little")
    padded = np.zeros((len(bits), -(-bits.shape[1] // 64) * 8), dtype=np.uint8)
    padded[:, : octets.shape[1]] = octets
    return padded.view(np.uint64)


def moved(tensor: Packed, activation: Activation) -> Packed:
    """Bring a tensor to the activation's shape; elements may change places."""
    shape = (*activation.shape, 1, 1)[:3]
    if activation.order is None and shape == (tensor.channels, *tensor.planes.shape[2:4]):
        return replace(tensor, rank=len(activation.shape) + 1)
    codes = unpack(tensor).reshape(tensor.planes.shape[1], -1)
    if activation.order is not None:
        codes = codes[:, activation.order]
    return pack(codes.reshape(len(codes), *activation.shape), tensor.levels)


def framed(tensor: Packed, pad: Pad | None) -> Packed:
    """Write a code around height and width, if there is one to write."""
    if pad is None:
        return tensor
    code, (top, left, bottom, right) = pad
    bits, images, height, width, _ = tensor.planes.shape
    u = (code - tensor.levels.lo) // tensor.levels.step
    planes = empty(bits, images, height + top + bottom, width + left + right, tensor.channels)
    ones = pack_rows(np.ones((1, tensor.channels), dtype=np.bool_))[0]
    for k in range(bits):
        planes[k] = ones * np.uint64((u >> k) & 1)
    planes[:, :, top : top + height, left : left + width] = tensor.planes
    return Packed(planes, tensor.channels, tensor.levels, tensor.rank)


def read_engine(
    layers: Sequence[GoldenLayer], shape: tuple[int, ...], levels: Levels, pad: Pad | None
) -> list[PackedLayer]:
    """Pack all layers.

    Args:
        layers: of the network.
        shape: of the input's codes, without batch and frame.
        levels: of the input's codes.
        pad: the frame around the input.
    """
    found = []
    for layer in layers:
        if pad is not None:
            _, (top, left, bottom, right) = pad
            shape = (shape[0], shape[1] + top + bottom, shape[2] + left + right)
        found.append(PackedLayer(layer, shape, levels))
        if layer.activation is not None:
            shape, levels, pad = layer.activation.shape, found[-1].levels, layer.activation.pad
    return found
