# SPDX-License-Identifier: BSD-3-Clause
"""What stays on the host: codes for the pixels before the accelerator, a scale behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.model import load_model
from hw_bnn.export.network import read_network
from hw_bnn.export.tabulate import sums_of, tabulate, take_apart
from hw_bnn.golden import Golden

if TYPE_CHECKING:
    from hw_bnn.build.plan import Streams

_LARGE = np.float32(2.0**60)
"""A sum beside which every offset vanishes."""

_ROUNDING = 1e-5
"""Of the largest output: what the order of float32 operations may make of a scale and an offset."""


def host(integer: Path, streams: Streams) -> dict[str, Any]:
    """Return what a driver does beside the two streams.

    Args:
        integer: the integer network's file.
        streams: of the accelerator.

    Returns:
        `input_codes`, the unsigned code of each pixel 0..255, or a list of these for each channel,
        if the input is made of pixels and the accelerator takes codes. `input_order`, the place in
        the image, flat, of each element of the stream's `shape`, if they change places.
        `output_scale` and `output_offset`, for each channel or for all: the source's output is
        scale * z + offset, z = base + factor * u the value of the output stream, but for float32's
        rounding (at most _ROUNDING); absent if it gives the class, or if what follows the sums is
        not linear.
    """
    golden = Golden.load(integer)
    head = golden.head
    facts: dict[str, Any] = {}
    if head.kind is not InputKind.FLOAT:
        if not streams.quantises:
            facts["input_codes"] = _shared(head.table)
        if (head.order != np.arange(len(head.order))).any():
            facts["input_order"] = head.order.tolist()
    if streams.output.layer == golden.layers[-1].product.name:
        facts |= _scales(integer, golden)
    return facts


def _scales(integer: Path, golden: Golden) -> dict[str, Any]:
    network = read_network(load_model(integer))
    layer = network.layers[-1]
    chain = take_apart(network.model, layer)

    def outputs(sums: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        values = np.repeat(sums.astype(np.float32)[:, None], layer.channels, axis=1)
        return tabulate(network.model, (*chain.before, *chain.after), values, layer)

    try:
        offset, large = outputs(np.array([0, _LARGE]))
    except HwBnnError:  # not finite
        return {}
    scale = large / _LARGE
    before = golden.layers[-2].activation if len(golden.layers) > 1 else None
    sums = sums_of(layer, before.levels if before is not None else golden.head.levels)
    expected = outputs(sums)
    error = np.abs(scale * sums.astype(np.float32)[:, None] + offset - expected).max()
    if error > _ROUNDING * np.abs(expected).max():
        return {}
    return {"output_scale": _shared(scale), "output_offset": _shared(offset)}


def _shared(values: npt.NDArray[Any]) -> Any:
    """Return what stands there for each channel, once if all are equal."""
    return (values[0] if (values == values[0]).all() else values).tolist()
