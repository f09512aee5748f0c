# SPDX-License-Identifier: BSD-3-Clause
"""Resource estimates by yosys, in total and for each unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.plan import TOP, read_streams, sources
from hw_bnn.build.stages import Stages, digest
from hw_bnn.progress import SILENT, Progress

NOTE = "yosys estimate after synthesis; not placed, not routed, not timed"


def synthesise(out: Path, *, progress: Progress = SILENT) -> dict[str, Any]:
    """Synthesise the accelerator of a build folder; return the report's `resources`.

    The units keep their borders, so that each can be counted and the sum is the total.
    """
    folder = BuildFolder(out)
    report = folder.read_report()
    streams, plan_digest = read_streams(folder.rtl)
    stages = Stages(out)

    def action() -> dict[str, Any]:
        from hw_bnn.tools.yosys import family, synthesise_units

        with progress.step("synthesis with yosys"):
            return synthesise_units(
                folder.rtl,
                sources(folder.rtl),
                TOP,
                streams.units,
                folder.synthesis,
                family(report["part"]),
            )

    resources = stages.run("synthesis", digest(plan_digest, report["part"]), action)
    resources["note"] = NOTE
    folder.update_report(resources=resources, seconds=report["seconds"] | stages.seconds)
    return resources
