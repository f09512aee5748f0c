# SPDX-License-Identifier: BSD-3-Clause
"""Drawn convolutional networks as hardware under Verilator."""

from __future__ import annotations

import numpy as np
import pytest

from hw_bnn.bench.networks import draw
from hw_bnn.build import build, simulate
from hw_bnn.build.accelerator import Accelerator, Stalls
from hw_bnn.build.folder import BuildFolder
from hw_bnn.config import BuildConfig
from hw_bnn.export.source import to_qonnx
from hw_bnn.golden import Golden

pytestmark = pytest.mark.rtl

SEEDS = {
    2: {"kernel 2", "stride 2", "4-bit input", "3-bit activation"},
    7: {"kernel 5", "stride 3", "8-bit input", "4-bit activation", "padding with 0", "pool before"},
}
"""Drawn networks and what they must hold; found by trying."""


@pytest.mark.parametrize("seed", SEEDS)
def test_a_convolutional_network_gives_the_same_bits(tmp_path, seed):
    drawn = draw(seed, stock=False)
    assert SEEDS[seed] <= drawn.traits
    model = tmp_path / "m.onnx"
    model.write_bytes(to_qonnx(drawn.stages, drawn.shape).SerializeToString())
    config = BuildConfig(fpga_part="xc7z020clg400-1", input=drawn.kind, synthesise=False)
    report = build(model, tmp_path / "out", config)
    for name in ("cycles_per_inference", "latency_cycles"):
        assert report[name] == report["cycle_model"][name]
    folder = BuildFolder(tmp_path / "out")
    golden, accelerator = Golden.load(folder.integer), Accelerator(folder.rtl)
    images = golden.prepare(drawn.images(12))
    codes, sums = golden.codes(images), golden.sums(images)
    for stalls in (Stalls(), Stalls(0.4, 0.4, seed=seed)):
        np.testing.assert_array_equal(accelerator.simulate(codes, stalls).sums, sums)
    found = simulate(tmp_path / "out", images, backend="rtl")
    np.testing.assert_array_equal(found, golden.run(images))
