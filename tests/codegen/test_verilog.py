# SPDX-License-Identifier: BSD-3-Clause
"""Generated Verilog, judged by Verilator's linter with all warnings on."""

from __future__ import annotations

import re

import numpy as np
import pytest

from hw_bnn.codegen.memory import hex_lines, threshold_words, weight_words
from hw_bnn.codegen.verilog import Unit, observed, padded, stitched, wrapper
from hw_bnn.errors import HwBnnError
from hw_bnn.rtl import sources
from hw_bnn.tools.verilator import lint

pytestmark = pytest.mark.rtl

STUB = """\
module echo #(parameter Width = 0, parameter Name = "") (
  input wire clk_i, input wire rst_ni,
  input wire [Width-1:0] data_i, input wire valid_i, output wire ready_o,
  output wire [Width-1:0] data_o, output wire valid_o, input wire ready_i,
  output wire [31:0] max_count_o
);
  wire unused = clk_i & rst_ni & Name[0];
  assign data_o = data_i;
  assign valid_o = valid_i;
  assign ready_o = ready_i;
  assign max_count_o = 32'd7;
endmodule
"""


def echo(name, bits, gauge=True):
    return Unit(name, "echo", {"Width": bits, "Name": f"{name}.mem"}, bits, bits, gauge=gauge)


def mvau(name, inputs, outputs, pe, simd, threshold):
    rng = np.random.default_rng(0)
    weights = rng.integers(0, 2, (inputs, outputs)).astype(np.int8)
    bits = inputs.bit_length() + 1
    memories = {f"{name}_w.mem": hex_lines(weight_words(weights, pe, simd))}
    if threshold:
        starts = 2 ** (bits - 1) - rng.integers(0, inputs + 2, outputs)
        memories[f"{name}_t.mem"] = hex_lines(threshold_words(starts, pe, bits))
    parameters = {
        "MatrixW": inputs, "MatrixH": outputs, "Pe": pe, "Simd": simd,
        "Thresholds": int(threshold), "WeightFile": f"{name}_w.mem",
        "ThresholdFile": f"{name}_t.mem" if threshold else "",
    }  # fmt: skip
    out_bits = pe if threshold else pe * inputs.bit_length()
    return Unit(name, "xnor_mvau", parameters, simd, out_bits, memories)


def lint_design(folder, units, library):
    """Write wrappers, memories and top, and lint them together with `library`."""
    (folder / "top.v").write_text(stitched("top", units))
    for unit in units:
        (folder / f"{unit.name}.v").write_text(wrapper(unit))
        for name, content in unit.memories.items():
            (folder / name).write_text(content)
    return lint([*sorted(folder.glob("*.v")), *library], "top", folder)


@pytest.mark.parametrize("bits", [1, 7, 8, 9, 33])
def test_wrapper_of_any_width_is_clean(tmp_path, bits):
    (tmp_path / "echo.sv").write_text(STUB)
    lint_design(tmp_path, [echo("node_0", bits), echo("node_1", bits)], [tmp_path / "echo.sv"])


def test_a_wrong_width_does_not_pass_the_linter(tmp_path):
    """Otherwise the tests here could not fail."""
    (tmp_path / "echo.sv").write_text(STUB)
    wrong = Unit("node_0", "echo", {"Width": 12, "Name": "x"}, 9, 9, gauge=True)
    with pytest.raises(HwBnnError, match="WIDTH"):
        lint_design(tmp_path, [wrong], [tmp_path / "echo.sv"])


@pytest.mark.parametrize(
    ("inputs", "hidden", "classes", "folds"),
    [(1, 1, 1, (1, 1, 1, 1)), (30, 12, 5, (3, 10, 5, 4)), (21, 9, 10, (9, 21, 10, 9))],
)
def test_a_network_of_library_modules_is_clean(tmp_path, inputs, hidden, classes, folds):
    pe_0, simd_0, pe_1, simd_1 = folds
    units = [
        Unit("fifo_0", "stream_fifo", {"Width": simd_0, "Depth": 2}, simd_0, simd_0),
        mvau("layer_0", inputs, hidden, pe_0, simd_0, True),
    ]
    if pe_0 != simd_1:
        widths = {"InWidth": pe_0, "OutWidth": simd_1}
        units.append(Unit("dwc_0", "stream_dwc", widths, pe_0, simd_1))
    units += [
        Unit("fifo_1", "stream_fifo_gauge", {"Width": simd_1}, simd_1, simd_1, gauge=True),
        mvau("layer_1", hidden, classes, pe_1, simd_1, False),
    ]
    lint_design(tmp_path, units, sources())


def test_ports_have_finns_names_and_whole_bytes():
    text = wrapper(Unit("node", "xnor_mvau", {"Pe": 1}, 5, 17))
    ports = re.findall(r"(input|output)\s+wire\s*(?:\[(\d+):0\])?\s*(\w+)", text.split(");")[0])
    assert ports == [
        ("input", "", "ap_clk"),
        ("input", "", "ap_rst_n"),
        ("input", "7", "in0_V_TDATA"),
        ("input", "", "in0_V_TVALID"),
        ("output", "", "in0_V_TREADY"),
        ("output", "23", "out0_V_TDATA"),
        ("output", "", "out0_V_TVALID"),
        ("input", "", "out0_V_TREADY"),
    ]
    assert [padded(bits) for bits in (1, 8, 9, 17)] == [8, 8, 16, 24]


def test_gauges_lie_side_by_side_in_order():
    units = [echo("a", 4), echo("b", 4, gauge=False), echo("c", 4)]
    text = stitched("top", units)
    assert "output wire [63:0] gauge_o" in text
    assert re.findall(r"gauge_o\[(\d+):(\d+)\]", text) == [("31", "0"), ("63", "32")]
    assert "gauge_o" not in stitched("top", [echo("a", 4, gauge=False)])


@pytest.mark.parametrize("gauge", [False, True])
def test_what_shows_the_streams_between_units_is_clean(tmp_path, gauge):
    units = [echo(f"node_{index}", 9, gauge=gauge) for index in range(4)]
    stub = STUB if gauge else STUB.replace(",\n  output wire [31:0] max_count_o", "")
    stub = stub if gauge else stub.replace("  assign max_count_o = 32'd7;\n", "")
    (tmp_path / "echo.sv").write_text(stub)
    (tmp_path / "top.v").write_text(stitched("top", units))
    text = observed("top", "seen", 9, 9, 4 * gauge, [(0, 2), (2, 2)])
    (tmp_path / "seen.v").write_text(text)
    for unit in units:
        (tmp_path / f"{unit.name}.v").write_text(wrapper(unit))
    lint([*sorted(tmp_path.glob("*.v")), tmp_path / "echo.sv"], "seen", tmp_path)
    assert re.search(r"tap_data_o = .*data_2.*data_0", text)  # the first in the lowest bits
