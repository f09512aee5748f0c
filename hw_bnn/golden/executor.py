# SPDX-License-Identifier: BSD-3-Clause
"""Executes an integer network on whole test sets.

It reads nothing but the integer QONNX file, and shares no arithmetic with the hardware: popcounts
of packed words here, pipelined adders there.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind, grid, to_pixels
from hw_bnn.export.integer import input_kind
from hw_bnn.export.model import load_model, run_batches, run_model, sub_model
from hw_bnn.export.network import SHAPE_ONLY, Network, read_network
from hw_bnn.export.tabulate import tabulate
from hw_bnn.golden.bits import Words, agreements, pack

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

CHUNK = 128
"""Images per block of work: small enough for its arrays to stay in the processor's cache."""


@dataclass(frozen=True)
class _Layer:
    name: str
    synapses: int
    weights: Words
    thresholds: npt.NDArray[np.int32] | None


class Golden:
    """The integer network as a function of images."""

    def __init__(self, model: ModelWrapper) -> None:
        """Take a tidied integer network, as `hw_bnn.export.integer.to_integer` makes it."""
        network = read_network(model)
        self.kind = input_kind(model)
        self.input_shape = network.input_shape[1:]
        self.output_shape = network.output_shape[1:]
        self.layers = [_read_layer(network, index) for index in range(len(network.layers))]
        self._head(network)
        self._tail = _tail_table(network)

    @classmethod
    def load(cls, path: Path) -> Golden:
        """Read an integer network from a file."""
        return cls(load_model(path))

    def _head(self, network: Network) -> None:
        self._float_head: ModelWrapper | None = None
        if self.kind is InputKind.FLOAT:
            self._float_head = sub_model(network.model, network.head, network.input_shape, "head")
            return
        moves = [node for node in network.head if node.op_type in SHAPE_ONLY]
        self._order = np.arange(int(np.prod(network.input_shape)))
        if moves:
            places = self._order.astype(np.float32).reshape(network.input_shape)
            mover = sub_model(network.model, moves, network.input_shape, "moves")
            self._order = run_model(mover, places).reshape(-1).astype(np.int64)
        self._in_order = bool((np.diff(self._order) == 1).all())
        levels = np.asarray(network.model.get_initializer(network.head[-1].input[1]))
        # +1 iff pixel >= level, on a grid that rises with the pixel: compare the inputs directly.
        bounds = np.append(grid(self.kind), np.float32(np.inf))
        self._bounds = bounds[levels.reshape(-1).astype(np.int64)]

    def input_bits(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Quantise prepared images to the bits [N, elements] that the first layer reads.

        Raises:
            HwBnnError: for a value off the declared grid.
        """
        if self._float_head is not None:
            values = run_batches(self._float_head, x).reshape(len(x), -1)
            if (np.abs(values) != np.abs(values).max(initial=0)).any() or not values.all():
                raise HwBnnError("the input quantiser gave other values than two levels -s and +s")
            return values > 0
        to_pixels(x, self.kind)
        flat = x.reshape(len(x), -1)
        ordered = flat if self._in_order else flat[:, self._order]
        return np.asarray(ordered >= self._bounds)

    def prepare(self, x: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Bring images to float32 [N, *input_shape]; uint8 images are taken as pixels.

        Raises:
            HwBnnError: for images that the network cannot take.
        """
        if x.dtype == np.uint8 and self.kind is not InputKind.FLOAT:
            x = grid(self.kind)[x]
        if x.dtype != np.float32:
            raise HwBnnError(f"the images have type {x.dtype}; float32 is required")
        if x.ndim < 2 or int(np.prod(x.shape[1:])) != np.prod(self.input_shape):
            raise HwBnnError(
                f"the images have shape {list(x.shape)}; [N, "
                f"{', '.join(map(str, self.input_shape))}] is required, or [N, "
                f"{np.prod(self.input_shape)}]"
            )
        return x.reshape(len(x), *self.input_shape)

    def run(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the source model's outputs, [N, classes], for prepared images."""
        return self.outputs(self.sums(x))

    def sums(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
        """Return the popcounts of the last layer, [N, classes], for prepared images."""
        chunks = [x[start : start + CHUNK] for start in range(0, len(x), CHUNK)]
        if len(chunks) < 2 or self._float_head is not None:
            parts = [self._popcounts(chunk) for chunk in chunks]
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                parts = list(pool.map(self._popcounts, chunks))
        classes = len(self.layers[-1].weights)
        return np.concatenate(parts) if parts else np.zeros((0, classes), dtype=np.int32)

    def _popcounts(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
        return self.activations(self.input_bits(x))[-1]

    def activations(self, bits: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.int32]]:
        """Return every layer's output for input bits [N, elements].

        Hidden layers give bits, the last one popcounts; each [N, outputs].
        """
        outputs: list[npt.NDArray[np.int32]] = []
        for layer in self.layers:
            counts = agreements(pack(bits), layer.weights, layer.synapses)
            if layer.thresholds is None:
                outputs.append(counts)
                break
            bits = counts >= layer.thresholds
            outputs.append(bits.astype(np.int32))
        return outputs

    def outputs(self, sums: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Apply what follows the last layer in the source to its popcounts [N, classes]."""
        values = self._tail[sums, np.arange(sums.shape[1])]
        return values.reshape(len(sums), *self.output_shape)


def _read_layer(network: Network, index: int) -> _Layer:
    layer = network.layers[index]
    synapses = layer.weights.shape[0]
    thresholds = None
    if index < len(network.layers) - 1:
        levels = np.asarray(network.model.get_initializer(layer.chain[0].input[1])).reshape(-1)
        thresholds = ((levels.astype(np.int64) + synapses) // 2).astype(np.int32)
    return _Layer(layer.name, synapses, pack(layer.weights.T > 0), thresholds)


def _tail_table(network: Network) -> npt.NDArray[np.float32]:
    """[K+1, classes]: the source's output for each popcount of the last layer."""
    layer = network.layers[-1]
    synapses, classes = layer.weights.shape
    sums = np.arange(-synapses, synapses + 1, 2, dtype=np.float32)
    return tabulate(network.model, layer.chain, sums, classes, layer.name)
