# SPDX-License-Identifier: BSD-3-Clause
"""The trained network beside the network that was exported from it."""

from __future__ import annotations

import copy
import dataclasses

import pytest
import torch
from brevitas.nn import QuantConv2d
from qonnx.core.modelwrapper import ModelWrapper
from torch import nn

from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import code_scales, to_integer
from hw_bnn.export.model import tidy
from hw_bnn.export.network import read_network
from hw_bnn.export.source import to_qonnx
from hw_bnn.golden import Golden
from hw_bnn.nn.layers import BatchNorm, BinaryActivation, BinaryLinear
from hw_bnn.nn.quantizers import BinaryWeightQuant
from hw_bnn.nn.thresholds import ShiftThreshold
from hw_bnn.verify.boundaries import boundaries
from hw_bnn.verify.comparison import compare, with_trained
from hw_bnn.verify.stages import Observed, units
from hw_bnn.verify.ties import Ties
from hw_bnn.verify.trained import Trained
from tests.verify.planting import pixels

SHAPE = (1, 8, 8)


def draw(norm2d=nn.BatchNorm2d, norm1d=BatchNorm) -> nn.Sequential:
    """A convolution, a pool and two matrices; means are integers, so that sums meet thresholds."""
    torch.manual_seed(3)
    model = nn.Sequential(
        BinaryActivation(ShiftThreshold(0.5)),
        QuantConv2d(1, 40, 3, bias=False, weight_quant=BinaryWeightQuant),
        norm2d(40),
        BinaryActivation(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        BinaryLinear(360, 20),
        norm1d(20),
        BinaryActivation(),
        BinaryLinear(20, 4),
    )
    for norm, means in ((model[2], 9), (model[7], 20)):
        count = len(norm.weight)
        norm.running_mean = 2.0 * torch.randint(-means // 2, means // 2, (count,)) + means % 2
        norm.running_var = torch.rand(count) + 0.5
        norm.weight.data = torch.rand(count) - 0.5
        norm.bias.data.zero_()
    return model.eval()


class Case:
    """A network in torch, and what was exported from it."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        source = read_network(tidy(ModelWrapper(to_qonnx(model, SHAPE))))
        self.source = source
        integer = to_integer(source, InputKind.UINT8_255)
        self.golden = Golden(integer)
        self.boundaries = boundaries(read_network(integer))
        self.scales = code_scales(integer)
        self.units = units(source, self.scales)

    def compare(self, images, model: nn.Module | None = None):
        activations = [layer.activation.levels for layer in self.golden.layers[:-1]]
        levels = zip([self.golden.head.levels, *activations], self.scales, strict=True)
        levels = [dataclasses.replace(each, scale=scale) for each, scale in levels]
        ties = Ties(Trained(model or self.model, self.boundaries, self.units), self.source, levels)
        stages = with_trained(ties, Observed(self.source, self.units), images)
        tallies, _ = compare(stages, self.boundaries, 64)
        return tallies["QONNX"], ties.explain()


@pytest.fixture(scope="module")
def exact():
    """With norms that every executor computes alike."""
    return Case(nn.Sequential(*draw()[:2], Affine2d(draw()[2]), *draw()[3:]))


class Affine2d(nn.Module):
    """One Mul and one Add."""

    def __init__(self, norm: nn.BatchNorm2d) -> None:
        super().__init__()
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        self.register_buffer("scale", scale.detach().view(-1, 1, 1))
        self.register_buffer("offset", (-norm.running_mean * scale).detach().view(-1, 1, 1))

    def forward(self, x):
        return x * self.scale + self.offset


@pytest.fixture(scope="module")
def ambiguous():
    """With torch's own BatchNorm2d."""
    return Case(draw())


IMAGES = pixels(200, SHAPE)


def test_a_network_agrees_with_its_export_at_every_boundary(exact):
    tally, (points, explained) = exact.compare(IMAGES)
    row = tally.row()
    assert [layer["samples"] for layer in row["layers"]] == [200] * 5
    assert (row["mismatches"], row["first"], points, explained) == (0, None, [], False)


def weight(layer, channel):
    def change(model):
        model[layer].weight.data[channel] *= -1

    return change


def threshold(model):
    model[0].threshold.t += 0.1


def norm(model):
    model[7].bias.data[11] += 0.9


@pytest.mark.parametrize(
    ("change", "layer", "channels"),
    [
        (weight(1, 7), 1, [7]),
        (weight(6, 3), 2, [3]),
        (weight(9, 2), 3, [2]),
        (norm, 2, [11]),
        (threshold, 0, [0]),
    ],
)
def test_another_trained_network_is_located(exact, change, layer, channels):
    other = copy.deepcopy(exact.model)
    change(other)
    tally, (_, explained) = exact.compare(IMAGES, other)
    first = tally.row()["first"]
    assert first["layer"] == exact.boundaries[layer].name
    assert first["channels"] == channels
    assert not explained


def test_ties_of_the_source_are_listed(ambiguous):
    """Each listed point is one: torch's own layers and the exported ones differ on that sum."""
    tally, (points, explained) = ambiguous.compare(IMAGES)
    row = tally.row()
    assert row["mismatches"] > 0
    assert explained
    assert points
    norm, conv = ambiguous.model[2], ambiguous.source.layers[0]
    for point in points:
        assert point["layer"] == conv.name
        assert {point["trained"], point["qonnx"]} == {-1, 1}
        assert point["sum"] == norm.running_mean[point["channel"]]
        sums = torch.full((1, 40, 1, 1), float(point["sum"]))
        code = 1 if norm(sums)[0, point["channel"]] >= 0 else -1
        assert code == point["trained"]
    assert set(row["first"]["channels"]) <= {point["channel"] for point in points}


def test_a_fault_beside_ties_is_not_excused(ambiguous):
    for change in (norm, weight(6, 3), weight(9, 2), threshold):
        other = copy.deepcopy(ambiguous.model)
        change(other)
        _, (points, explained) = ambiguous.compare(IMAGES, other)
        assert not explained
        assert points


def test_a_mean_that_is_off_by_a_thousandth_is_no_rounding(ambiguous):
    other = copy.deepcopy(ambiguous.model)
    other[2].running_mean += 0.002 * torch.sign(other[2].weight.detach())
    tally, (points, explained) = ambiguous.compare(IMAGES, other)
    assert tally.row()["mismatches"] > 0
    assert (points, explained) == ([], False)


def test_layers_that_do_not_map_are_not_seen(exact):
    """A product that is no layer of torch's: only the outputs are compared."""

    class Product(nn.Module):
        def __init__(self, linear):
            super().__init__()
            self.register_buffer("weights", linear.quant_weight().value.detach())

        def forward(self, x):
            return x @ self.weights.T

    other = nn.Sequential(*exact.model[:9], Product(exact.model[9]))
    tally, _ = exact.compare(IMAGES, other)
    assert [layer["samples"] for layer in tally.row()["layers"]] == [0, 0, 0, 0, 200]
    assert tally.row()["mismatches"] == 0
