# SPDX-License-Identifier: BSD-3-Clause
"""A comparison as a picture: stages across, layers down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

AGREE, TIES, DIFFER, UNSEEN = "agrees", "differs at ties", "differs", "not compared"
_COLOURS = {AGREE: "#2e9e5b", TIES: "#e0a100", DIFFER: "#d23c3c", UNSEEN: "#d9d9d9"}
_CELL, _ROW, _LEFT, _LETTER = 30, 22, 250, 6.6
"""Width and height of a cell, the left margin, and the width of a letter; in pixels."""


def state(row: Mapping[str, Any], layer: Mapping[str, Any]) -> str:
    """Return AGREE, TIES, DIFFER or UNSEEN for a stage's row of the report and one layer of it."""
    if not layer["samples"]:
        return UNSEEN
    if not layer["mismatches"]:
        return AGREE
    return TIES if row.get("ties") else DIFFER


def svg(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the picture of `bit_exact` of a report; the first divergence of all is framed."""
    names = [layer["layer"] for layer in rows[0]["layers"]]
    wrong = [(i, row) for i, row in enumerate(rows) if row["first"] and not row.get("ties")]
    notes = [f"{row['stage']}: {row['first']['text']}" for _, row in wrong]
    notes = notes or ["no stage differs from the one that it is compared with"]
    width = max(_LEFT + _CELL * len(rows) + 160, 30 + _LETTER * max(map(len, notes)))
    labels = [f"{number}  {r['stage']}, {r['samples']} images" for number, r in enumerate(rows, 1)]
    top = round(30 + 0.82 * _LETTER * max(map(len, labels)))  # they stand at 55 degrees
    bottom = top + _ROW * len(names)
    height = bottom + 60 + 18 * len(notes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
        f'viewBox="0 0 {width:.0f} {height}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for column, row in enumerate(rows):
        x = _LEFT + _CELL * column + _CELL // 2
        label = escape(labels[column])
        parts.append(f'<text transform="translate({x + 4},{top - 8}) rotate(-55)">{label}</text>')
        for index, layer in enumerate(row["layers"]):
            parts.append(_cell(column, top + _ROW * index, row, layer))
    for index, name in enumerate(names):
        shown = name if len(name) <= 36 else f"...{name[-33:]}"
        y = top + _ROW * index + 15
        parts.append(f'<text x="{_LEFT - 8}" y="{y}" text-anchor="end">{escape(shown)}</text>')
    if wrong:
        column, row = wrong[0]
        index = names.index(row["first"]["layer"])
        y = top + _ROW * index
        parts.append(_rectangle(column, y, 'fill="none" stroke="black" stroke-width="3"'))
    for place, (kind, colour) in enumerate(_COLOURS.items()):
        x, y = 20 + 130 * place, bottom + 16
        parts.append(f'<rect x="{x}" y="{y}" width="14" height="14" fill="{colour}"/>')
        parts.append(f'<text x="{x + 20}" y="{y + 12}">{kind}</text>')
    for place, note in enumerate(notes):
        parts.append(f'<text x="20" y="{bottom + 56 + 18 * place}">{escape(note)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _cell(column: int, y: int, row: Mapping[str, Any], layer: Mapping[str, Any]) -> str:
    found = state(row, layer)
    title = f"{row['stage']}, {layer['layer']}: {found}"
    if layer["samples"]:
        title += (
            f"; {layer['mismatches']} of {layer['samples']} images differ from {row['reference']}"
        )
    rectangle = _rectangle(column, y, f'fill="{_COLOURS[found]}"')
    return f"<g><title>{escape(title)}</title>{rectangle}</g>"


def _rectangle(column: int, y: int, style: str) -> str:
    x = _LEFT + _CELL * column
    return f'<rect x="{x}" y="{y}" width="{_CELL - 2}" height="{_ROW - 2}" {style}/>'
