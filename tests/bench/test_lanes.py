# SPDX-License-Identifier: BSD-3-Clause
"""Benchmark of lanes: both designs of a small shape, counted and simulated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hw_bnn.bench.counting import FIGURES
from hw_bnn.bench.lanes import FOR_LOOP, Shape, lanes
from hw_bnn.codegen.verilog import Unit, wrapper
from hw_bnn.progress import SILENT
from hw_bnn.rtl import sources
from hw_bnn.tools.verilator import compile_simulator

pytestmark = pytest.mark.rtl


def test_rows() -> None:
    ours, loop = lanes(SILENT, [Shape(1, 6, 2, width=12, height=2)])
    assert (ours["design"], loop["design"]) == ("hw_bnn", "for loop")
    for row in (ours, loop):
        assert (row["pe"], row["simd"], row["bits"], row["lanes"]) == (1, 6, 2, 6)
        assert row["lc_per_lane"] == pytest.approx(row["lc"] / 6, abs=1e-3)
        assert set(FIGURES) <= set(row)
    assert ours["lc"] != loop["lc"]


def test_the_loop_computes_the_same(tmp_path: Path) -> None:
    """Folds are many enough for sums to meet their start values."""
    rng = np.random.default_rng(0)
    parameters = {
        "MatrixW": 28, "MatrixH": 4, "Pe": 2, "Simd": 7, "InputBits": 1, "WeightFile": "w.mem",
        "ThresholdFile": "t.mem",
    }  # fmt: skip
    (tmp_path / "w.mem").write_text("".join(f"{rng.integers(0, 2**14):x}\n" for _ in range(8)))
    starts = 2**5 - rng.integers(10, 18, (2, 2))
    (tmp_path / "t.mem").write_text("".join(f"{a + 64 * b:x}\n" for a, b in starts))
    (tmp_path / "top.v").write_text(wrapper(Unit("top", "xnor_mvau", parameters, 7, 2)))
    (tmp_path / "xnor_pe.sv").write_text(FOR_LOOP)
    beats = rng.integers(0, 128, (400, 1), dtype=np.uint8)
    results = []
    for name in ("library", "loop"):
        pe = tmp_path if name == "loop" else sources()[0].parent
        given = [path for path in sources() if path.name != "xnor_pe.sv"]
        simulator = compile_simulator(
            [*given, pe / "xnor_pe.sv", tmp_path / "top.v"], "top", tmp_path / name, 1, 1,
            data_dir=tmp_path,
        )  # fmt: skip
        results.append(simulator.run(beats, 200).outputs)
    np.testing.assert_array_equal(*results)
    assert len(np.unique(results[0])) == 4
