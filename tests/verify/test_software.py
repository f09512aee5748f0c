# SPDX-License-Identifier: BSD-3-Clause
"""Faults planted in software stages are found, and located at exactly their layer and channel."""

from __future__ import annotations

import numpy as np
import pytest
from qonnx.core.onnx_exec import execute_onnx

from tests.verify.planting import (
    Flow,
    change,
    convolutional,
    flipped,
    pixels,
    shifted,
    swapped,
)

NETWORK = convolutional()
IMAGES = pixels(40, NETWORK.shape)
FLOW = Flow(NETWORK.proto(3))

FAULTS = [
    ("conv_a", flipped(4, 1, 0, 2), "conv_a", [4]),
    ("conv_b", flipped(2, 1, 0, 2), "conv_b", [2]),
    ("dense_a", flipped(5, 3), "dense_a", [5]),
    ("dense_b", flipped(1, 3), "dense_b", [1]),
    ("conv_b", swapped(1, 3), "conv_b", [1, 3]),
    ("dense_a", swapped(0, 6), "dense_a", [0, 6]),
    ("conv_a_threshold", shifted(3, 2), "conv_a", [3]),
    ("conv_b_threshold", shifted(3, -2), "conv_b", [3]),
    ("dense_a_threshold", shifted(3, 2), "dense_a", [3]),
    ("input_threshold", shifted(0, 1), "input", [0, 1]),
]


def names(row):
    return [layer["layer"] for layer in row["layers"]]


def test_sound_stages_agree_at_every_boundary():
    for row in FLOW.copy().rows(IMAGES).values():
        assert names(row) == ["input", "conv_a", "conv_b", "dense_a", "dense_b", "outputs"]
        assert row["mismatches"] == 0
        assert row["first"] is None
        assert all(layer["samples"] == len(IMAGES) for layer in row["layers"])
        assert not any(layer["mismatches"] for layer in row["layers"])


@pytest.mark.parametrize(("node", "fault", "layer", "channels"), FAULTS)
def test_a_fault_in_the_integer_network_is_located(node, fault, layer, channels):
    flow = FLOW.copy()
    change(flow.integer, node, fault)
    rows = flow.rows(IMAGES)
    assert rows["golden"]["mismatches"] == 0
    check(rows["integer QONNX"], layer, channels)


@pytest.mark.parametrize(("node", "fault", "layer", "channels"), FAULTS)
def test_a_fault_in_the_golden_executors_file_is_located(node, fault, layer, channels):
    flow = FLOW.copy()
    change(flow.for_golden, node, fault)
    rows = flow.rows(IMAGES)
    assert rows["integer QONNX"]["mismatches"] == 0
    check(rows["golden"], layer, channels)


def check(row, layer, channels):
    first, before = row["first"], names(row).index(layer)
    assert row["mismatches"] > 0
    assert (first["layer"], first["channels"]) == (layer, channels)
    assert first["channels_in_all"] == len(channels)
    assert first["channel"] in channels
    assert not any(entry["mismatches"] for entry in row["layers"][:before])
    assert 0 < row["layers"][before]["mismatches"] <= row["mismatches"]


@pytest.mark.parametrize("node", ["conv_a", "conv_b", "dense_a", "dense_b"])
def test_a_fault_in_the_source_shows_in_all_that_was_made_from_it_before(node):
    flow = FLOW.copy()
    change(flow.source, node, flipped(0, 1) if node.startswith("dense") else flipped(0, 1, 0, 0))
    for row in flow.rows(IMAGES).values():
        check(row, node, [0])


def test_the_place_is_where_the_reference_says():
    """Position, sample and both values, read from the arrays themselves."""
    flow = FLOW.copy()
    change(flow.integer, "conv_b", flipped(2, 1, 0, 2))
    row = flow.rows(IMAGES)["integer QONNX"]
    first = row["first"]
    codes = {}
    for name, model in (("found", flow.integer), ("expected", flow.for_golden)):
        image = IMAGES[first["sample"]][None]
        context = execute_onnx(model, {"image": image}, return_full_exec_context=True)
        before_moves = next(n for n in model.graph.node if n.op_type == "Transpose").input[0]
        codes[name] = context[before_moves][0]
    place = (first["channel"], *first["position"])
    assert len(place) == 3
    for name, values in codes.items():
        assert values[place] == first[name]
    elements = np.argwhere(codes["found"] != codes["expected"])
    assert place in [tuple(int(i) for i in element) for element in elements]


def test_the_size_of_chunks_does_not_matter():
    flow = FLOW.copy()
    change(flow.integer, "conv_a_threshold", shifted(3, 2))
    assert flow.rows(IMAGES, 1) == flow.rows(IMAGES, 7) == flow.rows(IMAGES, 1000)
