# SPDX-License-Identifier: BSD-3-Clause
"""What the float input of a model is made of, and where the first quantiser runs.

Images come as pixels p in 0..255. The model's own map from pixel to the first layer's input is
not folded by algebra either: it is evaluated on all 256 pixel values, and becomes integer
thresholds on p. They run on the host, in the accelerator's driver.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.levels import MOST_INPUT_LEVELS, Levels, find_levels
from hw_bnn.export.model import run_finite, run_model, sub_model, with_batch
from hw_bnn.export.network import ELEMENTWISE, MOVES
from hw_bnn.export.thresholds import Table, Thresholds, read_thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onnx import NodeProto

    from hw_bnn.export.network import Network

QUANTISERS = ("BipolarQuant", "Quant", "IntQuant", "MultiThreshold", "Sign", "Where")
_ELEMENTS = 2**20
"""Elements of constant images that are run at a time."""
_INPUT = "the first layer's input"


class InputKind(StrEnum):
    """What each element of the float input is."""

    UINT8_255 = "uint8/255"
    """A pixel p in 0..255 divided by 255 in float32."""
    UINT8 = "uint8"
    """A pixel p in 0..255 as it is."""
    FLOAT = "float"
    """Any float32: the source's nodes up to the first quantiser run on the host."""


def grid(kind: InputKind) -> npt.NDArray[np.float32]:
    """Return float32 [256]: the input value of each pixel."""
    pixels = np.arange(256, dtype=np.float32)
    return pixels / np.float32(255) if kind is InputKind.UINT8_255 else pixels


def grid_unit(kind: InputKind) -> int:
    """Return what a pixel is divided by."""
    return 255 if kind is InputKind.UINT8_255 else 1


def require_grid(
    x: npt.NDArray[np.float32],
    kind: InputKind,
    first: int = 0,
    buffer: npt.NDArray[np.float32] | None = None,
) -> None:
    """Refuse images with an element that is not exactly on the grid.

    Args:
        x: [N, ...].
        kind: what it must be made of.
        first: number of the first image, for messages.
        buffer: memory of the same shape to work in.

    Raises:
        HwBnnError: naming the element's place and value.
    """
    unit = np.float32(grid_unit(kind))
    nearest = np.multiply(x, unit, out=buffer)
    np.rint(nearest, out=nearest)
    nearest /= unit
    off = nearest != x  # NaN is not equal to itself
    if not off.any() and _within(x, grid(kind)[-1]):
        return
    off |= (x < 0) | (x > grid(kind)[-1])
    if not off.any():
        return  # only zeros with a sign
    place = np.unravel_index(int(np.argmax(off)), x.shape)
    shown = (first + int(place[0]), *(int(i) for i in place[1:]))
    raise HwBnnError(
        f"input {shown} is {x[place]:.9g}, which is not on the grid of "
        f"--input {kind}; give pixels in that form, or build with --input float"
    )


def to_pixels(
    x: npt.NDArray[np.float32], kind: InputKind, first: int = 0
) -> npt.NDArray[np.float32]:
    """Return the pixels that images are made of, as whole float32 numbers; see require_grid."""
    require_grid(x, kind, first)
    pixels: npt.NDArray[np.float32] = np.rint(x * np.float32(grid_unit(kind)))
    return pixels


def _within(x: npt.NDArray[np.float32], largest: np.float32) -> bool:
    """Whether 0 <= x <= largest everywhere; -0.0 counts as below.

    One pass over the bit patterns: from 0 up they rise with the value, negative ones lie above.
    """
    patterns = np.ascontiguousarray(x).view(np.uint32)
    return bool(patterns.max(initial=0) <= largest.view(np.uint32))


def split_head(network: Network) -> tuple[tuple[NodeProto, ...], NodeProto | None]:
    """Return the head without its last Pad, and the Pad.

    Raises:
        HwBnnError: for a pool, or padding that is not the last node before the first layer.
    """
    head = network.head
    pad = head[-1] if head and head[-1].op_type == "Pad" else None
    acting = head[:-1] if pad is not None else head
    for node in acting:
        if node.op_type not in ELEMENTWISE | MOVES:
            raise HwBnnError(
                f"node {node.name}: {node.op_type} before the input's quantiser is not supported; "
                "move it behind"
            )
    return acting, pad


def pixel_thresholds(
    network: Network, acting: Sequence[NodeProto], kind: InputKind
) -> tuple[Thresholds, Levels]:
    """Tabulate the head of a network.

    Returns:
        Thresholds on the pixel for each channel (axis 1) of the first layer's input, and the
        levels that they lead to.

    Raises:
        HwBnnError: if the levels are not few, if an element both rises and falls with the pixel,
            or if the elements of one channel differ.
    """
    shape = network.input_shape[1:]
    values = np.broadcast_to(grid(kind).reshape(-1, *[1] * len(shape)), (256, *shape))
    batch = max(1, _ELEMENTS // math.prod(shape))
    parts = [np.ascontiguousarray(values[start : start + batch]) for start in range(0, 256, batch)]
    if acting:
        chain = sub_model(network.model, acting, network.input_shape, "the input's quantiser")
        parts = [run_finite(with_batch(chain, len(part)), part) for part in parts]
    table = np.concatenate(parts)
    table = table.reshape(256, table.shape[1] if table.ndim > 1 else 1, -1)
    levels = find_levels(table, _INPUT, MOST_INPUT_LEVELS)
    if (table != table[:, :, :1]).any():
        raise HwBnnError(
            f"{_INPUT} is quantised differently at different positions of one channel; build with "
            "--input float"
        )
    table = table[:, :, 0]
    rise = np.diff(table, axis=0)
    if not rise.any():
        raise HwBnnError(
            f"{_INPUT} is the same for every pixel of --input {kind}: the model wants another "
            "form; choose another --input"
        )
    falls = np.asarray((rise < 0).any(axis=0))
    mixed = falls & (rise > 0).any(axis=0)
    if mixed.any():
        raise HwBnnError(
            f"{_INPUT}, channel {int(np.argmax(mixed))}, both rises and falls with the pixel; use "
            "a monotonic quantiser or build with --input float"
        )
    if falls.any() and levels.lo != -levels.hi:
        raise HwBnnError(
            f"{_INPUT}, channel {int(np.argmax(falls))}, falls with the pixel into the levels "
            f"{levels.lo}..{levels.hi}; invert the images, or build with --input float"
        )
    pixels = np.arange(257, dtype=np.int64)
    return read_thresholds(Table(table, pixels, falls), levels, "input"), levels


def float_levels(network: Network, acting: Sequence[NodeProto]) -> Levels:
    """Return the levels that a head of floats ends in.

    Raises:
        HwBnnError: if the head does not end in a quantiser.
    """
    last = [node for node in acting if node.op_type in ELEMENTWISE][-1:]
    if not last or last[0].op_type not in QUANTISERS:
        where = last[0].name if last else "the input"
        raise HwBnnError(
            f"float activations reach layer {network.layers[0].name} from {where}; end the input "
            "with a quantiser (BipolarQuant, Quant), or say what the input is made of with --input"
        )
    if last[0].op_type == "Sign":
        return Levels(-1, 1, 1, 1.0)  # the sign of 0 is 0
    model = sub_model(network.model, acting, network.input_shape, "head")
    ramp = np.linspace(-1, 1, int(np.prod(network.input_shape)), dtype=np.float32)
    probes = [ramp.reshape(network.input_shape) * np.float32(10.0**power) for power in range(-3, 6)]
    return find_levels(
        np.stack([run_model(model, probe) for probe in probes]), _INPUT, MOST_INPUT_LEVELS
    )
