# SPDX-License-Identifier: BSD-3-Clause
"""The matrix unit as a graph node: values in numpy, shapes, widths, cycles."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import helper
from qonnx.core.datatype import DataType
from qonnx.custom_op.registry import getCustomOp

from hw_bnn.dataflow import engine


@pytest.fixture(scope="module", autouse=True)
def finn(tmp_path_factory):
    engine.start(tmp_path_factory.mktemp("finn"))


def unit(**attributes):
    node = helper.make_node(
        "XnorMVAU_rtl", ["x", "w", "t"], ["y"], domain=engine.RTL_DOMAIN, backend="fpgadataflow",
        **{"PE": 1, "SIMD": 1, "noActivation": 0, "numInputVectors": [1]} | attributes,
    )  # fmt: skip
    return getCustomOp(node)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("levels", [0, 1, 3, 4])
def test_values(bits, levels):
    rng = np.random.default_rng(bits)
    node = unit(
        MW=23, MH=5, inputBits=bits, outputBits=levels.bit_length() or 1,
        noActivation=int(levels == 0), numInputVectors=[2, 3, 3],
    )  # fmt: skip
    most = 2**bits - 1
    x = rng.integers(0, most + 1, (2, 3, 3, 23))
    weights = rng.integers(0, 2, (23, 5))
    expected = np.where(weights == 1, x[..., None], most - x[..., None]).sum(-2)
    assert expected.max() <= node.largest
    thresholds = expected.reshape(-1, 5)[:levels].T.copy()  # met exactly
    thresholds[0] = node.largest + 1
    if levels:
        expected = (expected[..., None] >= thresholds).sum(-1)
    context = {"x": x.astype(np.float32), "w": weights.astype(np.float32)}
    context["t"] = thresholds.astype(np.float32)
    node.compute(context)
    np.testing.assert_array_equal(context["y"], expected)
    assert context["y"].dtype == np.float32


def test_sums_beyond_float32_are_exact():
    node = unit(MW=2**17, MH=1, inputBits=8, outputBits=1)
    weights = np.ones((2**17, 1), np.float32)
    x = np.full((2, 2**17), 255, np.float32)
    x[1, 7] = 254
    context = {"x": x, "w": weights, "t": np.array([[node.largest]], np.float64)}
    node.compute(context)
    np.testing.assert_array_equal(context["y"], [[1], [0]])


def test_widths_and_cycles():
    node = unit(
        MW=36, MH=8, PE=4, SIMD=12, inputBits=3, outputBits=2, numInputVectors=[1, 5, 5]
    )  # fmt: skip
    assert node.get_instream_width() == 36
    assert node.get_outstream_width() == 8
    assert node.get_input_datatype(0) == DataType["UINT3"]
    assert node.get_input_datatype(1) == DataType["BINARY"]
    assert node.get_input_datatype(2) == DataType["UINT8"]  # 0..253
    assert node.get_output_datatype() == DataType["UINT2"]
    assert node.get_normal_output_shape() == [1, 5, 5, 8]
    assert node.get_folded_input_shape() == [1, 5, 5, 3, 12]
    assert node.get_exp_cycles() == 2 * 3 * 25
    sums = unit(MW=36, MH=8, inputBits=3, noActivation=1)
    assert sums.get_output_datatype() == DataType["UINT8"]


def stepped(node, arrivals):
    """Output times by walking through the input beats one by one."""
    neuron_folds, synapse_folds = node.folds
    depth = int(node.output_times(np.arange(synapse_folds))[0]) - synapse_folds
    times, free = [], 0
    for vector in arrivals.reshape(-1, synapse_folds):
        for arrival in vector:
            free = max(int(arrival), free) + 1
        times += [free + depth + fold * synapse_folds for fold in range(neuron_folds)]
        free += (neuron_folds - 1) * synapse_folds
    return times


@pytest.mark.parametrize(("pe", "simd"), [(8, 36), (8, 4), (2, 36), (2, 3)])
def test_output_times(pe, simd):
    node = unit(MW=36, MH=8, PE=pe, SIMD=simd, numInputVectors=[7])
    gaps = np.random.default_rng(pe).integers(1, 9, 7 * 36 // simd)
    for arrivals in (np.cumsum(gaps), np.arange(len(gaps))):
        np.testing.assert_array_equal(node.output_times(arrivals), stepped(node, arrivals))
