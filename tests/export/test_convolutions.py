# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest

from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import to_integer
from hw_bnn.export.model import load_model, run_batches, save_model
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden
from tests.networks import Graph, signs

RNG = np.random.default_rng(0)


def import_model(path, kind):
    source = load_model(path)
    integer = to_integer(read_network(source), InputKind(kind))
    target = path.with_name("integer.onnx")
    save_model(integer, target)
    return source, load_model(target)


def conv_net(**convolution):
    g = Graph((2, 6, 6), 13)
    g.binarise()
    g.add("Conv", signs(RNG, 3, 2, 3, 3), name="features", kernel_shape=[3, 3], **convolution)
    return g


def finish(g, features):
    g.binarise()
    g.add("Flatten", axis=1)
    g.matmul(signs(RNG, features, 2))
    return g


def refuse(g, tmp_path, pattern, kind="float"):
    with pytest.raises(HwBnnError, match=pattern) as caught:
        import_model(g.save(tmp_path / "m.onnx"), kind)
    assert "\n" not in str(caught.value)


def test_zero_padding_of_a_binary_convolution_is_refused(tmp_path):
    g = finish(conv_net(pads=[1, 1, 1, 1]), 3 * 36)
    refuse(g, tmp_path, r"layer features: zero padding \[?\(?1, 1, 1, 1.*pad with -1 or \+1")


def test_padding_with_a_value_that_is_no_level_is_refused(tmp_path):
    g = Graph((2, 6, 6), 13)
    g.binarise()
    g.add("Pad", np.array([0, 0, 1, 1, 0, 0, 1, 1]), np.float32(0.5), name="frame")
    g.add("Conv", signs(RNG, 3, 2, 3, 3), kernel_shape=[3, 3])
    refuse(finish(g, 3 * 36), tmp_path, r"node frame: pads with 0\.5.*levels -1, 1")


@pytest.mark.parametrize(
    ("options", "pattern"),
    [
        ({"dilations": [2, 2]}, r"node features: dilations \[2, 2\]"),
        ({"auto_pad": "SAME_UPPER"}, r"node features: auto_pad SAME_UPPER"),
    ],
)
def test_windows_without_hardware_are_refused(tmp_path, options, pattern):
    features = 3 * (4 if "dilations" in options else 36)
    refuse(finish(conv_net(**options), features), tmp_path, pattern)


def test_groups_are_refused(tmp_path):
    g = Graph((2, 6, 6), 13)
    g.binarise()
    g.add("Conv", signs(RNG, 2, 1, 3, 3), name="depthwise", kernel_shape=[3, 3], group=2)
    refuse(finish(g, 2 * 16), tmp_path, r"node depthwise: Conv with 2 groups")


def test_a_transpose_of_a_square_map_moves_elements(tmp_path):
    """Its shape does not change, its elements do."""
    g = conv_net()
    g.binarise()
    g.add("Transpose", perm=[0, 1, 3, 2])
    source, integer = import_model(finish(g, 3 * 16).save(tmp_path / "m.onnx", 2), "float")
    images = RNG.normal(size=(6, 2, 6, 6)).astype(np.float32)
    expected = run_batches(source, images, 1)
    np.testing.assert_array_equal(run_batches(integer, images, 1), expected)
    np.testing.assert_array_equal(Golden(integer).run(images), expected)
