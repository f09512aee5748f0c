# SPDX-License-Identifier: BSD-3-Clause
"""FIFO sizing of a built accelerator: how long it takes, how short FIFOs become, and that it holds.

The depths come from the model of all handshakes (hw_bnn.dataflow.fifo_depths). Here the RTL with
unbounded FIFOs, which tell their largest fill, is simulated beside the model, and the RTL with the
chosen depths is what the build has measured.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hw_bnn.build.folder import BuildFolder
from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from hw_bnn.progress import Progress


def fifo(progress: Progress, build: Path) -> list[dict[str, Any]]:
    """Size the FIFOs of a build once more.

    Returns:
        A row for unbounded FIFOs and one for those chosen, with cycles per image in the RTL and in
        the model, the `words` and `bits` that all FIFOs hold together (unbounded: the largest
        fill), and the `seconds` that sizing, or else the simulation, took. `bound` is the slowest
        unit's cycles by its own law. `mismatches` counts FIFOs whose largest fill in the RTL is not
        the model's, and a pace that is not.
    """
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.build.plan import make_plan, operators
    from hw_bnn.dataflow import engine
    from hw_bnn.dataflow.chain import UNBOUNDED
    from hw_bnn.dataflow.cycles import run_images
    from hw_bnn.dataflow.fifo_depths import IMAGES, fifo_depths
    from hw_bnn.dataflow.transformations.insert_streams import SetFifoDepths

    folder = BuildFolder(build)
    report = folder.read_report()
    engine.start(folder.dataflow / "finn_tmp")
    step = report["steps"][-1].rsplit(".", 1)[-1]
    graph = ModelWrapper(str(folder.dataflow / "intermediate_models" / f"{step}.onnx"))
    nodes = operators(graph)
    widths = [int(node.get_instream_width()) for node in nodes if not node.stages()]
    with progress.step("sizing by the model"):
        started = time.perf_counter()
        depths = fifo_depths(nodes)
        seconds = time.perf_counter() - started
    if depths != report["fifo_depths"]:
        raise HwBnnError(f"{build}: was built with other FIFO depths; run hw-bnn build again")
    free = run_images(nodes, [UNBOUNDED] * len(depths), IMAGES)
    with progress.step("RTL with unbounded FIFOs", IMAGES) as advance:
        run = _measure(make_plan(graph.transform(SetFifoDepths(None))), advance)
    fills = list(run.gauges.values())
    bound = max(int(node.get_exp_cycles()) for node in nodes if node.stages())
    pace = int(run.image_ends[-1] - run.image_ends[-2])
    differing = int(np.count_nonzero(np.array(fills) != free.fills))
    rows = [
        {"design": "unbounded", "cycles_per_inference": pace, "model": free.pace, "bound": bound}
        | _size(fills, widths)
        | {"seconds": run.seconds, "mismatches": differing + (pace != free.pace)}
    ]
    model, measured = report["cycle_model"], report["cycles_per_inference"]
    chosen = {"cycles_per_inference": measured, "model": model["cycles_per_inference"]}
    wrong = int(measured != model["cycles_per_inference"] or measured > free.pace)
    rows.append(
        {"design": "chosen"} | chosen | {"bound": bound} | _size(list(depths.values()), widths)
        | {"seconds": seconds, "mismatches": wrong, "baseline": "unbounded"}
    )  # fmt: skip
    return [{"experiment": report["name"]} | row for row in rows]


def _measure(plan: Any, advance: Any) -> Any:
    from hw_bnn.build.accelerator import Accelerator
    from hw_bnn.build.plan import write_plan
    from hw_bnn.dataflow.fifo_depths import IMAGES

    with tempfile.TemporaryDirectory() as name:
        write_plan(plan, Path(name) / "rtl")
        accelerator = Accelerator(Path(name) / "rtl")
        shape = accelerator.streams.input.shape
        return accelerator.simulate(np.zeros((IMAGES, *shape), dtype=np.int32), advance=advance)


def _size(words: list[int], widths: list[int]) -> dict[str, int]:
    return {"words": sum(words), "bits": sum(w * b for w, b in zip(words, widths, strict=True))}
