# SPDX-License-Identifier: BSD-3-Clause
"""Counting of cells, families of parts, and errors of synthesis."""

from __future__ import annotations

from pathlib import Path

import pytest

from hw_bnn.errors import HwBnnError
from hw_bnn.tools.yosys import FAMILIES, _count, part_family, synthesise


@pytest.mark.parametrize(
    ("part", "family"),
    [
        ("xc7z020clg400-1", "xc7"),
        ("XC7A35T", "xc7"),
        ("xczu3eg-sbva484-1-e", "xcup"),
        ("xcu250-figd2104-2L-e", "xcup"),
        ("xck26-sfvc784-2LV-c", "xcup"),
        ("xcvu9p-flgb2104-2-i", "xcup"),
        ("xcku5p-ffvb676-2-e", "xcup"),
        ("xcku040-ffva1156-2-e", "xcu"),
        ("xcvu095-ffva2104-2-e", "xcu"),
    ],
)
def test_part_family(part: str, family: str) -> None:
    assert part_family(part) == family


def test_unknown_part_is_named() -> None:
    with pytest.raises(HwBnnError, match="part 'xcvc1902-vsva2197'"):
        part_family("xcvc1902-vsva2197")


def test_cells_are_counted_by_what_they_take() -> None:
    cells = {
        "LUT2": 3, "LUT6": 4, "LUT6_2": 5, "FDRE": 6, "FDSE": 1, "CARRY4": 2, "RAM32M": 2,
        "SRL16E": 3, "RAM64X1D": 1, "RAMB36E1": 1, "RAMB18E1": 3, "DSP48E1": 1, "BUFG": 1,
        "MUXF7": 9, "INV": 4,
    }  # fmt: skip
    used = _count(
        {"num_cells_by_type": cells, "estimated_num_lc": 10},
        sites=11, levels=3, delay_ns=2.5, seconds=1.5, tool="Yosys 0.70",
    )  # fmt: skip
    assert (used.lc, used.lut, used.ff, used.carry) == (15, 12, 7, 2)
    assert (used.lutram, used.bram36, used.dsp) == (2 * 4 + 3 + 2, 2.5, 1)
    assert (used.sites, used.levels, used.delay_ns) == (11, 3, 2.5)
    assert used.inv == 4
    assert used.cells == cells


@pytest.mark.parametrize("cell", ["RAM4096X1Q", "SRLX9"])
def test_a_memory_of_unknown_size_is_refused(cell: str) -> None:
    with pytest.raises(HwBnnError, match=f"cell {cell}, whose size is not known"):
        _count({"num_cells_by_type": {"LUT1": 1, cell: 2}, "estimated_num_lc": 1})


def test_bad_arguments(tmp_path: Path) -> None:
    with pytest.raises(HwBnnError, match="xc7, xcu, xcup, not 'ice40'"):
        synthesise([], "top", tmp_path, family="ice40")
    with pytest.raises(HwBnnError, match=r"two sources are called a\.sv"):
        synthesise([tmp_path / "a.sv", tmp_path / "b" / "a.sv"], "top", tmp_path)


@pytest.mark.rtl
def test_failing_synthesis_says_why(tmp_path: Path) -> None:
    source = tmp_path / "top.sv"
    source.write_text("module top (input logic a); nobody u (.a(a)); endmodule\n")
    with pytest.raises(HwBnnError, match=r"synthesis of top failed: ERROR: .*nobody.*yosys\.log"):
        synthesise([source], "top", tmp_path / "work")


@pytest.mark.rtl
def test_adder_with_the_other_mapper(tmp_path: Path) -> None:
    source = tmp_path / "top.sv"
    source.write_text(
        "module top (input logic c, input logic [7:0] a, b, output logic [7:0] q);\n"
        "  always_ff @(posedge c) q <= a + b;\nendmodule\n"
    )
    used = synthesise([source], "top", tmp_path / "work", mapper="abc")
    assert (used.lut, used.ff, used.carry) == (8, 8, 2)
    assert used.levels == 1 + 2  # a look-up table, and a chain of at most 16 bits
    assert "CARRY4" in (tmp_path / "work" / "netlist.v").read_text()
    assert used.tool.startswith("Yosys ")


PAIR = """\
module top (input logic c, input logic [3:0] d, output logic [1:0] q);
  logic [3:0] r;
  logic low, high;
  always_ff @(posedge c) r <= d;
  LUT6_2 #(.INIT(64'h8888_8888_6666_6666)) first
      (.I0(r[0]), .I1(r[1]), .I2(1'b0), .I3(1'b0), .I4(r[3]), .I5(1'b1), .O5(low), .O6(high));
  LUT6_2 #(.INIT(64'h8888_8888_6666_6666)) second
      (.I0(r[2]), .I1(r[3]), .I2(1'b0), .I3(1'b0), .I4({}), .I5(1'b1), .O5(q[0]), .O6(q[1]));
endmodule
"""


@pytest.mark.rtl
def test_delay_is_that_of_the_cells_on_a_path(tmp_path: Path) -> None:
    """A clock buffer (96 ps), a register (303) and a LUT2 (238), by yosys's models."""
    source = tmp_path / "top.sv"
    source.write_text(PAIR.format("low"))  # an input that nothing depends on: no path
    used = synthesise([source], "top", tmp_path / "work")
    assert (used.levels, used.delay_ns) == (1, 0.637)
    assert used.cells["LUT6_2"] == 2
    assert "LUT6_2" in (tmp_path / "work" / "netlist.v").read_text()
    other = synthesise([source], "top", tmp_path / "other", "xcup")
    assert other.delay_ns is None


@pytest.mark.rtl
@pytest.mark.parametrize("family", FAMILIES)
def test_a_deep_memory_of_one_port(tmp_path: Path, family: str) -> None:
    """As in a pool of 10 columns and 128 folds, at one bit."""
    text = """
    module top(input logic clk, we, d, input logic [10:0] a, output logic q);
      logic memory [0:2047];
      assign q = memory[a];
      always_ff @(posedge clk) if (we) memory[a] <= d;
    endmodule
    """
    source = tmp_path / "top.sv"
    source.write_text(text)
    used = synthesise([source], "top", tmp_path / "work", family)
    assert used.lutram == 2048 // 64
    assert used.ff == 0
