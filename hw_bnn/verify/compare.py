# SPDX-License-Identifier: BSD-3-Clause
"""Runs the same images through every stage of a build and compares all layer boundaries."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.netlist import netlists, synthesised
from hw_bnn.build.stages import Stages, digest
from hw_bnn.errors import HwBnnError
from hw_bnn.files import sha256, write_text
from hw_bnn.progress import SILENT
from hw_bnn.verify.comparison import Comparison
from hw_bnn.verify.picture import svg

if TYPE_CHECKING:
    from torch import nn

    from hw_bnn.progress import Progress


def verify(
    out: Path,
    images: npt.NDArray[Any],
    labels: npt.NDArray[np.int64] | None = None,
    *,
    trained: nn.Module | None = None,
    rtl_images: int = 0,
    netlist_images: int = 0,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Compare all stages of a build at every layer boundary.

    Writes `bit_exact`, `accuracy`, `ambiguous` and `skipped` into the build's report, and a
    picture of it, verification.svg.

    Args:
        out: the build folder.
        images: float32 [N, ...] as the source model takes them, or flat; or uint8 pixels.
        labels: [N] classes, for the accuracies.
        trained: the network that the source was exported from, to start the comparison with.
        rtl_images: how many of the images the RTL is simulated on; 0 means all.
        netlist_images: how many the netlist of yosys is simulated on; 0 means none. Without a
            synthesis it is not, and the report's `skipped` says so.
        progress: where progress is reported.

    Returns:
        The report.

    Raises:
        HwBnnError: no finished build, or images that it cannot take.
    """
    if not len(images):
        raise HwBnnError("there are no images to verify with; give at least one")
    if labels is not None and len(labels) != len(images):
        raise HwBnnError(f"there are {len(labels)} labels for {len(images)} images")
    folder = BuildFolder(out)
    report = folder.read_report(unchanged=False)  # a changed file is what it looks for
    comparison = Comparison(folder, images, trained)
    skipped = []
    if netlist_images and not synthesised(folder):
        netlist_images = 0
        skipped.append("netlist: this build has no synthesis; run hw-bnn synth before")
    files = [path for path in sorted(folder.dataflow.rglob("*")) if _counts(path)]
    inputs = digest(
        [sha256(path) for path in [*files, *(netlists(folder) if netlist_images else ())]],
        sha256(folder.source),
        *(None if a is None else _array_digest(a) for a in (comparison.images, labels)),
        None if trained is None else _weights_digest(trained),
        rtl_images,
        netlist_images,
    )
    stages = Stages(out)
    found = stages.run(
        "verify", inputs, lambda: comparison.run(labels, rtl_images, netlist_images, progress)
    )
    write_text(out / "verification.svg", svg(found["bit_exact"]))
    return folder.update_report(
        **found, skipped=skipped, seconds=report["seconds"] | stages.seconds
    )


def _counts(path: Path) -> bool:
    """Whether a file takes part in the comparison: models, hardware and its memories."""
    return path.suffix in (".onnx", ".v", ".sv", ".mem")


def _array_digest(array: npt.NDArray[Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def _weights_digest(model: nn.Module) -> str:
    state = sorted(model.state_dict().items())
    return digest(str(model), [(name, _array_digest(value.numpy())) for name, value in state])
