# SPDX-License-Identifier: BSD-3-Clause
"""A graph that gives classes: those of the golden executor's outputs, or a refusal."""

from __future__ import annotations

import numpy as np
import pytest

from hw_bnn.dataflow import engine
from hw_bnn.dataflow.boundaries import boundaries, execute
from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import body, to_integer
from hw_bnn.export.model import load_model
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden
from tests.networks import Graph, signs

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module", autouse=True)
def finn(tmp_path_factory):
    engine.start(tmp_path_factory.mktemp("finn"))


def network(path, tail=lambda g: None, activate=Graph.binarise):
    """Two layers, 12 inputs and 5 classes, and what `tail` adds behind them."""
    g = Graph((12,), 13)
    g.binarise()
    g.matmul(signs(RNG, 12, 8))
    activate(g)
    g.matmul(signs(RNG, 8, 5), name="last")
    tail(g)
    return to_integer(read_network(load_model(g.save(path / "m.onnx", 5))), InputKind("float"))


def select_label(integer):
    from hw_bnn.dataflow.transformations.convert_to_hardware import ConvertToHardware
    from hw_bnn.dataflow.transformations.select_label import SelectLabel

    return body(integer).transform(ConvertToHardware()).transform(SelectLabel())


def test_labels_are_those_of_the_outputs_with_the_first_of_equal_ones(tmp_path):
    integer = network(tmp_path, lambda g: g.add("Mul", np.float32(0.25)))
    golden, graph = Golden(integer), select_label(integer)
    golden.require_largest_sum_wins()
    codes = golden.codes(RNG.normal(size=(200, 12)).astype(np.float32))
    *_, sums = golden.activations(codes)
    ordered = np.sort(sums, axis=1)
    assert (ordered[:, -1] == ordered[:, -2]).any()
    found, (*_, last, label) = execute(graph, codes), boundaries(graph)
    assert (last.layer, label.layer) == ("last", "label")
    np.testing.assert_array_equal(last.codes(found[last.tensor]), sums)
    expected = golden.outputs(sums).argmax(axis=1)
    np.testing.assert_array_equal(label.codes(found[label.tensor])[:, 0], expected)


@pytest.mark.parametrize(
    "tail",
    [
        lambda g: g.add("Add", np.arange(5, dtype=np.float32)),
        lambda g: g.add("Mul", np.float32(-1)),
        lambda g: g.add("Clip", np.float32(-2), np.float32(2)),
    ],
    ids=["a bias of each class", "the smallest sum wins", "sums that become equal"],
)
def test_sums_in_another_order_than_outputs_are_refused(tmp_path, tail):
    golden = Golden(network(tmp_path, tail))
    with pytest.raises(HwBnnError, match="layer last: the class with the largest sum need not"):
        golden.require_largest_sum_wins()


def test_sums_that_begin_at_different_offsets_are_refused(tmp_path):
    """Activations 0, 1, 2: P of a row of weights says nothing without its negative ones."""

    def three_levels(g):
        g.add("MultiThreshold", np.array([[-1.0, 3.0]], dtype=np.float32), out_dtype="UINT2")

    integer = network(tmp_path, activate=three_levels)
    with pytest.raises(HwBnnError, match="layer last: label select needs one vector of sums"):
        select_label(integer)
