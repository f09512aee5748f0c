# SPDX-License-Identifier: BSD-3-Clause
"""What synthesis for Xilinx makes of the adders equals the arithmetic they stand for.

The proof is yosys' own, over all inputs, with its models of LUT6_2 and CARRY4; Xilinx = 0 is the
portable description.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hw_bnn.errors import HwBnnError
from hw_bnn.rtl import FOLDER
from hw_bnn.tools.process import run
from hw_bnn.tools.yosys import find_yosys

pytestmark = pytest.mark.rtl

LEAVES = ["dual_lut", "carry_chain"]
# Module, its parameters and ports, the bits of all inputs, and the sum that its outputs are.
ADDERS = [
    ("full_adder", "", ".bits_i(a), .count_o(y)", 3, 2, "a[0] + a[1] + a[2]"),
    ("six_counter", "", ".bits_i(a), .count_o(y)", 6, 3, "a[0] + a[1] + a[2] + a[3] + a[4] + a[5]"),
    ("xnor_adder", "", ".a_i(a[1:0]), .b_i(a[3:2]), .bit_i(a[4]), .sum_o(y[0]), .carry_o(y[1])",
     5, 2, "(a[0] == a[2]) + (a[1] == a[3]) + a[4]"),
    ("carry_chain", ".Width(6),",
     ".propagate_i(a[5:0] ^ a[11:6]), .generate_i(a[5:0]), .carry_i(a[12]), .sum_o(y[5:0]), "
     ".carry_o(y[6])", 13, 7, "a[5:0] + a[11:6] + a[12]"),
    ("ternary_adder", ".Width(6), .TermWidth(4),",
     ".base_i(a[5:0]), .start_i(a[11:6]), .x_i(a[15:12]), .y_i(a[19:16]), .sum_o(y)",
     20, 6, "(a[5:0] | a[11:6]) + a[15:12] + a[19:16]"),
]  # fmt: skip


def prove(folder: Path, xilinx: int, case: tuple[str, str, str, int, int, str], text: str) -> str:
    module, parameters, ports, in_bits, out_bits, total = case
    (folder / "same.sv").write_text(
        f"module same (input logic [{in_bits - 1}:0] a, output logic ok);\n"
        f"  logic [{out_bits - 1}:0] y;\n"
        f"  {module} #({parameters} .Xilinx({xilinx})) u ({ports});\n"
        f"  assign ok = (y == {out_bits}'({total}));\nendmodule\n"
    )
    names = sorted({module, *LEAVES})
    for name in names:
        source = (FOLDER / f"{name}.sv").read_text()
        (folder / f"{name}.sv").write_text(text if name == module and text else source)
    script = (
        f"read_verilog -sv same.sv {' '.join(f'{name}.sv' for name in names)}; "
        "read_verilog +/xilinx/cells_sim.v; hierarchy -top same; "
        f"select -assert-{'min 1' if xilinx else 'none'} t:*LUT6_2 t:*CARRY4; "
        "proc; flatten; opt; sat -verify -prove ok 1"
    )
    return run([*find_yosys().command, "-Q", "-p", script], folder, name="yosys")


@pytest.mark.parametrize("xilinx", [1, 0])
@pytest.mark.parametrize("case", ADDERS, ids=lambda case: case[0])
def test_adder(tmp_path: Path, xilinx: int, case: tuple[str, str, str, int, int, str]) -> None:
    assert "proof finished - no model found: SUCCESS" in prove(tmp_path, xilinx, case, "")


def test_a_wrong_table_is_found(tmp_path: Path) -> None:
    text = (FOLDER / "six_counter.sv").read_text()
    wrong = text.replace("(ones == 2) || (ones == 3)", "(ones == 2)")
    assert wrong != text
    with pytest.raises(HwBnnError, match="exit code"):
        prove(tmp_path, 1, ADDERS[1], wrong)
