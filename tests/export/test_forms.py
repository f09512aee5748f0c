# SPDX-License-Identifier: BSD-3-Clause
"""Convolutional networks in the forms that files give them: opsets, constants, batch, signs."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto

from hw_bnn.bench.comparison import golden_values, onnx_values
from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import code_scales, to_integer
from hw_bnn.export.model import load_model, save_model
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden
from tests.networks import EPS, HALVES, NEWEST_OPSET, SCALES, Graph, signs

SHAPE = (2, 7, 6)


def same_everywhere(g, tmp_path, outputs, images):
    """Compare at every boundary; return the source's values there."""
    source = read_network(load_model(g.save(tmp_path / "source.onnx", outputs)))
    save_model(to_integer(source, InputKind.FLOAT), tmp_path / "integer.onnx")
    integer = load_model(tmp_path / "integer.onnx")
    expected = onnx_values(source, images)
    scales = [*code_scales(integer), source.layers[-1].scale * code_scales(integer)[-1], 1.0]
    stages = onnx_values(read_network(integer), images), golden_values(Golden(integer), images)
    for found in stages:
        for values, scale, reference in zip(found, scales, expected, strict=True):
            np.testing.assert_array_equal(values * np.float32(scale), reference)
    return expected


def norm(g, rng, channels, form):
    """The same batch-norm in one node, two, or five."""
    spread = (channels, 1, 1)
    scale, offset = rng.choice(SCALES, channels), rng.choice(HALVES, channels)
    mean, variance = rng.choice(np.arange(-4, 5), channels), rng.choice([0.5, 1, 2], channels)
    if form == "one":
        constants = [value.astype(np.float32) for value in (scale, offset, mean, variance)]
        g.add("BatchNormalization", *constants, epsilon=EPS)
    elif form == "two":
        factor = (scale / np.sqrt(variance + EPS)).astype(np.float32).reshape(spread)
        g.add("Mul", factor)
        g.add("Add", (offset - mean * factor.ravel()).astype(np.float32).reshape(spread), left=True)
    else:
        constant = g.constant(variance.astype(np.float32).reshape(spread), as_node=True)
        total = g.plain("Add", [constant, g.constant(np.float32(EPS))])
        root = g.plain("Pow", [total, g.constant(np.float32(0.5))])
        g.add("Sub", mean.astype(np.float32).reshape(spread))
        g.add("Div", root)
        g.add("Mul", scale.astype(np.float32).reshape(spread))
        g.add("Add", offset.astype(np.float32).reshape(spread))


def pad(g, value):
    amounts = [0, 0, 1, 0, 0, 0, 1, 2]
    if g.opset < 11:
        g.add("Pad", mode="constant", pads=amounts, value=value)
    else:
        g.add("Pad", g.constant(np.array(amounts), as_node=True), np.float32(value))


def clip(g):
    if g.opset < 11:
        g.add("Clip", min=-2.0, max=2.0)
    else:
        g.add("Clip", np.float32(-2), np.float32(2))


def network(opset, form="one", batch=1, transposed=False):
    """Pad, Conv with bias, norm, pool, sign; 2-bit levels; flatten; Gemm."""
    rng = np.random.default_rng(9)
    g = Graph(SHAPE, opset, batch)
    g.binarise()
    pad(g, 1.0)
    weights = g.plain("BipolarQuant", [g.constant(signs(rng, 5, 2, 3, 3), as_node=form == "five"),
                                       g.constant(np.float32(1))])  # fmt: skip
    g.add("Conv", weights, rng.choice(HALVES, 5).astype(np.float32), kernel_shape=[3, 3])
    norm(g, rng, 5, form)
    g.add("MaxPool", kernel_shape=[2, 2], strides=[2, 1])
    clip(g)
    g.binarise()
    pad(g, -1.0)
    g.add("Conv", signs(rng, 3, 5, 2, 3), strides=[1, 2])
    norm(g, rng, 3, form)
    g.add("Quant", np.float32(1), np.float32(0), np.float32(2), signed=1, narrow=1)
    elements = 3 * 4 * 3
    if transposed:
        g.add("Transpose", perm=[0, 2, 3, 1])
        g.add("Reshape", np.array([-1, elements]))
    else:
        g.add("Flatten", axis=1)
    g.add("Gemm", signs(rng, elements, 4), rng.choice(HALVES, 4).astype(np.float32))
    return g, rng.normal(size=(4, *SHAPE)).astype(np.float32)


