# SPDX-License-Identifier: BSD-3-Clause
"""Drawn convolutional networks as hardware under Verilator."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hw_bnn.bench.networks import draw
from hw_bnn.build import build, simulate
from hw_bnn.build.accelerator import Accelerator, Stalls
from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.graph import run_steps
from hw_bnn.build.steps import GRAPH_STEPS
from hw_bnn.config import BuildConfig
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import to_integer
from hw_bnn.export.model import load_model
from hw_bnn.export.network import read_network
from hw_bnn.export.source import to_qonnx
from hw_bnn.golden import Golden

pytestmark = pytest.mark.rtl

SEEDS = {
    2: {"kernel 2", "stride 2", "4-bit input", "3-bit activation"},
    7: {"kernel 5", "stride 3", "8-bit input", "4-bit activation", "padding with 0", "pool before"},
}
"""Drawn networks and what they must hold; found by trying."""

WIDE = 6
"""A drawn network of three padded convolutions: 2 x 3, 5 x 4, 5 x 1."""


def saved(seed, folder):
    drawn, model = draw(seed, stock=False), folder / "m.onnx"
    model.write_bytes(to_qonnx(drawn.stages, drawn.shape).SerializeToString())
    config = BuildConfig(fpga_part="xc7z020clg400-1", input=drawn.kind, synthesise=False)
    return drawn, model, config


def check(drawn, model, folder, config, seed):
    """Build; the RTL's cycles are the model's, and its sums those of the golden executor."""
    report = build(model, folder, config)
    for name in ("cycles_per_inference", "latency_cycles"):
        assert report[name] == report["cycle_model"][name]
    built = BuildFolder(folder)
    golden, accelerator = Golden.load(built.integer), Accelerator(built.rtl)
    images = golden.prepare(drawn.images(12))
    codes, sums = golden.codes(images), golden.sums(images)
    for stalls in (Stalls(), Stalls(0.4, 0.4, seed=seed)):
        np.testing.assert_array_equal(accelerator.simulate(codes, stalls).outputs, sums)
    found = simulate(folder, images, backend="rtl")
    np.testing.assert_array_equal(found, golden.run(images))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_convolutional_network_gives_the_same_bits(tmp_path, seed):
    drawn, model, config = saved(seed, tmp_path)
    assert SEEDS[seed] <= drawn.traits
    check(drawn, model, tmp_path / "out", config, seed)


def test_windows_that_leave_by_rows_or_whole_give_the_same_bits(tmp_path):
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.dataflow.folding import foldable, limits

    drawn, model, config = saved(WIDE, tmp_path)
    integer = to_integer(read_network(load_model(model)), InputKind(drawn.kind))
    graph = BuildFolder(tmp_path / "graph")
    run_steps(integer, graph, config, GRAPH_STEPS[:4])
    path = graph.dataflow / "intermediate_models" / f"{GRAPH_STEPS[3]}.onnx"
    folding, modules = {}, set()
    for name, unit in foldable(ModelWrapper(str(path))).items():
        widest = {key: values[-1] for key, (values, _) in limits(unit).items()}
        if name == "SlidingWindow_rtl_0":
            widest = {"SIMD": unit.simd_values()[-2]}
        if name.startswith("SlidingWindow"):
            modules.add(unit.window_shape(widest["SIMD"]).module)
        folding[name] = widest
    assert modules == {"stream_window_rows", "stream_window_whole"}
    (tmp_path / "folding.json").write_text(json.dumps(folding))
    config = config.model_copy(update={"folding_config_file": tmp_path / "folding.json"})
    check(drawn, model, tmp_path / "out", config, WIDE)
