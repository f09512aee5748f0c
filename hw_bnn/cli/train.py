# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn train`: the network only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from hw_bnn.cli import common
from hw_bnn.progress import Progress
from hw_bnn.report import training as shown


@click.command()
@click.argument("config", type=common.PATH)
@common.out("Folder of the run; training that was interrupted there is continued.")
@common.data_dir
@common.device
@click.option("--tensorboard", is_flag=True, help="Write curves and histograms to OUT/tensorboard.")
@click.option(
    "--until",
    type=click.IntRange(1),
    metavar="EPOCHS",
    help="Stop after so many epochs of the recipe; the same command without it goes on.",
)
@common.prints(shown.metrics)
def command(
    config: Path,
    out: Path,
    data_dir: Path | None,
    device: str,
    tensorboard: bool,
    until: int | None,
    progress: Progress,
) -> dict[str, Any]:
    """Train the network of CONFIG.

    On several GPUs or machines: torchrun --nproc-per-node N -m hw_bnn train CONFIG --out OUT
    """
    from hw_bnn.config import load_config

    experiment = load_config(config)
    from hw_bnn import training

    metrics = training.train(
        experiment,
        out,
        data_dir=data_dir,
        progress=progress,
        device=device,
        tensorboard=tensorboard,
        until=until,
    )
    if os.environ.get("RANK", "0") != "0":  # of torchrun's processes the first speaks for all
        raise click.exceptions.Exit(0)
    return metrics
