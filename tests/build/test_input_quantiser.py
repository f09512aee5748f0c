# SPDX-License-Identifier: BSD-3-Clause
"""Accelerators that take pixels: the golden executor's sums, whatever the pauses."""

from __future__ import annotations

import numpy as np
import pytest

from hw_bnn.build import build, simulate
from hw_bnn.build.accelerator import Accelerator
from hw_bnn.build.folder import BuildFolder
from hw_bnn.config import BuildConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.golden import Golden
from hw_bnn.verify import verify
from tests.networks import Graph, signs

pytestmark = pytest.mark.rtl

RNG = np.random.default_rng(5)


def perceptron():
    """Images of 4 x 6 pixels, each with a threshold of its own; in some the bit falls."""
    g = Graph((1, 4, 6), 13)
    g.add("Flatten", axis=1)
    g.add("Sub", (RNG.integers(-2, 258, (1, 24)) / 255).astype(np.float32))
    g.add("Mul", RNG.choice([-1, 1, 0.5], (1, 24)).astype(np.float32))
    g.binarise()
    g.matmul(signs(RNG, 24, 8))
    g.binarise()
    g.matmul(signs(RNG, 8, 6))
    return g


def convolution():
    """Images of two channels with thresholds of their own, two bits a pixel."""
    g = Graph((2, 7, 6), 13)
    table = np.array([[0.2, 0.4, 0.9], [0.1, 0.5, 1.0]], dtype=np.float32)
    g.add("MultiThreshold", table, out_dtype="UINT2")
    g.add("Conv", signs(RNG, 4, 2, 3, 3), kernel_shape=[3, 3])
    g.binarise()
    g.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    g.add("Flatten", axis=1)
    g.matmul(signs(RNG, 16, 5))
    return g


def settings(**options):
    return BuildConfig(
        fpga_part="xc7z020clg400-1", input_quantiser="hardware", synthesise=False, **options
    )


@pytest.mark.parametrize(("network", "outputs"), [(perceptron, 6), (convolution, 5)])
def test_pixels_in_gives_the_same_sums(network, outputs, tmp_path):
    g = network()
    out = tmp_path / "out"
    report = build(g.save(tmp_path / "m.onnx", outputs), out, settings())
    assert report["model"]["input"]["quantiser"].startswith("in hardware")
    for name in ("cycles_per_inference", "latency_cycles"):
        assert report[name] == report["cycle_model"][name]
    folder = BuildFolder(out)
    golden, accelerator = Golden.load(folder.integer), Accelerator(folder.rtl)
    pixels = RNG.integers(0, 256, (40, *g.shape), dtype=np.uint8)
    images = golden.prepare(pixels)
    inputs = accelerator.inputs(golden, images)
    np.testing.assert_array_equal(inputs.reshape(pixels.shape), pixels)
    expected = golden.run(images)
    for pauses in (0.0, 0.4):
        found = simulate(out, pixels, backend="rtl", idle=pauses, backpressure=pauses, seed=3)
        np.testing.assert_array_equal(found, expected)
    stages = {row["stage"]: row for row in verify(out, pixels)["bit_exact"]}
    assert all(row["mismatches"] == 0 for row in stages.values())
    for name in ("FINN+ step_quantise_input", "RTL", "RTL with random pauses"):
        first = stages[name]["layers"][0]
        assert (first["layer"], first["samples"]) == ("input", 40)


def test_pixels_that_are_codes_need_no_hardware(tmp_path):
    g = Graph((6,), 13)
    g.matmul(signs(RNG, 6, 4))
    out = tmp_path / "out"
    report = build(g.save(tmp_path / "m.onnx", 4), out, settings(input="uint8"))
    assert report["model"]["input"]["quantiser"].startswith("on the host")
    assert not Accelerator(BuildFolder(out).rtl).streams.quantises


def test_too_many_levels_are_refused(tmp_path):
    g = Graph((6,), 13)
    thresholds = np.arange(1, 32, dtype=np.float32)[None] * 8
    g.add("MultiThreshold", thresholds, out_dtype="UINT5")
    g.matmul(signs(RNG, 6, 4))
    with pytest.raises(HwBnnError, match="the input has 32 levels; must be at most 16"):
        build(g.save(tmp_path / "m.onnx", 4), tmp_path / "out", settings(input="uint8"))


def test_floats_have_no_pixels():
    with pytest.raises(ValueError, match='must be host with input "float"'):
        settings(input="float")
