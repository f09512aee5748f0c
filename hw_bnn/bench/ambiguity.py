# SPDX-License-Identifier: BSD-3-Clause
"""Where torch and ONNX runtime disagree about a source: sums that round to either side.

Both run every sum that can occur through what follows a layer. With torch's own BatchNorm, whose
rounding ONNX does not define, sums on a threshold or within a rounding of it may give different
activations: the source is ambiguous there, and every later stage keeps ONNX runtime's answer. Which
sums may differ is found without comparing the two: torch's modules run once more in float64, at
ROUNDING times the largest sum to either side of each sum. Where both sides give one activation, no
threshold is near, and torch and ONNX runtime must agree.
"""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from hw_bnn.bench.networks import Drawn
from hw_bnn.export.network import Network
from hw_bnn.export.tabulate import sums_of, tabulate_chain, take_apart
from hw_bnn.golden import Golden
from hw_bnn.nn.layers import BinaryActivation
from hw_bnn.verify.ties import ROUNDING

PLACES = (nn.MaxPool2d, nn.Flatten)
"""Modules that choose or move elements and change none."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Survey:
    """All sums of one layer.

    Attributes:
        layer: the source's name.
        sums: [n], ascending: the values that the source's sums may take.
        differs: bool [n, channels]: torch's activation is another.
        near: bool [n, channels]: a threshold lies within rounding of the sum.
        ties: how many of the n * channels lie exactly on a threshold in torch.
    """

    layer: str
    sums: npt.NDArray[np.float32]
    differs: npt.NDArray[np.bool_]
    near: npt.NDArray[np.bool_]
    ties: int

    def points(self) -> list[tuple[str, int, float]]:
        """Return (layer, channel, sum) of the ambiguous ones."""
        places = zip(*np.nonzero(self.differs), strict=True)
        return [(self.layer, int(c), float(self.sums[s])) for s, c in places]

    @property
    def unexplained(self) -> int:
        """How many differ though no threshold is near."""
        return int(np.count_nonzero(self.differs & ~self.near))

    def at(self, sums: Tensor) -> Tensor:
        """Return 1.0 where a threshold is near the sums [N, channels, ...], else 0.0."""
        step = self.sums[1] - self.sums[0]
        rows = np.rint((sums.numpy() - self.sums[0]) / step).astype(np.int64)
        channels = np.arange(sums.shape[1]).reshape(-1, *[1] * (sums.ndim - 2))
        return torch.from_numpy(self.near[rows, channels].astype(np.float32))


@torch.inference_mode()
def torch_values(drawn: Drawn, images: npt.NDArray[np.float32]) -> list[Array]:
    """Return the input of each layer before its padding, the last layer's sums, the outputs."""
    values = [torch.from_numpy(images)]
    for stage in list(drawn.stages)[:-1]:
        values.append(stage(values[-1]))
    product, *after = drawn.stages[-1].children()
    values.append(product(values[-1]))
    values.append(nn.Sequential(*after)(values[-1]))
    return [value.numpy() for value in values[1:]]


@torch.inference_mode()
def survey(drawn: Drawn, network: Network, golden: Golden, scales: list[float]) -> list[Survey]:
    """Compare torch and ONNX runtime on every sum of every layer but the last.

    Args:
        drawn: the source in torch.
        network: the same source as ONNX.
        golden: its integer network.
        scales: of the codes that each layer reads.
    """
    activations = [layer.activation for layer in golden.layers]
    levels = [golden.head.levels, *(a.levels for a in activations if a is not None)]
    found = []
    for layer, stage, reads, scale in zip(
        network.layers[:-1], list(drawn.stages)[1:-1], levels, scales, strict=False
    ):
        reads = dataclasses.replace(reads, scale=scale)
        table, _ = tabulate_chain(network.model, layer, take_apart(network.model, layer), reads)
        sums = sums_of(layer, reads).astype(np.float32) * np.float32(scale * layer.scale)
        _, product, after = split(stage)
        shape = (len(sums), layer.channels, *[1] * (2 if isinstance(product, nn.Conv2d) else 0))
        values = torch.from_numpy(np.repeat(sums, layer.channels).reshape(shape))
        *before, quantiser = [module for module in after if not isinstance(module, PLACES)]
        tied = _ties(quantiser, nn.Sequential(*before)(values))
        result = nn.Sequential(*before, quantiser)(values).numpy().reshape(table.shape)
        near = _near([*before, quantiser], values).numpy().reshape(table.shape)
        found.append(Survey(layer.name, sums, result != table, near, int(tied.sum())))
    return found


def _near(chain: list[nn.Module], sums: Tensor) -> Tensor:
    """Return where the chain, in float64, changes within rounding of a sum."""
    exact = copy.deepcopy(nn.Sequential(*chain)).double()
    sums = sums.double()
    margin = ROUNDING * sums.abs().max()
    changes: Tensor = exact(sums - margin) != exact(sums + margin)
    return changes


@torch.inference_mode()
def unexplained(drawn: Drawn, surveys: list[Survey], values: list[Array]) -> tuple[int, int, int]:
    """Run torch's layers on the inputs that ONNX runtime gave them.

    Args:
        drawn: the source in torch.
        surveys: of its layers but the last.
        values: as torch_values returns them, but of ONNX runtime.

    Returns:
        Boundaries, values compared, and values that differ where no threshold is near.
    """
    boundaries, differing = 1, 0
    for stage, table, given, expected in zip(
        list(drawn.stages)[1:-1], surveys, values, values[1:], strict=False
    ):
        pads, product, after = split(stage)
        result = sums = nn.Sequential(*pads, product)(torch.from_numpy(given))
        excused = table.at(sums)
        for module in after:
            result = module(result)
            excused = module(excused) if isinstance(module, PLACES) else excused
        differing += int(np.count_nonzero((result.numpy() != expected) & (excused.numpy() == 0)))
        boundaries += 1
    product, *after = drawn.stages[-1].children()
    sums = product(torch.from_numpy(values[len(surveys)]))
    outputs = nn.Sequential(*after)(sums)
    for result, expected in zip((sums, outputs), values[-2:], strict=True):
        differing += int(np.count_nonzero(result.numpy() != expected))
    return boundaries + 2, sum(value.size for value in values), differing


def split(stage: nn.Module) -> tuple[list[nn.Module], nn.Module, list[nn.Module]]:
    """Take a layer's stage apart: padding, product, what follows."""
    modules = list(stage.children())
    place = int(isinstance(modules[0], nn.ConstantPad2d))
    return modules[:place], modules[place], modules[place + 1 :]


def _ties(quantiser: Any, x: Tensor) -> Tensor:
    """Return where x lies exactly on a threshold of the quantiser."""
    if isinstance(quantiser, BinaryActivation):
        shifted: Tensor = quantiser.threshold(x)
        return shifted == 0
    steps: Tensor = x / quantiser.act_quant.scale()
    tied: Tensor = (steps - steps.floor() == 0.5) & (quantiser(x) != quantiser(x + 1e6))
    return tied
