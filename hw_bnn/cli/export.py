# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn export`: a trained network as QONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hw_bnn.cli import common
from hw_bnn.errors import HwBnnError
from hw_bnn.progress import Progress
from hw_bnn.report import table


@click.command()
@click.argument("run", type=common.PATH)
@click.option("--out", type=common.PATH, help="The .onnx file; without it, one in RUN.")
@common.prints(table.values)
def command(run: Path, out: Path | None, progress: Progress) -> dict[str, Any]:
    """Write the network that was trained in the folder RUN as QONNX."""
    common.existing_folder(run, "train")
    from hw_bnn import files, flow
    from hw_bnn.build.folder import BuildFolder

    if BuildFolder(run).source.is_file() and not (run / flow.TRAIN).is_dir():
        raise HwBnnError(
            f"{run}: is a build, not a training; give the folder of hw-bnn train or hw-bnn run"
        )
    with progress.step("export"):
        model = flow.export_run(run, out)
    return {"model": str(model), "sha256": files.sha256(model)}
