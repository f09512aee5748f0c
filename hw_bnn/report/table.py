# SPDX-License-Identifier: BSD-3-Clause
"""Report dicts as tables for the terminal; parts that a report lacks are left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hw_bnn.tools.netlist import MOST_LEVELS

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

Report = Mapping[str, Any]

CAPTION = (
    "Resources are yosys estimates, before place and route. The clock is the target that was "
    "given, not a timing result. Nothing ran on a board."
)
_RESOURCES = {
    "lc": "LC",
    "sites": "LUT sites, paired",
    "lut": "LUT",
    "inv": "INV",
    "ff": "FF",
    "carry": "carry",
    "lutram": "LUTRAM",
    "bram36": "BRAM36",
    "dsp": "DSP",
    "levels": "levels",
    "delay_ns": "delay of the slowest path's cells, ns",
    "seconds": "seconds of synthesis, summed over units",
}

_STAGE_WORDS = ("stage", "compared with")
_LAYER_COLUMNS = ("lc", "lut", "ff", "lutram", "bram36", "levels")
_SHORT = {
    "StreamingDataWidthConverter": "DWC",
    "StreamingFIFO": "FIFO",
    "SlidingWindow": "Window",
    "StreamMaxPool": "Pool",
    "XnorMVAU": "MVAU",
    "_hwbnn": "",
    "_rtl": "",
}


def report(content: Report) -> RenderableType:
    """Summary, layers and comparison of the stages."""
    from rich.console import Group

    tables = [_summary(content), _layers(content), stages(content)]
    return Group(*(table for table in tables if table.row_count))


def resources(content: Report) -> RenderableType:
    """Resources by layer and in all."""
    return report({"resources": content})


def values(content: Report) -> RenderableType:
    """One line per value, inner dicts as `outer, inner`; lists of dicts are left to JSON."""
    return pairs("", ((name, text(value)) for name, value in _flat(content)))


def rows(content: Report) -> RenderableType:
    """The dicts under "rows", one line each, a column for every key that occurs.

    Lists and dicts inside are left to the file.
    """
    scalars = (
        key for row in content["rows"] for key in row if not isinstance(row[key], list | dict)
    )
    columns = list(dict.fromkeys(scalars))
    words = [c for c in columns if any(isinstance(row.get(c), str) for row in content["rows"])]
    table = grid(str(content.get("benchmark", "")), columns, left=words)
    for row in content["rows"]:
        table.add_row(*(text(row.get(column)) for column in columns))
    return table


def mismatch(content: Report) -> str | None:
    """Return the first comparison that found a difference, in one line.

    Ties of the source, which the exported network decides, do not count.
    """
    for entry in content.get("bit_exact", ()):
        if entry["mismatches"] and not entry.get("ties"):
            found = (
                f"{entry['stage']} differs from {entry['reference']} "
                f"in {entry['mismatches']} of {entry['samples']} samples"
            )
            first = entry.get("first")
            return f"{found}, first at {first['text']}" if first else found
    return None


def _summary(content: Report) -> Table:
    lines: list[tuple[str, Any]] = [*_shares(content)]
    board, part = content.get("board"), content.get("part")
    lines.append(("board", f"{board}, {part}" if board and part else board or part))
    kind = content.get("model", {}).get("input", {}).get("kind")
    lines.append(("input", kind))
    model = content.get("cycle_model", {})
    for key, name in (
        ("cycles_per_inference", "cycles per inference"),
        ("latency_cycles", "latency, cycles"),
    ):
        lines.append((name, content.get(key)))
        lines.append((f"{name}, model", model.get(key)))
    lines.append(("clock, target, MHz", content.get("clock_mhz")))
    lines.append(("images per second", content.get("fps")))
    estimates = content.get("estimates", {})
    slowest = estimates.get("network_performance", {}).get("max_cycles")
    lines.append(("cycles per inference, FINN+'s estimate", slowest))
    for key, value in content.get("resources", {}).get("total", {}).items():
        rule = f", longest path (meant: {MOST_LEVELS} at most)" if key == "levels" else ""
        lines.append((_RESOURCES.get(key, key) + rule, _leveled(key, value)))
    used = content.get("resources", {})
    lines.append(("estimated by", " ".join(str(used[k]) for k in ("tool", "version") if k in used)))
    seconds = content.get("seconds", {})
    lines.append(("seconds in all", round(sum(seconds.values()), 1) if seconds else None))
    shown = ((name, text(value)) for name, value in lines if value not in (None, ""))
    table = pairs(str(content.get("name", "")), shown)
    table.caption = CAPTION
    table.caption_justify = "left"
    return table


def _shares(content: Report) -> Iterator[tuple[str, str]]:
    for stage, entry in content.get("accuracy", {}).items():
        share = f"{100 * entry['accuracy']:.2f} %  ({entry['correct']} of {entry['images']})"
        yield f"accuracy, {stage}", share


def accuracies(content: Report) -> Table:
    """Accuracy of every stage that it is known of."""
    return pairs(str(content.get("name", "")), _shares(content))


def _layers(content: Report) -> Table:
    folding = content.get("folding", {})
    used = content.get("resources", {}).get("layers", {})
    depths = content.get("fifo_depths", {})
    names = list(dict.fromkeys([*folding, *used, *depths]))
    cycles = content.get("estimates", {}).get("layer_cycles", {})
    kinds = [key for key in _LAYER_COLUMNS if any(key in layer for layer in used.values())]
    table = grid(
        "Layers", ["unit", "PE", "SIMD", "cycles", "depth", *(_RESOURCES[k] for k in kinds)]
    )
    table.padding = (0, 1, 0, 0)  # 80 columns are few
    table.caption = shortened(names)
    table.caption_justify = "left"
    for name in names:
        fold, cells = folding.get(name, {}), used.get(name, {})
        figures = (fold.get("PE"), fold.get("SIMD"), cycles.get(name), depths.get(name))
        values = (*figures, *(_leveled(kind, cells.get(kind)) for kind in kinds))
        table.add_row(short(name), *map(text, values))
    return table


def _leveled(key: str, value: Any) -> Any:
    """Mark levels that are too many."""
    return f"{value}!" if key == "levels" and (value or 0) > MOST_LEVELS else value


def short(name: str) -> str:
    """Shorten FINN's names of nodes, so that the table fits 80 columns."""
    for long, brief in _SHORT.items():
        name = name.replace(long, brief)
    return name


