# SPDX-License-Identifier: BSD-3-Clause
"""Images in, the source model's outputs out: by the golden executor or by the hardware."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hw_bnn.build.accelerator import Accelerator, Stalls
from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.steps import SELECT_LABEL
from hw_bnn.golden import Golden
from hw_bnn.progress import SILENT, Progress


def simulate(
    out: Path,
    images: npt.NDArray[Any],
    *,
    backend: str,
    idle: float = 0.0,
    backpressure: float = 0.0,
    seed: int = 0,
    progress: Progress = SILENT,
) -> npt.NDArray[Any]:
    """Run images through a built accelerator.

    What the host does in a real system, it does here: quantising the input, and the scales after
    the integer sums.

    Args:
        out: the build folder.
        images: float32 [N, ...] as the source model takes them, or flat; or uint8 pixels.
        backend: "golden", the bit-packed executor, or "rtl", the hardware under Verilator.
        idle: chance per cycle that the RTL's source offers nothing.
        backpressure: chance per cycle that the RTL's sink takes nothing.
        seed: of these pauses.
        progress: where progress is reported.

    Returns:
        What the source model returns, float32 [N, classes]; of an accelerator with label select
        int64 [N], the classes.
    """
    folder = BuildFolder(out)
    folder.require_built()
    labelled = SELECT_LABEL in folder.read_report()["steps"]
    golden = Golden.load(folder.integer)
    images = golden.prepare(images)
    with progress.step(f"simulation: {backend}", len(images)) as advance:
        if backend == "golden" or not len(images):
            outputs = golden.run(images)
            advance(len(images))
            return outputs.argmax(axis=1) if labelled else outputs
        accelerator = Accelerator(folder.rtl)
        inputs = accelerator.inputs(golden, images)
        run = accelerator.simulate(inputs, Stalls(idle, backpressure, seed), advance)
        return run.outputs[:, 0].astype(np.int64) if labelled else golden.outputs(run.outputs)
