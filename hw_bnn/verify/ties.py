# SPDX-License-Identifier: BSD-3-Clause
"""Where a source is ambiguous: sums that lie exactly on a threshold, which rounding decides.

Torch and ONNX runtime round BatchNormalization differently. A sum that meets its threshold exactly
may then give one code here and another there. The exported network is what counts for everything
after it; these points are listed apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.export.levels import Levels
from hw_bnn.export.tabulate import sums_of, tabulate, take_apart
from hw_bnn.verify.tally import Tally

if TYPE_CHECKING:
    from hw_bnn.export.network import Network
    from hw_bnn.verify.boundaries import Values
    from hw_bnn.verify.trained import Trained

ROUNDING = 2.0**-20
"""Relative to the largest sum, a distance from a threshold that rounding in float32 explains: it
is sixteen times the error of one rounding, and batch-norm rounds a handful of times."""

LISTED = 1000

OUTPUT_ROUNDING = 1e-5
"""Relative difference of outputs, which have no thresholds, that rounding explains."""


class Ties:
    """Finds out whether ties explain why a trained network and its source differ."""

    def __init__(self, trained: Trained, network: Network, inputs: Sequence[Levels]) -> None:
        """Start with nothing compared.

        Args:
            trained: the network in torch.
            network: the source.
            inputs: the levels that each layer reads, with the source's scale.
        """
        self.trained, self.network, self.inputs = trained, network, inputs
        self._tally = Tally("source", "trained", trained.boundaries)

    def add(self, start: int, images: npt.NDArray[np.float32], source: Values) -> None:
        """Compare layer by layer: torch's layers read what the source's layers read.

        Args:
            start: number of the first image.
            images: prepared images on which the two differ.
            source: the source's values for them.
        """
        self._tally.add(start, source, self.trained.run(images, source))

    def explain(self) -> tuple[list[dict[str, Any]], bool]:
        """Return the ambiguous points, and whether they are all that differs.

        The points are those of `ambiguous_points`, of the layers that differ on an image; LISTED
        at most of each.
        """
        points: list[dict[str, Any]] = []
        explained = bool(any(wrong.any() for wrong in self._tally.wrong))
        last = len(self.network.layers) - 1
        for index, wrong in enumerate(self._tally.wrong):
            if not wrong.any():
                continue
            if index == 0 or index == last + 1 or not self.trained.whole:  # no table leads there
                explained = False
                continue
            layer = min(index - 1, last)
            found, all_ties = ambiguous_points(
                self.trained, self.network, layer, self.inputs[layer]
            )
            channels = {point["channel"] for point in found}
            seen = self._tally.boundaries[index].channels(wrong).tolist()
            explained &= all_ties and channels.issuperset(seen)
            points += found[:LISTED]
        return points, explained


def ambiguous_points(
    trained: Trained, network: Network, layer: int, inputs: Levels
) -> tuple[list[dict[str, Any]], bool]:
    """Tabulate what follows a layer in torch and in the source; find the ties that they decide.

    A tie is a sum that has a threshold within ROUNDING, of torch's network in float64 and of the
    source in the float32 that it is given in.

    Args:
        trained: after a run that saw every layer.
        network: the source.
        layer: number of the layer.
        inputs: the levels that it reads, with the source's scale.

    Returns:
        Layer, channel, sum and the value in both for every tie that gives different values, and
        whether nothing else differs.
    """
    source = network.layers[layer]
    unit = np.float32(source.scale * inputs.scale)
    last = layer + 1 == len(network.layers)

    unit_after = np.float32(trained.units[layer + 2 if last else layer + 1])

    def source_table(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(_source_table(network, layer, values) / unit_after)

    sums = sums_of(source, inputs)
    values = sums.astype(np.float32) * unit
    torchs, onnxs = trained.table(layer, values), source_table(values)
    rows, channels = np.nonzero(torchs != onnxs)
    if not len(rows):
        return [], True
    if last:
        ties = np.abs(torchs - onnxs) <= OUTPUT_ROUNDING * np.maximum(np.abs(onnxs), 1)
    else:
        exact = values.astype(np.float64)
        margin = ROUNDING * float(np.abs(exact).max())
        ties = trained.table(layer, exact - margin) != trained.table(layer, exact + margin)
        # Its own rounding adds to the source's distance.
        low, high = ((exact + side * 2 * margin).astype(np.float32) for side in (-1, 1))
        ties &= source_table(low) != source_table(high)
    points = [
        {
            "layer": source.name,
            "channel": int(channel),
            "sum": int(sums[row]),
            "trained": float(torchs[row, channel]),
            "qonnx": float(onnxs[row, channel]),
        }
        for row, channel in zip(rows, channels, strict=True)
        if ties[row, channel]
    ]
    return points, len(points) == len(rows)


def _source_table(
    network: Network, layer: int, values: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    source = network.layers[layer]
    chain = take_apart(network.model, source)
    grid = np.repeat(values[:, None], source.channels, axis=1)
    nodes: Sequence[Any] = (*chain.before, *chain.after)
    return tabulate(network.model, nodes, grid, source)
