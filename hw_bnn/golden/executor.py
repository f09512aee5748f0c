# SPDX-License-Identifier: BSD-3-Clause
"""Executes an integer network on whole test sets.

It reads nothing but the integer QONNX file, and shares no arithmetic with the hardware: popcounts
of packed words here, pipelined adders there. Images are taken in chunks, by as many threads as
there are cores.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind, grid
from hw_bnn.export.model import load_model
from hw_bnn.export.network import Network, read_network
from hw_bnn.export.tabulate import sums_of, tabulate, take_apart
from hw_bnn.golden.engine import Packed, framed, pack, read_engine, unpack
from hw_bnn.golden.head import Head
from hw_bnn.golden.layers import Pad, read_layers

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.golden.layers import GoldenLayer

CHUNK_IMAGES = 1000
"""Images at most that a thread takes at a time."""

CHUNK_WORK = 2**19
"""Sums at most that a layer makes of them: they stay in the processor's cache."""


class Golden:
    """The integer network as a function of images.

    Attributes:
        head: the input's quantiser.
        layers: products and activations.
    """

    def __init__(self, model: ModelWrapper) -> None:
        """Take a tidied integer network, as `hw_bnn.export.integer.to_integer` makes it."""
        network = read_network(model)
        self.input_shape = network.input_shape[1:]
        self.output_shape = network.output_shape[1:]
        self.head = Head(network)
        self.layers = read_layers(network)
        self._sums, self._tail = _tail_table(network, self)
        self._engine = read_engine(self.layers, self.head.shape, self.head.levels, self.head.pad)
        self._frames = [self.head.pad, *(_frame(layer) for layer in self.layers[:-1])]
        largest = max(layer.positions for layer in self._engine)
        self._chunk = min(max(CHUNK_WORK // largest, 1), CHUNK_IMAGES)

    @classmethod
    def load(cls, path: Path) -> Golden:
        """Read an integer network from a file."""
        return cls(load_model(path))

    def prepare(self, x: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Bring images to float32 [N, *input_shape]; uint8 images are taken as pixels.

        Raises:
            HwBnnError: for images that the network cannot take.
        """
        if x.dtype == np.uint8 and self.head.kind is not InputKind.FLOAT:
            x = grid(self.head.kind)[x]
        if x.dtype != np.float32:
            raise HwBnnError(f"the images have type {x.dtype}; float32 is required")
        flat = (int(np.prod(self.input_shape)),)
        if x.shape[1:] not in (self.input_shape, flat):
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
        """Return the integer sums of the last layer, [N, classes], for prepared images."""
        starts = range(0, max(len(x), 1), self._chunk)

        def work(start: int) -> npt.NDArray[np.int32]:
            tensor = self.head.pack(x[start : start + self._chunk], start)
            for index in range(len(self._engine) - 1):
                tensor = self._hidden(index, tensor)
            return self._last(tensor)

        if len(starts) == 1:
            return work(0)
        with ThreadPoolExecutor(cores()) as threads:
            return np.concatenate(list(threads.map(work, starts)))

    def codes(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
        """Quantise prepared images to the integer codes that the first layer reads."""
        return self.head.codes(x)

    def pixels(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        """Return the pixels of prepared images, in the shape and order of their codes."""
        return self.head.pixels(x)

    def activations(self, codes: npt.NDArray[np.integer]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield every layer's output for what `codes` gave.

        Hidden layers yield codes after pooling and reshaping, the last one sums; [N, ...].
        """
        tensor = pack(codes, self.head.levels)
        for index in range(len(self._engine) - 1):
            tensor = self._hidden(index, tensor)
            yield unpack(tensor)
        yield self._last(tensor)

    def _hidden(self, index: int, tensor: Packed) -> Packed:
        return self._engine[index].activations(framed(tensor, self._frames[index]))

    def _last(self, tensor: Packed) -> npt.NDArray[np.int32]:
        return self._engine[-1].sums(framed(tensor, self._frames[-1]))

    def outputs(self, sums: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Apply what follows the last layer in the source to its sums [N, classes, ...]."""
        first, step = self._sums
        channels = np.arange(sums.shape[1]).reshape(-1, *[1] * (sums.ndim - 2))
        values = self._tail[(sums - first) // step, channels]
        return values.reshape(len(sums), *self.output_shape)

    def require_largest_sum_wins(self) -> None:
        """Check that the largest sum's class is always the first one with the largest output.

        Raises:
            HwBnnError: if what follows the sums differs between classes, or does not rise.
        """
        if np.any(self._tail != self._tail[:, :1]) or np.any(np.diff(self._tail[:, 0]) <= 0):
            name = self.layers[-1].product.name
            raise HwBnnError(
                f"layer {name}: the class with the largest sum need not be the one with the "
                "largest output: what follows differs between classes, or does not rise; leave "
                "label_select out, and choose on the host"
            )


def cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _frame(layer: GoldenLayer) -> Pad | None:
    return layer.activation.pad if layer.activation is not None else None


def _tail_table(
    network: Network, golden: Golden
) -> tuple[tuple[int, int], npt.NDArray[np.float32]]:
    """Tabulate the source's output on every sum of the last layer.

    Returns:
        (first sum, step), and float32 [sums, classes].
    """
    layer, hidden = network.layers[-1], golden.layers[:-1]
    inputs = golden.head.levels
    if hidden and hidden[-1].activation is not None:
        inputs = hidden[-1].activation.levels
    chain = take_apart(network.model, layer)
    if chain.pool is not None or chain.pad is not None:
        raise HwBnnError(
            f"layer {layer.name}: MaxPool or Pad after the last layer is not supported; "
            "move it before"
        )
    if any(node.op_type == "Transpose" for node in chain.moves):
        raise HwBnnError(
            f"layer {layer.name}: a Transpose after the last layer is not supported; remove it"
        )
    sums = sums_of(layer, inputs)
    grid = np.repeat(sums.astype(np.float32)[:, None], layer.channels, axis=1)
    table = tabulate(network.model, (*chain.before, *chain.after), grid, layer)
    return (int(sums[0]), inputs.step), table
