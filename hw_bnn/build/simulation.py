# SPDX-License-Identifier: BSD-3-Clause
"""Images in, the source model's outputs out: by the golden executor or by the hardware."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from hw_bnn.build.accelerator import Accelerator, Stalls
from hw_bnn.build.folder import BuildFolder
from hw_bnn.golden import Golden
from hw_bnn.progress import SILENT, Progress


def simulate(
    out: Path,
    images: npt.NDArray[np.float32],
    *,
    backend: Literal["golden", "rtl"],
    stalls: Stalls | None = None,
    progress: Progress = SILENT,
) -> npt.NDArray[np.float32]:
    """Run images through a built accelerator.

    What the host does in a real system, it does here: quantising the input, and the scales after
    the integer sums.

    Args:
        out: the build folder.
        images: float32 [N, ...] as the source model takes them, or flat.
        backend: the golden executor, or the RTL under Verilator.
        stalls: random pauses of the RTL's source and sink.
        progress: where progress is reported.

    Returns:
        What the source model returns: float32 [N, classes].
    """
    folder = BuildFolder(out)
    folder.require_built()
    golden = Golden.load(folder.integer)
    golden.check(images)
    if not len(images):
        return golden.run(images)
    with progress.step(f"simulation: {backend}", len(images)) as advance:
        if backend == "golden":
            outputs = golden.run(images)
            advance(len(images))
            return outputs
        bits = golden.input_bits(images)
        run = Accelerator(folder.rtl).simulate(bits, stalls, advance)
        return golden.outputs(run.sums)
