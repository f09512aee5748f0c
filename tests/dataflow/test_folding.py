# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import itertools
import json

import pytest
from onnx import TensorProto, helper
from qonnx.core.modelwrapper import ModelWrapper

from hw_bnn.dataflow import engine, folding
from hw_bnn.errors import HwBnnError


@pytest.fixture(scope="module", autouse=True)
def finn(tmp_path_factory):
    engine.start(tmp_path_factory.mktemp("finn"))


def graph(*widths):
    """A dataflow graph of units XnorMVAU_rtl_0, _1, ... of the given widths."""
    nodes = [
        helper.make_node(
            "XnorMVAU_rtl", [f"x{i}", f"w{i}", f"t{i}"], [f"x{i + 1}"], name=f"XnorMVAU_rtl_{i}",
            domain=engine.RTL_DOMAIN, backend="fpgadataflow", MW=inputs, MH=outputs, PE=1, SIMD=1,
            noActivation=0, numInputVectors=[1],
        )
        for i, (inputs, outputs) in enumerate(itertools.pairwise(widths))
    ]  # fmt: skip
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, width])
        for name, width in (("x0", widths[0]), (f"x{len(nodes)}", widths[-1]))
    ]
    return ModelWrapper(helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:])))


def read(tmp_path, content):
    path = tmp_path / "folding.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return folding.read_folding(path, graph(12, 10, 6))


FIRST, SECOND = "XnorMVAU_rtl_0", "XnorMVAU_rtl_1"


def test_a_file_is_read_and_what_it_leaves_out_is_one(tmp_path):
    found = read(tmp_path, {"Defaults": {}, SECOND: {"PE": 3}, FIRST: {"PE": 5, "SIMD": 4}})
    assert found == {FIRST: {"PE": 5, "SIMD": 4}, SECOND: {"PE": 3, "SIMD": 1}}


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        ({"XnorMVAU_rtl_7": {"PE": 1}}, r"XnorMVAU_rtl_7.*XnorMVAU_rtl_0, XnorMVAU_rtl_1"),
        ({FIRST: {"PE": 4}}, r"XnorMVAU_rtl_0\.PE is 4.*10 outputs \(1, 2, 5, 10\)"),
        ({SECOND: {"SIMD": 4}}, r"XnorMVAU_rtl_1\.SIMD is 4.*10 inputs"),
        ({FIRST: {"PE": 0}}, r"PE is 0"),
        ({FIRST: {"PE": -5}}, r"PE is -5"),
        ({FIRST: {"PE": 20}}, r"PE is 20"),
        ({FIRST: {"PE": 2.0}}, r"PE is 2\.0"),
        ({FIRST: {"PE": "2"}}, r"PE is '2': must be a whole number"),
        ({FIRST: {"PE": True}}, r"PE is True"),
        ({FIRST: {"PE": None}}, r"PE is None"),
        ({FIRST: {"PE": [2]}}, r"PE is \[2\]"),
        ({FIRST: {"PE": 2, "ram_style": "auto"}}, r"XnorMVAU_rtl_0\.ram_style.*PE and SIMD"),
        ({FIRST: 4}, r"XnorMVAU_rtl_0 must be a mapping"),
        ({FIRST: [["PE", 2]]}, r"XnorMVAU_rtl_0 must be a mapping"),
        ({"Defaults": {"PE": [2, ["all"]]}}, r"Defaults must be empty"),
        (f'{{"{FIRST}": {{"PE": 5}}, "{FIRST}": {{"PE": 2}}}}', f"{FIRST} stands there twice"),
        (f'{{"{FIRST}": {{"PE": 5, "PE": 2}}}}', "PE stands there twice"),
        ([], r"must be a mapping"),
        ("{", r"JSON"),
        ("\x00\xff", r"JSON"),
    ],
)
def test_a_wrong_file_is_refused_by_file_node_and_value(tmp_path, content, pattern):
    with pytest.raises(HwBnnError, match=pattern) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith(str(tmp_path / "folding.json"))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(HwBnnError, match=r"none\.json: no such file"):
        folding.read_folding(tmp_path / "none.json", graph(2, 2))


def window(height, width, channels):
    """A graph of one sliding window of 3 x 3 and the unit behind it."""
    area = [1, height - 2, width - 2]
    nodes = [
        helper.make_node(
            "SlidingWindow_rtl", ["x"], ["y"], name="SlidingWindow_rtl_0",
            domain=engine.RTL_DOMAIN, backend="fpgadataflow", numInputVectors=[1, height, width],
            NumChannels=channels, KernelDim=[3, 3], Stride=[1, 1], SIMD=1,
        ),
        helper.make_node(
            "XnorMVAU_rtl", ["y", "w"], ["z"], name="XnorMVAU_rtl_0", domain=engine.RTL_DOMAIN,
            backend="fpgadataflow", MW=9 * channels, MH=8, PE=1, SIMD=1, noActivation=1,
            numInputVectors=area,
        ),
    ]  # fmt: skip
    ends = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, height, width, channels]),
        helper.make_tensor_value_info("z", TensorProto.FLOAT, [*area, 8]),
    ]
    return ModelWrapper(helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:])))


@pytest.mark.parametrize(
    ("simd", "expected"),
    [(4, 4), (12, 12), (36, 12), (6, 6), (108, 36), (27, 6), (1, 1)],
)
def test_a_window_gives_what_its_unit_takes(simd, expected):
    matrices = {"XnorMVAU_rtl_0": {"PE": 1, "SIMD": simd}}
    found = folding.complete(window(9, 9, 12), matrices)
    assert found["SlidingWindow_rtl_0"] == {"SIMD": expected}


def test_a_window_is_no_slower_than_the_slowest_unit():
    model = window(9, 9, 12)
    found = folding.complete(model, {"XnorMVAU_rtl_0": {"PE": 8, "SIMD": 2}})
    simd = found["SlidingWindow_rtl_0"]["SIMD"]
    cycles = folding.windows(model)["SlidingWindow_rtl_0"].cycles(simd)
    assert cycles <= 49 * 54 < 49 * 9 * 12 // 2 + 10  # the unit's, and the window's at SIMD 2
    assert simd == 4


def test_a_window_of_more_channels_than_one_position_has():
    unit = folding.windows(window(9, 9, 12))["SlidingWindow_rtl_0"]
    assert unit.simd_values() == [1, 2, 3, 4, 6, 12, 36, 108]
    for simd in unit.simd_values():
        folding.check("w", unit, {"SIMD": simd})
    with pytest.raises(HwBnnError, match=r"w\.SIMD is 24: .*12 channels.*row.*\(1, 2, .*36, 108\)"):
        folding.check("w", unit, {"SIMD": 24})
