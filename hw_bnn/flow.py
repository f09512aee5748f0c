# SPDX-License-Identifier: BSD-3-Clause
"""The main job: train, export, build, verify, report; everything in one folder.

The folder of a run is a build folder with the training beside it: train/, model.onnx, report.json.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.build.folder import BuildFolder
from hw_bnn.errors import HwBnnError
from hw_bnn.progress import SILENT

if TYPE_CHECKING:
    from torch import nn

    from hw_bnn.config import ExperimentConfig
    from hw_bnn.progress import Progress

MODEL = "model.onnx"
TRAIN = "train"


def run_experiment(
    config: ExperimentConfig,
    out: Path,
    *,
    data_dir: Path | None = None,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Do everything that an experiment file says; return the report.

    Args:
        config: the experiment, with a section build.
        out: folder of the run; an interrupted run in it is continued.
        data_dir: folder of the data set's files.
        progress: where progress is reported.
    """
    from hw_bnn.build import build
    from hw_bnn.build.pipeline import check_target
    from hw_bnn.data import load
    from hw_bnn.export.source import require_hardware
    from hw_bnn.nn.models import build_model
    from hw_bnn.training import train
    from hw_bnn.verify import verify

    folder = BuildFolder(out)
    folder.require_writable()
    if config.build is None:
        raise HwBnnError(
            f"{config.name}: the section build is missing: must name a board or an fpga_part; to"
            " train alone, use hw-bnn train"
        )
    check_target(config.build)
    data = load(config.data.name, data_dir, progress, config.data.view)
    require_hardware(build_model(config.model, data.image_shape, data.classes))
    metrics = train(config, out / TRAIN, data_dir=data_dir, progress=progress)
    seconds = round(sum(epoch["seconds"] for epoch in metrics["epochs"]), 2)
    report = build(export_run(out), out, config.build, progress=progress)
    times = {"training": 0.0} | report["seconds"] | {"training": seconds}
    folder.update_report(name=config.name, seconds=times)
    return verify(
        out,
        data.test_array(),
        data.test_labels,
        trained=trained_model(out),
        rtl_images=config.build.rtl_images,
        netlist_images=config.build.netlist_images,
        progress=progress,
    )


def export_run(run: Path, out: Path | None = None) -> Path:
    """Write a trained network as QONNX; return the file's path.

    Args:
        run: folder of a run, or of its training.
        out: the file; `model.onnx` beside the training unless given.
    """
    from hw_bnn.export.source import export_qonnx
    from hw_bnn.training import load_trained

    folder = run / TRAIN if (run / TRAIN).is_dir() else run
    trained = load_trained(folder)
    path = out or run / MODEL
    export_qonnx(trained.model, trained.image_shape, path)
    return path


def trained_model(run: Path) -> nn.Module | None:
    """Return the network that a run's folder was trained to, in eval mode; None for a build."""
    if not (run / TRAIN).is_dir():
        return None
    from hw_bnn.training import load_trained

    return load_trained(run / TRAIN).model


def trained_outputs(run: Path, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the trained network's logits [N, classes], computed by torch in eval mode."""
    import torch

    from hw_bnn.training import load_trained

    model = load_trained(run).model
    with torch.no_grad():
        batches = [
            model(torch.from_numpy(images[start : start + 1000]).float() / 255).numpy()
            for start in range(0, len(images), 1000)
        ]
    return np.concatenate(batches)
