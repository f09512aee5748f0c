# SPDX-License-Identifier: BSD-3-Clause
"""Runs the same images through every stage of a build and counts the images that differ."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.build.accelerator import Accelerator, Stalls
from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.stages import Stages, digest
from hw_bnn.errors import HwBnnError
from hw_bnn.export.model import load_model, run_batches
from hw_bnn.files import sha256
from hw_bnn.golden import Golden
from hw_bnn.progress import SILENT
from hw_bnn.verify.dataflow import graph_sums

if TYPE_CHECKING:
    from hw_bnn.progress import Progress

GRAPH_IMAGES = 400
"""FINN+'s graph is executed node by node in Python, one image after the other: so many at most."""

STALLS = Stalls(idle=0.3, backpressure=0.3, seed=1)
"""Random pauses of the second RTL simulation."""

STALLED_IMAGES = 1000


def verify(
    out: Path,
    images: npt.NDArray[Any],
    labels: npt.NDArray[np.int64] | None = None,
    *,
    trained: npt.NDArray[np.float32] | None = None,
    rtl_images: int = 0,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Compare all stages of a build and write `bit_exact` and `accuracy` into its report.

    Args:
        out: the build folder.
        images: float32 [N, ...] as the source model takes them, or flat; or uint8 pixels.
        labels: [N] classes, for the accuracies.
        trained: the trained model's own outputs for the images, to start the comparison with.
        rtl_images: how many of the images the RTL is simulated on; 0 means all.
        progress: where progress is reported.

    Returns:
        The report.
    """
    if not len(images):
        raise HwBnnError("there are no images to verify with; give at least one")
    if labels is not None and len(labels) != len(images):
        raise HwBnnError(f"there are {len(labels)} labels for {len(images)} images")
    folder = BuildFolder(out)
    report = folder.read_report(unchanged=False)  # a changed file is what it looks for
    golden = Golden.load(folder.integer)
    images = golden.prepare(images)
    parts = [images, trained, labels]
    inputs = digest(
        [sha256(path) for path in sorted(folder.dataflow.rglob("*")) if _counts(path)],
        sha256(folder.source),
        [None if part is None else hashlib.sha256(part.tobytes()).hexdigest() for part in parts],
        rtl_images,
    )
    stages = Stages(out)
    found = stages.run(
        "verify",
        inputs,
        lambda: _compare(folder, golden, images, labels, trained, rtl_images, progress),
    )
    return folder.update_report(**found, seconds=report["seconds"] | stages.seconds)


def _counts(path: Path) -> bool:
    """Whether a file takes part in the comparison: models, hardware and its memories."""
    return path.suffix in (".onnx", ".v", ".sv", ".mem")


def _compare(
    folder: BuildFolder,
    golden: Golden,
    images: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64] | None,
    trained: npt.NDArray[np.float32] | None,
    rtl_images: int,
    progress: Progress,
) -> dict[str, Any]:
    rows = []
    with progress.step("verify: QONNX", len(images)) as advance:
        source = run_batches(load_model(folder.source), images)
        advance(len(images))
    if trained is not None:
        rows.append(_row("QONNX", "trained model", source, trained))
    with progress.step("verify: integer QONNX", len(images)) as advance:
        integer = run_batches(load_model(folder.integer), images)
        advance(len(images))
    rows.append(_row("integer QONNX", "QONNX", integer, source))
    outputs = golden.run(images)
    rows.append(_row("golden", "QONNX", outputs, source))
    few = images[:GRAPH_IMAGES]
    with progress.step("verify: FINN+ graph") as advance:
        for step, sums in graph_sums(folder, golden, golden.codes(few) > 0):
            rows.append(_row(f"FINN+ {step}", "golden", golden.outputs(sums), outputs[: len(few)]))
            advance()
    rtl = images[: rtl_images or len(images)]
    accelerator, bits = Accelerator(folder.rtl, unchanged=False), golden.codes(rtl) > 0
    with progress.step("verify: RTL", len(rtl)) as advance:
        run = accelerator.simulate(bits, advance=advance)
    hardware = golden.outputs(run.sums)
    rows.append(_row("RTL", "golden", hardware, outputs[: len(rtl)]))
    stalled = accelerator.simulate(bits[:STALLED_IMAGES], STALLS)
    expected = outputs[:STALLED_IMAGES][: len(rtl)]
    rows.append(_row("RTL with random pauses", "golden", golden.outputs(stalled.sums), expected))
    accuracy = {}
    if labels is not None:
        accuracy["golden"] = _accuracy(outputs, labels)
        accuracy["rtl"] = _accuracy(hardware, labels[: len(rtl)])
        if trained is not None:
            accuracy = {"trained": _accuracy(trained, labels)} | accuracy
    return {"bit_exact": rows, "accuracy": accuracy}


def _row(
    stage: str, reference: str, found: npt.NDArray[Any], expected: npt.NDArray[Any]
) -> dict[str, Any]:
    """Count the images whose outputs are not the same bits."""
    if found.shape != expected.shape:
        raise HwBnnError(
            f"{stage} gives outputs of shape {list(found.shape)}, {reference} "
            f"{list(expected.shape)}; were they built from the same model?"
        )
    different = (found.astype(np.float32) != expected.astype(np.float32)).reshape(len(found), -1)
    return {
        "stage": stage,
        "reference": reference,
        "samples": len(found),
        "mismatches": int(different.any(axis=1).sum()),
    }


def _accuracy(outputs: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> dict[str, Any]:
    correct = int((outputs.reshape(len(outputs), -1).argmax(axis=1) == labels).sum())
    return {"correct": correct, "images": len(labels), "accuracy": correct / len(labels)}
