# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn doctor`: what is installed."""

from __future__ import annotations

from typing import Any

import click

from hw_bnn.cli import common
from hw_bnn.progress import Progress
from hw_bnn.report import table


@click.command()
@common.prints(table.values)
def command(progress: Progress) -> dict[str, Any]:
    """List the tools and packages that builds use, and what is missing."""
    from hw_bnn import tools

    return tools.inventory()