def shortened(names: Iterable[str]) -> str | None:
    """Say by an example that names are short, if one is."""
    whole = next((name for name in names if short(name) != name), None)
    return None if whole is None else f"Short names: {short(whole)} is {whole} in files."


def stages(content: Report) -> Table:
    """Comparison of the stages, numbered."""
    table = grid(
        "Bit for bit", ["", "stage", "compared with", "samples", "mismatches"], _STAGE_WORDS
    )
    for number, entry in enumerate(content.get("bit_exact", ()), start=1):
        keys = ("stage", "reference", "samples", "mismatches")
        table.add_row(str(number), *(text(entry[key]) for key in keys))
    for line in content.get("skipped", ()):
        table.add_row("", f"skipped: {line}")
    return table


def _flat(content: Report) -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}, {inner}", each) for inner, each in _flat(value))
        elif not (isinstance(value, list) and value and isinstance(value[0], Mapping)):
            yield key, value


def grid(title: str, columns: Iterable[str], left: Sequence[str] = ()) -> Table:
    """Return an empty table; the first column and those named in `left` are text."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD)
    for index, column in enumerate(columns):
        numbers = index > 0 and column not in left
        table.add_column(
            Text(column),
            justify="right" if numbers else "left",
            overflow="fold",
        )
    return table


def pairs(title: str, lines: Iterable[tuple[str, str]]) -> Table:
    """Return a table of names and values."""
    from rich.text import Text

    table = grid(title, ["", ""])
    table.show_header = False
    for name, value in lines:
        table.add_row(Text(name), Text(value))
    return table


def text(value: object) -> str:
    """Return digits in groups of three, floats to four places, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    return f"{value:,.0f}"
