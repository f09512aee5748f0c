# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn simulate`: images through a built accelerator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hw_bnn.cli import common
from hw_bnn.errors import HwBnnError
from hw_bnn.progress import Progress
from hw_bnn.report import table


@click.command()
@click.argument("build", type=common.PATH)
@click.option(
    "--input",
    "images",
    type=common.PATH,
    required=True,
    metavar="X.npy",
    help="Images as the source model takes them: float32, first axis N (or uint8 pixels).",
)
@click.option(
    "--output",
    type=common.PATH,
    required=True,
    metavar="Y.npy",
    help="What the source model returns, one row per image.",
)
@click.option(
    "--backend",
    type=click.Choice(["golden", "rtl"]),
    required=True,
    help="The bit-packed model in software, or the RTL in Verilator.",
)
@click.option(
    "--idle",
    type=common.SHARE,
    default=0.0,
    show_default=True,
    help="Share of cycles in which the source offers nothing (rtl).",
)
@click.option(
    "--backpressure",
    type=common.SHARE,
    default=0.0,
    show_default=True,
    help="Share of cycles in which the sink accepts nothing (rtl).",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="For the choice of those cycles.",
)
@common.prints(table.values)
def command(
    build: Path,
    images: Path,
    output: Path,
    backend: str,
    idle: float,
    backpressure: float,
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    """Run images through the accelerator in the folder BUILD."""
    if backend == "golden" and (idle or backpressure):
        raise click.UsageError("--idle and --backpressure need --backend rtl")
    common.existing_folder(build, "build")
    if output.is_dir():
        raise HwBnnError(f"{output}: is a folder; --output must be a file")
    from hw_bnn.cli import arrays

    inputs = arrays.read_images(images)
    from hw_bnn.build import simulate

    outputs = simulate(
        build,
        inputs,
        backend=backend,
        idle=idle,
        backpressure=backpressure,
        seed=seed,
        progress=progress,
    )
    arrays.write_array(output, outputs)
    return {"output": str(output), "backend": backend, "shape": list(outputs.shape)}
