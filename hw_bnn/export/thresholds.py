# SPDX-License-Identifier: BSD-3-Clause
"""The activation of a layer as integer thresholds, read from its tabulated chain."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.levels import Levels, find_levels
from hw_bnn.export.tabulate import Chain, sums_of, tabulate_chain, take_apart

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.export.network import Layer


BLOCK_BYTES = 2**26
"""Size of a table that is evaluated at a time."""


@dataclass(frozen=True)
class Table:
    """The values of some channels on all sums, as runs of sums with the same values.

    Attributes:
        values: float32 [runs, channels].
        sums: int64 [runs + 1], ascending: the first sum of each run, then one step beyond the
            last. All sums together are symmetric around 0 (or pixels, which never fall).
        smallest: bool [channels]; a max-pool takes the smallest.
        first_channel: number of the first channel in the layer.
    """

    values: npt.NDArray[np.float32]
    sums: npt.NDArray[np.int64]
    smallest: npt.NDArray[np.bool_]
    first_channel: int = 0


@dataclass(frozen=True)
class Thresholds:
    """The activation of a layer as integer comparisons.

    code = lo + step * (number of thresholds <= z), where z is the sum on the channel's own
    weights, negated where `inverted`; then max-pool; then times -1 where `negated`.

    Attributes:
        values: int64 [channels, steps], ascending; in the domain of z.
        inverted: bool [channels]; the source falls where the comparison must rise.
        negated: bool [channels]; the source takes the smallest of a window, not the largest.
    """

    values: npt.NDArray[np.int64]
    inverted: npt.NDArray[np.bool_]
    negated: npt.NDArray[np.bool_]


def layer_thresholds(
    model: ModelWrapper, layer: Layer, inputs: Levels
) -> tuple[Thresholds, Levels]:
    """Tabulate the chain of a hidden layer, some channels at a time.

    Args:
        model: holds the chain.
        layer: the layer.
        inputs: levels that it reads.

    Raises:
        HwBnnError: if the chain does not lead to few levels, or thresholds cannot express it.
    """
    what, chain = f"the activation after layer {layer.name}", take_apart(model, layer)
    tables = []
    for channels in _channel_blocks(layer, inputs):
        tables.append(_tabulate_runs(model, layer, chain, inputs, channels))
        find_levels(tables[-1].values, what)  # floats are refused before they fill the memory
    levels = find_levels(np.concatenate([np.unique(table.values) for table in tables]), what)
    found = [read_thresholds(table, levels, layer.name) for table in tables]
    return Thresholds(
        np.concatenate([part.values for part in found]),
        np.concatenate([part.inverted for part in found]),
        np.concatenate([part.negated for part in found]),
    ), levels


def _channel_blocks(layer: Layer, inputs: Levels) -> list[slice]:
    """Split a layer's channels so that a table of all sums of one part is of moderate size."""
    size = 4 * layer.channels * len(sums_of(layer, inputs))
    # Never one channel of several: ONNX runtime computes some functions of scalars differently.
    count = min(-(-size // BLOCK_BYTES), max(layer.channels // 2, 1))
    bounds = np.linspace(0, layer.channels, count + 1).astype(int).tolist()
    return [slice(start, end) for start, end in itertools.pairwise(bounds)]


def _tabulate_runs(
    model: ModelWrapper, layer: Layer, chain: Chain, inputs: Levels, channels: slice
) -> Table:
    """Evaluate a chain on all sums for some channels; keep where any of them changes."""
    values, smallest = tabulate_chain(model, layer, chain, inputs, channels)
    starts = np.flatnonzero((values[1:] != values[:-1]).any(axis=1)) + 1
    sums = sums_of(layer, inputs)
    kept = np.concatenate([[0], starts])
    end = sums[-1] + inputs.step
    return Table(values[kept], np.append(sums[kept], end), smallest, channels.start)


def read_thresholds(table: Table, levels: Levels, layer: str) -> Thresholds:
    """Read the thresholds of each channel from a table.

    Args:
        table: the activation at all sums.
        levels: of its values.
        layer: the layer's name, for messages.

    Raises:
        HwBnnError: if a channel both rises and falls.
    """
    codes = levels.codes(table.values)
    if table.smallest.any() and levels.lo != -levels.hi:
        channel = table.first_channel + int(np.argmax(table.smallest))
        raise HwBnnError(
            f"layer {layer}, channel {channel}: a falling function of a max-pool "
            f"into the levels {levels.lo}..{levels.hi} is not supported; pool after the quantiser"
        )
    codes[:, table.smallest] *= -1
    rise = np.diff(codes, axis=0)
    inverted = np.asarray((rise < 0).any(axis=0))
    mixed = inverted & (rise > 0).any(axis=0)
    if mixed.any():
        channel = int(np.argmax(mixed))
        raise HwBnnError(
            f"layer {layer}, channel {table.first_channel + channel}: the activation changes "
            f"direction as the sum rises ({np.count_nonzero(rise[:, channel])} flips); thresholds "
            "cannot express it: use a monotonic function"
        )
    # Threshold k lies at the first sum whose code is beyond level k; past the end: never. Where
    # the code falls, it rises with the negated sum, from the first one that is not beyond.
    bounds = levels.lo + levels.step * np.arange(1, levels.steps + 1)
    beyond = np.stack([np.count_nonzero(codes >= bound, axis=0) for bound in bounds], axis=1)
    rising, falling = table.sums[len(codes) - beyond], table.sums[beyond]
    mirrored = table.sums[0] + table.sums[-1] - falling
    return Thresholds(np.where(inverted[:, None], mirrored, rising), inverted, table.smallest)
