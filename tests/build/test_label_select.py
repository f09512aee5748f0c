# SPDX-License-Identifier: BSD-3-Clause
"""An accelerator that gives the class instead of the sums."""

from __future__ import annotations

import numpy as np
import pytest

from hw_bnn.build import build, simulate
from hw_bnn.config import BuildConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.verify import verify
from tests.build.conftest import write_folding
from tests.networks import Graph, signs

pytestmark = pytest.mark.rtl


def network(rng):
    g = Graph((24,), 13)
    g.binarise()
    g.matmul(signs(rng, 24, 8))
    g.binarise()
    g.matmul(signs(rng, 8, 6))
    return g


def settings(folder):
    folding = [{"PE": 2, "SIMD": 6}, {"PE": 3, "SIMD": 4}]
    return BuildConfig(
        fpga_part="xc7z020clg400-1",
        folding_config_file=write_folding(folder / "folding.json", folding),
        input="float",
        label_select=True,
        synthesise=False,
    )


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("label"), np.random.default_rng(0)
    model = network(rng).save(folder / "m.onnx", 6)
    report = build(model, folder / "out", settings(folder))
    return folder / "out", report, rng.normal(size=(300, 24)).astype(np.float32)


def test_every_stage_gives_the_same_label(case):
    out, _, images = case
    labels = simulate(out, images, backend="golden")
    assert len(set(labels)) > 1
    report = verify(out, images, labels)
    stages = {row["stage"]: row for row in report["bit_exact"]}
    assert "FINN+ step_select_label" in stages
    for name in ("integer QONNX", "golden", "FINN+ step_select_label", "RTL"):
        last = stages[name]["layers"][-1]
        assert (last["layer"], last["samples"], last["mismatches"]) == ("label", 300, 0)
    assert all(row["mismatches"] == 0 for row in stages.values())
    assert report["accuracy"]["rtl"] == {"correct": 300, "images": 300, "accuracy": 1.0}


def test_pauses_change_no_label(case):
    out, _, images = case
    expected = simulate(out, images, backend="golden")
    found = simulate(out, images, backend="rtl", idle=0.4, backpressure=0.4)
    assert found.shape == (300,)
    np.testing.assert_array_equal(found, expected)


def test_pace_and_latency_are_those_of_the_cycle_model(case):
    _, report, _ = case
    for name in ("cycles_per_inference", "latency_cycles"):
        assert report[name] == report["cycle_model"][name]


def test_a_bias_of_each_class_is_refused(tmp_path):
    g = network(np.random.default_rng(1))
    g.add("Add", np.arange(6, dtype=np.float32))
    with pytest.raises(HwBnnError, match="leave label_select out"):
        build(g.save(tmp_path / "m.onnx", 6), tmp_path / "out", settings(tmp_path))
    assert not (tmp_path / "out" / "dataflow").exists()


def test_a_target_that_the_choice_of_the_label_misses_is_refused(tmp_path):
    model = network(np.random.default_rng(0)).save(tmp_path / "m.onnx", 6)
    config = settings(tmp_path).model_copy(
        update={"folding_config_file": None, "target_fps": 20_000_000}
    )
    with pytest.raises(
        HwBnnError, match=r"hwbnn_0 takes 6 cycles .*target is 5;.* most 16666666 images/s"
    ):
        build(model, tmp_path / "out", config)
    build(model, tmp_path / "out", config.model_copy(update={"label_select": False}))
