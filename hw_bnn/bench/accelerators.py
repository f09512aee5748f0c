# SPDX-License-Identifier: BSD-3-Clause
"""Whole accelerators: what they take, how fast they are, and whether the netlist computes right."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_bnn import files
from hw_bnn.bench.lanes import FOR_LOOP
from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.stages import Stages, digest
from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from hw_bnn.progress import Progress

MLP = Path("build_configs/tfc-mnist-pynq-z1.yaml")
"""Run at FINN's folding; see tfc-mnist-pynq-z1.folding.json beside it."""

STAGES = {"RTL": "rtl", "netlist": "netlist"}
"""Stages of the comparison whose figures a row has, and under which name."""


def mlp(progress: Progress, kept: Path) -> list[dict[str, Any]]:
    """Run TFC from training to netlist, from the repository's root; go on where `kept` stopped.

    Returns:
        One row for the sum of the units; one for a single flattened run of yosys, as a check; and
        as baseline the flattened run with the popcount as a `for` loop.
    """
    from hw_bnn.config import load_config
    from hw_bnn.flow import run_experiment

    out = kept / "run"
    report = run_experiment(load_config(MLP), out, progress=progress)
    rows = [_row(report) | {"design": "hw_bnn, the sum of its units", "baseline": "for loop"}]
    flat = {"hw_bnn, flattened": {}, "for loop": {"xnor_pe.sv": FOR_LOOP}}
    with progress.step("synthesis of the whole", len(flat)) as advance:
        for design, changed in flat.items():
            rows.append({"design": design} | _whole(Stages(kept), out, design, changed))
            advance()
    return rows


def cnv(progress: Progress, build: Path, kept: Path) -> list[dict[str, Any]]:
    """Take apart a build that `hw-bnn run` has made and synthesised.

    Returns:
        One row for each unit, with the netlist's `words` out that were compared with the RTL's and
        the `mismatches` in value or cycle; one for a single flattened run of yosys, as a check; and
        one for the whole, the sum of its units.
    """
    from hw_bnn.build.unit_check import check_unit, unit_words

    folder = BuildFolder(build)
    report = folder.read_report()
    layers = report.get("resources", {}).get("layers")
    if layers is None:
        raise HwBnnError(f"{build}: has no synthesis; run hw-bnn synth before")
    stages, checked, rows = Stages(kept), {}, []
    with progress.step("netlist beside RTL, unit by unit", len(layers)) as advance:
        for words in unit_words(folder):
            key = layers[words.unit]["folder"]
            if key not in checked:

                def check(words: Any = words, key: str = key) -> dict[str, Any]:
                    with tempfile.TemporaryDirectory() as name:
                        compared, differing = check_unit(folder, words, key, Path(name))
                    return {"words": compared, "mismatches": differing}

                checked[key] = stages.run(key, digest(key, words.in_words), check)
            figures = {
                name: value for name, value in layers[words.unit].items() if name != "folder"
            }
            rows.append({"design": words.unit} | figures | checked[key])
            advance()
    with progress.step("synthesis of the whole"):
        flat = {"design": "flattened"} | _whole(stages, build, "flattened", {})
    return [*rows, flat, _row(report) | {"design": "whole, the sum of its units"}]


def _row(report: dict[str, Any]) -> dict[str, Any]:
    """Gather the figures of a whole accelerator; `mismatches` of all of its simulations."""
    row: dict[str, Any] = {"experiment": report["name"]} | report["resources"]["total"]
    row["cycles_per_inference"] = report["cycles_per_inference"]
    row["mismatches"] = 0
    for entry in report["bit_exact"]:
        stage = entry["stage"].removesuffix(" with random pauses")
        if stage in STAGES:
            row.setdefault(f"{STAGES[stage]}_images", entry["samples"])
            row["mismatches"] += entry["mismatches"]
    return row


def _whole(stages: Stages, out: Path, design: str, changed: dict[str, str]) -> dict[str, Any]:
    from hw_bnn.build.synthesis import synthesise_whole

    def action() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as name:
            for file, text in changed.items():
                files.write_text(Path(name) / file, text)
            given = [Path(name) / file for file in changed]
            return synthesise_whole(out, Path(name) / "yosys", given)

    report = BuildFolder(out).read_report()
    inputs = digest(report["digest"], report["part"], changed)
    return stages.run(design, inputs, action)
