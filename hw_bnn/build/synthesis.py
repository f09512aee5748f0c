# SPDX-License-Identifier: BSD-3-Clause
"""Resource estimates by yosys, in total and for each unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.plan import TOP, read_streams, sources
from hw_bnn.build.stages import Stages, digest, locked, recover, replaced_folder
from hw_bnn.progress import SILENT, Progress
from hw_bnn.tools.yosys import Utilisation, part_family
from hw_bnn.tools.yosys import synthesise as run_yosys

NOTE = "yosys estimate after synthesis; not placed, not routed, not timed"

FIGURES = ("lc", "lut", "ff", "carry", "lutram", "bram36", "dsp")


def synthesise(out: Path, *, progress: Progress = SILENT) -> dict[str, Any]:
    """Synthesise the accelerator of a build folder; return the report's `resources`.

    The units keep their borders, so that each can be counted and the sum is the total.
    """
    folder = BuildFolder(out)
    report = folder.read_report()
    streams, plan_digest = read_streams(folder.rtl)
    stages = Stages(out)

    def action() -> dict[str, Any]:
        files = [*sources(folder.rtl), *sorted(folder.rtl.glob("*.mem"))]
        with progress.step("synthesis with yosys"), replaced_folder(folder.synthesis):
            family = part_family(report["part"])
            used = run_yosys(files, TOP, folder.synthesis, family, keep=streams.units)
        layers = {name: _figures(unit) for name, unit in used.modules.items()}
        return {"total": _figures(used), "layers": layers, "tool": used.tool}

    netlist = folder.synthesis / "netlist.v"
    with locked(out):
        recover(folder.synthesis)
        inputs = digest(plan_digest, report["part"])
        resources = stages.run("synthesis", inputs, action, netlist.is_file)
    resources["note"] = NOTE
    folder.update_report(resources=resources, seconds=report["seconds"] | stages.seconds)
    return resources


def _figures(used: Utilisation) -> dict[str, float]:
    return {name: getattr(used, name) for name in FIGURES}
