# SPDX-License-Identifier: BSD-3-Clause
"""Resource estimates by yosys: each distinct unit on its own, and their sum.

In a build's synthesis/, <unit>.v is the netlist of a unit, and a folder for each distinct one has
what yosys wrote. It is kept as long as the build has such a unit.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.plan import TOP, read_streams, sources
from hw_bnn.build.stages import Stages, digest, locked, replaced_folder
from hw_bnn.files import read_json, write_text
from hw_bnn.progress import SILENT, Progress
from hw_bnn.tools.netlist import joined, logic_levels
from hw_bnn.tools.process import end_all
from hw_bnn.tools.yosys import Utilisation, part_family
from hw_bnn.tools.yosys import synthesise as run_yosys

NOTE = "yosys estimate after synthesis; not placed, not routed, not timed"

SUMMED = ("lc", "sites", "lut", "inv", "ff", "carry", "lutram", "bram36", "dsp")
FIGURES = (*SUMMED, "levels", "delay_ns")

_CODE = ("tools/yosys.py", "tools/netlist.py")
_WORKERS = 2


def synthesise(out: Path, *, progress: Progress = SILENT) -> dict[str, Any]:
    """Synthesise the accelerator of a build folder; return the report's `resources`.

    `layers` has FIGURES and `seconds` for each unit, and its `folder` in synthesis/; equal units
    have the same. `total` has their sums, but the largest `delay_ns`, the `levels` of the whole
    with paths through several units, and the `seconds` of each folder once.
    """
    folder = BuildFolder(out)
    report = folder.read_report()
    streams, plan_digest = read_streams(folder.rtl)
    family = part_family(report["part"])
    stages = Stages(out, "build/synthesis.py", *_CODE)
    with locked(out):
        resources = stages.run(
            "synthesis",
            digest(plan_digest, family),
            lambda: _synthesise(folder, streams.units, family, progress),
            lambda: all(netlist(folder, unit).is_file() for unit in streams.units),
        )
    resources["note"] = NOTE
    folder.update_report(resources=resources, seconds=report["seconds"] | stages.seconds)
    return resources


def netlist(folder: BuildFolder, unit: str) -> Path:
    """Return where the netlist of a unit is, a module of the unit's name."""
    return folder.synthesis / f"{unit}.v"


def synthesise_whole(out: Path, work_dir: Path, replaced: Sequence[Path] = ()) -> dict[str, Any]:
    """Synthesise the accelerator of a build folder as one flat module; return its figures.

    Args:
        out: the build folder.
        work_dir: of yosys.
        replaced: files that stand in for those of the same name.
    """
    folder = BuildFolder(out)
    own = [*sources(folder.rtl), *sorted(folder.rtl.glob("*.mem"))]
    files = {path.name: path for path in [*own, *replaced]}
    family = part_family(folder.read_report()["part"])
    return _figures(run_yosys(list(files.values()), TOP, work_dir, family))


def unit_files(rtl: Path, unit: str) -> list[Path]:
    """Return what one unit is made of: its wrapper, the modules that it names, memory files."""
    modules = {
        name: path
        for path in sources(rtl)
        for name in re.findall(r"^module (\w+)", path.read_text(), re.MULTILINE)
    }
    found: dict[Path, None] = {}
    waiting = [modules[unit]]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = None
            text = path.read_text()
            waiting += [modules[word] for word in set(re.findall(r"\w+", text)) & modules.keys()]
            found |= dict.fromkeys(rtl / name for name in re.findall(r'"([^"]+\.mem)"', text))
    return sorted(found)


def _synthesise(
    folder: BuildFolder, units: list[str], family: str, progress: Progress
) -> dict[str, Any]:
    """Synthesise what has changed; leave a netlist for each unit, and nothing that is old."""
    keys = {unit: _key(unit, unit_files(folder.rtl, unit), family) for unit in units}
    first = {key: unit for unit, key in reversed(keys.items())}
    runs = _run(folder, first, family, progress)
    layers = {}
    for unit, key in keys.items():
        text = (folder.synthesis / key / "netlist.v").read_text()
        text = text.replace(f"module {runs[key]['module']}(", f"module {unit}(")
        write_text(netlist(folder, unit), text)
        layers[unit] = runs[key]["figures"] | {"folder": key}
    records = folder.path / "stages" / "synthesis"
    kept = {*first, *(netlist(folder, unit).name for unit in units)}
    for path in (*folder.synthesis.iterdir(), *records.iterdir()):
        if path.name.removesuffix(".json") not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    total = {name: sum(unit[name] for unit in layers.values()) for name in SUMMED}
    total["levels"] = _levels(folder, list(keys.values()), runs)
    delays = [unit["delay_ns"] for unit in layers.values()]
    total["delay_ns"] = None if None in delays else max(delays)
    total["seconds"] = round(sum(run["figures"]["seconds"] for run in runs.values()), 1)
    return {"total": total, "layers": layers, "tool": runs[keys[units[0]]]["tool"]}


def _run(
    folder: BuildFolder, units: dict[str, str], family: str, progress: Progress
) -> dict[str, dict[str, Any]]:
    """Synthesise the units, {key: name}, some at a time, each unless it has been."""
    stages = Stages(folder.path, *_CODE)

    def run(key: str) -> dict[str, Any]:
        unit, place = units[key], folder.synthesis / key

        def action() -> dict[str, Any]:
            with replaced_folder(place):
                used = run_yosys(unit_files(folder.rtl, unit), unit, place, family)
            return {"module": unit, "figures": _figures(used), "tool": used.tool}

        return stages.run(f"synthesis/{key}", key, action, (place / "netlist.v").is_file)

    results = {}
    with progress.step("synthesis with yosys", len(units)) as advance:
        pool = ThreadPoolExecutor(_WORKERS)
        tasks = {pool.submit(run, key): key for key in units}
        try:
            for task in as_completed(tasks):
                results[tasks[task]] = task.result()
                advance()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise
        pool.shutdown()
    return results


def _levels(folder: BuildFolder, keys: list[str], runs: dict[str, dict[str, Any]]) -> int:
    """Count the levels of the units in a row."""
    parts = {
        key: read_json(folder.synthesis / key / "netlist.json")["modules"][run["module"]]
        for key, run in runs.items()
    }
    return logic_levels(joined([parts[key] for key in keys]))


def _key(unit: str, files: Sequence[Path], family: str) -> str:
    """Digest of what a unit is made of, the same for equal units of other names."""
    texts = [path.read_text().replace(unit, "unit") for path in files]
    return digest(family, texts)[:16]


def _figures(used: Utilisation) -> dict[str, Any]:
    figures = {name: getattr(used, name) for name in FIGURES}
    return figures | {"seconds": round(used.seconds, 1)}
