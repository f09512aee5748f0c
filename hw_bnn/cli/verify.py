# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn verify`: every stage of a build against the one before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hw_bnn.cli import common
from hw_bnn.progress import Progress
from hw_bnn.report import table


@click.command()
@click.argument("build", type=common.PATH)
@click.option("--data", type=click.Choice(["digits", "mnist"]), help="Take its test split.")
@click.option("--input", "images", type=common.PATH, metavar="X.npy", help="Take these images.")
@click.option("--images", "count", type=click.IntRange(1), help="Only the first so many.")
@common.data_dir
@common.prints(table.report, table.mismatch)
def command(
    build: Path,
    data: str | None,
    images: Path | None,
    count: int | None,
    data_dir: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Compare the stages of the accelerator in the folder BUILD bit for bit; exits 1 if any differ.

    One of --data and --input says with which images. FINN+'s graph is compared on up to 400 of
    them, the RTL with random pauses on 1,000, everything else on all. The result replaces the
    one in report.json.
    """
    if (data is None) == (images is None):
        raise click.UsageError("give one of --data and --input")
    common.existing_folder(build, "build")
    labels = None
    if images is not None:
        from hw_bnn.cli import arrays

        inputs = arrays.read_images(images)
    else:
        from hw_bnn.data import load

        split = load(str(data), data_dir, progress)
        inputs, labels = split.test_images, split.test_labels[:count]
    from hw_bnn.verify import verify

    return verify(build, inputs[:count], labels, rtl_images=0, progress=progress)
