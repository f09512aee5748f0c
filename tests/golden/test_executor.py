# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from qonnx.core.modelwrapper import ModelWrapper

from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import to_integer
from hw_bnn.export.model import load_model, run_batches, save_model
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden, executor
from tests.networks import small_network


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """(drawn network, integer network as loaded from its file)."""
    folder = tmp_path_factory.mktemp("golden")
    drawn = small_network(seed=4)
    integer = to_integer(
        read_network(load_model(drawn.save(folder / "m.onnx"))), InputKind(drawn.kind)
    )
    save_model(integer, folder / "integer.onnx")
    return drawn, load_model(folder / "integer.onnx")


def slow_layers(model, bits):
    """Every layer's output by plain integer arithmetic on the file's own constants."""
    products = model.get_nodes_by_op_type("MatMul")
    thresholds = model.get_nodes_by_op_type("MultiThreshold")[1:]
    values = 2 * bits.astype(np.int64) - 1
    outputs = []
    for index, product in enumerate(products):
        weights = model.get_initializer(product.input[1]).astype(np.int64)
        sums = values @ weights
        if index == len(products) - 1:
            outputs.append(sums)
            break
        levels = model.get_initializer(thresholds[index].input[1]).reshape(-1)
        values = np.where(sums >= levels, 1, -1)
        outputs.append(values)
    return outputs


def test_every_layer_is_plain_integer_arithmetic(network):
    _, model = network
    golden = Golden(model)
    bits = np.random.default_rng(0).random((40, 12)) < 0.5
    codes = 2 * bits.astype(np.int32) - 1
    found, expected = list(golden.activations(codes)), slow_layers(model, bits)
    assert len(found) == len(expected) == 3
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any(-1 < layer.mean() < 1 for layer in expected[:-1])  # layers that do something


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2300])
def test_batches_of_any_size_keep_the_order(network, count):
    drawn, model = network
    golden = Golden(model)
    numbers = np.arange(count) % len(drawn.images)
    found = golden.run(drawn.images[numbers])
    assert found.shape == (count, 3)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, run_batches(model, drawn.images)[numbers])


def test_images_may_be_pixels_or_flat(network):
    drawn, model = network
    golden = Golden(model)
    expected = golden.run(drawn.images)
    for images in (drawn.pixels, drawn.images.reshape(len(drawn.images), -1)):
        np.testing.assert_array_equal(golden.run(golden.prepare(images)), expected)


def changed(model, op_type, which, place, change):
    """A copy of a model with one value of a constant changed."""
    copy = ModelWrapper(model.model, make_deepcopy=True)
    node = copy.get_nodes_by_op_type(op_type)[which]
    value = copy.get_initializer(node.input[1]).copy()
    value[place] = change(value[place])
    copy.set_initializer(node.input[1], value)
    return copy


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_one_flipped_weight_shows(network, layer):
    drawn, model = network
    outputs, width = Golden(model).run(drawn.images), drawn.widths[layer + 1]
    seen = [
        not np.array_equal(
            Golden(changed(model, "MatMul", layer, (1, column), lambda w: -w)).run(drawn.images),
            outputs,
        )
        for column in range(width)
    ]
    assert any(seen)
    if layer == 2:  # nothing stands between a weight of the last layer and the output
        assert all(seen)


@pytest.mark.parametrize("layer", [1, 2])
def test_one_moved_threshold_shows(network, layer):
    """A popcount's threshold moved by one is a sum's threshold moved by two."""
    drawn, model = network
    golden = Golden(model)
    outputs = golden.run(drawn.images)
    seen = []
    for row in range(drawn.widths[layer]):
        other = Golden(changed(model, "MultiThreshold", layer, (row, 0), lambda t: t + 2))
        before, after = (g.layers[layer - 1].activation.thresholds for g in (golden, other))
        assert (after - before)[:, 0].tolist() == [
            2 * int(at == row) for at in range(drawn.widths[layer])
        ]
        seen.append(not np.array_equal(other.run(drawn.images), outputs))
    assert any(seen)


def test_one_moved_pixel_threshold_shows(network):
    drawn, model = network
    node = model.get_nodes_by_op_type("MultiThreshold")[0]
    level = int(model.get_initializer(node.input[1])[0, 0])
    images = np.full((1, *drawn.images.shape[1:]), level, dtype=np.uint8)
    golden = Golden(model)
    other = Golden(changed(model, "MultiThreshold", 0, (0, 0), lambda t: t + 1))
    assert (golden.codes(golden.prepare(images)) == 1).all()
    assert (other.codes(other.prepare(images)) == -1).all()


def test_chunks_and_threads_do_not_matter(network, monkeypatch):
    drawn, model = network
    expected = Golden(model).run(drawn.images)
    for images, work in ((7, executor.CHUNK_WORK), (1000, 1)):
        monkeypatch.setattr(executor, "CHUNK_IMAGES", images)
        monkeypatch.setattr(executor, "CHUNK_WORK", work)
        np.testing.assert_array_equal(Golden(model).run(drawn.images), expected)


def test_an_image_off_the_grid_is_named_in_any_chunk(network, monkeypatch):
    drawn, model = network
    images = np.repeat(drawn.images[:1], 50, axis=0)
    images[41].flat[5] += np.float32(0.001)
    monkeypatch.setattr(executor, "CHUNK_IMAGES", 7)
    with pytest.raises(HwBnnError, match=r"^input \(41, .*not on the grid"):
        Golden(model).run(images)
