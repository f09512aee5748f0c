# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn verify`: every stage of a build against the one before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hw_bnn.cli import common
from hw_bnn.progress import Progress
from hw_bnn.report import table, verification

DATA_SETS = ["digits", "mnist", "fashion-mnist", "cifar10"]


@click.command()
@click.argument("build", type=common.PATH)
@click.option("--data", type=click.Choice(DATA_SETS), help="Take its test split.")
@click.option("--input", "images", type=common.PATH, metavar="X.npy", help="Take these images.")
@click.option("--labels", type=common.PATH, metavar="Y.npy", help="Their classes, for accuracies.")
@click.option("--images", "count", type=click.IntRange(1), help="Only the first so many.")
@click.option(
    "--rtl-images", type=click.IntRange(1), help="Simulate the RTL on the first so many of them."
)
@click.option(
    "--netlist-images", type=click.IntRange(0), default=0, show_default=True,
    help="Simulate the netlist of hw-bnn synth on the first so many.",
)  # fmt: skip
@common.data_dir
@common.prints(verification.tables, table.mismatch)
def command(
    build: Path,
    data: str | None,
    images: Path | None,
    labels: Path | None,
    count: int | None,
    rtl_images: int | None,
    netlist_images: int,
    data_dir: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Compare all stages in the folder BUILD, of a build or a run, at every layer boundary.

    Exits 1 if any differ, and says where first: stage, layer, channel, position and image. One of
    --data and --input says with which images. FINN+'s graph after each step but the last is
    compared on up to 400 of them, the RTL with random pauses on 1,000, the netlist as asked,
    everything else on all. The result replaces the one in report.json; report.html and
    verification.svg show it.
    """
    if (data is None) == (images is None):
        raise click.UsageError("give one of --data and --input")
    if labels is not None and images is None:
        raise click.UsageError("--labels needs --input")
    common.existing_folder(build, "build")
    classes = None
    if images is not None:
        from hw_bnn.cli import arrays

        inputs = arrays.read_images(images)
        classes = arrays.read_labels(labels)[:count] if labels is not None else None
    else:
        from hw_bnn.data import load

        split = load(str(data), data_dir, progress)
        inputs, classes = split.test_array(), split.test_labels[:count]
    from hw_bnn.flow import trained_model
    from hw_bnn.report import page
    from hw_bnn.verify import verify

    result = verify(
        build,
        inputs[:count],
        classes,
        trained=trained_model(build),
        rtl_images=rtl_images or 0,
        netlist_images=netlist_images,
        progress=progress,
    )
    page.write(build)
    return result