@pytest.mark.filterwarnings("ignore:The GemmToMatMul")
@pytest.mark.parametrize("opset", range(9, NEWEST_OPSET + 1))
def test_every_opset_gives_the_same_bits(opset, tmp_path):
    form = ("one", "two", "five")[opset % 3]
    g, images = network(opset, form, batch="N" if opset % 2 else 1, transposed=opset % 4 == 0)
    boundaries = same_everywhere(g, tmp_path, 4, images)
    assert all(len(np.unique(values)) > 1 for values in boundaries)


@pytest.mark.parametrize("taps", [6, 7])
def test_the_sign_of_zero_is_zero(taps, tmp_path):
    """Sign is no binary quantiser where a sum can be 0: it has three levels then."""
    rng = np.random.default_rng(0)
    g = Graph((taps,), 13)
    g.binarise()
    g.matmul(signs(rng, taps, 5))
    g.add("Sign")
    g.matmul(signs(rng, 5, 3))
    boundaries = same_everywhere(g, tmp_path, 3, rng.normal(size=(40, taps)).astype(np.float32))
    levels = {6: [-1, 0, 1], 7: [-1, 1]}
    assert np.unique(boundaries[1]).tolist() == levels[taps]


def test_a_bipolar_multi_threshold_per_channel_gives_the_same_bits(tmp_path):
    rng = np.random.default_rng(0)
    g = Graph((2, 5, 5), 13)
    g.binarise()
    g.add("Conv", signs(rng, 4, 2, 3, 3))
    g.add("MultiThreshold", np.array([[0], [-2], [3], [0.5]], dtype=np.float32),
          out_dtype="BIPOLAR", out_scale=2.0, out_bias=-1.0)  # fmt: skip
    g.add("Flatten", axis=1)
    g.matmul(signs(rng, 36, 3))
    same_everywhere(g, tmp_path, 3, rng.normal(size=(9, 2, 5, 5)).astype(np.float32))


@pytest.mark.parametrize("compare", ["Greater", "GreaterOrEqual", "Less", "LessOrEqual"])
def test_a_comparison_is_a_quantiser(compare, tmp_path):
    """As torch exports where(x >= 0, 1, -1), and 2 * (x > 0) - 1."""
    rng = np.random.default_rng(4)
    g = Graph((6,), 13)
    g.add(compare, np.float32(0.25))
    g.add("Where", np.float32(1), np.float32(-1))
    g.matmul(signs(rng, 6, 5))
    g.add(compare, rng.choice([-2.0, 0, 2], 5).astype(np.float32))  # sums that tie
    g.add("Not")
    g.add("Cast", to=TensorProto.FLOAT)
    g.add("Mul", np.float32(2))
    g.add("Sub", np.float32(1))
    g.matmul(signs(rng, 5, 3))
    images = rng.choice([0, 0.25, 0.5], (40, 6)).astype(np.float32)
    boundaries = same_everywhere(g, tmp_path, 3, images)
    assert [np.unique(values).tolist() for values in boundaries[:2]] == [[-1, 1]] * 2


