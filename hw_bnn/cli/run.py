# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn run`: everything an experiment file says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hw_bnn.cli import common
from hw_bnn.progress import Progress
from hw_bnn.report import table


@click.command()
@click.argument("config", type=common.PATH)
@common.out("Folder of the run; a run that was interrupted there is continued.")
@common.data_dir
@common.prints(table.report, table.mismatch)
def command(config: Path, out: Path, data_dir: Path | None, progress: Progress) -> dict[str, Any]:
    """Train, export, build, simulate, estimate and report, as CONFIG says.

    OUT/report.html shows what came out.
    """
    from hw_bnn.config import load_config

    experiment = load_config(config)
    from hw_bnn import flow
    from hw_bnn.report import page

    result = flow.run_experiment(experiment, out, data_dir=data_dir, progress=progress)
    page.write(out)
    return result
