# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn study`: training methods compared over seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hw_bnn.cli import common
from hw_bnn.progress import Progress
from hw_bnn.report import table

if TYPE_CHECKING:
    from rich.console import RenderableType


def _shown(result: dict[str, Any]) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    columns = ["method", "accuracy, %", "deviation", "95% interval", "difference", "95% interval"]
    grid = table.grid(f"{result['study']}, test split", columns)
    for entry in result["summary"]:
        difference = entry.get("difference", {})
        grid.add_row(
            Text(entry["method"]),
            f"{100 * entry['mean']:.2f}",
            "" if entry["deviation"] is None else f"{100 * entry['deviation']:.2f}",
            _interval(entry, ".2f"),
            f"{100 * difference['mean']:+.2f}" if difference else "",
            _interval(difference, "+.2f"),
        )
    lines = [*result["sentences"], result["caution"]]
    return Group(grid, *(Text(line) for line in lines))


def _interval(estimate: dict[str, Any], form: str) -> str:
    """Return an interval in percent, nothing if there is none."""
    if not estimate.get("interval"):
        return ""
    return " to ".join(format(100 * bound, form) for bound in estimate["interval"])


@click.command()
@click.argument("study", type=common.PATH)
@common.out("Folder of the study; one that was interrupted there is continued.")
@common.data_dir
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Processes that train at the same time, one thread each.",
)
@common.prints(_shown)
def command(
    study: Path, out: Path, data_dir: Path | None, workers: int, progress: Progress
) -> dict[str, Any]:
    """Train every method of STUDY with every seed, and compare them with the baseline.

    Writes study.json, accuracy.svg, distributions.svg and shares.svg; runs/ holds the trainings.
    """
    from hw_bnn import study as studies

    config = studies.load_study(study)
    return studies.study(
        config,
        out,
        data_dir=data_dir,
        workers=workers,
        command=f"hw-bnn study {study} --out {out} --workers {workers}",
        progress=progress,
    )