@pytest.mark.parametrize("form", ["Flatten", "Reshape", "Squeeze"])
@pytest.mark.parametrize("pooled", [False, True])
def test_channels_stay_channels_where_there_is_one_place(form, pooled, tmp_path):
    """Norms of one value per channel or class stand behind the reshape."""
    rng = np.random.default_rng(2)
    g = Graph((2, 3 + pooled, 3 + pooled), 13)

    def moved():
        operands = {"Flatten": [], "Reshape": [np.array([0, -1])], "Squeeze": [np.array([2, 3])]}
        g.add(form, *operands[form])

    def norm_per_channel(channels):
        g.add("Mul", rng.choice(SCALES, channels).astype(np.float32))
        g.add("BatchNormalization", *rng.choice([0.5, 1, 2], (4, channels)).astype(np.float32))
        g.add("Add", rng.normal(size=(1, channels)).astype(np.float32))

    g.binarise()
    g.add("Conv", signs(rng, 5, 2, 3, 3))
    g.add("Add", rng.choice(HALVES, (5, 1, 1)).astype(np.float32))
    if pooled:
        g.add("MaxPool", kernel_shape=[2, 2])
    moved()
    norm_per_channel(5)
    g.binarise()
    g.add("Unsqueeze", np.array([2, 3]))
    g.add("Conv", signs(rng, 4, 5, 1, 1))
    moved()
    norm_per_channel(4)
    images = rng.normal(size=(60, *g.shape)).astype(np.float32)
    boundaries = same_everywhere(g, tmp_path, 4, images)
    assert all(len(np.unique(values)) > 1 for values in boundaries)


def test_an_input_quantised_by_sign_has_three_levels(tmp_path):
    rng = np.random.default_rng(0)
    g = Graph((6,), 13)
    g.add("Sub", np.float32(1))
    g.add("Sign")
    g.matmul(signs(rng, 6, 3))
    images = rng.integers(0, 3, (20, 6)).astype(np.float32)
    boundaries = same_everywhere(g, tmp_path, 3, images)
    assert np.unique(boundaries[0]).tolist() == [-1, 0, 1]


REFUSED = {
    "AveragePool": ({"kernel_shape": [2, 2]}, r"averages are no longer binary; use MaxPool"),
    "GlobalAveragePool": ({}, r"averages are no longer binary; flatten"),
    "Softplus": ({}, r"express it with MatMul"),
    "LRN": ({"size": 3}, r"express it with MatMul"),
    "DepthToSpace": ({"blocksize": 1}, r"express it with MatMul"),
}


@pytest.mark.parametrize("op_type", sorted(REFUSED))
def test_an_operation_without_hardware_is_refused_by_name(op_type, tmp_path):
    rng = np.random.default_rng(0)
    options, advice = REFUSED[op_type]
    g = Graph((2, 5, 5), 13)
    g.binarise()
    g.add("Conv", signs(rng, 4, 2, 3, 3))
    g.add(op_type, name="odd", **options)
    g.binarise()
    g.add("Flatten", axis=1)
    g.matmul(signs(rng, {"AveragePool": 16, "GlobalAveragePool": 4}.get(op_type, 36), 3))
    with pytest.raises(HwBnnError, match=rf"node odd: operation {op_type} .*{advice}"):
        read_network(load_model(g.save(tmp_path / "m.onnx", 3)))


@pytest.mark.parametrize("op_type", ["ArgMax", "TopK", "LogSoftmax"])
def test_what_chooses_the_class_is_left_to_the_host(op_type, tmp_path):
    g = Graph((6,), 13)
    g.binarise()
    g.matmul(signs(np.random.default_rng(0), 6, 3))
    if op_type == "TopK":
        g.tensor = g.plain("TopK", [g.tensor, g.constant(np.array([1]))], "odd")
        g.nodes[-1].output.append("places")
    else:
        g.add(op_type, axis=1, name="odd")
    with pytest.raises(HwBnnError, match=r"node odd: operation .*remove it|odd.*more than one"):
        read_network(load_model(g.save(tmp_path / "m.onnx")))


def test_a_convolution_in_one_dimension_is_refused(tmp_path):
    rng = np.random.default_rng(0)
    g = Graph((2, 9), 13)
    g.binarise()
    g.add("Conv", signs(rng, 3, 2, 3), name="odd")
    g.binarise()
    g.add("Flatten", axis=1)
    g.matmul(signs(rng, 21, 2))
    with pytest.raises(HwBnnError, match=r"node odd: Conv over 1 dimensions.*only two"):
        read_network(load_model(g.save(tmp_path / "m.onnx", 2)))
