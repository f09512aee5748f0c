# SPDX-License-Identifier: BSD-3-Clause
"""The accelerator after synthesis: the netlists of its units under the same top module."""

from __future__ import annotations

from pathlib import Path

from hw_bnn.build.accelerator import Accelerator
from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.plan import TOP, read_streams
from hw_bnn.build.synthesis import netlist
from hw_bnn.errors import HwBnnError
from hw_bnn.tools.cell_models import models


def netlists(folder: BuildFolder) -> list[Path]:
    """Return the netlists of all units, in order; they need not exist."""
    return [netlist(folder, unit) for unit in read_streams(folder.rtl)[0].units]


def synthesised(folder: BuildFolder) -> bool:
    """Whether there is a netlist for every unit of the accelerator that the report tells of."""
    resources = folder.read_report(unchanged=False).get("resources", {})
    return "layers" in resources and all(path.is_file() for path in netlists(folder))


class Netlist(Accelerator):
    """What yosys made of an accelerator, in place of its RTL; see Accelerator."""

    quick = True

    def __init__(self, folder: BuildFolder) -> None:
        """Take a build's folder.

        Raises:
            HwBnnError: there is no synthesis, or a cell has no simulation model.
        """
        super().__init__(folder.rtl, unchanged=False)
        if not synthesised(folder):
            raise HwBnnError(f"{folder.path}: has no synthesis; run hw-bnn synth first")
        layers = folder.read_report(unchanged=False)["resources"]["layers"].values()
        made = sorted({folder.synthesis / unit["folder"] / "netlist.json" for unit in layers})
        self.files = [folder.rtl / f"{TOP}.v", *netlists(folder), *models(made, folder.synthesis)]
        self.work_dir = folder.synthesis / "verilator"
