# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn synth`: resources of a built accelerator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hw_bnn.cli import common
from hw_bnn.progress import Progress
from hw_bnn.report import table


@click.command()
@click.argument("build", type=common.PATH)
@common.prints(table.resources)
def command(build: Path, progress: Progress) -> dict[str, Any]:
    """Estimate with yosys what the accelerator in the folder BUILD takes of the part."""
    common.existing_folder(build, "build")
    from hw_bnn.build import synthesise
    from hw_bnn.report import page

    result = synthesise(build, progress=progress)
    page.write(build)
    return result
