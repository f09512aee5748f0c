# SPDX-License-Identifier: BSD-3-Clause
"""What verify found, as tables for the terminal: where in the flow the stages differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hw_bnn.report.table import Report, accuracies, grid, stages, text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_MARKS = {"=": "green", "X": "bold red", "~": "yellow", ".": "dim"}
_POINTS = 20
"""Ambiguous points shown."""


def tables(content: Report) -> RenderableType:
    """Accuracy, the comparison of the stages, where they differ, and ties of the source."""
    from rich.console import Group

    parts = (accuracies, stages, _boundaries, _first, _ambiguous)
    found = [part(content) for part in parts]
    return Group(*(table for table in found if table.row_count))


def _boundaries(content: Report) -> Table:
    """Stages, by their numbers, across and layers down."""
    from rich.table import Table
    from rich.text import Text

    rows = [row for row in content.get("bit_exact", ()) if "layers" in row]
    table = Table(box=None, padding=(0, 1, 0, 0), title="Layer boundaries", title_justify="left")
    table.caption = "= agrees, X differs,\n~ differs at ties, . not compared"
    table.caption_justify = "left"
    table.add_column("", overflow="ellipsis", no_wrap=True, max_width=28)
    for number in range(1, len(rows) + 1):
        table.add_column(str(number), justify="right", no_wrap=True)
    for index, layer in enumerate(rows[0]["layers"] if rows else ()):
        marks = (_mark(row, row["layers"][index]) for row in rows)
        cells = (Text(mark, style=_MARKS[mark]) for mark in marks)
        table.add_row(Text(layer["layer"]), *cells)
    return table


def _mark(row: Report, layer: Report) -> str:
    if not layer["samples"]:
        return "."
    if not layer["mismatches"]:
        return "="
    return "~" if row.get("ties") else "X"


def _first(content: Report) -> Table:
    table = grid("First divergence", ["", "where"], ["where"])
    for row in content.get("bit_exact", ()):
        if row.get("first"):
            table.add_row(row["stage"], row["first"]["text"])
    return table


def _ambiguous(content: Report) -> Table:
    points = content.get("ambiguous", ())
    table = grid(
        "Source ambiguous: sums at which torch and ONNX runtime differ",
        ["layer", "channel", "sum", "trained", "QONNX"],
    )
    for point in points[:_POINTS]:
        keys = ("layer", "channel", "sum", "trained", "qonnx")
        table.add_row(*(text(point[key]) for key in keys))
    if len(points) > _POINTS:
        table.caption = f"and {len(points) - _POINTS} more in report.json"
    return table
