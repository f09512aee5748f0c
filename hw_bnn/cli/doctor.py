# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn doctor`: what is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from hw_bnn.cli import common
from hw_bnn.progress import Progress
from hw_bnn.report import table

if TYPE_CHECKING:
    from rich.console import RenderableType


def _render(found: Mapping[str, Any]) -> RenderableType:
    rows = [
        {
            "tool": tool["name"],
            "version": tool["version"] or ("-" if tool["optional"] else "missing"),
            "used for": tool["purpose"],
            "get it by": "" if tool["version"] else tool["how_to_get"],
        }
        for tool in found["tools"]
    ]
    return table.rows({"rows": rows})


def _missing(found: Mapping[str, Any]) -> str | None:
    names = [t["name"] for t in found["tools"] if not t["version"] and not t["optional"]]
    return f"missing or too old: {', '.join(names)}" if names else None


@click.command()
@common.prints(_render, _missing)
def command(progress: Progress) -> dict[str, Any]:
    """List the tools and packages that builds use; exits 1 if one that is needed is missing."""
    from hw_bnn.tools.inventory import tools

    found = []
    for tool in tools():
        seen = tool.look()
        found.append(
            {
                "name": tool.name,
                "version": seen.version if seen else None,
                "path": str(seen.path) if seen and seen.path else None,
                "purpose": tool.purpose,
                "optional": tool.optional,
                "how_to_get": tool.how_to_get,
            }
        )
    return {"tools": found}
