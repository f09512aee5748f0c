# SPDX-License-Identifier: BSD-3-Clause
"""Parts of a self-contained HTML page: no scripts, no files beside it, fit for print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; margin: 2rem auto; max-width: 72rem;
       padding: 0 1.5rem; }
h1 { font-size: 1.7rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.4rem 0 .6rem; border-bottom: 1px solid #ddd; }
p { max-width: 46rem; }
.from, .note { color: #666; }
.note { font-size: .87rem; }
.tiles { display: flex; flex-wrap: wrap; gap: .7rem; margin: 1.4rem 0; }
.tile { border: 1px solid #ddd; border-radius: 6px; padding: .6rem .9rem; min-width: 8rem; }
.tile b { display: block; font-size: 1.35rem; font-weight: 600; white-space: nowrap; }
.good { border-color: #2e9e5b; background: #f0f9f3; }
.bad { border-color: #d23c3c; background: #fdf1f1; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .6rem 0; font-size: .87rem;
        font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; line-height: 1.2; border-bottom: 1px solid #bbb;
     vertical-align: bottom; }
th, td { padding: .12rem .6rem .12rem 0; }
td.number, th.number { text-align: right; }
td { white-space: nowrap; }
tr.minor td { color: #999; }
.bar { display: inline-block; width: 6.5rem; background: #f2f2f2; }
.bar i { display: block; height: .75rem; background: #2e6fb5; }
.bar.over i { background: #d23c3c; }
.minor .bar i { background: #b9c7d8; }
svg { max-width: 100%; height: auto; }
"""


def document(title: str, parts: Iterable[str]) -> str:
    """Return a page under its title; parts are HTML."""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def section(title: str, *parts: str) -> str:
    """Return a heading and what follows it; nothing if nothing does."""
    shown = [part for part in parts if part]
    return "\n".join([f"<h2>{escape(title)}</h2>", *shown]) if shown else ""


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of text."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def tiles(entries: Iterable[tuple[str, str, str]]) -> str:
    """Return key figures; an entry is a figure, what it is, and "good", "bad" or ""."""
    shown = (
        f'<div class="tile {kind}"><b>{escape(figure)}</b>{escape(name)}</div>'
        for figure, name, kind in entries
    )
    return f'<div class="tiles">{"".join(shown)}</div>'


def bar(share: float) -> str:
    """Return a bar that is full at 1, and red beyond it."""
    over = " over" if share > 1 else ""
    return f'<span class="bar{over}"><i style="width:{100 * min(share, 1):.1f}%"></i></span>'


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    text: Sequence[int] = (0,),
    html: Sequence[int] = (),
    minor: Iterable[int] = (),
) -> str:
    """Return a table of texts.

    Args:
        columns: headings.
        rows: a cell for each column.
        text: columns that stand to the left; the others are numbers.
        html: columns whose cells are HTML.
        minor: indices of rows that matter less.
    """
    less = set(minor)
    lines = [_row("th", columns, (*text, *html), ())]
    lines += [
        _row("td", row, (*text, *html), html, "minor" if index in less else "")
        for index, row in enumerate(rows)
    ]
    if len(lines) == 1:
        return ""
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'


def _row(
    tag: str, cells: Sequence[str], left: Sequence[int], html: Sequence[int], kind: str = ""
) -> str:
    number = f'{tag} class="number"'
    shown = "".join(
        f"<{tag if index in left else number}>{cell if index in html else escape(cell)}</{tag}>"
        for index, cell in enumerate(cells)
    )
    return f'<tr class="{kind}">{shown}</tr>' if kind else f"<tr>{shown}</tr>"
