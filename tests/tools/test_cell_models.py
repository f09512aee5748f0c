# SPDX-License-Identifier: BSD-3-Clause
"""Netlists of yosys under Verilator, beside the sources they were made of."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hw_bnn.errors import HwBnnError
from hw_bnn.tools import cell_models, verilator, yosys

MEMORIES = Path(__file__).with_name("memories.sv")


@pytest.mark.parametrize("cell", sorted(cell_models.OWN))
def test_the_models_pass_lint(cell, tmp_path):
    verilator.lint(
        [cell_models._FOLDER / "block_ram.sv", cell_models._FOLDER / f"{cell}.sv"], cell, tmp_path
    )


@pytest.mark.rtl
def test_block_rams_of_every_shape_behave_as_their_source(tmp_path):
    used = yosys.synthesise([MEMORIES], "memories", tmp_path / "yosys")
    assert used.cells["RAMB18E1"] >= 5
    assert used.cells["RAMB36E1"] >= 1
    rng = np.random.default_rng(0)
    beats = rng.integers(0, 256, (4000, 11)).astype(np.uint8)
    beats[:, 9] &= 1  # addresses close together: reads meet what was written
    beats[:, 7] &= 1
    found = []
    for name, sources in (
        ("source", [MEMORIES]),
        ("netlist", cell_models.simulation_sources(tmp_path / "yosys")),
    ):
        simulator = verilator.compile_simulator(sources, "memories", tmp_path / name, 11, 27)
        found.append(simulator.run(beats, len(beats), idle=0.2, backpressure=0.2).outputs)
    assert len(np.unique(found[0], axis=0)) > 1000
    np.testing.assert_array_equal(*found)


def test_a_cell_without_a_model_is_refused(tmp_path):
    modules = {
        "top": {"attributes": {}, "cells": {"a": {"type": "part"}, "b": {"type": "DSP48E7"}}},
        "part": {"attributes": {}, "cells": {"c": {"type": "LUT6"}}},
        "LUT6": {"attributes": {"blackbox": "1"}, "cells": {}},
    }
    (tmp_path / "netlist.json").write_text(json.dumps({"modules": modules}))
    assert cell_models.cell_types(tmp_path / "netlist.json") == {
        "LUT6": "part",
        "DSP48E7": "top",
    }
    with pytest.raises(HwBnnError, match="cell DSP48E7 in module top has no simulation model"):
        cell_models.simulation_sources(tmp_path)
