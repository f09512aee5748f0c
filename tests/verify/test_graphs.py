# SPDX-License-Identifier: BSD-3-Clause
"""Faults planted in the graph of any step are found there, at exactly their layer and channel."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.steps import GRAPH_STEPS
from hw_bnn.export.model import load_model
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden
from hw_bnn.verify.boundaries import boundaries
from hw_bnn.verify.comparison import compare
from hw_bnn.verify.dataflow import graph_stages
from hw_bnn.verify.stages import Stage, golden_values
from tests.verify.planting import (
    change_graph,
    convolutional,
    exchange,
    invert_weight,
    pixels,
    raise_threshold,
    save,
)

NETWORK = convolutional()
IMAGES = pixels(60, NETWORK.shape)
NAMES = [step.rsplit(".", 1)[-1] for step in GRAPH_STEPS]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = BuildFolder(tmp_path_factory.mktemp("graphs") / "out")
    save(folder, NETWORK, 3)
    return folder


@pytest.fixture
def copy(original, tmp_path):
    """Graphs of one's own to break."""
    return BuildFolder(shutil.copytree(original.path, tmp_path / "out"))


def rows(folder, steps=GRAPH_STEPS):
    integer = load_model(folder.integer)
    golden = Golden(integer)
    count = len(IMAGES)
    stages = [Stage("golden", None, count, lambda i, j: golden_values(golden, IMAGES[i:j]))]
    for step, run in graph_stages(folder, golden, IMAGES, steps):
        stages.append(Stage(step, "golden", count, run))
    tallies, _ = compare(stages, boundaries(read_network(integer)), 32)
    return {name: tally.row() for name, tally in tallies.items()}


def test_sound_graphs_agree_at_every_boundary(original):
    found = rows(original)
    assert list(found) == NAMES
    for row in found.values():
        assert row["first"] is None
        assert all(layer["samples"] == len(IMAGES) for layer in row["layers"])


FAULTS = [
    ("conv_a", 1, invert_weight(4), [4]),
    ("conv_b", 1, invert_weight(2), [2]),
    ("dense_a", 1, invert_weight(5), [5]),
    ("dense_b", 1, invert_weight(1), [1]),
    ("conv_b", 1, exchange(1, 3), [1, 3]),
    ("dense_a", 1, exchange(0, 6), [0, 6]),
    ("conv_a", 2, raise_threshold(3), [3]),
    ("dense_a", 2, raise_threshold(3), [3]),
]


@pytest.mark.parametrize("step", NAMES)
def test_faults_in_the_graph_of_a_step_are_located(original, tmp_path, step):
    for number, (layer, operand, fault, channels) in enumerate(FAULTS):
        folder = BuildFolder(shutil.copytree(original.path, tmp_path / str(number)))
        path = folder.dataflow / "intermediate_models" / f"{step}.onnx"
        change_graph(path, layer, operand, fault)
        first = rows(folder, [step])[step]["first"]
        assert first is not None, (layer, operand)
        assert (first["layer"], first["channels"]) == (layer, channels)


def test_a_swapped_pair_of_streams_is_located_where_it_first_shows(copy):
    """Two channels of a layer's result are exchanged by weights and thresholds together."""
    path = copy.dataflow / "intermediate_models" / "step_set_folding.onnx"
    change_graph(path, "conv_a", 1, exchange(0, 2))
    change_graph(path, "conv_a", 2, lambda t: np.concatenate([t[[2, 1, 0]], t[3:]]))
    found = rows(copy)
    first = found.pop("step_set_folding")["first"]
    assert (first["layer"], first["channels"]) == ("conv_a", [0, 2])
    assert not any(row["mismatches"] for row in found.values())
