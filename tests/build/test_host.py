# SPDX-License-Identifier: BSD-3-Clause
"""What streams.json says of the host makes the source's outputs of raw pixels."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from hw_bnn.build.host import host
from hw_bnn.build.pipeline import import_network
from hw_bnn.data import load
from hw_bnn.export.execute import execute
from hw_bnn.export.model import load_model, save_model
from hw_bnn.golden import Golden
from tests.networks import Graph, signs

RNG = np.random.default_rng(8)


def network(order, tail):
    """64 pixels, in the image's order or another, each with a threshold of its own."""
    g = Graph((1, 8, 8))
    if order:
        g.add("Transpose", perm=[0, 1, 3, 2])
    g.add("Flatten", axis=1)
    g.add("Sub", (RNG.integers(0, 256, (1, 64)) / 255).astype(np.float32))
    g.add("Mul", RNG.choice([-1, 1], (1, 64)).astype(np.float32))
    g.binarise()
    g.matmul(signs(RNG, 64, 9))
    g.binarise()
    g.matmul(signs(RNG, 9, 10), name="last")
    if tail == "scalar":
        g.add("Mul", np.float32(0.3))
        g.add("Add", np.float32(-0.7))
    elif tail == "per class":
        g.add("Mul", RNG.normal(size=10).astype(np.float32))
        g.add("Add", RNG.normal(size=(1, 10)).astype(np.float32))
    elif tail != "nothing":
        g.add(tail)
    return g


def facts(tmp_path, g, *, kind="uint8/255", quantises=False, layer="last"):
    source = g.save(tmp_path / "m.onnx", 10)
    save_model(import_network(source, kind), tmp_path / "integer.onnx")
    streams = SimpleNamespace(quantises=quantises, output=SimpleNamespace(layer=layer))
    return source, host(tmp_path / "integer.onnx", streams)


@pytest.mark.parametrize("order", [False, True])
@pytest.mark.parametrize("tail", ["nothing", "scalar", "per class"])
def test_pixels_become_the_outputs_of_the_source(tmp_path, order, tail):
    source, given = facts(tmp_path, network(order, tail))
    assert ("input_order" in given) == order
    assert isinstance(given["output_scale"], list) == (tail == "per class")
    pixels = load("digits").test_array()[:50]
    flat = pixels.reshape(50, 64)[:, given.get("input_order", range(64))]
    u = np.array(given["input_codes"])[np.arange(64), flat]
    golden = Golden.load(tmp_path / "integer.onnx")
    *_, z = golden.activations(golden.head.levels.lo + golden.head.levels.step * u)
    scale, offset = (np.float32(given[key]) for key in ("output_scale", "output_offset"))
    model = load_model(source)
    for row, image in zip(scale * z.astype(np.float32) + offset, pixels, strict=True):
        found = execute(model, image[None].astype(np.float32) / np.float32(255))
        np.testing.assert_array_equal(row[None], found[model.graph.output[0].name])


def test_one_table_is_enough_for_equal_channels(tmp_path):
    g = Graph((2, 4, 4))
    g.add("Sub", np.float32(100))
    g.binarise()
    g.add("Conv", signs(RNG, 3, 2, 3, 3), kernel_shape=[3, 3])
    g.binarise()
    g.add("Flatten", axis=1)
    g.matmul(signs(RNG, 12, 10), name="last")
    _, given = facts(tmp_path, g, kind="uint8")
    assert given["input_codes"] == [0] * 100 + [1] * 156


def test_what_the_accelerator_does_is_not_left_to_the_host(tmp_path):
    g = network(order=False, tail="scalar")
    assert set(facts(tmp_path, g, quantises=True)[1]) == {"output_scale", "output_offset"}
    assert set(facts(tmp_path, g, layer="label")[1]) == {"input_codes"}
    g = Graph((6,))
    g.binarise()
    g.matmul(signs(RNG, 6, 10), name="last")
    assert set(facts(tmp_path, g, kind="float")[1]) == {"output_scale", "output_offset"}


@pytest.mark.parametrize("tail", ["Sigmoid", "Exp", "Relu"])
def test_a_tail_that_is_not_linear_has_no_scale(tmp_path, tail):
    assert set(facts(tmp_path, network(order=False, tail=tail))[1]) == {"input_codes"}
