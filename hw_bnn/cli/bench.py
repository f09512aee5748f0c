# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn bench`: named measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hw_bnn.cli import common
from hw_bnn.progress import Progress
from hw_bnn.report import table


@click.command()
@click.argument("name")
@common.out("The JSON file for rows and conditions.")
@common.prints(table.rows)
def command(name: str, out: Path, progress: Progress) -> dict[str, Any]:
    """Run the benchmark NAME (golden, training) and write its rows."""
    from hw_bnn import bench, files

    result = bench.run(name, progress=progress)
    files.write_json(out, result)
    return result
