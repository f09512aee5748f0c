# SPDX-License-Identifier: BSD-3-Clause
"""Units that are unrolled completely have their weights in logic."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hw_bnn.build import build, simulate
from hw_bnn.config import BuildConfig
from hw_bnn.verify import verify
from tests.build.conftest import write_folding
from tests.networks import Graph, signs

pytestmark = pytest.mark.rtl
WIDTHS = (30, 13, 9, 4)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Three layers: constant weights, weights in memory, constant weights and sums as outputs."""
    folder, rng = tmp_path_factory.mktemp("constant"), np.random.default_rng(0)
    g = Graph(WIDTHS[:1], 13)
    g.binarise()
    for inputs, outputs in itertools.pairwise(WIDTHS[:-1]):
        g.matmul(signs(rng, inputs, outputs))
        g.add("Sub", rng.integers(-4, 5, (1, outputs)).astype(np.float32))
        g.binarise()
    g.matmul(signs(rng, *WIDTHS[-2:]))
    folding = [{"PE": 13, "SIMD": 30}, {"PE": 9, "SIMD": 1}, {"PE": 4, "SIMD": 9}]
    config = BuildConfig(
        fpga_part="xc7z020clg400-1",
        folding_config_file=write_folding(folder / "folding.json", folding),
        input="float",
        synthesise=False,
    )
    report = build(g.save(folder / "m.onnx", 4), folder / "out", config)
    return folder / "out", report, rng.normal(size=(200, 30)).astype(np.float32)


def test_only_unrolled_units_have_constant_weights(case):
    out, _, _ = case
    rtl = out / "dataflow" / "rtl"
    generated = {path.name for path in rtl.glob("*_constant.sv")}
    assert generated == {"XnorMVAU_rtl_0_constant.sv", "XnorMVAU_rtl_2_constant.sv"}
    assert [path.name for path in rtl.glob("*_weights.mem")] == ["XnorMVAU_rtl_1_weights.mem"]


def test_every_stage_gives_the_same_bits(case):
    out, _, images = case
    for row in verify(out, images)["bit_exact"]:
        assert row["mismatches"] == 0, row["stage"]


def test_pauses_change_nothing(case):
    out, _, images = case
    expected = simulate(out, images, backend="golden")
    found = simulate(out, images, backend="rtl", idle=0.5, backpressure=0.5)
    np.testing.assert_array_equal(found, expected)


def test_pace_and_latency_are_those_of_the_cycle_model(case):
    _, report, _ = case
    assert report["cycles_per_inference"] == 13
    for name in ("cycles_per_inference", "latency_cycles"):
        assert report[name] == report["cycle_model"][name]
