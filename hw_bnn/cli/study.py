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

    columns = ["method", "seeds", "accuracy", "deviation", "95% interval"]
    columns += ["difference", "95% interval", "p by Holm", "verdict"]
    grid = table.grid(f"{result['study']}, test split, %", columns, left=["verdict"])
    for entry in result["summary"]:
        difference = entry.get("difference", {})
        diverged = len(entry["diverged"])
        grid.add_row(
            Text(entry["method"]),
            f"{entry['seeds']}, {diverged} diverged" if diverged else str(entry["seeds"]),
            _percent(entry["mean"], ".2f"),
            _percent(entry["deviation"], ".2f"),
            _interval(entry, ".2f"),
            _percent(difference.get("mean"), "+.2f"),
            _interval(difference, "+.2f"),
            f"{difference['p_holm']:.2g}" if difference else "",
            entry.get("verdict", ""),
        )
    lines = [*result["sentences"], *filter(None, [result["caution"]])]
    return Group(grid, *(Text(line) for line in lines))


def _percent(share: float | None, form: str) -> str:
    return "" if share is None else format(100 * share, form)


def _interval(estimate: dict[str, Any], form: str) -> str:
    """Return an interval in percent, nothing if there is none."""
    return " to ".join(_percent(bound, form) for bound in estimate.get("interval") or ())


@click.command()
@click.argument("study", type=common.PATH)
@common.out("Folder of the study; one that was interrupted there is continued.")
@common.data_dir
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Processes that train at the same time, each with the recipe's train.threads.",
)
@click.option(
    "--device",
    type=click.Choice(["cpu", "cuda", "auto"]),
    default="cpu",
    show_default=True,
    help="Where training computes; all workers share a GPU. auto is a GPU if there is one.",
)
@common.prints(_shown)
def command(
    study: Path,
    out: Path,
    data_dir: Path | None,
    workers: int,
    device: str,
    progress: Progress,
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
        device=device,
        command=f"hw-bnn study {study} --out {out} --workers {workers} --device {device}",
        progress=progress,
    )
