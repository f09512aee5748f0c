# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn sweep`: an experiment over ranges of its values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hw_bnn.cli import common
from hw_bnn.progress import Progress

if TYPE_CHECKING:
    from rich.console import RenderableType


def _shown(result: dict[str, Any]) -> RenderableType:
    from rich.table import Table

    rows = result["trials"]
    keys = list(dict.fromkeys(key for row in rows for key in row["values"]))
    grid = Table(
        "trial", "state", *keys, "validation accuracy, %", title=f"{result['name']}, best first"
    )
    for row in sorted(rows, key=lambda row: -(row["validation_accuracy"] or 0.0)):
        accuracy = row["validation_accuracy"]
        values = [_number(row["values"].get(key)) for key in keys]
        shown = "" if accuracy is None else f"{100 * accuracy:.2f}"
        grid.add_row(str(row["number"]), row["state"], *values, shown)
    return grid


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@click.command()
@click.argument("sweep", type=common.PATH)
@common.out("Folder of the sweep; one that was interrupted there is continued.")
@common.data_dir
@common.device
@click.option(
    "--trials",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Trials in all, of all workers.",
)
@click.option(
    "--storage", help="Database URL that workers share; a file in the folder unless given."
)
@common.prints(_shown)
def command(
    sweep: Path,
    out: Path,
    data_dir: Path | None,
    device: str,
    trials: int,
    storage: str | None,
    progress: Progress,
) -> dict[str, Any]:
    """Train the experiment of SWEEP with values of its section `search`, chosen by Optuna.

    Trials are compared on held-out training images, never on the test split. Writes sweep.json,
    and best.yaml: the experiment file of the best trial.
    """
    from hw_bnn.training.search import load_sweep

    checked = load_sweep(sweep)
    from hw_bnn.training.sweep import run_sweep

    return run_sweep(
        checked,
        out,
        trials=trials,
        storage=storage,
        data_dir=data_dir,
        progress=progress,
        device=device,
    )
