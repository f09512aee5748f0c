# SPDX-License-Identifier: BSD-3-Clause
"""FIFO sizing of a built accelerator: how long it takes, how short FIFOs become, and that it holds.

The depths come from the model of all handshakes (hw_bnn.dataflow.fifo_depths). Then the RTL is
simulated twice: with unbounded FIFOs, which tell their largest fill, and with the chosen depths.
"""

from __future__ import annotations

import operator
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
        the model, and the `words` and `bits` that all FIFOs hold together (unbounded: the largest
        fill). `model_seconds` is what the choice took, `rtl_seconds` to compile and simulate.
        `bound` is the slowest unit's cycles by its own law. `mismatches` counts FIFOs whose largest
        fill in the RTL is not the model's, and a pace that is not, or is slower than unbounded.
    """
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.build.plan import make_plan, operators
    from hw_bnn.dataflow import cycles, engine, fifo_depths
    from hw_bnn.dataflow.chain import UNBOUNDED
    from hw_bnn.dataflow.cycles import run_images
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
        depths = fifo_depths.fifo_depths(nodes)
        chosen_in = time.perf_counter() - started
    if depths != report["fifo_depths"]:
        raise HwBnnError(f"{build}: was built with other FIFO depths; run hw-bnn build again")
    bound = max(int(node.get_exp_cycles()) for node in nodes if node.stages())

    def row(design: str, given: dict[str, int] | None, words: list[int]) -> dict[str, Any]:
        images = cycles.IMAGES if words else fifo_depths.IMAGES
        expected = run_images(nodes, words or [UNBOUNDED] * len(widths), images)
        with progress.step(f"RTL with {design} FIFOs", images) as advance:
            started = time.perf_counter()
            run = _simulate(make_plan(graph.transform(SetFifoDepths(given))), images, advance)
            seconds = time.perf_counter() - started
        pace = int(run.image_ends[-1] - run.image_ends[-2])
        fills = words or list(run.gauges.values())
        differing = 0 if words else int(np.count_nonzero(np.array(fills) != expected.fills))
        return (
            {"experiment": report["name"], "design": design, "cycles_per_inference": pace}
            | {"model": expected.pace, "bound": bound}
            | {"words": sum(fills), "bits": sum(map(operator.mul, widths, fills))}
            | {"rtl_seconds": seconds, "mismatches": differing + (pace != expected.pace)}
        )

    unbounded = row("unbounded", None, [])
    chosen = row("chosen", depths, list(depths.values()))
    chosen["mismatches"] += chosen["cycles_per_inference"] > unbounded["cycles_per_inference"]
    return [unbounded, chosen | {"model_seconds": chosen_in, "baseline": "unbounded"}]


def _simulate(plan: Any, images: int, advance: Any) -> Any:
    from hw_bnn.build.accelerator import Accelerator
    from hw_bnn.build.plan import write_plan

    with tempfile.TemporaryDirectory() as name:
        write_plan(plan, Path(name) / "rtl")
        accelerator = Accelerator(Path(name) / "rtl")
        shape = accelerator.streams.input.shape
        return accelerator.simulate(np.zeros((images, *shape), dtype=np.int32), advance=advance)
