# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn train`: the network only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hw_bnn.cli import common
from hw_bnn.progress import Progress
from hw_bnn.report import table


@click.command()
@click.argument("config", type=common.PATH)
@common.out("Folder of the run; training that was interrupted there is continued.")
@common.data_dir
@common.prints(table.values)
def command(config: Path, out: Path, data_dir: Path | None, progress: Progress) -> dict[str, Any]:
    """Train the network of CONFIG."""
    from hw_bnn.config import load_config

    experiment = load_config(config)
    from hw_bnn import training

    return training.train(experiment, out, data_dir=data_dir, progress=progress)
