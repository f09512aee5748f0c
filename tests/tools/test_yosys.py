# SPDX-License-Identifier: BSD-3-Clause
"""Counting of cells, families of parts, and errors of synthesis."""

from __future__ import annotations

from pathlib import Path

import pytest

from hw_bnn.errors import HwBnnError
from hw_bnn.tools.yosys import _count, part_family, synthesise


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
        "MUXF7": 9,
    }  # fmt: skip
    used = _count({"num_cells_by_type": cells, "estimated_num_lc": 10}, (11, 3), 1.5, "Yosys 0.70")
    assert (used.lc, used.lut, used.ff, used.carry) == (15, 12, 7, 2)
    assert (used.lutram, used.bram36, used.dsp) == (2 * 4 + 3 + 2, 2.5, 1)
    assert (used.sites, used.levels) == (11, 3)
    assert used.cells == cells


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


def test_kept_modules_are_counted_one_by_one(tmp_path: Path) -> None:
    """Their borders stay, so the whole is the sum of its parts."""
    design = tmp_path / "design.sv"
    design.write_text(
        "module inverter(input [3:0] a, output [3:0] y); assign y = ~a; endmodule\n"
        "module both(input [3:0] a, b, output [3:0] y); assign y = a & b; endmodule\n"
        "module top(input [3:0] a, b, output [3:0] y); wire [3:0] n;\n"
        "inverter u_inverter(.a(a), .y(n)); both u_both(.a(n), .b(b), .y(y)); endmodule\n"
    )
    used = synthesise([design], "top", tmp_path / "work", keep=["inverter", "both"])
    assert set(used.modules) == {"inverter", "both"}
    assert all(module.cells for module in used.modules.values())
    assert used.modules["both"].lut == 4
    assert used.lut == sum(module.lut for module in used.modules.values())
