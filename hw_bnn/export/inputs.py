# SPDX-License-Identifier: BSD-3-Clause
"""What the float input of a model is made of, and where the first quantiser runs.

Images come as pixels p in 0..255. The model's own map from pixel to the first layer's input is
not folded by algebra either: it is evaluated on all 256 pixel values, and becomes one integer
threshold on p for each input element. It runs on the host, in the accelerator's driver.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.model import run_model, sub_model
from hw_bnn.export.network import ELEMENTWISE
from hw_bnn.export.tabulate import Thresholds, bipolar_scale

if TYPE_CHECKING:
    from hw_bnn.export.network import Network


class InputKind(StrEnum):
    """What each element of the float input is."""

    UINT8_255 = "uint8/255"
    """A pixel p in 0..255 divided by 255 in float32."""
    UINT8 = "uint8"
    """A pixel p in 0..255 as it is."""
    FLOAT = "float"
    """Any float32: the source's nodes up to the first quantiser run on the host."""


def _divided(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return pixels / np.float32(255)


def _as_is(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return pixels


_GRIDS: dict[InputKind, Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]] = {
    InputKind.UINT8_255: _divided,
    InputKind.UINT8: _as_is,
}


def grid(kind: InputKind) -> npt.NDArray[np.float32]:
    """Return float32 [256]: the input value of each pixel."""
    return _GRIDS[kind](np.arange(256, dtype=np.float32))


def to_pixels(x: npt.NDArray[np.float32], kind: InputKind) -> npt.NDArray[np.uint8]:
    """Return the pixels that `x` is made of.

    Raises:
        HwBnnError: if an element is not exactly on the grid, naming its place and value.
    """
    unit = np.float32(255 if kind is InputKind.UINT8_255 else 1)
    scaled = x * unit
    scaled += np.float32(0.5)
    with np.errstate(invalid="ignore"):  # whatever NaN becomes, it is not equal to x below
        pixels = scaled.astype(np.uint8)
    off = grid(kind)[pixels] != x
    if off.any():
        place = np.unravel_index(int(np.argmax(off)), x.shape)
        raise HwBnnError(
            f"input {tuple(int(i) for i in place)} is {x[place]:.9g}, which is not on the grid of "
            f"--input {kind}; give pixels in that form, or build with --input float"
        )
    return pixels


def pixel_thresholds(network: Network, kind: InputKind) -> Thresholds:
    """Tabulate the head of a network: one threshold on the pixel per input element.

    Returns:
        Thresholds with `popcount` int64 [elements] in 0..256: +1 iff p >= it, after `inverted`
        elements are negated.

    Raises:
        HwBnnError: if an element of the first layer's input takes other values than -s and +s, or
            flips twice as the pixel rises.
    """
    shape = network.input_shape
    values = grid(kind)
    model = None
    if network.head:
        model = sub_model(network.model, network.head, shape, "head")
    rows = []
    for value in values:
        image = np.full(shape, value, dtype=np.float32)
        rows.append((run_model(model, image) if model else image).reshape(-1))
    table = np.stack(rows)
    scale = bipolar_scale(table, "the first layer's input")
    bits = table > 0
    flips = np.count_nonzero(bits[1:] != bits[:-1], axis=0)
    if (flips > 1).any():
        raise HwBnnError(
            f"the first layer's input {int(np.argmax(flips > 1))} flips {int(flips.max())} times "
            "as the pixel rises; use a monotonic input quantiser or build with --input float"
        )
    ones = np.count_nonzero(bits, axis=0).astype(np.int64)
    return Thresholds(256 - ones, bits[0] & ~bits[-1], scale)


def float_head_scale(network: Network) -> float:
    """Return the scale of the levels that a head of floats ends in.

    Raises:
        HwBnnError: if the head does not end in a binary quantiser.
    """
    acting = [node for node in network.head if node.op_type in ELEMENTWISE]
    if not acting or acting[-1].op_type not in ("BipolarQuant", "MultiThreshold"):
        last = acting[-1].name if acting else "the input"
        raise HwBnnError(
            f"float activations reach layer {network.layers[0].name} from {last}; end the input "
            "with a binary quantiser (BipolarQuant), or say what the input is made of with --input"
        )
    model = sub_model(network.model, network.head, network.input_shape, "head")
    rng = np.random.default_rng(0)
    probes = [rng.normal(0, 10.0**power, network.input_shape) for power in range(-3, 6)]
    values = [run_model(model, probe.astype(np.float32)) for probe in probes]
    return bipolar_scale(np.stack(values), "the first layer's input")
